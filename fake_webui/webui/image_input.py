"""Images in requests: base64, with or without a data URI, and nothing fetched from anywhere."""

import base64
import ipaddress
from urllib.parse import urlsplit

from PIL import Image, ImageOps

from fake_webui.errors import HandlerError, HttpError
from fake_webui.webui.images import open_image


def decode_image(text: str | None) -> Image.Image:
    """Return the image of a request's text.

    Raises:
        HttpError: 500, if it is not an image, or an address.
        HandlerError: for null and for a data URI without data.
    """
    if text is None:
        raise HandlerError("AttributeError", "'NoneType' object has no attribute 'startswith'")
    if not isinstance(text, str):
        kind = type(text).__name__
        raise HandlerError("AttributeError", f"{kind!r} object has no attribute 'startswith'")
    if text.startswith(("http://", "https://")):
        raise HttpError(500, _why_not_fetched(text))
    try:
        return _upright(open_image(base64.b64decode(_body(text))))
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        raise HttpError(500, "Invalid encoded image") from None


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
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGB", "P") and isinstance(turned.info.get("transparency"), bytes):
        return turned.convert("RGBA")
    return turned


def _why_not_fetched(url: str) -> str:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or _is_local_address(host):
        return "Request to local resource not allowed"
    return "Invalid image url"


def _is_local_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
