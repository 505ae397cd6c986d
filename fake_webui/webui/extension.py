"""What an extension adds to the WebUI, as data; the server hands in those that are installed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fake_webui.contract import Endpoint

CONTROL: Final[Mapping[str, Any]] = {
    "label": "",
    "value": None,
    "minimum": None,
    "maximum": None,
    "step": None,
    "choices": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionScript:
    """A script that both tabs have.

    `arguments` are the controls that its arguments come from: label, value and, where there are
    any, minimum, maximum, step and choices. `activate` is called with the arguments of a request
    and the state of the WebUI (a `WebUIState`); it returns what takes part in the generation (an
    `AlwaysOn`), if anything does. A selectable script generates as if it were not there. `fields`
    are the keys of arguments that are objects, None for any.
    """

    name: str
    arguments: Sequence[Mapping[str, Any]] = ()
    always_on: bool = True
    activate: Callable[[Sequence[Any], Any], Any] | None = None
    fields: frozenset[str] | None = None

    def unknown(self, args: Any) -> Iterator[str]:
        """Yield the places of a request's arguments for which there is no place here."""
        for index, value in enumerate(args if isinstance(args, list) else []):
            if index >= len(self.arguments):
                yield f"args.{index}"
            elif isinstance(value, dict) and self.fields is not None:
                yield from (f"args.{index}.{key}" for key in value if key not in self.fields)

    def info(self, *, is_img2img: bool) -> dict[str, Any]:
        """Return what the list of scripts shows of it on one of the tabs."""
        controls = [{**CONTROL, **control} for control in self.arguments]
        where = {"is_alwayson": self.always_on, "is_img2img": is_img2img}
        return {"name": self.name, **where, "args": controls}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An extension that is installed.

    `options` and `flags` are its settings and command line flags with their defaults; `axes` are
    those that it adds to X/Y/Z plots, without effect here; `listing` is what differs in its line
    of the list of extensions. One that is `early` loads the API before extensions have added their
    options, so that the list of options, though not the setting of them, does without all those;
    one that is `built_in` is missing from the list of extensions.
    """

    name: str
    scripts: Sequence[ExtensionScript] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, Any] = field(default_factory=dict)
    axes: Sequence[str] = ()
    endpoints: Sequence[Endpoint] = ()
    listing: Mapping[str, Any] = field(default_factory=dict)
    early: bool = False
    built_in: bool = False


def scripts_of(extensions: Iterable[Extension]) -> list[ExtensionScript]:
    """Return the scripts of all extensions in their order."""
    return [script for extension in extensions for script in extension.scripts]


def unknown_fields(always_on: Mapping[str, Any], extensions: Iterable[Extension]) -> list[str]:
    """Return what a request gives to scripts of extensions and they don't have, as dotted keys."""
    scripts = {script.name: script for script in scripts_of(extensions)} if always_on else {}
    return [
        f"alwayson_scripts.{name}.{place}"
        for name, given in always_on.items()
        if (script := scripts.get(str(name).lower())) and isinstance(given, dict)
        for place in script.unknown(given.get("args"))
    ]


def endpoints_of(extensions: Iterable[Extension]) -> list[Endpoint]:
    """Return the endpoints of all extensions."""
    return [endpoint for extension in extensions for endpoint in extension.endpoints]
