"""Images in requests: base64, with or without a data URI, and nothing fetched from anywhere."""

import base64
import ipaddress
import struct
import zlib
from collections.abc import Iterable
from urllib.parse import urlsplit

from PIL import Image, ImageOps

from fake_webui.errors import HandlerError, HttpError
from fake_webui.webui.images import read_header
from fake_webui.webui.limits import check_memory

UNDECODABLE = (
    ValueError,
    OSError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
# What Pillow raises on files that are damaged behind their head.
DAMAGED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def decode_image(text: str | None) -> Image.Image:
    """Return the image of a request's text; whether its pixels can be read is seen by `load`.

    Raises:
        HttpError: 500, if it is not an image, or an address.
        HandlerError: for null and for a data URI without data.
    """
    return _turned(_opened(text))


def decode_images(texts: Iterable[str | None]) -> list[Image.Image]:
    """Return the images of a request's texts, whose pixels are counted together.

    Raises:
        HttpError, HandlerError: as `decode_image`; OutOfMemoryError, if they are too many.
    """
    opened = [_opened(text) for text in texts]
    check_memory(sum(image.width * image.height for image in opened), 1)
    return [_turned(image) for image in opened]


def _opened(text: str | None) -> Image.Image:
    if text is None:
        raise HandlerError("AttributeError", "'NoneType' object has no attribute 'startswith'")
    if not isinstance(text, str):
        kind = type(text).__name__
        raise HandlerError("AttributeError", f"{kind!r} object has no attribute 'startswith'")
    if text.startswith(("http://", "https://")):
        raise HttpError(500, _why_not_fetched(text))
    try:
        return read_header(base64.b64decode(_body(text)))
    except UNDECODABLE:
        raise HttpError(500, "Invalid encoded image") from None


def _turned(image: Image.Image) -> Image.Image:
    """Return an image as its texts and EXIF say, or as it is where those are damaged."""
    try:
        return _upright(image)
    except DAMAGED:
        return image


def load(image: Image.Image) -> None:
    """Read the pixels of an image.

    Raises:
        HandlerError: as Pillow says, for a file that is cut off among others.
    """
    try:
        image.load()
    except DAMAGED as error:
        raise HandlerError(type(error).__name__, str(error)) from None


def _body(text: str) -> str:
    """Return the base64 of a text, without the head of an image's data URI.

    Raises:
        HandlerError: IndexError, if there is nothing behind the head.
    """
    if not text.startswith("data:image/"):
        return text
    parts = text.split(";")
    if len(parts) < 2 or "," not in parts[1]:
        raise HandlerError("IndexError", "list index out of range")
    return parts[1].split(",")[1]


def _upright(image: Image.Image) -> Image.Image:
    """Return an image turned as its EXIF says, with the transparency of a palette as alpha."""
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in ("RGB", "P") and isinstance(image.info.get("transparency"), bytes):
        return image.convert("RGBA")
    return image


def _why_not_fetched(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "Invalid image url"
    if host == "localhost" or _is_local_address(host):
        return "Request to local resource not allowed"
    return "Invalid image url"


def _is_local_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
