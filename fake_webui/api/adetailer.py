"""The ADetailer extension's own endpoints."""

from flask import Blueprint, Response

from fake_webui.api.answering import json_answer
from fake_webui.webui.catalog import ADETAILER_MODELS, ADETAILER_VERSION, read_data

bp = Blueprint("adetailer", __name__, url_prefix="/adetailer/v1")


@bp.get("/version")
def version() -> Response:
    """Say which ADetailer this is like."""
    return json_answer({"version": ADETAILER_VERSION})


@bp.get("/schema")
def schema() -> Response:
    """Describe the fields of a unit."""
    fields = {
        name: {"title": name.replace("_", " ").title(), **facts}
        for name, facts in read_data("adetailer").items()
    }
    facts = {"title": "ADetailerArgs", "type": "object", "properties": fields}
    return json_answer(facts | {"additionalProperties": False})


@bp.get("/ad_model")
def models() -> Response:
    """List the detection models."""
    return json_answer({"ad_model": list(ADETAILER_MODELS)})
