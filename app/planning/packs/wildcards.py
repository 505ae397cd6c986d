"""`__x__`: values from the pack itself, or lines of wildcards/x.txt."""

import random
from collections.abc import Sequence
from pathlib import Path

from app.errors import PackError
from app.planning.packs.model import PromptPack, Slot
from app.planning.packs.tokens import WILDCARD, UnresolvedError
from app.storage.documents import read_lines

_DEEPEST = 16
"""How often a value may lead to a further wildcard."""


class Wildcards:
    """The wildcards that one pack can reach; each file is read once."""

    def __init__(self, pack: PromptPack) -> None:
        self._folders = pack.wildcard_folders
        self._values = {slot.name.casefold(): slot.values for slot in pack.wildcards.slots}

    def occurrences(self, text: str) -> list[Slot]:
        """Return a slot for each wildcard in `text`, from left to right.

        Raises:
            UnresolvedError: there is no such wildcard, or it has no values.
        """
        names: list[str] = WILDCARD.findall(text) if "__" in text else []
        return [Slot(name=name, values=self._lookup(name)) for name in names]

    def draw_within(self, value: str, rng: random.Random) -> str:
        """Put drawn values in the place of the wildcards in a value.

        Raises:
            ValueError: as for `occurrences`, or a value leads back to its own wildcard.
        """
        for _ in range(_DEEPEST):
            if "__" not in value or not WILDCARD.search(value):
                return value
            value = WILDCARD.sub(lambda match: rng.choice(self._lookup(match[1])), value)
        raise ValueError(f"the values of __{WILDCARD.findall(value)[0]}__ lead back to itself")

    def _lookup(self, name: str) -> tuple[str, ...]:
        key = name.casefold()
        if key not in self._values:
            self._values[key] = self._from_file(name)
        return self._values[key]

    def _from_file(self, name: str) -> tuple[str, ...]:
        for folder in self._folders:
            if (path := folder / f"{name}.txt").is_file():
                return _values_of(path, name)
        message = f"__{name}__ has no values, and there is no wildcards/{name}.txt"
        raise UnresolvedError(f"__{name}__", message)


def _values_of(path: Path, name: str) -> tuple[str, ...]:
    values = tuple(line.strip() for line in read_lines(path, PackError) if _counts(line))
    if not values:
        raise ValueError(f"__{name}__ has no values: {path} is empty")
    return values


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def replace_wildcards(text: str, values: Sequence[str]) -> str:
    """Put `values` in the place of the wildcards of `text`, one after the other."""
    following = iter(values)
    return WILDCARD.sub(lambda _: next(following), text) if values else text
