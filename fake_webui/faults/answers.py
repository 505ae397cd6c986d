"""What a fault makes of an answer: the error in its place, or its body changed.

Pure functions. The messages are those that clients were seen to look for; their tails are our own.
"""

import base64
import html
import io
import json
import random
from collections.abc import Callable
from typing import Any

from PIL import Image, PngImagePlugin

from fake_webui.contract.endpoint import Work
from fake_webui.errors import ApiError, HandlerError, nans, out_of_memory
from fake_webui.faults.rules import Fault
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.payloads import MEDIA_TYPES, image_bytes

REFUSED_GIB = 1.11
CUDA_ERROR = "CUDA error: an illegal memory access was encountered"
NO_MODEL = "'NoneType' object has no attribute 'lowvram'"
GARBAGE_BYTES = 512
TITLES = {501: "Not Implemented", 502: "Bad Gateway"}


def error_of(fault: Fault, exchange: Exchange, work: Work | None) -> ApiError:
    """Return the error that the WebUI answers with under this fault, at this kind of work."""
    if fault.name == "out-of-memory":
        return out_of_memory(REFUSED_GIB)
    if fault.name == "nan":
        return nans(fault.settings["module"])
    if fault.name == "cuda-error":
        return HandlerError("RuntimeError", CUDA_ERROR)
    payload = exchange.payload
    if work is Work.OPTIONS and isinstance(payload, dict):
        wanted = payload.get("sd_model_checkpoint", "")
        return HandlerError("RuntimeError", f"model {wanted!r} not found")
    return HandlerError("AttributeError", NO_MODEL)


def gateway_page(status: int, why: str = "") -> str:
    """Return the page that a proxy shows when the server behind it does not answer."""
    if status == 524:
        return "<!DOCTYPE html>\n<title>524: A timeout occurred</title>\n<h1>Error 524</h1>\n"
    title = f"{status} {TITLES.get(status, 'Gateway Time-out')}"
    reason = f"<p>{html.escape(why)}</p>\r\n" if why else ""
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n{reason}<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )


def changes_body(fault: Fault) -> bool:
    """Return whether this fault needs the whole body of an answer, to change it."""
    return fault.name in BODY_CHANGES or fault.name in IMAGE_CHANGES


def change_body(fault: Fault, body: bytes) -> bytes:
    """Return the body of an answer as this fault leaves it."""
    if fault.name == "truncated-json":
        return body[: len(body) // 2]
    if fault.name == "garbage":
        return b"\x00" + random.Random(fault.draw).randbytes(GARBAGE_BYTES)  # noqa: S311 (repeatable noise)
    if fault.name in ("missing-info", "missing-images"):
        keys = ("info",) if fault.name == "missing-info" else ("images", "image")
        return change_json(body, lambda answer: without(answer, keys))
    if change := IMAGE_CHANGES.get(fault.name):
        return change_json(body, lambda answer: with_images(answer, change))
    return body


def change_json(body: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """Apply a change to a JSON object; leave any other body alone."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if not isinstance(answer, dict):
        return body
    return json.dumps(change(answer), ensure_ascii=False, separators=(",", ":")).encode()


def without(answer: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return an answer that lacks these keys."""
    return {key: value for key, value in answer.items() if key not in keys}


def with_images(answer: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return an answer with every image in it changed."""
    changed = dict(answer)
    if isinstance(images := answer.get("images"), list):
        changed["images"] = [change(image) for image in images]
    if isinstance(image := answer.get("image"), str):
        changed["image"] = change(image)
    return changed


def corrupt_base64(text: str) -> str:
    """Return text that neither a strict nor a lenient decoder takes for base64."""
    return text[: len(text) // 8 * 4 + 1] + "****"


def truncated_image(text: str) -> str:
    """Return the first half of an image as base64."""
    data = image_bytes(text) or b""
    return base64.b64encode(data[: len(data) // 2]).decode()


def data_uri(text: str) -> str:
    """Return an image with the prefix that browsers want."""
    with Image.open(io.BytesIO(image_bytes(text) or b"")) as image:
        return f"data:{MEDIA_TYPES[image.format or 'PNG']};base64,{text}"


def black_image(text: str) -> str:
    """Return an all-black image of the same size and format, with the same texts in it."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(image_bytes(text) or b"")) as image:
        texts = PngImagePlugin.PngInfo()
        for key, value in image.info.items():
            if isinstance(key, str) and isinstance(value, str):
                texts.add_text(key, value)
        black = Image.new("RGB", image.size)
        black.save(stream, format=image.format, pnginfo=texts, exif=image.getexif())
    return base64.b64encode(stream.getvalue()).decode()


BODY_CHANGES = ("truncated-json", "garbage", "missing-info", "missing-images")
IMAGE_CHANGES: dict[str, Callable[[str], str]] = {
    "corrupt-base64": corrupt_base64,
    "truncated-png": truncated_image,
    "black-image": black_image,
    "data-uri": data_uri,
}
