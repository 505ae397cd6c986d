"""The modules (preprocessors), their sliders, and the control types that group them."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

NONE: Final = "none"
ALL_TYPES: Final = "All"
# What names of models say of their control type, beside the type's own name.
MODEL_WORDS: Final = {
    "IP-Adapter": ("ip_adapter", "ipadapter"),
    "Instant-ID": ("instant_id", "instantid"),
    "InstructP2P": ("ip2p",),
    "NormalMap": ("normal",),
    "OpenPose": ("densepose",),
    "Scribble": ("sketch",),
    "Segmentation": ("seg",),
    "T2I-Adapter": ("t2i_adapter", "t2iadapter", "t2ia"),
    "Tile": ("blur",),
}


@dataclass(frozen=True, slots=True)
class Slider:
    """A setting of a module with its bounds; without a name it is not on the page."""

    name: str | None = None
    value: float = 0.5
    least: float = 0.0
    most: float = 1.0
    step: float = 0.01

    def bounded(self, value: Any) -> Any:
        """Return `value`, or the default where it is out of bounds.

        Raises:
            TypeError: for None, as comparisons word it.
        """
        return self.value if value < self.least or value > self.most else value

    def facts(self) -> dict[str, Any]:
        """Return what the list of modules shows of it."""
        shown = {"name": self.name, "value": self.value}
        return shown | {"min": self.least, "max": self.most, "step": self.step}


HIDDEN: Final = Slider()


@dataclass(frozen=True, slots=True)
class Module:
    """A preprocessor: its own name, the label that the page shows, and its sliders."""

    name: str
    label: str
    resolution: Slider
    thresholds: tuple[Slider, Slider]
    model_free: bool = False

    @property
    def sliders(self) -> tuple[Slider, ...]:
        """Resolution, threshold a, threshold b."""
        return (self.resolution, *self.thresholds)

    @property
    def is_reference(self) -> bool:
        """Whether it works on the attention of the picture that is being made."""
        return self.name.startswith("reference")

    @property
    def is_inpaint(self) -> bool:
        """Whether what it draws keeps the mask."""
        return self.name.startswith("inpaint")

    @property
    def is_pose(self) -> bool:
        """Whether it finds bodies, and answers with their joints beside the picture."""
        return "openpose" in self.name

    def facts(self) -> dict[str, Any]:
        """Return what the list of modules shows of it."""
        shown = [slider.facts() for slider in self.sliders if slider.name]
        return {"model_free": self.model_free, "sliders": shown}


@cache
def modules() -> dict[str, Module]:
    """Return every module by its name, in the order of the page."""
    return {name: _module(name, **facts) for name, facts in _data()["modules"].items()}


@cache
def _by_any_name() -> dict[str, Module]:
    found = {module.label: module for module in modules().values()}
    return found | modules()


def find_module(name: Any) -> Module | None:
    """Return the module of exactly this name or label.

    Raises:
        TypeError: for a list or an object.
    """
    return _by_any_name().get(name)


@cache
def control_types() -> dict[str, tuple[Module, ...]]:
    """Return the modules of each control type; the first is the default."""
    found = modules()
    every = {ALL_TYPES: tuple(found.values())}
    named: dict[str, list[str]] = _data()["control_types"]
    return every | {
        kind: (found[NONE], *(found[name] for name in names)) for kind, names in named.items()
    }


def is_of_type(model: str, kind: str) -> bool:
    """Return whether the name of a model says that it is for a control type."""
    words = (kind, *MODEL_WORDS.get(kind, ()))
    return kind == ALL_TYPES or any(word.lower() in model.lower() for word in words)


def _module(
    name: str,
    *,
    label: str | None = None,
    model_free: bool = False,
    resolution: int | None = 512,
    thresholds: tuple[tuple[Any, ...], ...] = (),
) -> Module:
    first, second = (*(Slider(*one) for one in thresholds), HIDDEN, HIDDEN)[:2]
    size = Slider("Resolution", resolution, 64, 2048, 8) if resolution else HIDDEN
    return Module(name, label or name, size, (first, second), model_free)


@cache
def _data() -> Any:
    return json.loads(resources.files(__package__).joinpath("modules.json").read_text("utf-8"))
