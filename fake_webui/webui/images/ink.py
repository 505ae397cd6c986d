"""How high a line of text is in the WebUI's own font, which the room for legends follows from.

The font fits its outlines to whole pixels, differently at each small size.
"""

from functools import lru_cache
from typing import NamedTuple

FIRST_SIZE_PX = 5


class Extent(NamedTuple):
    """Rows of ink above and below the line: at 5 to 10 pixels, and as a share of larger sizes."""

    above: tuple[int, ...]
    below: tuple[int, ...]
    above_share: float
    below_share: float


NONE = (0, 0, 0, 0, 0, 0)
TAIL = (1, 1, 2, 1, 2, 2)
LOW = (3, 3, 4, 4, 5, 6)
HIGH = (4, 4, 5, 5, 7, 8)
DOTTED = (5, 5, 6, 6, 7, 8)

CAPITAL = Extent(HIGH, NONE, 0.715, 0.0)  # digits and most signs are as high
EXTENTS = {
    "bdhkl'\"": Extent(HIGH, NONE, 0.755, 0.01),
    "aceosmnuvwxz<>:+=": Extent(LOW, NONE, 0.54, 0.01),
    "gpqy;": Extent(LOW, TAIL, 0.54, 0.21),
    "i": Extent(DOTTED, NONE, 0.725, 0.0),
    "j": Extent(DOTTED, TAIL, 0.725, 0.215),
    "f": Extent((5, 5, 6, 6, 7, 9), NONE, 0.76, 0.0),
    "r": Extent((4, 4, 5, 5, 6, 7), NONE, 0.54, 0.0),
    "t": Extent((4, 4, 5, 5, 6, 8), NONE, 0.66, 0.01),
    ",": Extent((1, 1, 1, 1, 1, 1), (1, 1, 1, 1, 2, 2), 0.11, 0.145),
    "._": Extent((1, 1, 1, 1, 1, 1), NONE, 0.105, 0.005),
    "-~": Extent((2, 2, 3, 3, 3, 4), NONE, 0.34, 0.0),
    "()": Extent((5, 5, 6, 6, 8, 9), (2, 2, 2, 2, 3, 3), 0.81, 0.235),
    "[]{}": Extent((5, 5, 7, 7, 7, 9), (1, 1, 1, 1, 2, 2), 0.815, 0.155),
    "Q@|/\\": Extent(HIGH, (1, 1, 1, 1, 2, 2), 0.725, 0.125),
}
BY_CHARACTER = {one: extent for characters, extent in EXTENTS.items() for one in characters}


@lru_cache(maxsize=512)
def ink_height(line: str, font_px: int) -> int:
    """Return the rows from the highest to the lowest ink of a line, 0 where there is none."""
    extents = [BY_CHARACTER.get(one, CAPITAL) for one in set(line) if not one.isspace()]
    place = font_px - FIRST_SIZE_PX
    if place < 0 or not extents:
        return min(font_px, 1) if extents else 0
    if place < len(NONE):
        return max(one.above[place] for one in extents) + max(one.below[place] for one in extents)
    above = max(one.above_share for one in extents)
    return round(above * font_px) + round(max(one.below_share for one in extents) * font_px)
