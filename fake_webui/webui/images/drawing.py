"""Pictures that say what they are: coloured tiles and a few lines of text.

They take a fraction of a millisecond. A picture is a stack of bands. A band is one scanline and a
filler: rows that say "as the row above". Both are deflated once and put together for each picture.
In realistic pictures the filler adds a little noise, so that files are as large as photographs.
"""

import colorsys
import hashlib
import random
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fake_webui.webui.images.lettering import INK, PAPER, fitting_lines, scale_that_fits, text_rows
from fake_webui.webui.images.png import (
    Block,
    deflate,
    deflate_each,
    join_blocks,
    pixel_chunk,
    write_png,
)

TILES_ACROSS, TILES_DOWN = 14, 12
SATURATION = 0.5
NOISE_VARIANTS = 8
NO_FILTER, UP_FILTER = b"\0", b"\2"
INK_COLOUR, PAPER_COLOUR = b"\xff\xff\xff", b"\x18\x18\x20"
# How far a noisy byte is from the one above it, -7 to 7: files get the size of photographs.
NOISE = bytes(((value & 7) - (value >> 3 & 7)) % 256 for value in range(256))
COUNTER_NOISE = bytes(-value % 256 for value in range(256))


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a picture shows: `lines` of text on tiles whose colours follow from `key`."""

    size: tuple[int, int]
    key: str
    lines: tuple[str, ...]
    realistic: bool = False

    def to_png(self, info: Mapping[str, str]) -> bytes:
        """Return the picture as an RGB PNG with `info` as its text chunks."""
        colours = hashlib.sha256(self.key.encode(errors="replace")).digest()[: 1 + TILES_DOWN]
        if self.realistic:
            pixels = pixel_chunk(_blocks(self.size, colours, self.lines, is_noisy=True))
        else:
            pixels = _pixels(self.size, colours, self.lines)
        return write_png(self.size, pixels, info)


@lru_cache(maxsize=64)
def _pixels(size: tuple[int, int], colours: bytes, lines: tuple[str, ...]) -> bytes:
    """Return a picture without noise, some kilobytes; tests ask for the same ones often."""
    return pixel_chunk(_blocks(size, colours, lines, is_noisy=False))


def _blocks(
    size: tuple[int, int], colours: bytes, lines: tuple[str, ...], *, is_noisy: bool
) -> Iterator[Block]:
    """Yield a picture from top to bottom: as much text as there is room for, then tiles."""
    width, left = size
    fitting = fitting_lines(width, lines)
    scale = scale_that_fits(size, fitting)
    for line in fitting:
        block, rows = _text_block(line, width, scale, left)
        yield block
        left -= rows
    family, *members = colours
    for row, member in enumerate(members):
        rows = left * (row + 1) // TILES_DOWN - left * row // TILES_DOWN
        noise = row % NOISE_VARIANTS + 1 if is_noisy else 0
        if rows:
            yield _tile_scanline(width, family % 16, member % 16)
        if rows > 1:
            yield _filler(width, rows - 1, noise)


@lru_cache(maxsize=256)
def _text_block(line: str, width: int, scale: int, room: int) -> tuple[Block, int]:
    """Return a line of text in at most `room` rows, and how many rows it has."""
    scanlines = list(text_scanlines(width, [line], scale))[: -(-room // scale)]
    blocks, left = [], room
    for block in deflate_each(scanlines):
        rows = min(scale, left)
        blocks += [block, _filler(width, rows - 1, 0)] if rows > 1 else [block]
        left -= rows
    return join_blocks(blocks), room - left


def text_scanlines(
    width: int, lines: Iterable[str], scale: int, background: bytes = PAPER_COLOUR
) -> Iterator[bytes]:
    """Yield unfiltered scanlines of white text; each stands for `scale` of them."""
    ink, paper = INK_COLOUR * scale, background * scale
    blank = background * width
    for line in lines:
        for row in text_rows(line):
            pixels = row.replace(INK, ink).replace(PAPER, paper)
            yield NO_FILTER + (paper + pixels + blank)[: 3 * width]


@lru_cache(maxsize=2048)
def _tile_scanline(width: int, family: int, member: int) -> Block:
    """Return the scanline of a row of tiles; both numbers are below 16, a family is of one hue."""
    shades = hashlib.sha256(bytes([family, member])).digest()
    pixels = []
    for column in range(TILES_ACROSS):
        hue = family / 16 + (member % 4 + 2 * column / TILES_ACROSS) / 24
        light = 0.2 + member / 40 + column / TILES_ACROSS / 5 + shades[column] / 2048
        colour = bytes(int(255 * part) for part in colorsys.hls_to_rgb(hue, light, SATURATION))
        span = width * (column + 1) // TILES_ACROSS - width * column // TILES_ACROSS
        pixels.append(colour * span)
    return deflate(NO_FILTER + b"".join(pixels))


@lru_cache(maxsize=256)
def _filler(width: int, rows: int, variant: int) -> Block:
    """Return `rows` scanlines that repeat the one above, with noise unless `variant` is 0."""
    if variant == 0:
        return deflate((UP_FILTER + bytes(3 * width)) * rows)
    return deflate(_noise(width, rows, variant), strategy=zlib.Z_HUFFMAN_ONLY)


def _noise(width: int, rows: int, variant: int) -> bytes:
    """Return scanlines of noise in which every row takes back what the one before added."""
    source = random.Random(variant)  # noqa: S311 - the same pictures in every run
    scanlines = []
    for _ in range((rows + 1) // 2):
        added = source.randbytes(3 * width).translate(NOISE)
        scanlines += [UP_FILTER + added, UP_FILTER + added.translate(COUNTER_NOISE)]
    return b"".join(scanlines[:rows])
