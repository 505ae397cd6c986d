"""SD.Next: names, fields and answers of its own, and no tasks."""

from typing import Any

from app.webui.inventory import Inventory
from app.webui.kinds.infotext import parameters_of
from app.webui.kinds.kind import Info, Payload, WebUIKind

RESIZE = 1  # its resize modes: to the size asked for
NAMES = {
    "DPM2": "KDPM2",
    "DPM2 a": "KDPM2 a",
    "LMS": "LMSD",
    "PLMS": "PNDM",
    "Lanczos": "Resize Lanczos",
    "Nearest": "Resize Nearest",
    "Latent": "Latent Bilinear",
    "Latent (antialiased)": "Latent Bilinear antialias",
    "Latent (bicubic)": "Latent Bicubic",
    "Latent (bicubic antialiased)": "Latent Bicubic antialias",
    "Latent (nearest)": "Latent Nearest",
    "Latent (nearest-exact)": "Latent Nearest exact",
}
IGNORED = frozenset(
    ("refiner_checkpoint", "hr_checkpoint_name", "hr_scheduler", "distilled_cfg_scale", "hr_cfg")
)
SIGMAS = {name: name.casefold() for name in ("Karras", "karras", "Exponential", "exponential")}
"""What it calls A1111's schedulers. It has others, which are no schedulers of A1111."""


def _request(payload: Payload, inventory: Inventory) -> Payload:
    own = {key: _own_name(key, value, inventory) for key, value in payload.items()}
    _move(own, "scheduler", "schedulers_sigma", SIGMAS.get(str(own.get("scheduler"))))
    _hires(own)
    if "override_settings" in own:
        _settings(own, dict(own["override_settings"]), inventory)
    return own


_NAMED = frozenset({"sampler_name", "hr_sampler_name", "hr_upscaler", "upscaler_1", "upscaler_2"})


def _own_name(key: str, value: Any, inventory: Inventory) -> Any:
    return inventory.own_name(value) if key in _NAMED else value


def _move(payload: dict[str, Any], old: str, new: str, value: Any) -> None:
    payload.pop(old, None)
    if value is not None:
        payload[new] = value


def _hires(payload: dict[str, Any]) -> None:
    """Ask for the second pass in its words; A1111's are answered with a picture as it was."""
    payload.pop("hr_scheduler", None)  # the same as that of the first pass
    if payload.get("enable_hr"):
        payload |= {"hr_resize_mode": RESIZE, "hr_force": True}
        _move(payload, "denoising_strength", "hr_denoising_strength", payload["denoising_strength"])


def _settings(payload: dict[str, Any], settings: dict[str, Any], inventory: Inventory) -> None:
    """Put settings that it has as fields there, and its own spelling of the checkpoint."""
    _move(payload, "clip_skip", "clip_skip", settings.pop("CLIP_stop_at_last_layers", None))
    upscaler = inventory.own_name(settings.pop("upscaler_for_img2img", "Lanczos"))
    if "init_images" in payload:
        payload |= {"resize_mode": RESIZE, "resize_name": upscaler}
    if wanted := settings.get("sd_model_checkpoint"):
        settings["sd_model_checkpoint"] = inventory.title_of(wanted) or wanted
    payload["override_settings"] = settings


def _info(info: Info) -> Info:
    """Return `info` with what only the infotext tells."""
    told = parameters_of(info)
    return {
        **info,
        "sd_model_name": told.get("Model"),
        "sd_vae_name": told.get("VAE"),
        "scheduler": told.get("Sampler sigma", "Automatic"),
        "extra_generation_params": {**told, **info.get("extra_generation_params", {})},
    }


SDNEXT = WebUIKind(
    name="SD.Next",
    mark="/sdapi/v1/version",
    version_path="/sdapi/v1/version",
    version_keys=("updated", "commit"),
    knows_tasks=False,
    names=NAMES,
    schedulers=tuple(SIGMAS),
    takes_adetailer=False,
    takes_titles=True,
    ignored=IGNORED,
    request=_request,
    info=_info,
)
