"""What people who come from A1111 trip over: legal, and not what was meant."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from fake_webui.profiles.forge.hooks import BUILT_IN, MODULES, SAME, module_paths

if TYPE_CHECKING:
    from fake_webui.webui.state import WebUIState

NO_VAE: Final = (None, "", "None", "Automatic", "auto")


def of_request(values: Mapping[str, Any], state: "WebUIState") -> Iterator[str]:
    """Yield what there is to say of the fields of a generation."""
    if values["infotext"]:
        yield "infotext fails in Forge, whatever is in it"
    if not values.get("enable_hr"):
        return
    modules = values["hr_additional_modules"]
    if modules is None:
        yield (
            "enable_hr without hr_additional_modules fails in Forge after the first pass; "
            f"[{SAME!r}] keeps the modules"
        )
    for name in _unknown(modules or (), state):
        if name not in (SAME, BUILT_IN):
            yield f"module {name!r} in hr_additional_modules is not known and was left out"


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
