"""The `infotext` field of a request: an infotext that fills in what the request leaves open."""

from collections.abc import Callable, Mapping
from typing import Any

from fake_webui.contract import Parsed
from fake_webui.errors import HandlerError
from fake_webui.webui.infotext import read_infotext
from fake_webui.webui.processing.prompts import take_styles_out
from fake_webui.webui.processing.sampling import resolve
from fake_webui.webui.state import WebUIState

Pairs = Mapping[str, Any]
Read = Callable[[Pairs, WebUIState], Any]

SAME_SAMPLER, SAME_SCHEDULER = "Use same sampler", "Use same scheduler"


def _named(name: str) -> Read:
    return lambda pairs, _: pairs.get(name)


def _sampler(pairs: Pairs, state: WebUIState) -> str:
    found = resolve(pairs.get("Sampler"), pairs.get("Schedule type"), state.catalog, automatic=True)
    return found[0]


def _scheduler(pairs: Pairs, state: WebUIState) -> str:
    found = resolve(pairs.get("Sampler"), pairs.get("Schedule type"), state.catalog, automatic=True)
    return found[1]


def _hires_pair(pairs: Pairs, state: WebUIState) -> tuple[str, str]:
    """Return sampler and scheduler of the second pass, or the words for "as in the first"."""
    sampler, scheduler = pairs["Hires sampler"], pairs["Hires schedule type"]
    found_sampler, found_scheduler = resolve(
        pairs.get("Sampler") if sampler == SAME_SAMPLER else sampler,
        pairs.get("Schedule type") if scheduler == SAME_SCHEDULER else scheduler,
        state.catalog,
        automatic=True,
    )
    return (
        SAME_SAMPLER if found_sampler == pairs.get("Sampler") else found_sampler,
        SAME_SCHEDULER if found_scheduler == pairs.get("Schedule type") else found_scheduler,
    )


def _refiner(pairs: Pairs, state: WebUIState) -> str | None:
    found = state.catalog.closest_checkpoint(pairs.get("Refiner"))
    return found.title if found else None


def _styles(pairs: Pairs, _: WebUIState) -> str | None:
    """Return the styles as one text, which is how the real server loses them."""
    return str(pairs["Styles array"]) if "Styles array" in pairs else None


def _wants_hires(pairs: Pairs, _: WebUIState) -> bool:
    hires = ("Hires upscale", "Hires upscaler", "Hires resize-1")
    return "Denoising strength" in pairs and any(name in pairs for name in hires)


# What an infotext sets, by the request's field: in both tabs, and in txt2img alone. Those of both
# tabs belong to scripts, whose values are read even where the request has its own.
IN_BOTH: dict[str, Read] = {
    "steps": _named("Steps"),
    "sampler_name": _sampler,
    "scheduler": _scheduler,
    "seed": _named("Seed"),
    "subseed": _named("Variation seed"),
    "subseed_strength": _named("Variation seed strength"),
    "seed_resize_from_h": _named("Seed resize from-1"),  # the real server mixes the two up
    "seed_resize_from_w": _named("Seed resize from-2"),
    "refiner_checkpoint": _refiner,
    "refiner_switch_at": _named("Refiner switch at"),
}
IN_TXT2IMG: dict[str, Read] = {
    "prompt": _named("Prompt"),
    "negative_prompt": _named("Negative prompt"),
    "cfg_scale": _named("CFG scale"),
    "width": _named("Size-1"),
    "height": _named("Size-2"),
    "batch_size": _named("Batch size"),
    "styles": _styles,
    "denoising_strength": _named("Denoising strength"),
    "enable_hr": _wants_hires,
    "hr_scale": _named("Hires upscale"),
    "hr_upscaler": _named("Hires upscaler"),
    "hr_second_pass_steps": _named("Hires steps"),
    "hr_resize_x": _named("Hires resize-1"),
    "hr_resize_y": _named("Hires resize-2"),
    "hr_checkpoint_name": _named("Hires checkpoint"),
    "hr_sampler_name": lambda pairs, state: _hires_pair(pairs, state)[0],
    "hr_scheduler": lambda pairs, state: _hires_pair(pairs, state)[1],
    "hr_prompt": _named("Hires prompt"),
    "hr_negative_prompt": _named("Hires negative prompt"),
    **IN_BOTH,
}
FIELDS = {"txt2img": IN_TXT2IMG, "img2img": IN_BOTH}

WHOLE = frozenset(
    {
        "steps",
        "seed",
        "subseed",
        "seed_resize_from_h",
        "seed_resize_from_w",
        "width",
        "height",
        "batch_size",
        "hr_second_pass_steps",
        "hr_resize_x",
        "hr_resize_y",
    }
)
FRACTIONAL = frozenset(
    {"subseed_strength", "refiner_switch_at", "cfg_scale", "denoising_strength", "hr_scale"}
)

