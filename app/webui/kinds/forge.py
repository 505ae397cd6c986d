"""Forge: VAEs and text encoders are modules, and hires fix needs to be told which ones."""

from collections.abc import Mapping
from typing import Any

from app.config.infotext import modules_of
from app.webui.inventory import NO_VAE, Inventory
from app.webui.kinds.infotext import parameters_of
from app.webui.kinds.kind import Info, Payload, WebUIKind

MODULES = "forge_additional_modules"
SAME_MODULES = ["Use same choices"]


def _request(payload: Payload, inventory: Inventory) -> Payload:
    if "override_settings" not in payload:
        return payload
    settings = _settings(payload["override_settings"], inventory)
    return {**payload, "override_settings": settings, **_hires(payload)}


def _settings(settings: Mapping[str, Any], inventory: Inventory) -> dict[str, Any]:
    """Return settings with the VAE among the modules, which Forge knows by their full names."""
    changed = {key: value for key, value in settings.items() if key not in {"sd_vae", MODULES}}
    vae = settings.get("sd_vae")
    chosen = [name for name in (vae, *settings.get(MODULES, ())) if name not in {None, *NO_VAE}]
    if chosen or vae == "None":
        changed[MODULES] = list(dict.fromkeys(map(inventory.full_name, chosen)))
    if wanted := settings.get("sd_model_checkpoint"):
        changed["sd_model_checkpoint"] = inventory.title_of(wanted) or wanted
    return changed


def _hires(payload: Payload) -> dict[str, Any]:
    """Return what the second pass needs; without modules Forge fails after the first."""
    if not payload.get("enable_hr"):
        return {}
    added: dict[str, Any] = {"hr_additional_modules": SAME_MODULES}
    if "hr_cfg" not in payload:
        added["hr_cfg"] = payload["cfg_scale"]
    if "distilled_cfg_scale" in payload:
        added["hr_distilled_cfg"] = payload["distilled_cfg_scale"]
    return added


def _info(info: Info) -> Info:
    """Return `info` with the modules that the infotext names."""
    return {**info, "modules": modules_of(parameters_of(info))}


FORGE = WebUIKind(
    name="Forge",
    mark="/sdapi/v1/sd-modules",
    vaes_path="/sdapi/v1/sd-modules",
    takes_titles=True,
    request=_request,
    info=_info,
)
