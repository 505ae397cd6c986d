"""AUTOMATIC1111's WebUI, whose language the app speaks."""

from app.webui.inventory import Inventory
from app.webui.kinds.kind import Payload, WebUIKind


def _request(payload: Payload, inventory: Inventory) -> Payload:
    """Return a payload with the VAE by its full name; without its ending it would be ignored."""
    settings = payload.get("override_settings", {})
    if "sd_vae" not in settings:
        return payload
    named = {**settings, "sd_vae": inventory.full_name(settings["sd_vae"])}
    return {**payload, "override_settings": named}


A1111 = WebUIKind(
    name="AUTOMATIC1111",
    ignored=frozenset({"distilled_cfg_scale", "hr_cfg"}),
    request=_request,
)
