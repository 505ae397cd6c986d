"""What works on pictures: modules of `webui` that are imported when one is first asked for.

They are a third of the whole start, and many servers never see a picture. Nothing else in `api`
imports them.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.webui import generation, image_input, pnginfo, postprocessing

__all__ = ["generation", "image_input", "pnginfo", "postprocessing"]


def of(state: WebUIState, name: str) -> Any:
    """Return the module that stands for one of those here in this kind of WebUI."""
    return import_module(state.policy.workshop.get(name, f"fake_webui.webui.{name}"))


def __getattr__(name: str) -> ModuleType:
    """Import a module by its name.

    Raises:
        AttributeError: if it is not one of those that work on pictures.
    """
    if name in __all__:
        return import_module(f"fake_webui.webui.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
