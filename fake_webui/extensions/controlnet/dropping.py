"""Why units have no effect: what the real extension says in its log alone, and answers 200."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fake_webui.extensions.controlnet.unit import OLD_SPELLINGS


class UnitDroppedError(Exception):
    """A unit can't take part; the message says why."""


def dropped(number: int, count: int, reason: Exception) -> list[str]:
    """Return what there is to say where unit `number` of `count`, from 0, was dropped.

    The extension gives up at the first; those before and behind it have no effect either.
    """
    others = [other for other in range(count) if other != number]
    return [
        f"ControlNet unit {number} was dropped: {reason}",
        *(f"ControlNet unit {other} was dropped: unit {number} was" for other in others),
    ]


def not_units(arguments: Sequence[Any]) -> Iterator[str]:
    """Yield what there is to say of arguments that are neither units nor null."""
    if any(one is not None and not isinstance(one, dict) for one in arguments):
        yield "ControlNet arguments that are not objects were ignored; the old list is not read"


def old_spellings(units: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what there is to say of the keys of units."""
    for unit in units:
        for old, new in OLD_SPELLINGS.items():
            if old in unit:
                yield f"{old} is an old spelling of {new} in a ControlNet unit"
