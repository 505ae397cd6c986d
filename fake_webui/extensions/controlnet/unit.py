"""Units: what a request may say of one, its old spellings, and how a wrong one is refused.

The real extension reads a unit through pydantic v1, so that a mistake is a 500 with its words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fake_webui.contract.coercion import (
    ANYTHING,
    BOOLEAN,
    INTEGER,
    LIST,
    NUMBER,
    STRING,
    FieldType,
    PlainType,
    list_of,
    not_null,
)
from fake_webui.errors import HandlerError
from fake_webui.extensions.controlnet.modules import NONE, Module, find_module
from fake_webui.extensions.controlnet.validation import Choices, Mistakes, bounded, choice_of
from fake_webui.webui.image_input import decode_image

OLD_SPELLINGS: Final = {
    "guidance": "guidance_end",
    "lowvram": "low_vram",
    "input_image": "image",
}
CROP_AND_RESIZE, RESIZE_AND_FILL = "Crop and Resize", "Resize and Fill"
RESIZE_MODES: Final = ("Just Resize", CROP_AND_RESIZE, RESIZE_AND_FILL)
OTHER_RESIZE_MODES: Final = {
    "Inner Fit (Scale to Fit)": CROP_AND_RESIZE,
    "Outer Fit (Shrink to Fit)": RESIZE_AND_FILL,
    "Scale to Fit (Inner Fit)": CROP_AND_RESIZE,
    "Envelope (Outer Fit)": RESIZE_AND_FILL,
}
INPUT_MODES: Final = Choices("InputMode", {"SIMPLE": "simple", "BATCH": "batch", "MERGE": "merge"})
CONTROL_MODES: Final = Choices(
    "ControlMode",
    {
        "BALANCED": "Balanced",
        "PROMPT": "My prompt is more important",
        "CONTROL": "ControlNet is more important",
    },
)
HIRES_OPTIONS: Final = Choices(
    "HiResFixOption",
    {"BOTH": "Both", "LOW_RES_ONLY": "Low res only", "HIGH_RES_ONLY": "High res only"},
)
PULID_MODES: Final = Choices("PuLIDMode", {"FIDELITY": "Fidelity", "STYLE": "Extreme style"})
UNION_TYPES: Final = Choices(
    "ControlNetUnionControlType",
    {
        "OPENPOSE": "OpenPose",
        "DEPTH": "Depth",
        "SOFT_EDGE": "Soft Edge",
        "HARD_EDGE": "Hard Edge",
        "NORMAL_MAP": "Normal Map",
        "SEGMENTATION": "Segmentation",
        "TILE": "Tile",
        "INPAINT": "Inpaint",
        "UNKNOWN": "Unknown",
    },
)


@dataclass(frozen=True, slots=True)
class UnitField:
    """A field of a unit: how it is read, its default, and whether it may be null."""

    type: FieldType
    default: Any
    nullable: bool = False


def _optional(kind: FieldType) -> UnitField:
    return UnitField(kind, None, nullable=True)


def _module(value: Any, loc: Any) -> Any:  # noqa: ARG001 - every coercion has a location
    if find_module(value) is None:
        raise ValueError(f"module({value}) not found in supported modules.")
    return value


def _resize_mode(value: Any, loc: Any) -> Any:  # noqa: ARG001
    if not isinstance(value, str):
        raise AssertionError  # noqa: TRY004 - as the real one's words say
    mode = OTHER_RESIZE_MODES.get(value, value)
    if mode not in RESIZE_MODES:
        raise ValueError(f"{value!r} is not a valid ResizeMode")
    return mode


def _region(value: Any, loc: Any) -> Any:  # noqa: ARG001
    if isinstance(value, str):
        return decode_image(value)
    raise AssertionError


FIELDS: Final[Mapping[str, UnitField]] = {
    "is_ui": UnitField(BOOLEAN, default=False),
    "input_mode": UnitField(choice_of(INPUT_MODES), "simple"),
    "batch_images": _optional(ANYTHING),
    "output_dir": UnitField(STRING, ""),
    "loopback": UnitField(BOOLEAN, default=False),
    "enabled": UnitField(BOOLEAN, default=False),
    "module": UnitField(PlainType(_module, {}), NONE, nullable=True),
    "model": UnitField(STRING, "None"),
    "weight": UnitField(bounded(0.0, 2.0), 1.0),
    "image": _optional(ANYTHING),
    "resize_mode": UnitField(PlainType(_resize_mode, {}), CROP_AND_RESIZE, nullable=True),
    "low_vram": UnitField(BOOLEAN, default=False),
    "processor_res": UnitField(INTEGER, -1),
    "threshold_a": UnitField(NUMBER, -1),
    "threshold_b": UnitField(NUMBER, -1),
    "guidance_start": UnitField(bounded(0.0, 1.0), 0.0),
    "guidance_end": UnitField(bounded(0.0, 1.0), 1.0),
    "pixel_perfect": UnitField(BOOLEAN, default=False),
    "control_mode": UnitField(choice_of(CONTROL_MODES), "Balanced"),
    "inpaint_crop_input_image": UnitField(BOOLEAN, default=True),
    "hr_option": UnitField(choice_of(HIRES_OPTIONS), "Both"),
    "save_detected_map": UnitField(BOOLEAN, default=True),
    "advanced_weighting": _optional(list_of(NUMBER)),
    "effective_region_mask": _optional(PlainType(_region, {})),
    "pulid_mode": UnitField(choice_of(PULID_MODES), "Fidelity"),
    "union_control_type": UnitField(choice_of(UNION_TYPES), "Unknown"),
    "ipadapter_input": _optional(ANYTHING),
    "mask": _optional(ANYTHING),
    "batch_mask_dir": _optional(STRING),
    "animatediff_batch": UnitField(BOOLEAN, default=False),
    "batch_modifiers": UnitField(LIST, []),
    "batch_image_files": UnitField(LIST, []),
    "batch_keyframe_idx": _optional(ANYTHING),
}
CHECKED_FIRST: Final = frozenset({"module", "resize_mode"})  # null goes through their own check
KNOWN: Final = frozenset(FIELDS) | OLD_SPELLINGS.keys() | {"mask_image"}
INFOTEXT_FIELDS: Final = (
    "module",
    "model",
    "weight",
    "resize_mode",
    "processor_res",
    "threshold_a",
    "threshold_b",
    "guidance_start",
    "guidance_end",
    "pixel_perfect",
    "control_mode",
)
SLIDER_FIELDS: Final = ("processor_res", "threshold_a", "threshold_b")

Unit = dict[str, Any]


def default_unit() -> Unit:
    """Return the unit that the page has."""
    return {name: field.default for name, field in FIELDS.items()}


def module_of(unit: Unit) -> Module:
    """Return the module of a unit that was read."""
    module = find_module(unit["module"])
    if module is None:
        raise LookupError(unit["module"])
    return module


def read_unit(given: Mapping[str, Any]) -> Unit:
    """Return the settings of a unit, defaults filled in; unknown fields are ignored.

    Raises:
        HandlerError: ValidationError, for values that don't fit; AssertionError or ValueError,
            where an old spelling stands beside the new one.
    """
    given = _respelled(given)
    unit, mistakes = Unit(), Mistakes("ControlNetUnit")
    for name, field in FIELDS.items():
        with mistakes.at(name):
            unit[name] = _read_field(name, field, given)
    with mistakes.at("__root__"):
        _bound(unit)
    with mistakes.at("__root__"):
        _check_guidance(unit.get("guidance_start"), unit.get("guidance_end"))
    mistakes.raise_any()
    return unit


def _respelled(given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    for old, new in OLD_SPELLINGS.items():
        if old in values:
            if new in values:
                raise HandlerError("AssertionError", f"Conflict of field '{old}' and '{new}'")
            values[new] = values[old]
    if values.get("mask_image") is not None:
        if values.get("mask") is not None:
            message = "Cannot specify both 'mask' and 'mask_image'!"
            raise HandlerError("ValueError", message)
        values["mask"] = values["mask_image"]
    return values


def _read_field(name: str, field: UnitField, given: Mapping[str, Any]) -> Any:
    if name not in given:
        return field.default
    value = given[name]
    if value is None and name not in CHECKED_FIRST:
        if field.nullable:
            return None
        raise not_null((name,))
    return field.type.coerce(value, (name,))


def _bound(unit: Unit) -> None:
    """Put the sliders of an enabled unit within the bounds of its module, in their order."""
    module = find_module(unit.get("module"))
    if not unit.get("enabled") or module is None:
        return
    for name, slider in zip(SLIDER_FIELDS, module.sliders, strict=True):
        unit[name] = slider.bounded(unit.get(name))


def _check_guidance(start: Any, end: Any) -> None:
    if start > end:
        raise ValueError(f"guidance_start({start}) > guidance_end({end})")


def infotext_of(unit: Unit) -> str:
    """Return what a unit leaves in the infotext, nothing where a value could not be read back."""
    shown = {_label(name): str(unit[name]) for name in INFOTEXT_FIELDS}
    if any("," in value or ":" in value for value in shown.values()):
        return ""
    return ", ".join(f"{label}: {value}" for label, value in shown.items())


def _label(name: str) -> str:
    return name.replace("_", " ").title()
