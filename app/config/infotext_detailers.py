"""ADetailer's part of generation parameters: its first two units, and the pass that is no picture.

Each unit has lines of its own, from the second on with "2nd", "3rd" and so on at their end.
"""

from collections.abc import Callable, Mapping
from typing import Any

MODEL = "ADetailer model"
SKIPPED_PASS: Mapping[str, str] = {"Steps": "1", "Sampler": "Euler", "Size": "128x128"}
"""What ADetailer writes for an img2img request of which it skips all but its own work."""

_UNITS = {"": "face", " 2nd": "hand"}
_SWITCHES = ("steps", "CFG scale", "sampler")  # each is there only where its value is too
_FACTS = frozenset(
    ["ADetailer version"]
    + [f"ADetailer use separate {name}{end}" for name in _SWITCHES for end in _UNITS]
)


def _flag(value: str) -> bool:
    return value == "True"


_PLACES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    MODEL: ("model", str),
    "ADetailer prompt": ("prompt", str),
    "ADetailer negative prompt": ("negative_prompt", str),
    "ADetailer confidence": ("confidence", float),
    "ADetailer method to decide top k masks": ("mask_filter_method", str),
    "ADetailer mask only top k": ("mask_k_largest", int),
    "ADetailer mask min ratio": ("mask_min_ratio", float),
    "ADetailer mask max ratio": ("mask_max_ratio", float),
    "ADetailer mask merge invert": ("mask_merge_invert", str),
    "ADetailer dilate erode": ("dilate_erode", int),
    "ADetailer mask blur": ("mask_blur", int),
    "ADetailer denoising strength": ("denoising_strength", float),
    "ADetailer inpaint only masked": ("inpaint_only_masked", _flag),
    "ADetailer inpaint padding": ("inpaint_padding", int),
    "ADetailer steps": ("steps", int),
    "ADetailer CFG scale": ("cfg_scale", float),
    "ADetailer sampler": ("sampler_name", str),
    "ADetailer scheduler": ("scheduler", str),
}


def is_skipped_pass(fields: Mapping[str, str]) -> bool:
    """Return whether steps, sampler and size are those of a pass that sampled nothing."""
    said = {label: fields.get(label) for label in SKIPPED_PASS}
    return MODEL in fields and said == SKIPPED_PASS


def detailer_settings(
    fields: Mapping[str, str], convert: Callable[[str, str, Callable[[str], Any]], Any]
) -> tuple[dict[str, Any], set[str]]:
    """Return the section `adetailer`, and the labels that it was made of; {} without units.

    Args:
        fields: the generation parameters.
        convert: gives a label's value, by what makes it of its text, or raises.
    """
    units: dict[str, Any] = {}
    used = set(_FACTS)
    for end, name in _UNITS.items():
        found = {label: place for label, place in _PLACES.items() if label + end in fields}
        units[name] = {"enabled": MODEL in found} | {
            key: convert(label + end, fields[label + end], make)
            for label, (key, make) in found.items()
        }
        used |= {label + end for label in found}
    is_enabled = any(unit["enabled"] for unit in units.values())
    return ({"enabled": True, **units} if is_enabled else {}), used
