"""Tokens in prompts, `[[slot]]` and `__wildcard__`, and the combinations of values for them."""

import functools
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.planning.packs.definitions import WILDCARD_NAME
from app.planning.packs.model import Mode, Slot

MAX_JOBS = 8192
"""No pack makes more jobs than this."""

TOKEN = re.compile(r"\[\[\s*([^\[\]]+?)\s*\]\]")
WILDCARD = re.compile(rf"(?<![^\W_])__({WILDCARD_NAME})__(?![^\W_])")


class UnresolvedError(ValueError):
    """A reference leads nowhere; `written` is how it stands in the prompt."""

    def __init__(self, written: str, message: str) -> None:
        self.written = written
        super().__init__(message)


@functools.lru_cache(maxsize=1024)
def normalised(name: str) -> str:
    """Return the name as slots are matched: no case, spaces or hyphens."""
    return re.sub(r"[\s-]", "", name).casefold()


NAME_KEYS: Mapping[str, Callable[[str], str]] = {
    "axis": str.casefold,
    "slot": normalised,
    "wildcard": str.casefold,
    "replacement": str,
}
"""By what the names of each kind of definition are the same."""


def tokens_in(text: str) -> list[str]:
    """Return the names in `[[…]]`, as written."""
    return TOKEN.findall(text)


def used_slots(text: str, slots: Iterable[Slot]) -> list[Slot]:
    """Return the slots that `text` refers to, itself or through values, in the pack's order.

    Raises:
        UnresolvedError: a token has no slot.
    """
    table = {normalised(slot.name): slot for slot in slots}
    used: set[str] = set()
    open_names = tokens_in(text)
    while open_names:
        key = normalised(name := open_names.pop())
        if key not in table:
            raise UnresolvedError(name, f"[[{name}]] has no slot; {_there_is(table.values())}")
        if key not in used:
            used.add(key)
            open_names += [t for value in table[key].values for t in tokens_in(value)]
    return [slot for key, slot in table.items() if key in used]


def _there_is(slots: Iterable[Slot]) -> str:
    names = ", ".join(slot.name for slot in slots)
    return f"there is {names}" if names else "the pack has no matrix"


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of tokens, and of the tokens in those values.

    Args:
        text: a prompt.
        values: by normalised slot name.

    Raises:
        ValueError: a value leads back to its own slot.
    """
    for _ in range(len(values) + 1):
        if "[[" not in text:
            return text
        text = TOKEN.sub(lambda match: values[normalised(match[1])], text)
    if left := tokens_in(text):
        raise ValueError(f"the values of [[{left[0]}]] lead back to itself")
    return text


def values_at(slots: Sequence[Slot], index: int) -> list[str]:
    """Return the value of each slot in the combination at `index`; the last turns fastest."""
    values = []
    for slot in reversed(slots):
        index, position = divmod(index, len(slot.values))
        values.append(slot.values[position])
    return values[::-1]


def replace_texts(text: str, values: Mapping[str, str]) -> str:
    """Replace every key by its value in one pass, so that no replacement is replaced again."""
    if not values:
        return text
    longest_first = sorted(values, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda match: values[match[0]], text)


def chosen_indices(
    slots: Sequence[Slot], mode: Mode, limit: int, turn: int, rng: random.Random
) -> Sequence[int]:
    """Return which combinations of `slots` to take.

    Args:
        slots: those that the prompt uses.
        mode: see `Mode`.
        limit: how many combinations take part, 0 for all.
        turn: whose turn it is when one is taken after the other.
        rng: what draws.

    Raises:
        ValueError: it would be more than `MAX_JOBS`.
    """
    count = math.prod(len(slot.values) for slot in slots)
    taking = min(limit, count) if limit else count
    if mode in (Mode.ROTATE, Mode.SEQUENTIAL):
        return (turn % taking,)
    if taking > MAX_JOBS:
        raise ValueError(f"{taking:,} combinations of {_product(slots)}; {TOO_MANY}")
    if mode is Mode.FANOUT:
        return range(taking)
    return rng.sample(range(count), taking) if taking > 1 else (rng.randrange(count),)


TOO_MANY = f"one pack makes at most {MAX_JOBS:,} jobs: set a limit or split it"


def _product(slots: Iterable[Slot]) -> str:
    return " by ".join(f"{slot.name} ({len(slot.values)})" for slot in slots)
