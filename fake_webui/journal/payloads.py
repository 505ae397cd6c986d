"""JSON as it went over the wire, with every base64 image replaced by what it is.

Reading is lazy on purpose: the server only keeps bytes while it works, and whoever asks for an
entry of the journal pays for looking into it.
"""

import base64
import binascii
import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from fake_webui.contract.body import has_too_many_values
from fake_webui.webui.images import read_user_comment

SHORTEST_IMAGE = 60  # characters of base64; the smallest possible PNG takes 90
LEVELS_SHOWN = 100  # of arrays in arrays; Python itself gives up at about a thousand
TOO_DEEP = f"<nested deeper than {LEVELS_SHOWN} levels>"
TEXT_SHOWN = 4000  # characters of a body that is not JSON
BASE64_START = re.compile(r"[A-Za-z0-9+/\r\n]{56}")
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
BROKEN_IMAGE = (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError)


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image inside a JSON value: its dotted place and its bytes."""

    where: str
    data: bytes

    def describe(self) -> dict[str, Any]:
        """Return {sha256, format, width, height, parameters}; nulls where it can't be read."""
        facts = {"format": None, "width": None, "height": None, "parameters": None}
        return {"sha256": hashlib.sha256(self.data).hexdigest(), **facts, **read_facts(self.data)}


def parse_json(body: bytes) -> Any:
    """Return the JSON value of `body`, or None where it is empty, not JSON, or far too much."""
    if not body or has_too_many_values(body):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_facts(data: bytes) -> dict[str, Any]:
    """Return format, size in pixels and generation parameters of an image, {} if unreadable."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            size = {"format": image.format, "width": image.width, "height": image.height}
            return size | {"parameters": read_parameters(image)}
    except BROKEN_IMAGE:
        return {}


def read_parameters(image: Image.Image) -> str | None:
    """Return the generation parameters that the WebUI writes into PNG text or the EXIF comment."""
    for key in ("parameters", "postprocessing"):
        if isinstance(text := image.info.get(key), str):
            return text
    if image.format == "PNG":  # of which Pillow decodes every pixel to see whether there is EXIF
        return None
    return read_user_comment(image) or None


def image_bytes(text: str) -> bytes | None:
    """Return the bytes of a base64 image, with or without a data URI; None for any other text."""
    body = text.partition(",")[2] if text.startswith("data:image/") else text
    if len(body) < SHORTEST_IMAGE or not BASE64_START.match(body):
        return None
    if not base64.b64decode(body[:16]).startswith(SIGNATURES):
        return None
    try:
        return base64.b64decode(body)
    except binascii.Error:
        return None


def find_images(value: Any, where: str = "", levels: int = LEVELS_SHOWN) -> Iterator[FoundImage]:
    """Yield every image inside a JSON value, in the order of the JSON."""
    if isinstance(value, str):
        if data := image_bytes(value):
            yield FoundImage(where, data)
    elif levels:
        for key, child in children(value):
            yield from find_images(child, f"{where}.{key}" if where else str(key), levels - 1)


def children(value: Any) -> Iterator[tuple[str | int, Any]]:
    """Yield the keys and values of a JSON object, the indices and items of an array."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def mapped(value: Any, change: Callable[[Any], Any], levels: int = LEVELS_SHOWN) -> Any:
    """Return a JSON value with everything changed that is neither an object nor an array.

    What is nested deeper than `levels` becomes a sentence that says so.
    """
    if not isinstance(value, (dict, list)):
        return change(value)
    if not levels:
        return TOO_DEEP
    if isinstance(value, dict):
        return {key: mapped(child, change, levels - 1) for key, child in value.items()}
    return [mapped(child, change, levels - 1) for child in value]


def with_images_described(value: Any) -> Any:
    """Return a JSON value with its images described and its NaNs as text, fit for any reader."""
    return mapped(value, _described)


def _described(value: Any) -> Any:
    if isinstance(value, str) and (data := image_bytes(value)):
        return FoundImage("", data).describe()
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    return value


def shown_text(body: bytes) -> str | None:
    """Return the start of a body that is not JSON, as text; None for one that is."""
    if not body or parse_json(body) is not None or body.strip() == b"null":
        return None
    return body[:TEXT_SHOWN].decode("utf-8", "replace")
