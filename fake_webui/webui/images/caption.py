"""Text written over pictures that have pixels of their own."""

import hashlib
from collections.abc import Sequence

from PIL import Image

from fake_webui.webui.images.drawing import text_scanlines
from fake_webui.webui.images.lettering import fitting_lines, scale_that_fits

DARKEST = 96  # of 256: captions are white


def captioned(image: Image.Image, lines: Sequence[str], key: str) -> Image.Image:
    """Return a copy with `lines` on a strip at the top, in a colour that follows from `key`."""
    lines = fitting_lines(image.width, lines)
    scale = scale_that_fits(image.size, lines)
    rows = [row[1:] * scale for row in text_scanlines(image.width, lines, scale, colour_of(key))]
    strip = Image.frombytes("RGB", (image.width, scale * len(rows)), b"".join(rows))
    result = image.convert("RGB") if image.mode != "RGB" else image.copy()
    result.paste(strip, (0, 0))
    return result


def tinted(image: Image.Image, strength: float, key: str) -> Image.Image:
    """Return a copy mixed with the colour of `key`, for the share `strength`."""
    colour = Image.new("RGB", image.size, tuple(colour_of(key)))
    return Image.blend(image.convert("RGB"), colour, max(0.0, min(1.0, strength)))


def colour_of(key: str) -> bytes:
    """Return an RGB triplet, dark enough for white text, that follows from `key`."""
    digest = hashlib.sha256(key.encode(errors="replace")).digest()
    return bytes(value * DARKEST // 256 for value in digest[:3])
