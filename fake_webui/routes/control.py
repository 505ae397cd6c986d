"""Control of the fake itself, under /__fake/v1."""

import os

from flask import Blueprint, Response

from fake_webui import __version__
from fake_webui.routes._answer import json_answer
from fake_webui.routes._context import current_state

bp = Blueprint("control", __name__, url_prefix="/__fake/v1")


@bp.get("/health")
def health() -> Response:
    """Say who answers."""
    return json_answer({"version": __version__, "emulates": "v1.10.1", "pid": os.getpid()})


@bp.post("/reset")
def reset() -> Response:
    """Put everything back as at start."""
    current_state().reset()
    return json_answer({})
