"""Is there a WebUI at all? Asked before anything is queued or run."""

import time
from collections.abc import Sequence

from app.commands.shared.output import notice
from app.errors import AppError, WebUIStartingError
from app.limits import Limits
from app.webui.node import WebUINode
from app.webui.silence import silence_of


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
