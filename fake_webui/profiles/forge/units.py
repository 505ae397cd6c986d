"""Built-in ControlNet in a generation: most of what is wrong is passed over without a word.

Steering is not imitated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image

from fake_webui.errors import ApiError
from fake_webui.extensions.controlnet.dropping import UnitDroppedError
from fake_webui.extensions.controlnet.models import NO_MODEL
from fake_webui.extensions.controlnet.unit import INFOTEXT_FIELDS, OLD_SPELLINGS, SLIDER_FIELDS
from fake_webui.profiles.forge.maps import draw
from fake_webui.profiles.forge.units_table import UNIT, UNIT_COUNT, model_titles
from fake_webui.webui.image_input import decode_image
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import fit, floor8
from fake_webui.webui.processing import AlwaysOn, Processed, Processing
from fake_webui.webui.state import WebUIState

Unit = Mapping[str, Any]

RESIZE_MODES: Final = ("Just Resize", "Crop and Resize", "Resize and Fill")
LOW_ALONE, HIGH_ALONE = ("Low res only", 1), ("High res only", 2)
# How the defaults of the three choices look; what a request sets looks as it was sent.
SHOWN: Final = {
    "resize_mode": "ResizeMode.INNER_FIT",
    "control_mode": "ControlMode.BALANCED",
    "hr_option": "HiResFixOption.BOTH",
}
NOTED: Final = (*INFOTEXT_FIELDS, "hr_option")


@dataclass(slots=True)
class ControlNet(AlwaysOn):
    """The units of one request, and the maps that were drawn so far."""

    arguments: Sequence[Any]
    state: WebUIState
    maps: list[Image.Image] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def process(self, p: Processing) -> None:
        """Note the enabled units and let them draw; one that can't ends it without a word."""
        self.maps, self.findings = [], []
        units = [unit for unit in self.arguments[:UNIT_COUNT] if isinstance(unit, dict)]
        enabled = [unit for unit in units if unit.get("enabled", UNIT["enabled"])]
        try:
            pictures = [_pictures(unit) for unit in enabled]
        except ApiError as error:
            self.findings = [f"no ControlNet unit has any effect: {error}"]
            return
        for number, unit in enumerate(enabled):
            p.extra_generation_params[f"ControlNet {number}"] = _note(unit)
            self.findings += _findings(number, unit, self.state)
        for number, (unit, found) in enumerate(zip(enabled, pictures, strict=True)):
            try:
                self.maps += _maps(self.state, unit, p, *found)
            except UnitDroppedError as reason:
                self.findings.append(f"ControlNet unit {number} was dropped: {reason}")
                return

    def postprocess(self, p: Processing, processed: Processed) -> None:  # noqa: ARG002
        """Put the maps behind the pictures, without text."""
        processed.images += map(Picture, self.maps)


def _findings(number: int, unit: Unit, state: WebUIState) -> Iterator[str]:
    """Yield what there is to say of a unit that draws and steers nothing, or has old keys."""
    for old in OLD_SPELLINGS.keys() & unit.keys():
        yield f"{old} is not read in a ControlNet unit of Forge"
    model = _value(unit, "model")
    if model in (None, NO_MODEL):
        yield f"ControlNet unit {number} steers nothing: it has no model"
    elif model not in model_titles(state):
        yield f"ControlNet unit {number} steers nothing: there is no model {model!r}"


def _value(unit: Unit, name: str) -> Any:
    return unit.get(name, UNIT[name])


def _pictures(unit: Unit) -> tuple[Any, Any]:
    """Return image and mask of a unit; what is not a text is left as it is.

    Raises:
        ApiError: for a text that is not an image.
    """
    image, mask = _value(unit, "image"), _value(unit, "mask_image")
    return _decoded(image), _decoded(mask)


def _decoded(given: Any) -> Any:
    return decode_image(given) if isinstance(given, str) else given


def _note(unit: Unit) -> str:
    """Return what a unit leaves in the infotext."""
    return ", ".join(
        f"{name.replace('_', ' ').title()}: {_shown(unit, name)}"
        for name in NOTED
        if not (name in SLIDER_FIELDS and _value(unit, name) == UNIT[name])
    )


def _shown(unit: Unit, name: str) -> Any:
    return unit[name] if name in unit else SHOWN.get(name, UNIT[name])


def _maps(state: WebUIState, unit: Unit, p: Processing, image: Any, mask: Any) -> list[Image.Image]:
    """Return the maps of a unit, with that of its mask, for each size that it steers.

    Raises:
        UnitDroppedError: if it can't draw.
    """
    if image is None and p.init_images:
        image = p.init_images[0]
    if not isinstance(image, Image.Image):
        raise UnitDroppedError("it has no image")
    mode = _resize_mode(_value(unit, "resize_mode"))
    settings = [_value(unit, name) for name in SLIDER_FIELDS]
    drawn = [draw(state, _value(unit, "module"), image, settings)]
    if isinstance(mask, Image.Image):
        drawn.append(mask.convert("RGB"))
    if not _value(unit, "save_detected_map"):
        return []
    return [fit(one, mode, size) for size in _sizes(unit, p) for one in drawn]


def _resize_mode(given: Any) -> int:
    if given in RESIZE_MODES:
        return RESIZE_MODES.index(given)
    if isinstance(given, int) and 0 <= given < len(RESIZE_MODES):
        return given
    raise UnitDroppedError(f"{given!r} is not a resize mode")


def _sizes(unit: Unit, p: Processing) -> list[tuple[int, int]]:
    """Return the sizes that a unit steers: the first pass's, and that of hires fix."""
    first = floor8(p.width), floor8(p.height)
    if not p.enable_hr:
        return [first]
    second = floor8(int(p.width * p.hr_scale)), floor8(int(p.height * p.hr_scale))
    if p.hr_resize_x or p.hr_resize_y:
        second = floor8(p.hr_resize_x or second[0]), floor8(p.hr_resize_y or second[1])
    wanted = _value(unit, "hr_option")
    if wanted in LOW_ALONE:
        return [first]
    return [second] if wanted in HIGH_ALONE else [first, second]


def activate(arguments: Sequence[Any], state: WebUIState) -> AlwaysOn | None:
    """Take part where a request has units."""
    return ControlNet(arguments, state) if any(isinstance(a, dict) for a in arguments) else None
