"""Labels along the edges of a grid, and the room they take."""

from collections.abc import Sequence

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.images.ink import ink_height
from fake_webui.webui.images.lettering import GLYPH_HEIGHT, GLYPH_WIDTH, INK, text_rows
from fake_webui.webui.limits import check_memory

FONT_SHARE = 25  # of width and height together is the font's size
ACTIVE, BACKGROUND = (0, 0, 0), (255, 255, 255)

Labels = Sequence[Sequence[str]]


def annotated(
    grid: Image.Image, cell: tuple[int, int], columns: Labels, rows: Labels, margin: int = 0
) -> Image.Image:
    """Return a grid with labels above its columns and left of its rows, `margin` between cells.

    Labels are lists of lines, one list for each column or row; `cell` is the size of a cell.

    Raises:
        HandlerError: AssertionError, where the grid has other columns or rows than labels.
    """
    width, height = cell
    _check_number("horizontal", columns, grid.width // width)
    _check_number("vertical", rows, grid.height // height)
    font_px = sum(cell) // FONT_SHARE
    left = width * 3 // 4 if any(map(any, rows)) else 0
    spacing = font_px // 2
    above = [_wrapped(lines, width, font_px) for lines in columns]
    heights = [_height(lines, font_px, spacing) for lines in above]
    top = max(heights) + 2 * spacing if sum(heights) else 0
    size = (
        grid.width + left + margin * (len(columns) - 1),
        grid.height + top + margin * (len(rows) - 1),
    )
    check_memory(*size)
    result = Image.new("RGB", size, BACKGROUND)
    for row in range(len(rows)):
        for column in range(len(columns)):
            box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
            place = (left + column * (width + margin), top + row * (height + margin))
            result.paste(grid.crop(box), place)
    for column, lines in enumerate(above):
        _write(result, lines, (left + column * (width + margin), spacing), width, font_px)
    for row, texts in enumerate(rows):
        middle = top + row * (height + margin) + height // 2
        _write(result, _wrapped(texts, left, font_px), (0, middle), left, font_px)
    return result


def _check_number(direction: str, labels: Labels, cells: int) -> None:
    if len(labels) != cells:
        message = f"bad number of {direction} texts: {len(labels)}; must be {cells}"
        raise HandlerError("AssertionError", message)


def _height(lines: Sequence[str], font_px: int, spacing: int) -> int:
    """Return the height of lines with what is between them, less than none where there is none."""
    return sum(ink_height(line, font_px) + spacing for line in lines) - spacing


def _wrapped(lines: Sequence[str], width: int, font_px: int) -> list[str]:
    room = max(1, width * GLYPH_HEIGHT // (max(1, font_px) * GLYPH_WIDTH))
    return [part for line in lines for part in _wrap(line, room)]


def _wrap(line: str, room: int) -> list[str]:
    """Return a line as lines of `room` characters, broken between words."""
    words, wrapped = line.split(), list[list[str]]()
    if len(" ".join(words)) <= room:
        return [line]
    taken = room
    for word in words:
        taken += 1 + len(word)
        if taken > room:
            wrapped.append([])
            taken = len(word)
        wrapped[-1].append(word)
    return [" ".join(words) for words in wrapped]


def _write(
    image: Image.Image, lines: Sequence[str], place: tuple[int, int], width: int, font_px: int
) -> None:
    left, top = place
    visible = image.width * GLYPH_HEIGHT // (GLYPH_WIDTH * max(1, font_px)) + 1
    for number, line in enumerate(one[:visible] for one in lines):
        marks = b"".join(text_rows(line)) if line else b""
        if not marks or font_px < 1:
            continue
        mask = Image.frombytes("L", (len(line) * GLYPH_WIDTH, GLYPH_HEIGHT), marks)
        mask = mask.point(lambda value: 255 * (value == INK[0]))
        text = mask.resize((max(1, mask.width * font_px // GLYPH_HEIGHT), font_px))
        x = left + max(0, width - text.width) // 2
        image.paste(ACTIVE, (x, top + number * (font_px + font_px // 2)), text)
