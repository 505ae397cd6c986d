"""ADetailer 25.3.0: units that find faces or hands and generate them anew."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from fake_webui.extensions.adetailer.routes import endpoints
from fake_webui.extensions.adetailer.tables import UNIT_COUNT, default_unit, fields, options
from fake_webui.webui.extension import Extension, ExtensionScript
from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.webui.processing import AlwaysOn


def activate(arguments: Sequence[Any], state: WebUIState) -> "AlwaysOn | None":
    """Take part if the first switch and one of the units say so."""
    from fake_webui.extensions.adetailer.generation import activate  # noqa: PLC0415 - needs Pillow

    return activate(arguments, state)


AXES: Final = (
    "ADetailer model 1st",
    "ADetailer prompt 1st",
    "ADetailer negative prompt 1st",
    "Prompt S/R (AD 1st)",
    "Prompt S/R (AD 1st and main prompt)",
    "Mask erosion / dilation 1st",
    "Inpaint denoising strength 1st",
    "CFG scale 1st",
    "Inpaint only masked 1st",
    "Inpaint only masked padding 1st",
    "ADetailer sampler 1st",
    "ADetailer scheduler 1st",
    "noise multiplier 1st",
    "ControlNet model 1st",
)

EXTENSION: Final = Extension(
    name="adetailer",
    scripts=[
        ExtensionScript(
            name="adetailer",
            arguments=[
                {"label": "ADetailer", "value": False},
                {"label": "Skip img2img", "value": False},
                *({"value": default_unit(number)} for number in range(UNIT_COUNT)),
            ],
            activate=activate,
            fields=frozenset(fields()),
        )
    ],
    options=options(),
    flags={"ad_no_huggingface": False},
    axes=[f"[ADetailer] {name}" for name in AXES],
    endpoints=endpoints.endpoints,
)
