"""Bitmap text: rows of `#` and `.` that scale to any picture."""

from collections.abc import Sequence
from functools import cache
from typing import Any

INK, PAPER = b"#", b"."
GLYPH_WIDTH, GLYPH_HEIGHT = 6, 11
LARGEST_SCALE = 4


def text_rows(text: str) -> list[bytes]:
    """Return `text` as GLYPH_HEIGHT rows, GLYPH_WIDTH marks for each character."""
    return [b"".join(row) for row in zip(*map(glyph, map(_shown, text)), strict=True)]


def _shown(character: str) -> str:
    """Return a character, or a question mark for one that the font lacks."""
    return character if character.isascii() and character.isprintable() else "?"


@cache
def glyph(character: str) -> tuple[bytes, ...]:
    """Return the rows of one character of the font."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - not needed until a picture is

    image = Image.new("L", (GLYPH_WIDTH, GLYPH_HEIGHT))
    ImageDraw.Draw(image).text((0, 0), character, font=_font(), fill=255)
    marks = image.point(lambda value: INK[0] if value > 127 else PAPER[0]).tobytes()
    return tuple(marks[start : start + GLYPH_WIDTH] for start in range(0, len(marks), GLYPH_WIDTH))


def fitting_lines(width: int, lines: Sequence[str]) -> list[str]:
    """Return `lines`, each cut to its last word where it is wider than the picture."""
    room = width // GLYPH_WIDTH
    return [line if len(line) <= room else line.rpartition(" ")[2] for line in lines]


def scale_that_fits(size: tuple[int, int], lines: Sequence[str]) -> int:
    """Return how many pixels a mark may have so that `lines` are a third of a picture at most."""
    width, height = size
    longest = max(map(len, lines), default=1) or 1
    fits = min(width // (longest * GLYPH_WIDTH), height // (3 * len(lines) * GLYPH_HEIGHT))
    return max(1, min(fits, LARGEST_SCALE))


@cache
def _font() -> Any:
    from PIL import ImageFont  # noqa: PLC0415 - not needed until a picture is

    return ImageFont.load_default_imagefont()
