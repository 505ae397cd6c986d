"""What of a configuration may change while the server runs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fake_webui.config.settings import ServerConfig
from fake_webui.errors import ConfigError
from fake_webui.wording import shown

SECONDS: Final = ((int, float), "a number of seconds")
CHANGEABLE: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "step_seconds": SECONDS,
    "load_seconds": SECONDS,
    "seed": ((int, type(None)), "a whole number or null"),
    "images": ((str,), "a string"),
    "strict": ((bool,), "true or false"),
}


def changeable(config: ServerConfig) -> dict[str, Any]:
    """Return the settings that may change, as they are."""
    return {name: getattr(config, name) for name in CHANGEABLE}


def changed(config: ServerConfig, changes: Any) -> ServerConfig:
    """Return a configuration with some settings changed.

    Raises:
        ConfigError: if one can't be changed, or can't have this value.
    """
    if not isinstance(changes, dict):
        raise ConfigError(f"settings are an object with any of {', '.join(CHANGEABLE)}")
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ConfigError(f"{shown(name)} can't be changed; {', '.join(CHANGEABLE)} can")
        kinds, what = CHANGEABLE[name]
        if type(value) not in kinds:
            raise ConfigError(f"{name} is {what}, not {shown(value)}")
    return replace(config, **changes)
