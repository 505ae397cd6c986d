"""From the names in a configuration to the extensions; only those that are named are imported."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final, cast

from fake_webui.webui.extension import Extension
from fake_webui.webui.options import default_options

SHIPPED: Final = ("adetailer",)


def installed(names: Iterable[str]) -> tuple[Extension, ...]:
    """Return the extensions of these names; one that nobody knows has a name and nothing else."""
    return tuple(map(_load, names))


def shipped() -> tuple[Extension, ...]:
    """Return every extension that comes with this package."""
    return installed(SHIPPED)


def options_of(names: Iterable[str]) -> dict[str, Any]:
    """Return every option, with its default, of a server with the extensions of these names."""
    return default_options(installed(names))


def _load(name: str) -> Extension:
    if name not in SHIPPED:
        return Extension(name=name)
    return cast("Extension", import_module(f"fake_webui.extensions.{name}").EXTENSION)
