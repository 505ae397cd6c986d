"""Settings, both ways."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from fake_webui.api.admission import parse_object
from fake_webui.api.answering import json_answer
from fake_webui.api.services import current_catalog, current_state
from fake_webui.errors import HandlerError

bp = Blueprint("options", __name__)


@bp.get("/sdapi/v1/options")
def get_options() -> Response:
    """Answer with all settings."""
    return json_answer(current_state().options.snapshot())


@bp.post("/sdapi/v1/options")
def set_options() -> Response:
    """Store some settings; a checkpoint or VAE among them is loaded before the answer."""
    values = parse_object()
    _refuse_unknown_checkpoint(values)
    current_state().options.post(values, _load_changed)
    return json_answer(None)


def _refuse_unknown_checkpoint(values: Mapping[str, Any]) -> None:
    name = values.get("sd_model_checkpoint")
    if isinstance(name, (list, dict)):
        raise HandlerError("TypeError", f"unhashable type: {type(name).__name__!r}")
    if name is not None and current_catalog().find_checkpoint(name) is None:
        raise HandlerError("RuntimeError", f"model {name!r} not found")


def _load_changed(key: str) -> None:
    """Load what an option names, when the running generation is over."""
    state = current_state()
    if key == "sd_model_checkpoint":
        with state.lock:
            state.models.load()
    elif key == "sd_vae":
        with state.lock:
            state.models.reload_vae()
