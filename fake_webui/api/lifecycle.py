"""Stopping the server from outside, where --api-server-stop permits it."""

from flask import Blueprint, Response, current_app

from fake_webui.api.services import current_config

bp = Blueprint("lifecycle", __name__, url_prefix="/sdapi/v1")


@bp.post("/server-stop")
def stop() -> Response:
    """Finish what runs and end; a server without its page only says so."""
    if not current_config().nowebui:
        current_app.extensions["fake_webui.stop"]()
    return _untyped("Stopping.", 200)


@bp.post("/server-kill")
def kill() -> Response:
    """End at once, without an answer."""
    current_app.extensions["fake_webui.kill"]()
    return _untyped("", 200)


@bp.post("/server-restart")
def restart() -> Response:
    """Refuse: only a server that its launcher script started can restart."""
    return _untyped("", 501)


def _untyped(text: str, status: int) -> Response:
    response = Response(text, status)
    del response.headers["Content-Type"]
    return response
