"""Many pictures on one: tables of small ones with their labels, to be looked at side by side."""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_MARGIN, _LINE, _FONT = 12, 18, 14  # pixels
_LABEL = 220  # pixels, of the labels at the left
_ACROSS = 16  # columns; what has more goes on below
_BOXES = ((200, 256), (1_000, 128), (math.inf, 64))
"""How large a picture may be, in pixels, where there are at most so many."""
_PAPER, _INK, _EMPTY = "white", "black", "#dddddd"


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture, or the word that stands in its place."""

    path: Path | None
    word: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Pictures with a label before them, one for each column."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title and the columns' labels."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def narrow(self) -> Iterator["Table"]:
        """Give tables of at most `_ACROSS` columns that are this one in pieces."""
        for start in range(0, len(self.columns), _ACROSS):
            part = slice(start, start + _ACROSS)
            rows = tuple(Row(row.label, row.cells[part]) for row in self.rows)
            yield Table("" if start else self.title, self.columns[part], rows)


def draw_sheet(tables: Sequence[Table]) -> bytes:
    """Return a PNG with the tables below each other."""
    pictures = sum(len(row.cells) for table in tables for row in table.rows)
    box = next(size for most, size in _BOXES if pictures <= most)
    pieces = [piece for table in tables for piece in table.narrow()]
    across = max(len(piece.columns) for piece in pieces)
    heights = [_height(piece, box) for piece in pieces]
    size = (_LABEL + across * (box + _MARGIN) + 2 * _MARGIN, sum(heights) + _MARGIN)
    sheet = _Sheet(Image.new("RGB", size, _PAPER), box)
    for piece, top in zip(pieces, _tops(heights), strict=True):
        sheet.draw(piece, top)
    return sheet.png()


def _height(table: Table, box: int) -> int:
    lines = 2 if table.title else 1
    return lines * _LINE + len(table.rows) * (box + _MARGIN) + _MARGIN


def _tops(heights: Sequence[int]) -> Iterator[int]:
    top = _MARGIN
    for height in heights:
        yield top
        top += height


class _Sheet:
    def __init__(self, paper: Image.Image, box: int) -> None:
        self._paper, self._box = paper, box
        self._pen = ImageDraw.Draw(paper)
        self._font: Font = ImageFont.load_default(_FONT)

    def draw(self, table: Table, top: int) -> None:
        """Draw a table from a height on."""
        if table.title:
            self._write(table.title, _MARGIN, top, self._paper.width - 2 * _MARGIN)
            top += _LINE
        for index, label in enumerate(table.columns):
            self._write(label, self._left(index), top, self._box)
        for number, row in enumerate(table.rows):
            self._draw_row(row, top + _LINE + number * (self._box + _MARGIN))

    def png(self) -> bytes:
        """Return the sheet as a file."""
        buffer = io.BytesIO()
        self._paper.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    def _left(self, index: int) -> int:
        return _MARGIN + _LABEL + index * (self._box + _MARGIN)

    def _draw_row(self, row: Row, top: int) -> None:
        for number, line in enumerate(row.label.split("\n")):
            self._write(line, _MARGIN, top + number * _LINE, _LABEL - _MARGIN)
        for index, cell in enumerate(row.cells):
            left = self._left(index)
            if (picture := _small(cell.path, self._box)) is not None:
                self._paper.paste(picture, (left, top))
            else:
                self._pen.rectangle((left, top, left + self._box, top + self._box), fill=_EMPTY)
                self._write(cell.word, left + _MARGIN, top + _MARGIN, self._box - 2 * _MARGIN)

    def _write(self, text: str, left: int, top: int, width: int) -> None:
        """Write one line, cut to a width in pixels."""
        while text and self._pen.textlength(text, self._font) > width:
            text = f"{text[:-2].rstrip()}…" if len(text) > 2 else ""
        self._pen.text((left, top), text, fill=_INK, font=self._font)


def _small(path: Path | None, box: int) -> Image.Image | None:
    """Return a picture no larger than the box, None where it can't be read."""
    if path is None:
        return None
    try:
        with Image.open(path) as image:
            image.draft("RGB", (box, box))
            small = image.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
    small.thumbnail((box, box))
    return small
