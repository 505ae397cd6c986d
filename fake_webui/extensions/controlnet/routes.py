"""ControlNet's own endpoints."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

from fake_webui.contract import Family, Parsed
from fake_webui.errors import HttpError
from fake_webui.extensions.controlnet import tables
from fake_webui.extensions.controlnet.models import NO_MODEL, titles
from fake_webui.extensions.controlnet.modules import (
    ALL_TYPES,
    Module,
    control_types,
    find_module,
    is_of_type,
    modules,
)
from fake_webui.webui.state import WebUIState

API_VERSION: Final = 3
# Modules whose answer would not be a picture.
NOT_BY_API: Final = frozenset(
    {"clip_vision", "revision_clipvision", "revision_ignore_prompt", "ip-adapter-auto"}
)
SLIDER_FIELDS: Final = (
    "controlnet_processor_res",
    "controlnet_threshold_a",
    "controlnet_threshold_b",
)

endpoints = Family(needs="controlnet")


@endpoints.get("/controlnet/version")
def version(*_: Any) -> Any:
    """Say which version of this interface it is."""
    return {"version": API_VERSION}


@endpoints.get("/controlnet/model_list", query=tables.MODELS_QUERY)
def model_list(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001 - as every view has it
    """List the models."""
    return {"model_list": titles(state.config.controlnet_models)}


@endpoints.get("/controlnet/module_list", query=tables.MODULES_QUERY)
def module_list(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001
    """List the modules by name, or by the label that the page shows."""
    by_label = parsed.values["alias_names"]
    found = {m.label if by_label else m.name: m.facts() for m in modules().values()}
    return {"module_list": list(found), "module_detail": found}


@endpoints.get("/controlnet/control_types", name="control_types")
def list_control_types(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001
    """List the modules and models of each control type."""
    models = titles(state.config.controlnet_models)
    return {"control_types": {kind: _control_type(kind, models) for kind in control_types()}}


def _control_type(kind: str, models: Sequence[str]) -> dict[str, Any]:
    labels = [module.label for module in control_types()[kind]]
    fitting = [NO_MODEL, *(model for model in models if is_of_type(model, kind))]
    first = 0 if kind == ALL_TYPES else 1  # "none" and "None" stand before what is preselected
    return {
        "module_list": labels,
        "model_list": fitting,
        "default_option": labels[min(first, len(labels) - 1)],
        "default_model": fitting[min(first, len(fitting) - 1)],
    }


@endpoints.get("/controlnet/settings")
def settings(*_: Any) -> Any:
    """Say how many units there are."""
    return {"control_net_unit_count": tables.UNIT_COUNT}


@endpoints.post("/controlnet/detect", body=tables.DETECT)
def detect(state: WebUIState, parsed: Parsed) -> Any:
    """Let a module draw its maps of some pictures."""
    from fake_webui.extensions.controlnet import detection  # noqa: PLC0415 - it needs Pillow

    values = parsed.values
    images, masks = values["controlnet_input_images"], values["controlnet_masks"]
    module = _module_for(values["controlnet_module"], images, masks)
    asked = [values[name] for name in SLIDER_FIELDS]
    settings = [one.bounded(value) for one, value in zip(module.sliders, asked, strict=True)]
    return detection.detect(state, module, settings, zip_longest(images, masks[: len(images)]))


def _module_for(name: str, images: Sequence[str], masks: Sequence[str]) -> Module:
    """Return the module that is to draw.

    Raises:
        HttpError: 422, if there is none, or it can't draw these.
    """
    module = find_module(name)
    if module is None:
        raise HttpError(422, "Module not available")
    if name in NOT_BY_API:
        raise HttpError(422, "Module not supported")
    if not images:
        raise HttpError(422, "No image selected")
    if module.is_inpaint and len(masks) != len(images):
        raise HttpError(422, f"Preprocessor {name} requires `controlnet_masks` param.")
    return module


@endpoints.post("/controlnet/render_openpose_json", body=tables.POSES)
def render_openpose_json(state: WebUIState, parsed: Parsed) -> Any:
    """Draw the bodies of some OpenPose documents, each on a canvas of its own."""
    from fake_webui.extensions.controlnet import detection  # noqa: PLC0415 - it needs Pillow

    if poses := parsed.values["pose_data"]:
        return detection.render(state, poses)
    return {"info": "No pose data detected."}
