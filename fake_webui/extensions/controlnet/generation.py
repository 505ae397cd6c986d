"""ControlNet in a generation: units are read, draw their maps, and leave a line in the infotext.

Steering is not imitated. What fails while the units are prepared takes all of them out without a
word; what does not fit is refused before anything is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from fake_webui.errors import ApiError, HandlerError
from fake_webui.extensions.controlnet import dropping
from fake_webui.extensions.controlnet.annotators import annotate, needs_weights
from fake_webui.extensions.controlnet.dropping import UnitDroppedError
from fake_webui.extensions.controlnet.inputs import picture_of
from fake_webui.extensions.controlnet.models import NO_MODEL, find_model, has_weights
from fake_webui.extensions.controlnet.modules import Module
from fake_webui.extensions.controlnet.unit import (
    RESIZE_AND_FILL,
    RESIZE_MODES,
    Unit,
    infotext_of,
    module_of,
    read_unit,
)
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import fit, floor8
from fake_webui.webui.limits import check_memory
from fake_webui.webui.processing import AlwaysOn, Processed, Processing
from fake_webui.webui.state import WebUIState

NO_MAPS = "control_net_no_detectmap"
NO_ATTENTION = "'UnetHook' object has no attribute 'attn_module_list'"

Size = tuple[int, int]


@dataclass(slots=True)
class ControlNet(AlwaysOn):
    """The units of one request, and the maps that the generation under way made so far.

    `findings` say what of the arguments has no effect, or is an old spelling.
    """

    arguments: Sequence[Any]
    state: WebUIState
    units: list[Unit] = field(default_factory=list)
    maps: list[Image.Image] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def before(self, p: Processing) -> None:
        """Read the units, and note those that are enabled.

        Raises:
            HandlerError: ValidationError, for one that does not fit, enabled or not.
        """
        given = [unit for unit in self.arguments if isinstance(unit, dict)]
        self.units = [unit for unit in map(read_unit, given) if unit["enabled"]]
        self.findings = [*dropping.not_units(self.arguments), *dropping.old_spellings(given)]
        for number, unit in enumerate(self.units):
            p.extra_generation_params[f"ControlNet {number}"] = infotext_of(unit)

    def process(self, p: Processing) -> None:
        """Let the units draw; if one can't, none takes part.

        Raises:
            HandlerError: AttributeError, for those that work on the model's attention.
        """
        self.maps = []
        for number, unit in enumerate(self.units):
            try:
                self.maps += self._maps_of(unit, p)
            except (UnitDroppedError, ApiError, ArithmeticError, ValueError) as reason:
                self.maps = []
                self.findings += dropping.dropped(number, len(self.units), reason)
                return
        if any(module_of(unit).is_reference for unit in self.units):
            raise HandlerError("AttributeError", NO_ATTENTION)

    def postprocess(self, p: Processing, processed: Processed) -> None:  # noqa: ARG002
        """Put the maps behind the pictures, without text."""
        if not self.state.options.get(NO_MAPS):
            processed.images += map(Picture, self.maps)

    def _maps_of(self, unit: Unit, p: Processing) -> list[Image.Image]:
        """Return the unit's map for the size of hires fix, if there is any, and for the first."""
        module = module_of(unit)
        self._check_model(unit, module)
        picture = picture_of(unit, p)
        sizes = _sizes(p)
        if needs_weights(module) and not has_weights(self.state.config, module):
            raise UnitDroppedError(
                f"{unit['module']} needs weights that can't be downloaded here; "
                "controlnet_annotators in the configuration says which are there"
            )
        drawn = annotate(module, picture, _settings(unit, picture.size, sizes[-1]))
        mode = RESIZE_MODES.index(unit["resize_mode"])
        return [_fitted(drawn, mode, size) for size in sizes] if unit["save_detected_map"] else []

    def _check_model(self, unit: Unit, module: Module) -> None:
        if module.model_free:
            return
        name = unit["model"]
        if name == NO_MODEL:
            raise UnitDroppedError("it has no model")
        if find_model(self.state.config.controlnet_models, name) is None:
            raise UnitDroppedError(f"there is no model {name!r}")


def _sizes(p: Processing) -> list[Size]:
    """Return the sizes of the maps, that for hires fix first.

    Raises:
        UnitDroppedError: if one has no pixels.
        HandlerError: OutOfMemoryError, if one has too many.
    """
    sizes = [(floor8(p.width), floor8(p.height))]
    if p.enable_hr and (p.hr_resize_x or p.hr_resize_y):
        sizes.insert(0, (floor8(p.hr_resize_x), floor8(p.hr_resize_y)))
    elif p.enable_hr:
        sizes.insert(0, (floor8(p.width * p.hr_scale), floor8(p.height * p.hr_scale)))
    if min(map(min, sizes)) < 1:
        raise UnitDroppedError("the picture that it is for has no pixels")
    for size in sizes:
        check_memory(*size)
    return sizes


def _settings(unit: Unit, picture: Size, target: Size) -> tuple[float, float, float]:
    resolution = unit["processor_res"]
    if unit["pixel_perfect"]:
        resolution = _perfect(picture, target, outer=unit["resize_mode"] == RESIZE_AND_FILL)
    return resolution, unit["threshold_a"], unit["threshold_b"]


def _perfect(picture: Size, target: Size, *, outer: bool) -> int:
    """Return the resolution at which no pixel of the result is drawn out or thrown away."""
    factors = target[0] / picture[0], target[1] / picture[1]
    factor = min(factors) if outer else max(factors)
    return max(1, round(factor * min(picture)))


def _fitted(image: Image.Image, mode: int, size: Size) -> Image.Image:
    shown = fit(image.convert("RGB"), mode, size)
    if image.mode == "RGBA":
        opacity = fit(image.getchannel("A").convert("RGB"), mode, size)
        shown.putalpha(opacity.convert("L"))
    return shown


def activate(arguments: Sequence[Any], state: WebUIState) -> AlwaysOn:
    """Take part with the units of a request, those of the page where it has none."""
    return ControlNet(arguments, state)
