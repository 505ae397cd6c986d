"""What the page asks for to show its cards of checkpoints, LoRAs and other extra networks."""

import base64
import json
from typing import Any, Final, NoReturn

from flask import Response
from markupsafe import Markup

from fake_webui.api import pictures
from fake_webui.contract import Family, Field, Parsed, Table
from fake_webui.contract.coercion import INTEGER, STRING
from fake_webui.errors import ApiError, HandlerError, HttpError
from fake_webui.webui.state import WebUIState

endpoints = Family(needs="webui")

FILE: Final = Table("thumb", (Field("filename", STRING, ""),))
ITEM: Final = Table("metadata", (Field("page", STRING, ""), Field("item", STRING, "")))
COVER: Final = Table("cover-images", (*ITEM.fields, Field("index", INTEGER, 0)))
CARD: Final = Table(
    "get-single-card",
    (Field("page", STRING, ""), Field("tabname", STRING, ""), Field("name", STRING, "")),
)
COVERS: Final = "ssmd_cover_images"  # the metadata that holds pictures as base64
CARD_HTML: Final = Markup('<div class="card" data-name="{name}">{name}</div>')


@endpoints.get("/sd_extra_networks/thumb", name="fetch_file", query=FILE)
def thumb(*_: Any) -> NoReturn:
    """Say that no model has a preview."""
    raise HttpError(404, "File not found")


@endpoints.get("/sd_extra_networks/metadata", name="get_metadata", query=ITEM)
def metadata(state: WebUIState, asked: Parsed) -> Any:
    """Return the metadata of a LoRA as a JSON text, without its pictures."""
    found = _metadata(state, asked)
    shown = {key: value for key, value in found.items() if key != COVERS}
    return {"metadata": json.dumps(shown, indent=4, ensure_ascii=False)} if found else {}


@endpoints.get("/sd_extra_networks/cover-images", name="fetch_cover_images", query=COVER)
def cover_images(state: WebUIState, asked: Parsed) -> Response:
    """Return one of the pictures in the metadata of a LoRA.

    Raises:
        HttpError: 404, if there is no such LoRA or picture.
        HandlerError: if the metadata holds something else.
    """
    found = _metadata(state, asked)
    index = asked.values["index"]
    if not found:
        raise HttpError(404, "File not found")
    if COVERS not in found:
        reason = "the JSON object must be str, bytes or bytearray, not dict"
        raise HandlerError("TypeError", reason)
    covers = json.loads(found[COVERS])
    if index >= len(covers) or not covers[index]:
        raise HttpError(404, "File not found")
    return _picture(covers[index], asked.values["item"])


@endpoints.get("/sd_extra_networks/get-single-card", name="get_single_card", query=CARD)
def single_card(state: WebUIState, asked: Parsed) -> Any:
    """Return the card of one model as a piece of HTML.

    Raises:
        HandlerError: if there is no such page or model.
    """
    names = _names(state).get(asked.values["page"])
    if names is None:
        raise HandlerError("AttributeError", "'NoneType' object has no attribute 'items'")
    if asked.values["name"] not in names:
        raise HandlerError("AttributeError", "'NoneType' object has no attribute 'get'")
    return {"html": CARD_HTML.format(name=asked.values["name"])}


def _names(state: WebUIState) -> dict[str, set[str]]:
    """Return the names on each page of cards."""
    catalog = state.catalog
    return {
        "textual_inversion": {one.name for one in catalog.embeddings},
        "hypernetworks": set(catalog.hypernetworks),
        "checkpoints": {one.stem for one in catalog.checkpoints},
        "lora": {one.name for one in catalog.loras},
    }


def _metadata(state: WebUIState, asked: Parsed) -> dict[str, Any]:
    page, item = asked.values["page"], asked.values["item"]
    loras = state.catalog.loras if page == "lora" else ()
    return next((dict(lora.metadata) for lora in loras if lora.name == item), {})


def _picture(text: str, item: str) -> Response:
    try:
        image = pictures.image_input.decode_image(text)
    except ApiError:
        reason = f"File cannot be fetched: {item}. Failed to load cover image."
        raise HandlerError("ValueError", reason) from None
    kind = (image.format or "JPEG").lower()  # one that had to be turned says no more what it was
    return Response(base64.b64decode(text), content_type=f"image/{kind}")
