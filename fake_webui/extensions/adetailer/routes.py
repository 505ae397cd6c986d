"""The ADetailer extension's own endpoints."""

from typing import Any

from fake_webui.contract import Family
from fake_webui.data import read_data
from fake_webui.webui.catalog import ADETAILER, ADETAILER_MODELS, ADETAILER_VERSION

endpoints = Family(needs=ADETAILER)


@endpoints.get("/adetailer/v1/version")
def version(*_: Any) -> Any:
    """Say which ADetailer this is like."""
    return {"version": ADETAILER_VERSION}


@endpoints.get("/adetailer/v1/schema")
def schema(*_: Any) -> Any:
    """Describe the fields of a unit."""
    fields = {
        name: {"title": name.replace("_", " ").title(), **facts}
        for name, facts in read_data("adetailer").items()
    }
    facts = {"title": "ADetailerArgs", "type": "object", "properties": fields}
    return facts | {"additionalProperties": False}


@endpoints.get("/adetailer/v1/ad_model")
def models(*_: Any) -> Any:
    """List the detection models."""
    return {"ad_model": list(ADETAILER_MODELS)}
