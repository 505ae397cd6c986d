"""Settings as axes of the matrix: every prompt with every combination of their values.

axis cfg: 5 | 7               in a text, a `.json` or on the command line
axis size: 512x768 | 1024x1024
"""

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.config.pipeline_config import PipelineConfig, find_problems, merge, merge_layers
from app.errors import PackError
from app.planning.packs.model import Slot
from app.planning.packs.tokens import MAX_JOBS, TOO_MANY

SIZE = "size"
_SHORT = {
    "cfg": "cfg_scale",
    "sampler": "sampler_name",
    "model": "checkpoint",
    "batches": "n_iter",
    "distilled_cfg": "distilled_cfg_scale",
}
"""Names that people know settings of txt2img by, where they are not the settings' own."""
_SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)", re.IGNORECASE)

Layer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting, or width and height together, that takes several values.

    Args:
        name: as it was written.
        cells: each value as it was written, with the layer of settings that it makes.
    """

    name: str
    cells: tuple[tuple[str, Layer], ...]

    @property
    def keys(self) -> frozenset[str]:
        """The dotted settings that it sets."""
        return frozenset(key for _, layer in self.cells for key in _dotted(layer))


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of values: by the axes' names, and the configuration they make."""

    values: Mapping[str, str]
    config: PipelineConfig


def read_axis(slot: Slot) -> Axis:
    """Return the axis that a slot's name and values mean.

    Raises:
        PackError: there is no such setting, or one of the values is none for it.
    """
    cells = []
    for value in slot.values:
        layer = _size(slot, value) if slot.name.lower() == SIZE else _layer(slot.name, value)
        for problem in find_problems(layer):
            if not problem.is_relation:
                raise _wrong(slot, problem.sentence)
        cells.append((value, layer))
    return Axis(slot.name, tuple(cells))


def _layer(name: str, value: str) -> Layer:
    section, _, key = name.rpartition(".")
    key = key.lower()
    place = [*section.lower().split("."), key] if section else ["txt2img", _SHORT.get(key, key)]
    layer: Any = value
    for part in reversed(place):
        layer = {part: layer}
    return layer  # type: ignore[no-any-return]  # there is at least one part


def _size(slot: Slot, value: str) -> Layer:
    match = _SIZE.fullmatch(value)
    if match is None:
        raise _wrong(slot, f"{value!r} is not a size; write width and height, as in 832x1216")
    return {"txt2img": {"width": match[1], "height": match[2]}}


def _wrong(slot: Slot, sentence: str) -> PackError:
    return PackError(slot.place.path, slot.place.line, f"axis {slot.name}: {sentence}")


def _dotted(layer: Layer, prefix: str = "") -> Iterable[str]:
    for key, value in layer.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def cells_of(below: Layer, axes: Sequence[Slot], user: Layer, over: Sequence[Slot]) -> list[Cell]:
    """Return every combination with its configuration; the last axis turns fastest.

    Without axes that is one, of the settings as they are.

    Args:
        below: the settings under the axes.
        axes: of the pack; one whose settings are given, or vary otherwise, gives way.
        user: the settings that were given.
        over: axes that were given.

    Raises:
        PackError: an axis is none, or two set the same.
        ConfigurationError: the settings together make no configuration.
    """
    given, usual = [read_axis(slot) for slot in over], [read_axis(slot) for slot in axes]
    _refuse_doubles(over, given)
    taken = {*_dotted(user), *(key for axis in given for key in axis.keys)}
    usual = [axis for axis in usual if not axis.keys <= taken]
    _refuse_doubles(axes, usual)
    _refuse_too_many((*usual, *given), (*axes, *over))
    return [
        Cell(
            {axis.name: value for axis, (value, _) in zip((*usual, *given), chosen, strict=True)},
            merge(
                below,
                merge_layers(*(layer for _, layer in chosen[: len(usual)])),
                user,
                merge_layers(*(layer for _, layer in chosen[len(usual) :])),
            ),
        )
        for chosen in itertools.product(*(axis.cells for axis in (*usual, *given)))
    ]


def _refuse_doubles(slots: Sequence[Slot], axes: Sequence[Axis]) -> None:
    for one, other in itertools.combinations(axes, 2):
        if both := one.keys & other.keys:
            slot = next(slot for slot in slots if slot.name == other.name)
            raise _wrong(slot, f"{min(both)} varies by axis {one.name} already")


def _refuse_too_many(axes: Sequence[Axis], slots: Sequence[Slot]) -> None:
    if (count := math.prod(len(axis.cells) for axis in axes)) > MAX_JOBS:
        raise _wrong(slots[-1], f"the axes make {count:,} combinations; {TOO_MANY}")
