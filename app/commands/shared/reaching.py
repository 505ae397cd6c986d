"""Is there a WebUI at all? Asked before anything is queued or run."""

from collections.abc import Sequence

from app.commands.shared.output import notice
from app.errors import (
    AppError,
    BadAnswerError,
    BadInputError,
    WebUIAnswerError,
    WebUIError,
    WebUIUnreachableError,
)
from app.webui.api_client import ApiClient


def require_webui(clients: Sequence[ApiClient]) -> None:
    """See that one of the WebUIs answers; say which others do not.

    Raises:
        AppError: if none does, with what the first of them said and what to do about it.
    """
    silences = [silence for client in clients if (silence := silence_of(client))]
    if len(silences) == len(clients):
        raise silences[0]
    for silence in silences:
        notice(f"{silence}; going on without it.", "yellow")


def silence_of(client: ApiClient) -> AppError | None:
    """Return why a WebUI can't be used, with the remedy, or None when it can."""
    try:
        client.progress()
    except WebUIError as error:
        return _told(client.name, error)
    return None


def _told(name: str, error: WebUIError) -> AppError:
    if isinstance(error, BadAnswerError):
        return BadInputError(f"{name} is not a WebUI: {error}")
    if not isinstance(error, WebUIAnswerError):
        return error
    if error.status == 404:
        return WebUIUnreachableError(
            f"the WebUI at {name} does not answer on its API; start it with --api,"
            " or wait until it has started"
        )
    if error.status in {401, 403}:
        return BadInputError(
            f"the WebUI at {name} wants a user and a password, as in"
            " --webui http://USER:PASSWORD@HOST:PORT"
        )
    return error
