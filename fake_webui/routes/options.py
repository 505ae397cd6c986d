"""Settings, both ways."""

from flask import Blueprint, Response

from fake_webui.routes._answer import json_answer
from fake_webui.routes._context import current_state
from fake_webui.routes._request import parse_object

bp = Blueprint("options", __name__)


@bp.get("/sdapi/v1/options")
def get_options() -> Response:
    """Answer with all settings."""
    return json_answer(current_state().options.snapshot())


@bp.post("/sdapi/v1/options")
def set_options() -> Response:
    """Store some settings."""
    current_state().apply_options(parse_object())
    return json_answer(None)
