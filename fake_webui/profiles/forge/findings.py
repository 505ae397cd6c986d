"""What people who come from A1111 trip over: legal, and not what was meant."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from fake_webui.profiles.forge.hooks import BUILT_IN, MODULES, SAME, module_paths

if TYPE_CHECKING:
    from fake_webui.webui.state import WebUIState

OF_FAILURES: Final = (
    "Forge has the text of an exception under message, and closes the connection behind it"
)
FLUX: Final = "flux"
FLUX_SCHEDULE: Final = "Simple"
NO_VAE: Final = (None, "", "None", "Automatic", "auto")


def of_request(values: Mapping[str, Any], state: "WebUIState") -> Iterator[str]:
    """Yield what there is to say of the fields of a generation."""
    if values["infotext"]:
        yield "infotext fails in Forge, whatever is in it"
    if values.get("enable_hr"):
        yield from _of_hires(values, state)
    if FLUX in _checkpoint(values, state).lower():
        yield from _of_flux(values, state)


def _of_hires(values: Mapping[str, Any], state: "WebUIState") -> Iterator[str]:
    modules = values["hr_additional_modules"]
    if modules is None:
        yield (
            "enable_hr without hr_additional_modules fails in Forge after the first pass; "
            f"[{SAME!r}] keeps the modules"
        )
    for name in _unknown(modules or (), state):
        if name not in (SAME, BUILT_IN):
            yield f"module {name!r} in hr_additional_modules is not known and was left out"


def _checkpoint(values: Mapping[str, Any], state: "WebUIState") -> str:
    """Return the checkpoint that a generation asks for, or else the chosen one."""
    overrides = values["override_settings"] or {}
    return str(overrides.get("sd_model_checkpoint") or state.models.chosen.title)


def _of_flux(values: Mapping[str, Any], state: "WebUIState") -> Iterator[str]:
    """Yield what makes pictures of a Flux model black or spoiled; its name says that it is one."""
    overrides = values["override_settings"] or {}
    if not overrides.get(MODULES, state.options.get(MODULES)):
        yield f"Flux makes black pictures without its text encoders and VAE in {MODULES}"
    if values["cfg_scale"] != 1:
        yield f"cfg_scale {values['cfg_scale']} spoils Flux, which takes 1 and distilled_cfg_scale"
    if values["scheduler"] != FLUX_SCHEDULE:
        yield f"Flux takes the scheduler {FLUX_SCHEDULE}, not {values['scheduler']}"


def of_posted_options(settings: Mapping[str, Any], state: "WebUIState") -> Iterator[str]:
    """Yield what there is to say of a checkpoint that is posted."""
    name = settings.get("sd_model_checkpoint")
    if not isinstance(name, str) or not (found := state.catalog.find_checkpoint(name)):
        return
    if found != state.models.checkpoint:
        yield f"{name!r} is loaded by the next generation, not by this request"
    if name != found.title:
        yield f"GET options will say {name!r}, which is not the title of a checkpoint"


def of_options(settings: Mapping[str, Any], state: "WebUIState") -> Iterator[str]:
    """Yield what there is to say of options that are set or overridden."""
    if settings.get("sd_vae") not in NO_VAE:
        yield f"sd_vae has no effect in Forge; {MODULES} takes VAEs and text encoders"
    modules = settings.get(MODULES)
    if isinstance(modules, str):
        yield f"{MODULES} is a text, not a list, and no module was chosen"
    elif isinstance(modules, list):
        for name in _unknown(modules, state):
            yield f"module {name!r} in {MODULES} is not known and was left out"


def _unknown(names: Iterable[Any], state: "WebUIState") -> list[Any]:
    return [name for name in names if not module_paths([name], state)]
