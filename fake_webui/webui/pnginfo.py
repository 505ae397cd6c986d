"""What a picture says of its making."""

import json
import re
from collections.abc import Mapping
from typing import Any

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.catalog import Catalog, lora_alias
from fake_webui.webui.image_input import decode_image
from fake_webui.webui.images import read_user_comment
from fake_webui.webui.infotext_field import read_with_styles
from fake_webui.webui.state import WebUIState

_LORA = re.compile("<lora:([^:]+):")

# Facts of the file format that nobody wrote.
FORMAT_KEYS = frozenset(
    {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "dpi",
        "exif",
        "loop",
        "background",
        "timestamp",
        "duration",
        "progressive",
        "progression",
        "icc_profile",
        "chromaticity",
        "photoshop",
    }
)
NOVEL_AI = """{description}
Negative prompt: {uc}
Steps: {steps}, Sampler: {sampler}, CFG scale: {scale}, Seed: {seed}, Size: {width}x{height}, \
Clip skip: 2, ENSD: 31337"""


def png_info(text: str, state: WebUIState) -> dict[str, Any]:
    """Return what png-info answers for an image in base64.

    Raises:
        HttpError: 500, if it is not an image.
        HandlerError: UnicodeDecodeError, for bytes that JSON can't carry.
    """
    infotext, items = read_info(decode_image(text.strip()), state.catalog)
    parameters = read_with_styles(infotext or "", state)
    _rename_loras(parameters, state)
    state.policy.hooks.read(parameters, state)
    readable = {key: _readable(value) for key, value in items.items()}
    return {"info": infotext or "", "items": readable, "parameters": parameters}


def _rename_loras(parameters: dict[str, Any], state: WebUIState) -> None:
    """Call the LoRAs in the prompt by the names that they have here, found by their hashes."""
    pairs = (part.partition(":") for part in str(parameters.get("Lora hashes", "")).split(","))
    hashes = {name.strip(): short_hash.strip() for name, _, short_hash in pairs}
    names = {lora.short_hash: lora_alias(lora) for lora in state.catalog.loras}

    def rename(match: re.Match[str]) -> str:
        name = match[1]
        return f"<lora:{names.get(hashes.get(name, ''), name)}:"

    parameters["Prompt"] = _LORA.sub(rename, parameters["Prompt"])


def _readable(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise HandlerError("UnicodeDecodeError", str(error)) from None


def read_info(image: Image.Image, catalog: Catalog) -> tuple[str | None, dict[str, Any]]:
    """Return the infotext of a picture, None without one, and its other texts by keyword."""
    items: dict[str, Any] = {str(key): value for key, value in image.info.items()}
    infotext = items.pop("parameters", None)
    if "exif" in items:
        infotext = read_user_comment(image) or infotext
    elif "comment" in items:
        comment = items["comment"]
        infotext = comment.decode("utf8", "ignore") if isinstance(comment, bytes) else comment
    texts = {key: value for key, value in items.items() if key not in FORMAT_KEYS}
    if texts.get("Software") == "NovelAI":
        infotext = _novel_ai_text(texts, image, _samplers_by_alias(catalog)) or infotext
    return infotext, texts


def _samplers_by_alias(catalog: Catalog) -> dict[str, str]:
    """Return the samplers by everything that other programs call them."""
    return {
        alias.lower(): sampler.name
        for sampler in catalog.samplers
        for alias in (sampler.name, *sampler.aliases)
    }


def _novel_ai_text(
    texts: dict[str, Any], image: Image.Image, samplers: Mapping[str, str]
) -> str | None:
    """Return the infotext that stands for what NovelAI writes, None if it can't be read."""
    try:
        facts = json.loads(texts["Comment"])
        return NOVEL_AI.format(
            description=texts["Description"],
            uc=facts["uc"],
            steps=facts["steps"],
            sampler=samplers.get(facts["sampler"], "Euler a"),
            scale=facts["scale"],
            seed=facts["seed"],
            width=image.width,
            height=image.height,
        )
    except (KeyError, TypeError, ValueError):
        return None
