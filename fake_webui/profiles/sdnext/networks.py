"""LoRAs, embeddings, styles, and all of them as extra networks."""

import json
from pathlib import PurePosixPath
from typing import Any, Final

from fake_webui.config.settings import LoraConfig
from fake_webui.contract import Family, Parsed
from fake_webui.errors import HandlerError, HttpError
from fake_webui.profiles.sdnext.checkpoints import FILE_TIME, find_checkpoint, name_of, title_of
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.profiles.sdnext.tables import query
from fake_webui.webui.catalog import lora_alias
from fake_webui.webui.state import WebUIState

endpoints = Family()

HASH_DIGITS: Final = 64
SHORT_HASH_DIGITS: Final = 8
NO_PREVIEW: Final = "/sdapi/v1/network/thumb?filename=ui/assets/missing.png"
NETWORK_QUERY: Final = query(
    *((name, "string?", None) for name in ("page", "name", "filename", "title", "fullname", "hash"))
)
DETAILS_QUERY: Final = query(
    *(
        (name, "string?", None)
        for name in ("page", "name", "filename", "title", "fullname", "hash")
    ),
    ("offset", "integer", 0),
    ("limit", "integer", 50),
)
MISSING_DETAIL_AT: Final = (
    '  File "{root}/modules/api/endpoints.py", line 127, in get_extra_network_detail\n'
    "    GET /sdapi/v1/extra-network-detail"
)
MISSING_DETAIL: Final = (
    "2 validation errors:\n"
    "  {'type': 'missing', 'loc': ('response', 'name'), 'msg': 'Field required', 'input': {}}\n"
    "  {'type': 'missing', 'loc': ('response', 'type'), 'msg': 'Field required', 'input': {}}\n"
)


def _file(state: WebUIState, lora: LoraConfig) -> str:
    return f"{state.policy.root}/models/Lora/{lora.name}.safetensors"


@endpoints.get("/sdapi/v1/loras")
def loras(state: WebUIState, _: Parsed) -> Any:
    """List the LoRAs."""
    return [
        {
            "name": lora.name,
            "alias": lora_alias(lora),
            "path": _file(state, lora),
            "metadata": lora.metadata,
        }
        for lora in state.catalog.loras
    ]


@endpoints.get("/sdapi/v1/lora", query=query(("lora", "string")))
def lora_facts(state: WebUIState, asked: Parsed) -> Any:
    """Describe one LoRA.

    Raises:
        HttpError: 404, if there is none of this name.
    """
    name = asked.values["lora"]
    if (lora := state.catalog.find_lora(name)) is None:
        raise HttpError(404, f"Lora {name!r} not found")
    return _facts(state, lora)


def _facts(state: WebUIState, lora: LoraConfig) -> dict[str, Any]:
    return {
        "shorthash": lora.short_hash[:SHORT_HASH_DIGITS],
        "hash": lora.short_hash.ljust(HASH_DIGITS, "0"),
        "name": lora.name,
        "filename": _file(state, lora),
        "fullname": lora.name,
        "metadata": lora.metadata,
        "is_safetensors": True,
        "alias": lora_alias(lora),
        "sd_version": "",
    }


@endpoints.post("/sdapi/v1/refresh-loras")
def refresh_loras(state: WebUIState, _: Parsed) -> Any:
    """Look for LoRAs again, and describe them."""
    return {lora.name: _facts(state, lora) for lora in state.catalog.loras}


@endpoints.get("/sdapi/v1/loaded-loras")
def loaded_loras(state: WebUIState, _: Parsed) -> Any:
    """List the LoRAs of the last generation."""
    return memory_of(state).loras


@endpoints.get("/sdapi/v1/embeddings")
def embeddings(state: WebUIState, _: Parsed) -> Any:
    """List the embeddings, by name alone; without a model there are none."""
    loaded = state.models.checkpoint is not None
    return {
        "loaded": [one.name for one in state.catalog.embeddings] if loaded else [],
        "skipped": [],
    }


@endpoints.get("/sdapi/v1/prompt-styles")
def prompt_styles(state: WebUIState, _: Parsed) -> Any:
    """List the styles of the user."""
    return [
        {
            "name": style.name,
            "prompt": style.prompt,
            "negative_prompt": style.negative_prompt,
            "extra": "",
            "filename": f"{state.policy.root}/models/styles/{style.name}.json",
            "preview": None,
        }
        for style in sorted(state.catalog.styles, key=lambda style: style.name)
    ]


