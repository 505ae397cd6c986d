"""What Forge does at points of its own: modules, hires fix, what stands behind the version."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from fake_webui.errors import HandlerError
from fake_webui.profiles.forge.tables import NOT_A_NUMBER

if TYPE_CHECKING:
    from fake_webui.webui.processing.parameters import Processing
    from fake_webui.webui.state import WebUIState

MODULES: Final = "forge_additional_modules"
MEMORY: Final = "forge_inference_memory"
PRECISION: Final = "forge_unet_storage_dtype"
USUAL_PRECISION: Final = "Automatic"
SAME: Final = "Use same choices"
BUILT_IN: Final = "Built-in"
NOT_ITERABLE: Final = "argument of type 'NoneType' is not iterable"


def refuse_infotext(values: Mapping[str, Any], state: "WebUIState") -> None:  # noqa: ARG001
    """Fail where a request has an infotext.

    Raises:
        HandlerError: TypeError, always: the field is broken.
    """
    if values["infotext"]:
        raise HandlerError("TypeError", "isinstance() argument 2 cannot be a parameterized generic")


def store(key: str, value: Any, state: "WebUIState") -> Any:
    """Return what is stored of an option: modules by their paths, unknown ones left out.

    Raises:
        HandlerError: TypeError, for modules that are not in a list, or memory that is a text.
    """
    if key == MODULES:
        return module_paths(value, state)
    if key == MEMORY and isinstance(value, str):
        raise HandlerError("TypeError", "unsupported operand type(s) for -: 'int' and 'str'")
    return value


def module_paths(names: Any, state: "WebUIState") -> list[str]:
    """Return the paths of the modules that are named by file name or path.

    Raises:
        HandlerError: TypeError, where there is nothing to go through; a text counts as its letters.
    """
    if not isinstance(names, Iterable):
        kind = type(names).__name__
        raise HandlerError("TypeError", f"{kind!r} object is not iterable")
    paths = {module.name: module.filename for module in state.catalog.vaes}
    wanted = (paths.get(str(name), str(name)) for name in names)
    return [path for path in wanted if path in paths.values()]


def hires_modules(p: "Processing") -> dict[str, Any]:
    """Return what the modules of the second pass leave in the infotext."""
    if p.hr_additional_modules is None:
        return {}
    return _numbered("Hires Module", p.hr_additional_modules or [BUILT_IN])


def hires_guidance(p: "Processing") -> dict[str, Any]:
    """Return what the guidance of the second pass leaves in the infotext."""
    return {"Hires CFG Scale": p.hr_cfg, "Hires Distilled CFG Scale": None}


def check_hires_modules(p: "Processing") -> None:
    """Fail at the second pass of a request that says nothing of its modules or its guidance.

    Raises:
        HandlerError: TypeError.
    """
    if p.hr_additional_modules is None:
        raise HandlerError("TypeError", NOT_ITERABLE)
    if p.hr_cfg is None:
        raise HandlerError("TypeError", NOT_A_NUMBER)


def closing_pairs(state: "WebUIState") -> dict[str, Any]:
    """Return the modules in use and how the model is stored, where that is not as usual."""
    get = state.options.get
    precision = get(PRECISION)
    usual = precision == USUAL_PRECISION
    return _numbered("Module", get(MODULES)) | {
        "Diffusion in Low Bits": None if usual else precision
    }


def read_parameters(values: dict[str, Any], state: "WebUIState") -> None:
    """Add the modules of the second pass, and leave out a model that is the selected one."""
    values.setdefault("Hires VAE/TE", [SAME])
    checkpoint = state.models.chosen
    if values.get("Model") in (checkpoint.stem, checkpoint.model_name):
        del values["Model"]


def _numbered(label: str, modules: Iterable[Any]) -> dict[str, str]:
    names = (PurePosixPath(str(module)).stem for module in modules)
    return {f"{label} {number}": name for number, name in enumerate(names, 1)}
