"""Pictures that say what they are: coloured tiles and a few lines of text, drawn in a millisecond.

A picture is a stack of bands. A band is one scanline and a filler: rows that say "as the row
above", deflated once for each width. In realistic pictures the filler adds a little noise, so
that files are as large as those of photographs.
"""

import hashlib
import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from fake_webui.images.lettering import INK, PAPER, fitting_lines, scale_that_fits, text_rows
from fake_webui.images.png import Block, deflate, deflate_each, write_png

TILES_ACROSS, TILES_DOWN = 12, 8
NOISE_VARIANTS = 8
NO_FILTER, UP_FILTER = b"\0", b"\2"
INK_COLOUR, PAPER_COLOUR = b"\xff\xff\xff", b"\x18\x18\x20"
# How far a noisy pixel may be from the one above it; these sums make files of photographic size.
NOISE_DELTAS = (0, 1, 2, 3, 4, 3, 2, 1, 0, 255, 254, 253, 252, 253, 254, 255)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a picture shows: `lines` of text on tiles whose colours follow from `key`."""

    size: tuple[int, int]
    key: str
    lines: tuple[str, ...]
    realistic: bool = False

    def to_png(self, info: Mapping[str, str]) -> bytes:
        """Return the picture as an RGB PNG with `info` as its text chunks."""
        bands = list(_bands(self.size, self.key, self.lines))
        rows = deflate_each(scanline for scanline, _, _ in bands)
        blocks: list[Block] = []
        for index, (row, (_, height, is_text)) in enumerate(zip(rows, bands, strict=True)):
            blocks.append(row)
            if height > 1:
                noisy = self.realistic and not is_text
                variant = index % NOISE_VARIANTS + 1 if noisy else 0
                blocks.append(_filler(self.size[0], height - 1, variant))
        return write_png(self.size, blocks, info)


def _bands(
    size: tuple[int, int], key: str, lines: Sequence[str]
) -> Iterator[tuple[bytes, int, bool]]:
    """Yield (scanline, height in pixels, whether it is text) from top to bottom."""
    width, height = size
    lines = fitting_lines(width, lines)
    scale = scale_that_fits(size, lines)
    left = height
    for scanline in text_scanlines(width, lines, scale):
        if left <= 0:
            return
        yield scanline, min(scale, left), True
        left -= scale
    yield from _tile_bands(width, left, key)


def text_scanlines(
    width: int, lines: Sequence[str], scale: int, background: bytes = PAPER_COLOUR
) -> Iterator[bytes]:
    """Yield unfiltered scanlines of white text; each stands for `scale` of them."""
    ink, paper = INK_COLOUR * scale, background * scale
    blank = background * width
    for line in lines:
        for row in text_rows(line):
            pixels = row.replace(INK, ink).replace(PAPER, paper)
            yield NO_FILTER + (paper + pixels + blank)[: 3 * width]


def _tile_bands(width: int, height: int, key: str) -> Iterator[tuple[bytes, int, bool]]:
    colours = _colours(key)
    edges = [width * column // TILES_ACROSS for column in range(TILES_ACROSS + 1)]
    for row in range(TILES_DOWN):
        band = height * (row + 1) // TILES_DOWN - height * row // TILES_DOWN
        if band <= 0:
            continue
        tiles = (next(colours) * (right - left) for left, right in pairwise(edges))
        yield NO_FILTER + b"".join(tiles), band, False


def _colours(key: str) -> Iterator[bytes]:
    """Yield RGB triplets that follow from `key`: four corner colours, mixed, with some variety."""
    digest = hashlib.shake_128(key.encode(errors="replace")).digest(12 + TILES_ACROSS * TILES_DOWN)
    corners = [digest[start : start + 3] for start in range(0, 12, 3)]
    variety = iter(digest[12:])
    for row in range(TILES_DOWN):
        left = _mix(corners[0], corners[1], row / TILES_DOWN)
        right = _mix(corners[2], corners[3], row / TILES_DOWN)
        for column in range(TILES_ACROSS):
            shade = 0.8 + next(variety) / 1280
            yield bytes(int(part * shade) for part in _mix(left, right, column / TILES_ACROSS))


def _mix(one: Iterable[float], other: Iterable[float], share: float) -> list[float]:
    return [a + (b - a) * share for a, b in zip(one, other, strict=True)]


@lru_cache(maxsize=256)
def _filler(width: int, rows: int, variant: int) -> Block:
    """Return `rows` scanlines that repeat the one above, with noise unless `variant` is 0."""
    if variant == 0:
        return deflate((UP_FILTER + bytes(3 * width)) * rows)
    return deflate(_noise(width, rows, variant), strategy=zlib.Z_HUFFMAN_ONLY)


def _noise(width: int, rows: int, variant: int) -> bytes:
    """Return scanlines of noise in which every row takes back what the one before added."""
    source = random.Random(variant)  # noqa: S311 - the same pictures in every run
    deltas = bytes(NOISE_DELTAS[value % len(NOISE_DELTAS)] for value in range(256))
    negative = bytes(-value % 256 for value in range(256))
    scanlines = []
    for _ in range((rows + 1) // 2):
        added = source.randbytes(3 * width).translate(deltas)
        scanlines += [UP_FILTER + added, UP_FILTER + added.translate(negative)]
    return b"".join(scanlines[:rows])
