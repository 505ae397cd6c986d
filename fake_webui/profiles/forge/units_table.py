"""What the built-in ControlNet knows: the fields of a unit, modules and models."""

from collections.abc import Mapping
from typing import Any, Final

from fake_webui.data import read_data
from fake_webui.extensions.controlnet.models import NO_MODEL, titles
from fake_webui.webui.state import WebUIState

UNIT_COUNT: Final = 3
NO_MODULE: Final = "None"
TABLES: Final = "forge"
# The default of each field of a unit; the WebUI checks no types.
UNIT: Final[Mapping[str, Any]] = {
    "input_mode": "simple",
    "use_preview_as_input": False,
    "batch_image_dir": "",
    "batch_mask_dir": "",
    "batch_input_gallery": None,
    "batch_mask_gallery": None,
    "generated_image": None,
    "mask_image": None,
    "mask_image_fg": None,
    "hr_option": "Both",
    "enabled": True,
    "module": NO_MODULE,
    "model": NO_MODEL,
    "weight": 1.0,
    "image": None,
    "image_fg": None,
    "resize_mode": "Crop and Resize",
    "processor_res": -1,
    "threshold_a": -1,
    "threshold_b": -1,
    "guidance_start": 0.0,
    "guidance_end": 1.0,
    "pixel_perfect": False,
    "control_mode": "Balanced",
    "save_detected_map": True,
}


def module_names() -> list[str]:
    """Return the names of all modules."""
    names: list[str] = read_data("controlnet_modules", TABLES)
    return names


def model_titles(state: WebUIState) -> list[str]:
    """Return the models as lists show them, the first being none."""
    return [NO_MODEL, *titles(state.config.controlnet_models)]
