"""The ADetailer extension's own endpoints."""

from typing import Any

from fake_webui.contract import Family
from fake_webui.contract.table import title_of
from fake_webui.extensions.adetailer.tables import MODELS, VERSION, fields

endpoints = Family(needs="adetailer")


@endpoints.get("/adetailer/v1/version")
def version(*_: Any) -> Any:
    """Say which ADetailer this is like."""
    return {"version": VERSION}


@endpoints.get("/adetailer/v1/schema")
def schema(*_: Any) -> Any:
    """Describe the fields of a unit."""
    properties = {name: {"title": title_of(name), **facts} for name, facts in fields().items()}
    facts = {"title": "ADetailerArgs", "type": "object", "properties": properties}
    return facts | {"additionalProperties": False}


@endpoints.get("/adetailer/v1/ad_model", name="ad_model")
def models(*_: Any) -> Any:
    """List the detection models."""
    return {"ad_model": list(MODELS)}
