"""The infotext of each picture, from what was asked and worked out."""

from collections.abc import Callable
from typing import Any

from fake_webui.webui.infotext import write_infotext
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.state import WebUIState

Option = Callable[[str], Any]


def infotext(p: Processing, state: WebUIState, index: int, *, main: bool = False) -> str:
    """Return the infotext of picture `index`; `main` is for grids, which show the first prompt."""
    if main:
        index = 0
    prompt, negative = p.all_prompts[index], p.all_negative_prompts[index]
    return write_infotext(prompt, negative, infotext_pairs(p, state, index))


def infotext_pairs(p: Processing, state: WebUIState, index: int) -> dict[str, Any]:
    """Return the values of an infotext in their order; None stands for what is left out."""
    get = state.options.get
    extras = {**p.extra_generation_params, **_hires_prompts(p, index)}
    return {
        "Steps": p.steps,
        "Sampler": p.sampler_name,
        "Schedule type": p.scheduler,
        "CFG scale": p.cfg_scale,
        "Image CFG scale": None,
        "Seed": p.all_seeds[index],
        "Face restoration": get("face_restoration_model") if p.restore_faces else None,
        "Size": f"{p.width}x{p.height}",
        **_model_pairs(p, get),
        **_variation_pairs(p, index),
        "Denoising strength": extras.get("Denoising strength"),
        "Conditional mask weight": None,
        **_setting_pairs(p, get),
        "Tiling": "True" if p.tiling else None,
        **extras,
        "Version": state.policy.version if get("add_version_to_infotext") else None,
        "User": None,
        **state.policy.hooks.closing(state),
    }


def _hires_prompts(p: Processing, index: int) -> dict[str, Any]:
    """Return the prompts of the second pass where they differ from the first's."""
    if "Hires prompt" not in p.extra_generation_params:
        return {}
    hires, hires_negative = p.all_hr_prompts[index], p.all_hr_negative_prompts[index]
    negative = p.all_negative_prompts[index]
    return {
        "Hires prompt": hires if hires != p.all_prompts[index] else None,
        "Hires negative prompt": hires_negative if hires_negative != negative else None,
    }


def _model_pairs(p: Processing, get: Option) -> dict[str, Any]:
    checkpoint = p.checkpoint
    fp8 = get("fp8_storage") == "Enable"
    return {
        "Model hash": checkpoint.hash if checkpoint and get("add_model_hash_to_info") else None,
        "Model": checkpoint.stem if checkpoint and get("add_model_name_to_info") else None,
        "FP8 weight": get("fp8_storage") if fp8 else None,
        "Cache FP16 weight for LoRA": get("cache_fp16_weight") if fp8 else None,
        "VAE hash": p.vae_hash if get("add_vae_hash_to_info") else None,
        "VAE": p.vae_name if get("add_vae_name_to_info") else None,
    }


def _variation_pairs(p: Processing, index: int) -> dict[str, Any]:
    varied = p.subseed_strength != 0
    width, height = p.seed_resize_from_w, p.seed_resize_from_h
    return {
        "Variation seed": p.all_subseeds[index] if varied else None,
        "Variation seed strength": p.subseed_strength if varied else None,
        "Seed resize from": f"{width}x{height}" if width > 0 and height > 0 else None,
    }


def _setting_pairs(p: Processing, get: Option) -> dict[str, Any]:
    clip_skip = int(get("CLIP_stop_at_last_layers"))
    ratio_hr = token_merging_ratio_hr(get)
    return {
        "Clip skip": clip_skip if clip_skip > 1 else None,
        "ENSD": get("eta_noise_seed_delta") if p.uses_ensd else None,
        "Token merging ratio": token_merging_ratio(p, get) or None,
        "Token merging ratio hr": ratio_hr if p.enable_hr and ratio_hr else None,
        "Init image hash": p.init_img_hash,
        "RNG": get("randn_source") if get("randn_source") != "GPU" else None,
    }


def token_merging_ratio(p: Processing, get: Option) -> Any:
    """Return the share of tokens that is merged; img2img has an option of its own."""
    if not p.is_img2img:
        return get("token_merging_ratio")
    overridden = "token_merging_ratio" in p.override_settings and get("token_merging_ratio")
    return overridden or get("token_merging_ratio_img2img") or get("token_merging_ratio")


def token_merging_ratio_hr(get: Option) -> Any:
    """Return the share of tokens that is merged in the second pass."""
    return get("token_merging_ratio_hr") or get("token_merging_ratio")
