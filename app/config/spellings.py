"""Tables: how older files and A1111 itself spell the settings, and which keys have no use here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.config.pipeline_config import STAGE_NAMES, ADetailerUnit

Convert = Callable[[Any], Any]

ROOT = ""
"""The section of keys that stand at the root of a file."""
SWITCH_RANK, NATIVE_RANK, OTHER_RANK, LAST_RANK = range(4)
"""Where two keys mean one setting, the lower rank holds; in one rank, the first in the table."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a key means: dotted settings, and how its value is read."""

    settings: tuple[str, ...]
    convert: Convert
    rank: int = OTHER_RANK


def _as_is(value: Any) -> Any:
    return value


def _to(*settings: str, convert: Convert = _as_is, rank: int = OTHER_RANK) -> Spelling:
    return Spelling(settings, convert, rank)


def _none_if(*words: str) -> Convert:
    return lambda value: None if value in words else value


def _fraction(value: Any) -> Any:
    """Read 80.0 as 80 percent."""
    return value / 100 if isinstance(value, int | float) and 1 < value <= 100 else value


def _one_of(**words: str) -> Convert:
    return lambda value: words.get(value.lower(), value) if isinstance(value, str) else value


def _units(name: str, convert: Convert = _as_is) -> Spelling:
    return _to(f"adetailer.face.{name}", f"adetailer.hand.{name}", convert=convert)


def _both(section: str) -> dict[str, Spelling]:
    """Return the spellings that txt2img and img2img share."""
    models = {
        "checkpoint": ["model", "model_name", "sd_model_checkpoint"],
        "vae": ["vae_name", "sd_vae"],
    }
    spelt = {
        key: _to(f"{section}.{name}", convert=_none_if("None"))
        for name, keys in models.items()
        for key in keys
    }
    return spelt | {
        "sampler": _to(f"{section}.sampler_name"),
        "cfg": _to(f"{section}.cfg_scale"),
    }


_NO_MODEL = _none_if("None", "Use base model", "Use same checkpoint", "Use same sampler")

_TXT2IMG = {
    **_both("txt2img"),
    "batch_count": _to("txt2img.n_iter"),
    "enable_hr": _to("txt2img.hires_enabled"),
    "hr_upscaler": _to("txt2img.hires_upscaler"),
    "hr_scale": _to("txt2img.hires_scale"),
    "hr_resize_x": _to("txt2img.hires_resize_x"),
    "hr_resize_y": _to("txt2img.hires_resize_y"),
    "hr_second_pass_steps": _to("txt2img.hires_steps"),
    "hr_checkpoint_name": _to("txt2img.hires_checkpoint", convert=_NO_MODEL),
    "hr_sampler_name": _to("txt2img.hires_sampler_name", convert=_NO_MODEL),
    "hr_scheduler": _to("txt2img.hires_scheduler", convert=_NO_MODEL),
    "denoising_strength": _to("txt2img.hires_denoising_strength"),
    "use_refiner": _to("txt2img.refiner_enabled"),
    "refiner_model_name": _to("txt2img.refiner_checkpoint", convert=_NO_MODEL),
    "refiner_checkpoint": _to("txt2img.refiner_checkpoint", convert=_NO_MODEL),
    "refiner_switch_at": _to("txt2img.refiner_switch_at", convert=_fraction),
    "negative_prompt": _to("pipeline.default_negative_prompt"),
}

_HIRES = {
    f"{prefix}{key}": _to(f"txt2img.hires_{name}")
    for prefix in ("", "hires_")
    for key, name in {
        "enabled": "enabled",
        "upscaler_name": "upscaler",
        "upscale_factor": "scale",
        "steps": "steps",
        "denoise": "denoising_strength",
    }.items()
}

_UPSCALE_MODE = _one_of(single="extras", extras="extras", img2img="img2img")
_UPSCALE = {
    "upscaling_resize": _to("upscale.resize"),
    "upscale_by": _to("upscale.resize"),
    "scale": _to("upscale.resize"),
    "upscale_mode": _to("upscale.mode", convert=_UPSCALE_MODE),
    "upscaler_1": _to("upscale.upscaler"),
    "extras_upscaler_2_visibility": _to("upscale.upscaler_2_visibility"),
    "sampler": _to("upscale.sampler_name"),
}

