"""Why a WebUI can't be used, in words that say what to do about it."""

from app.errors import AppError, BadAnswerError, BadInputError, WebUIAnswerError, WebUIError
from app.webui.node import WebUINode


def silence_of(node: WebUINode) -> AppError | None:
    """Return why a WebUI can't be used, with the remedy, or None when it can."""
    error = node.why_not_ready()
    return told(node, error) if error else None


def told(node: WebUINode, error: WebUIError) -> AppError:
    """Return what to say of an error that a WebUI answered a first look with."""
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