def _networks(state: WebUIState) -> list[dict[str, Any]]:
    root = state.policy.root
    found = [
        _network(name_of(c), "model", c.filename, c.hash)
        for c in sorted(state.catalog.checkpoints, key=name_of)
    ]
    for row in found:
        checkpoint = find_checkpoint(state, row["name"])
        row["title"] = title_of(checkpoint) if checkpoint else None
    found += [
        _network(
            lora.name,
            "lora",
            _file(state, lora),
            lora.short_hash[:SHORT_HASH_DIGITS],
            _tags(lora),
        )
        for lora in state.catalog.loras
    ]
    found += [
        _network(vae.name, "vae", f"{root}/models/VAE/{vae.name}", vae.sha256[:10])
        for vae in state.catalog.vaes
    ]
    return found


def _network(
    name: str, kind: str, filename: str, short_hash: str, tags: str | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "title": None,
        "fullname": None,
        "filename": filename,
        "hash": short_hash,
        "preview": NO_PREVIEW,
        "version": "",
        "tags": tags,
    }


def _tags(lora: LoraConfig) -> str:
    """Return the names of the folders that a LoRA was trained on, without their repeats."""
    return "|".join(_repeats(lora))


def _repeats(lora: LoraConfig) -> dict[str, str]:
    """Return how often each folder that a LoRA was trained on was repeated, as `10_name` says."""
    parts = [name.partition("_") for name in lora.metadata.get("ss_tag_frequency", {})]
    return {name or repeats: repeats for repeats, _, name in parts}


@endpoints.get("/sdapi/v1/extra-networks", query=NETWORK_QUERY)
def extra_networks(state: WebUIState, asked: Parsed) -> Any:
    """List the networks that fit what was asked."""
    return _matching(state, asked.values)


def _matching(state: WebUIState, asked: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = {"type" if key == "page" else key: value for key, value in asked.items()}
    wanted = {key: value for key, value in wanted.items() if isinstance(value, str)}
    return [
        row
        for row in _networks(state)
        if all(str(row[key]).lower() == value.lower() for key, value in wanted.items())
    ]


@endpoints.get("/sdapi/v1/extra-network-details", query=DETAILS_QUERY)
def extra_network_details(state: WebUIState, asked: Parsed) -> Any:
    """List the networks that fit what was asked, with everything known of them."""
    offset, limit = asked.values["offset"], asked.values["limit"]
    found = [_detailed(row, row["preview"]) for row in _matching(state, asked.values)]
    return {
        "items": found[offset : offset + limit],
        "total": len(found),
        "offset": offset,
        "limit": limit,
    }


@endpoints.get(
    "/sdapi/v1/extra-network-detail", query=query(("page", "string"), ("name", "string"))
)
def extra_network_detail(state: WebUIState, asked: Parsed) -> Any:
    """Describe one network.

    Raises:
        HandlerError: ResponseValidationError, if there is none of this name.
    """
    for row in _matching(state, asked.values):
        return _detailed(row, None)
    where = MISSING_DETAIL_AT.replace("{root}", state.policy.root)
    raise HandlerError("ResponseValidationError", f"{MISSING_DETAIL}\n{where}", {})


def _detailed(row: dict[str, Any], preview: str | None) -> dict[str, Any]:
    more = {"alias": row["name"], "size": 0, "mtime": FILE_TIME}
    return {**row, "preview": preview, **more, "description": "", "info": {}}


@endpoints.get(
    "/sdapi/v1/network/metadata", query=query(("page", "string", ""), ("item", "string", ""))
)
def network_metadata(state: WebUIState, asked: Parsed) -> Any:
    """Return what training wrote into a LoRA."""
    lora = state.catalog.find_lora(asked.values["item"])
    return {"metadata": json.dumps(lora.metadata, indent=4) if lora else "none"}


@endpoints.get("/sdapi/v1/network", query=query(("page", "string", ""), ("item", "string", "")))
def network(state: WebUIState, asked: Parsed) -> Any:
    """Return everything known of one network, as the text of a JSON object."""
    lora = state.catalog.find_lora(asked.values["item"])
    if lora is None:
        return "none"
    file = PurePosixPath(_file(state, lora))
    facts = {
        "type": "Lora",
        "name": lora.name,
        "alias": lora_alias(lora),
        "filename": str(file),
        "hash": lora.short_hash[:SHORT_HASH_DIGITS],
        "prompt": f'" <lora:{lora.name}:1.0>"',
        "metadata": json.dumps(lora.metadata, indent=4),
        "mtime": FILE_TIME,
        "size": 0,
        "version": "",
        "info": {},
        "description": "",
        "tags": _repeats(lora),
        "local_preview": str(file.with_suffix(".jpg")),
        "preview": NO_PREVIEW,
    }
    return json.dumps(facts)