_NOT_SHARED = {"enabled", "model", "prompt", "negative_prompt", "sampler_name", "inpaint_padding"}
_INHERIT = _none_if("inherit", "Use same sampler", "Use same scheduler")
_FILTER = _one_of(largest="Area", area="Area", confidence="Confidence")
_SHARED_BY_UNITS = {
    **{name: _units(name) for name in ADetailerUnit.model_fields if name not in _NOT_SHARED},
    "denoise": _units("denoising_strength"),
    "cfg": _units("cfg_scale"),
    "sampler": _units("sampler_name", _INHERIT),
    "scheduler": _units("scheduler", _INHERIT),
    "mask_dilate_erode": _units("dilate_erode"),
    "mask_filter_method": _units("mask_filter_method", _FILTER),
    "inpaint_only_masked_padding": _units("inpaint_padding"),
}
_FACE_ALONE = {
    "model": _to("adetailer.face.model"),
    "prompt": _to("adetailer.face.prompt"),
    "negative_prompt": _to("adetailer.face.negative_prompt"),
}
_ADETAILER = {
    **{
        f"{prefix}{key}": spelling
        for prefix in ("ad_", "adetailer_", "")
        for key, spelling in (_FACE_ALONE | _SHARED_BY_UNITS).items()
    },
    "adetailer_enabled": _to("adetailer.enabled"),
    "enable_face_pass": _to("adetailer.face.enabled"),
    "face_model": _to("adetailer.face.model"),
    "face_padding": _to("adetailer.face.inpaint_padding"),
    "enable_hands_pass": _to("adetailer.hand.enabled"),
    "hands_model": _to("adetailer.hand.model"),
    "hands_padding": _to("adetailer.hand.inpaint_padding"),
}

_SWITCHES = {
    f"{stage}_enabled": _to(f"{stage}.enabled", rank=SWITCH_RANK) for stage in STAGE_NAMES[1:]
}
_GLOBAL_STAGES = {
    f"apply_global_{sign}_{stage}": _to(f"pipeline.{setting}.{stage}")
    for sign, setting in (
        ("positive", "global_prompt_stages"),
        ("negative", "global_negative_prompt_stages"),
    )
    for stage in STAGE_NAMES
}
_PIPELINE = {
    **_SWITCHES,
    **_GLOBAL_STAGES,
    "images_per_prompt": _to("txt2img.batch_size"),
    "n_iter": _to("txt2img.n_iter"),
    "global_positive": _to("pipeline.global_prompt"),
    "global_positive_prompt": _to("pipeline.global_prompt"),
    "global_negative": _to("pipeline.global_negative_prompt"),
}

SPELLINGS: Mapping[str, Mapping[str, Spelling]] = {
    "txt2img": _TXT2IMG,
    "img2img": {
        **_both("img2img"),
        "seed": _to("img2img.seed", convert=lambda seed: None if seed == -1 else seed),
    },
    "hires_fix": _HIRES,
    "adetailer": _ADETAILER,
    "upscale": _UPSCALE,
    "pipeline": _PIPELINE,
    ROOT: {**_SWITCHES, **_GLOBAL_STAGES, "images_per_prompt": _to("txt2img.batch_size")},
}

_HYPERNETWORK = {"hypernetwork", "hypernetwork_strength"}
_LOOPS = {"loop_type", "loop_count", "pack_mode", "model_matrix", "hypernetworks", "variant_mode"}
_FACE_RESTORING = {f"face_restoration_{key}" for key in ("enabled", "model", "weight")}
_FIXED_STAGES = {"txt2img_enabled", "video_enabled"}
UNUSED: Mapping[str, set[str]] = {
    "txt2img": {
        *_HYPERNETWORK,
        *_FACE_RESTORING,
        "seed_resize_from_h",
        "seed_resize_from_w",
        "refiner_switch_steps",
        "hires_use_base_model",
    },
    "img2img": {*_HYPERNETWORK, "clip_skip", "prompt_adjust", "negative_adjust", "mask_mode"},
    "hires_fix": {"use_base_model", "hires_use_base_model"},
    "adetailer": {
        "max_detections",
        "mask_merge_mode",
        "only_faces",
        "only_hands",
        "mask_feather",
        "ad_mask_feather",
        "adetailer_mask_feather",
        "ad_use_inpaint_width_height",
    },
    "upscale": {"tile_size", "face_restore"},
    "pipeline": {
        *_FIXED_STAGES,
        *_LOOPS,
        "output_dir",
        "filename_pattern",
        "image_format",
        "seed_mode",
        "allow_hr_with_stages",
        "refiner_compare_mode",
    },
    ROOT: {
        *_FIXED_STAGES,
        *_LOOPS,
        "randomization_enabled",
        "max_variants",
        "lora_strengths",
        "webui_options_write_enabled",
    },
}
"""Keys that are known and have no effect here, by section."""
UNUSED_SECTIONS = frozenset(("video", "api", "aesthetic", "meta", "randomization"))

_QUIET = frozenset(("", "none", "None", "keep", "pipeline", "png", "{seed}", "output"))


def is_quiet(key: str, value: Any) -> bool:
    """Return whether a key without a use changes nothing anyway and need not be mentioned."""
    if key in {"max_variants", "hypernetwork_strength"}:  # nothing without what they are of
        return True
    if key in {"txt2img_enabled", "hires_use_base_model", "use_base_model"}:
        return value is True
    if isinstance(value, str):
        return value in _QUIET
    return not value or value == -1
