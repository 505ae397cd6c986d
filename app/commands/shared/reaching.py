"""Is there a WebUI at all? Asked before anything is queued or run."""

import time
from collections.abc import Sequence

from app.commands.shared.output import notice
from app.errors import (
    AppError,
    BadAnswerError,
    BadInputError,
    WebUIAnswerError,
    WebUIError,
    WebUIStartingError,
)
from app.limits import Limits
from app.webui.node import WebUINode


def require_webui(nodes: Sequence[WebUINode], limits: Limits) -> None:
    """See that one of the WebUIs takes jobs, waiting for one that starts; say which others do not.

    Raises:
        AppError: if none does, with what the first of them said and what to do about it.
    """
    silences = _silences(nodes)
    deadline, is_said = time.monotonic() + limits.patience_s, False
    while len(silences) == len(nodes):
        starting = [one for one in silences if isinstance(one, WebUIStartingError)]
        if not starting or time.monotonic() > deadline:
            raise silences[0]
        if not is_said:
            notice(f"Waiting for {limits.patience_s:g} s at most: {starting[0]}.", "yellow")
            is_said = True
        time.sleep(limits.poll_s)
        silences = _silences(nodes)
    for silence in silences:
        notice(f"{silence}; going on without it.", "yellow")


def _silences(nodes: Sequence[WebUINode]) -> list[AppError]:
    return [silence for node in nodes if (silence := silence_of(node))]


def silence_of(node: WebUINode) -> AppError | None:
    """Return why a WebUI can't be used, with the remedy, or None when it can."""
    error = node.why_not_ready()
    return _told(node, error) if error else None


def _told(node: WebUINode, error: WebUIError) -> AppError:
    name = node.name
    if isinstance(error, BadAnswerError):
        return BadInputError(f"{name} is not a WebUI: {error}")
    if not isinstance(error, WebUIAnswerError):
        return error
    if error.status in {401, 403} and node.client.has_credentials:
        return BadInputError(f"the WebUI at {name} does not take this user and password")
    if error.status in {401, 403}:
        return BadInputError(
            f"the WebUI at {name} wants a user and a password, as in"
            " --webui http://USER:PASSWORD@HOST:PORT"
        )
    return error
