"""`__x__`: values from the pack itself, or lines of wildcards/x.txt."""

import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.errors import PackError
from app.planning.packs.model import Place, PromptPack, Slot
from app.planning.packs.tokens import WILDCARD, UnresolvedError
from app.storage.documents import read_lines

_DEEPEST = 16
"""How often a value may lead to a further wildcard."""


class Wildcards:
    """The wildcards that one pack can reach; each file is read once."""

    def __init__(self, pack: PromptPack) -> None:
        self._folders = pack.wildcard_folders
        self._slots = {slot.name.casefold(): slot for slot in pack.wildcards.slots}

    def occurrences(self, text: str) -> list[Slot]:
        """Return a slot for each wildcard in `text`, from left to right.

        Raises:
            UnresolvedError: there is no such wildcard, or it has no values.
        """
        names: list[str] = WILDCARD.findall(text) if "__" in text else []
        return [replace(self._lookup(name), name=name) for name in names]

    def draw_within(self, value: str, rng: random.Random) -> str:
        """Put drawn values in the place of the wildcards in a value.

        Raises:
            ValueError: as for `occurrences`, or a value leads back to its own wildcard.
        """
        for _ in range(_DEEPEST):
            if "__" not in value or not WILDCARD.search(value):
                return value
            value = WILDCARD.sub(lambda match: rng.choice(self._lookup(match[1]).values), value)
        raise ValueError(f"the values of __{WILDCARD.findall(value)[0]}__ lead back to itself")

    def files_named_in(self, texts: Iterable[str]) -> list[Slot]:
        """Return the wildcards with files that texts lead to, or the values of these do."""
        open_names = [name for text in texts for name in WILDCARD.findall(text)]
        seen: dict[str, Slot] = {}
        while open_names:
            name = open_names.pop()
            if name.casefold() not in seen:
                with suppress(PackError, ValueError):  # is an error once a job draws it
                    slot = seen[name.casefold()] = self._lookup(name)
                    open_names += [n for value in slot.values for n in WILDCARD.findall(value)]
        return [slot for slot in seen.values() if slot.place.line is None]

    def _lookup(self, name: str) -> Slot:
        key = name.casefold()
        if key not in self._slots:
            self._slots[key] = self._from_file(name)
        return self._slots[key]

    def _from_file(self, name: str) -> Slot:
        for folder in self._folders:
            if (path := folder / f"{name}.txt").is_file():
                return _read(path, name)
        message = f"__{name}__ has no values, and there is no wildcards/{name}.txt"
        raise UnresolvedError(f"__{name}__", message)


def _read(path: Path, name: str) -> Slot:
    numbered = enumerate(read_lines(path, PackError), start=1)
    lines = tuple((number, line.strip()) for number, line in numbered if _counts(line))
    if not lines:
        raise ValueError(f"__{name}__ has no values: {path} is empty")
    values = tuple(line for _, line in lines)
    return Slot(name=name, values=values, place=Place(path=path, lines=lines))


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def replace_wildcards(text: str, values: Sequence[str]) -> str:
    """Put `values` in the place of the wildcards of `text`, one after the other."""
    following = iter(values)
    return WILDCARD.sub(lambda _: next(following), text) if values else text
