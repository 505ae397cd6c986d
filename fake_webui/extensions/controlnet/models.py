"""The models that a configuration names, as requests call them."""

from collections.abc import Sequence

from fake_webui.config.settings import ControlNetModelConfig, ServerConfig
from fake_webui.extensions.controlnet.modules import Module

NO_MODEL = "None"


def title_of(model: ControlNetModelConfig) -> str:
    """Return the name with the hash, as lists show it."""
    return f"{model.name} [{model.short_hash}]" if model.short_hash else model.name


def titles(models: Sequence[ControlNetModelConfig]) -> list[str]:
    """Return the titles of all models, in alphabetical order."""
    return sorted(map(title_of, models))


def find_model(models: Sequence[ControlNetModelConfig], text: str) -> str | None:
    """Return the title of the model that a request means, None for none.

    The title is taken as it is; anything else may be the name or a part of it, in any case. A
    wrong hash behind the name finds nothing.
    """
    by_name = {model.name.lower(): title_of(model) for model in models}
    if text in by_name.values():
        return text
    near = [name for name in by_name if text and text.lower() in name]
    return by_name[min(near, key=len)] if near else None


def has_weights(config: ServerConfig, module: Module) -> bool:
    """Return whether the configuration says that the weights of an annotator are there."""
    there = config.controlnet_annotators
    return module.name in there or module.label in there
