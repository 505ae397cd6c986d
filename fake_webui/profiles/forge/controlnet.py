"""ControlNet as Forge has it built in: units, lists and endpoints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from fake_webui.contract import Family, Field, Parameters, Parsed
from fake_webui.contract.coercion import BOOLEAN, INTEGER, NUMBER, STRING, list_of
from fake_webui.contract.table import Table
from fake_webui.data import read_data
from fake_webui.errors import HttpError
from fake_webui.extensions.controlnet.models import NO_MODEL
from fake_webui.profiles.forge.units_table import (
    TABLES,
    UNIT,
    UNIT_COUNT,
    model_titles,
    module_names,
)
from fake_webui.webui.extension import Extension, ExtensionScript
from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.webui.processing import AlwaysOn

DETECT: Final = Parameters(
    "Body_detect_controlnet_detect_post",
    (
        Field("controlnet_module", STRING, "none", title="Controlnet Module"),
        Field("controlnet_input_images", list_of(STRING), [], title="Controlnet Input Images"),
        Field("controlnet_processor_res", INTEGER, 512, title="Controlnet Processor Resolution"),
        Field("controlnet_threshold_a", NUMBER, 64, title="Controlnet Threshold a"),
        Field("controlnet_threshold_b", NUMBER, 64, title="Controlnet Threshold b"),
    ),
)
MODELS_QUERY: Final = Table("model_list", (Field("update", BOOLEAN, default=True),))
MODULES_QUERY: Final = Table("module_list", (Field("alias_names", BOOLEAN, default=False),))

endpoints = Family(needs="controlnet")


@endpoints.get("/controlnet/model_list")
def model_list(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001 - as every view has it
    """List the models."""
    return {"model_list": model_titles(state)}


@endpoints.get("/controlnet/module_list")
def module_list(*_: Any) -> Any:
    """List the modules."""
    return {"module_list": module_names()}


@endpoints.get("/controlnet/control_types")
def control_types(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001
    """List the modules and models of each control type."""
    kinds = read_data("control_types", TABLES)
    models = model_titles(state)
    return {"control_types": {kind: _control_type(kind, f, models) for kind, f in kinds.items()}}


def _control_type(kind: str, facts: Mapping[str, Any], models: Sequence[str]) -> dict[str, Any]:
    word = kind.lower()
    fitting = models if kind == "All" else [m for m in models if m == NO_MODEL or word in m.lower()]
    first = 0 if kind == "All" else 1
    return {
        "module_list": facts["modules"],
        "model_list": fitting,
        "default_option": facts["default"],
        "default_model": fitting[min(first, len(fitting) - 1)],
    }


@endpoints.post("/controlnet/detect", body=DETECT)
def detect(state: WebUIState, parsed: Parsed) -> Any:
    """Let a module draw its maps of some pictures.

    Raises:
        HttpError: 422, if there is no such module or no picture.
    """
    from fake_webui.profiles.forge import maps  # noqa: PLC0415 - it needs Pillow

    values = parsed.values
    if values["controlnet_module"] not in module_names():
        raise HttpError(422, "Module not available")
    if not values["controlnet_input_images"]:
        raise HttpError(422, "No image selected")
    return maps.detect(state, values)


def activate(arguments: Sequence[Any], state: WebUIState) -> "AlwaysOn | None":
    """Take part where a request has units."""
    from fake_webui.profiles.forge.units import activate  # noqa: PLC0415 - needs Pillow

    return activate(arguments, state)


CONTROLNET: Final = Extension(
    name="controlnet",
    scripts=[
        ExtensionScript(
            name="controlnet",
            arguments=[{"value": {**UNIT, "enabled": False}}] * UNIT_COUNT,
            activate=activate,
            fields=frozenset(UNIT),
        )
    ],
    options={
        "control_net_detectedmap_dir": "detected_maps",
        "control_net_models_path": "",
        "control_net_modules_path": "",
        "control_net_unit_count": UNIT_COUNT,
        "control_net_model_cache_size": 5,
        "control_net_no_detectmap": False,
        "control_net_detectmap_autosaving": False,
        "control_net_allow_script_control": False,
        "control_net_sync_field_args": True,
        "controlnet_show_batch_images_in_ui": False,
        "controlnet_increment_seed_during_batch": False,
        "controlnet_disable_openpose_edit": False,
        "controlnet_disable_photopea_edit": False,
        "controlnet_photopea_warning": True,
        "controlnet_input_thumbnail": True,
    },
    endpoints=endpoints.endpoints,
    built_in=True,
)
