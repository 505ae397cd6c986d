"""What the web page itself asks for."""

from flask import Blueprint, Response

from fake_webui.routes._answer import json_answer

bp = Blueprint("internal", __name__)


@bp.get("/internal/ping")
def ping() -> Response:
    """Answer that the server is there."""
    return json_answer({})