# Settings that an infotext names; the checkpoint is left alone by default.
SETTINGS = {
    "VAE": "sd_vae",
    "Clip skip": "CLIP_stop_at_last_layers",
    "RNG": "randn_source",
    "Emphasis": "emphasis",
    "ENSD": "eta_noise_seed_delta",
    "Eta": "eta_ancestral",
    "Eta DDIM": "eta_ddim",
    "Sigma churn": "s_churn",
    "Sigma tmin": "s_tmin",
    "Sigma tmax": "s_tmax",
    "Sigma noise": "s_noise",
    "NGMS": "s_min_uncond",
    "NGMS all steps": "s_min_uncond_all",
    "Skip Early CFG": "skip_early_cond",
    "Schedule min sigma": "sigma_min",
    "Schedule max sigma": "sigma_max",
    "Schedule rho": "rho",
    "Discard penultimate sigma": "always_discard_next_to_last_sigma",
    "SGM noise multiplier": "sgm_noise_multiplier",
    "Beta scheduler alpha": "beta_dist_alpha",  # written as "Beta schedule", which isn't read back
    "Beta scheduler beta": "beta_dist_beta",
    "UniPC variant": "uni_pc_variant",
    "UniPC skip type": "uni_pc_skip_type",
    "UniPC order": "uni_pc_order",
    "UniPC lower order final": "uni_pc_lower_order_final",
    "Noise Schedule": "sd_noise_schedule",
    "Token merging ratio": "token_merging_ratio",
    "Token merging ratio hr": "token_merging_ratio_hr",
    "Token merging ratio img2img": "token_merging_ratio_img2img",
    "Conditional mask weight": "inpainting_mask_weight",
    "Noise multiplier": "initial_noise_multiplier",
    "Extra noise": "img2img_extra_noise",
    "VAE Encoder": "sd_vae_encode_method",
    "VAE Decoder": "sd_vae_decode_method",
    "FP8 weight": "fp8_storage",
    "Cache FP16 weight for LoRA": "cache_fp16_weight",
    "Refiner switch by sampling steps": "refiner_switch_by_sample_steps",
    "Hires refiner": "hires_fix_refiner_pass",
    "Pad conds": "pad_cond_uncond",
    "Pad conds v0": "pad_cond_uncond_v0",
    "Old prompt editing timelines": "use_old_scheduling",
    "Downcast alphas_cumprod": "use_downcasted_alpha_bar",
    "Face restoration": "face_restoration",
    "Tiling": "tiling",
}


def apply_infotext(parsed: Parsed, state: WebUIState, tab: str) -> dict[str, Any]:
    """Return a request's fields, those that it leaves open filled in from its infotext.

    Raises:
        HandlerError: ValueError, if the infotext has words where a number belongs.
    """
    values = dict(parsed.values)
    state.policy.hooks.request(values, state)
    if not values["infotext"]:
        return values
    pairs = read_with_styles(values["infotext"], state)
    for name, read in FIELDS[tab].items():
        if name in parsed.given and name not in IN_BOTH:
            continue
        if (value := read(pairs, state)) is None:
            continue
        value = _cast(name, value)  # may fail for a field that the request sets itself, too
        if name not in parsed.given:
            values[name] = value
    if values["override_settings"] is None:
        values["override_settings"] = {}
    values["override_settings"] = {
        **_settings(pairs, state),
        **values["override_settings"],
    }
    return values


def read_with_styles(infotext: str, state: WebUIState) -> dict[str, Any]:
    """Return the values of an infotext, the styles in its prompts apart if the options say so."""
    wanted = state.options.get("infotext_styles")
    if wanted == "Ignore":
        return read_infotext(infotext)
    styles = state.catalog.styles
    values = read_infotext(infotext, lambda *pair: take_styles_out(pair[0], pair[1], styles))
    if wanted == "Discard":
        values.pop("Styles array", None)
    return values


def _cast(name: str, value: Any) -> Any:
    kind = int if name in WHOLE else float if name in FRACTIONAL else None
    if kind is None or isinstance(value, kind):
        return value
    try:
        return kind(value)
    except ValueError as error:
        raise HandlerError("ValueError", str(error)) from None


def _settings(pairs: Pairs, state: WebUIState) -> dict[str, Any]:
    """Return the settings that an infotext names and that differ from those in force."""
    named = {option: pairs[name] for name, option in SETTINGS.items() if name in pairs}
    read = {option: _cast_like(state.options.default(option), named[option]) for option in named}
    return {option: value for option, value in read.items() if value != state.options.get(option)}


def _cast_like(example: Any, value: Any) -> Any:
    if isinstance(example, bool):
        return value not in ("False", "", False, 0)
    try:
        return value if example is None else type(example)(value)
    except ValueError as error:
        raise HandlerError("ValueError", str(error)) from None
