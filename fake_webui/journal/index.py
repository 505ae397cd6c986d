"""Which numbers belong to which method and address, so that nobody reads a journal to count it.

Eight bytes for each entry. Kinds are bounded: a client that makes addresses up without end shares
one list with all whom that concerns, and those entries must be looked at one by one.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

MOST_KINDS = 1000


class Kind(NamedTuple):
    """What entries of one list have in common."""

    method: str
    path: str
    matched: bool


Accepts = Callable[[Kind], bool]


class Index:
    """The numbers of the entries by kind, in order; `apart` are those of more kinds than fit."""

    def __init__(self) -> None:
        self._numbers: dict[Kind, array[int]] = {}
        self._apart = array("q")

    def add(self, n: int, kind: Kind) -> None:
        """Add the newest number."""
        if kind in self._numbers or len(self._numbers) < MOST_KINDS:
            self._numbers.setdefault(kind, array("q")).append(n)
        else:
            self._apart.append(n)

    def trim(self, first: int) -> None:
        """Forget the numbers below this one, and kinds that have no others."""
        for numbers in (*self._numbers.values(), self._apart):
            del numbers[: bisect_left(numbers, first)]
        self._numbers = {kind: numbers for kind, numbers in self._numbers.items() if numbers}

    def select(self, accepts: Accepts, start: int, end: int) -> "list[array[int]]":
        """Return the numbers from `start` to before `end`, a list for each accepted kind."""
        chosen = (numbers for kind, numbers in self._numbers.items() if accepts(kind))
        return [between(numbers, start, end) for numbers in chosen]

    def apart(self, start: int, end: int) -> "array[int]":
        """Return the numbers from `start` to before `end` whose kind is not known."""
        return between(self._apart, start, end)


def between(numbers: "array[int]", start: int, end: int) -> "array[int]":
    """Return a copy of that stretch of numbers in order."""
    return numbers[bisect_left(numbers, start) : bisect_left(numbers, end)]
