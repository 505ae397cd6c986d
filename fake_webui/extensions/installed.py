"""From the names in a configuration to the extensions; only those that are named are imported."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from fake_webui.webui.extension import Extension

TOML: Final = ".toml"
SHIPPED: Final = ("adetailer", "controlnet")


def installed(names: Iterable[str]) -> tuple[Extension, ...]:
    """Return the extensions of these names, or of files that declare one, ending in .toml.

    One that nobody knows has a name and nothing else.

    Raises:
        ConfigError: for a mistake in such a file.
    """
    return tuple(map(_load, names))


def _load(name: str) -> Extension:
    if name.endswith(TOML):
        from fake_webui.extensions.declared import read_extension  # noqa: PLC0415 - few need it

        return read_extension(Path(name))
    if name not in SHIPPED:
        return Extension(name=name)
    return cast("Extension", import_module(f"fake_webui.extensions.{name}").EXTENSION)
