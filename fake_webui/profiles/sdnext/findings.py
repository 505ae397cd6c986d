"""What users of A1111 trip over in SD.Next: asked for, and without the effect it was meant for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fake_webui.profiles.sdnext.checkpoints import find_checkpoint, find_vae
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.webui.state import WebUIState

LORA = re.compile(r"<lora:([^:>]+)")
CLIP_SKIP = ("CLIP_stop_at_last_layers", "clip_skip")
UPSCALERS = ("upscaler_1", "upscaler_2")
VAE_WORDS = ("Automatic", "None", "Default")


def find_in_options(options: Mapping[str, Any], state: WebUIState) -> Iterator[str]:
    """Yield what of options that are set or overridden names nothing that is there."""
    name, vae = options.get("sd_model_checkpoint"), options.get("sd_vae")
    if name and find_checkpoint(state, name) is None:
        yield f"no checkpoint has the title, name or hash {name!r}"
    if vae and vae not in VAE_WORDS and not find_vae(state, vae):
        yield f"no VAE is called {vae!r}; the loaded one was kept"


def find(p: Mapping[str, Any], state: WebUIState) -> Iterator[str]:
    """Yield what of a generation was ignored, and why nothing comes of it."""
    if memory_of(state).is_broken:
        yield "a checkpoint was loaded while another generation ran; load one again"
    yield from _find_in_overrides(p)
    if p["sampler_index"]:
        yield "sampler_index is ignored; sampler_name chooses the sampler"
    if p["enable_hr"]:
        yield from _find_in_hires(p, state)
    if p.get("init_images") and not p["resize_mode"]:
        yield "width and height are ignored without resize_mode"
    for network in LORA.findall(p["prompt"] or ""):
        if state.catalog.find_lora(network) is None:
            yield f"no LoRA is called {network!r}; it was ignored"
    if p["script_name"] and p["script_name"].lower() not in _script_names(state):
        yield f"no script is called {p['script_name']!r}; it was ignored"


def _find_in_overrides(p: Mapping[str, Any]) -> Iterator[str]:
    overrides = p["override_settings"] or {}
    restores = p["override_settings_restore_afterwards"] is not False
    if restores and "samples_format" in overrides:
        yield "samples_format has no effect in override_settings; POST it to /sdapi/v1/options"
    for name in CLIP_SKIP:
        if name in overrides:
            yield f"{name} has no effect in override_settings; clip_skip is a field"


def _find_in_hires(p: Mapping[str, Any], state: WebUIState) -> Iterator[str]:
    if not p["hr_resize_mode"]:
        yield "hires does not enlarge without hr_resize_mode"
    if not p["hr_force"]:
        yield "hires does not sample a second time without hr_force; latent upscalers always do"
    if not _has_upscaler(state, p["hr_upscaler"]):
        yield _no_upscaler(p["hr_upscaler"])


def find_in_extras(p: Mapping[str, Any], state: WebUIState) -> Iterator[str]:
    """Yield which upscalers of extras are none, so that the picture keeps its size."""
    for name in UPSCALERS:
        if not _has_upscaler(state, p[name]):
            yield _no_upscaler(p[name])


def _has_upscaler(state: WebUIState, name: str | None) -> bool:
    return name in (None, "None", *(row["name"] for row in state.policy.table("upscalers")))


def _no_upscaler(name: str | None) -> str:
    return f"no upscaler is called {name!r}; see /sdapi/v1/upscalers"


def _script_names(state: WebUIState) -> set[str]:
    names = state.policy.table("scripts")["names"]
    return {name.lower() for tab in names.values() for name in tab}
