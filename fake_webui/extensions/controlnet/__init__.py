"""ControlNet v1.1.455: units that steer a generation by a picture, and what draws those."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from fake_webui.extensions.controlnet.routes import endpoints
from fake_webui.extensions.controlnet.tables import UNIT_COUNT
from fake_webui.extensions.controlnet.unit import KNOWN, default_unit
from fake_webui.webui.extension import Extension, ExtensionScript
from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.webui.processing import AlwaysOn


def activate(arguments: Sequence[Any], state: WebUIState) -> "AlwaysOn | None":
    """Take part where a request has units."""
    from fake_webui.extensions.controlnet.generation import activate  # noqa: PLC0415 - needs Pillow

    return activate(arguments, state)


VIDEO: Final[tuple[dict[str, Any], ...]] = ({}, {}, {"label": "Save preprocessed", "value": False})
DURATION: Final = {
    "label": "Duration",
    "value": 50.0,
    "minimum": 10.0,
    "maximum": 200.0,
    "step": 10,
}
AXES: Final = (
    "Enabled",
    "Model",
    "Weight",
    "Guidance Start",
    "Guidance End",
    "Control Mode",
    "Resize Mode",
    "Preprocessor",
    "Pre Resolution",
    "Pre Threshold A",
    "Pre Threshold B",
)

EXTENSION: Final = Extension(
    name="controlnet",
    scripts=[
        ExtensionScript(
            name="controlnet",
            arguments=[{"value": default_unit()}] * UNIT_COUNT,
            activate=activate,
            fields=KNOWN,
        ),
        ExtensionScript(
            name="controlnet m2m", arguments=[*VIDEO * UNIT_COUNT, DURATION], always_on=False
        ),
    ],
    options={
        "control_net_detectedmap_dir": "detected_maps",
        "control_net_models_path": "",
        "control_net_modules_path": "",
        "control_net_unit_count": UNIT_COUNT,
        "control_net_model_cache_size": 2,
        "control_net_inpaint_blur_sigma": 7,
        "control_net_no_detectmap": False,
        "control_net_detectmap_autosaving": False,
        "control_net_allow_script_control": False,
        "control_net_sync_field_args": True,
        "controlnet_show_batch_images_in_ui": False,
        "controlnet_increment_seed_during_batch": False,
        "controlnet_disable_openpose_edit": False,
        "controlnet_disable_photopea_edit": False,
        "controlnet_photopea_warning": True,
        "controlnet_ignore_noninpaint_mask": False,
        "controlnet_clip_detector_on_cpu": False,
        "controlnet_control_type_dropdown": False,
    },
    flags={
        "controlnet_dir": None,
        "controlnet_annotator_models_path": None,
        "no_half_controlnet": None,
        "controlnet_preprocessor_cache_size": 16,
        "controlnet_loglevel": "INFO",
        "controlnet_tracemalloc": None,
    },
    axes=[f"[ControlNet] {name}" for name in AXES],
    endpoints=endpoints.endpoints,
    early=True,
)
