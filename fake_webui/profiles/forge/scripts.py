"""Built-in scripts that take part in a generation: what they leave in the infotext."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fake_webui.webui.extension import Extension, ExtensionScript
from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.webui.processing import AlwaysOn

# The notes of each script that leaves any: the names of its arguments, the first being its switch.
NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamicthresholding (cfg-fix) integrated": (
        "dynthres_enabled",
        "dynthres_mimic_scale",
        "dynthres_threshold_percentile",
        "dynthres_mimic_mode",
        "dynthres_mimic_scale_min",
        "dynthres_cfg_mode",
        "dynthres_cfg_scale_min",
        "dynthres_sched_val",
        "dynthres_separate_feature_channels",
        "dynthres_scaling_startpoint",
        "dynthres_variability_measure",
        "dynthres_interpolate_phi",
    ),
    "freeu integrated (sd 1.x, sd 2.x, sdxl)": (
        "freeu_enabled",
        "freeu_b1",
        "freeu_b2",
        "freeu_s1",
        "freeu_s2",
        "freeu_start",
        "freeu_end",
    ),
    "kohya hrfix integrated": (
        "kohya_hrfix_enabled",
        "kohya_hrfix_block_number",
        "kohya_hrfix_downscale_factor",
        "kohya_hrfix_start_percent",
        "kohya_hrfix_end_percent",
        "kohya_hrfix_downscale_after_skip",
        "kohya_hrfix_downscale_method",
        "kohya_hrfix_upscale_method",
    ),
    "perturbedattentionguidance integrated": (
        "pagi_enabled",
        "pagi_scale",
        "pagi_attenuation",
        "pagi_start_step",
        "pagi_end_step",
    ),
    "selfattentionguidance integrated (sd 1.x, sd 2.x, sdxl)": (
        "sag_enabled",
        "sag_scale",
        "sag_blur_sigma",
        "sag_threshold",
    ),
}


@dataclass(frozen=True, slots=True)
class Noting:
    """Makes what notes the arguments of a script whose switch is on."""

    names: tuple[str, ...]

    def __call__(
        self,
        arguments: Sequence[Any],
        state: WebUIState,  # noqa: ARG002
    ) -> "AlwaysOn | None":
        """Take part if the switch is on."""
        if not (arguments and arguments[0]):
            return None
        from fake_webui.profiles.forge.noting import Noted  # noqa: PLC0415 - needs Pillow

        return Noted(dict(zip(self.names, arguments, strict=False)))


def _script(name: str, notes: tuple[str, ...]) -> ExtensionScript:
    activate: Callable[[Sequence[Any], WebUIState], Any] = Noting(notes)
    return ExtensionScript(name=name, arguments=[{}] * len(notes), activate=activate)


SCRIPTS: Final = Extension(
    name="forge-built-in",
    scripts=[_script(name, notes) for name, notes in NOTES.items()],
    built_in=True,
)
