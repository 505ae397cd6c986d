"""The scripts that a request names, with the arguments it gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from fake_webui.errors import HandlerError, HttpError, missing_arguments
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.extension import scripts_of
from fake_webui.webui.processing import AlwaysOn, GenerationContext, Processed, Processing
from fake_webui.webui.scripts.catalogue import ALWAYS_ON, SELECTABLE
from fake_webui.webui.scripts.hypertile import Hypertile
from fake_webui.webui.scripts.registry import Activate, Line, Selectable
from fake_webui.webui.state import WebUIState

NOWHERE = slice(0, 0)
SELECTABLE_GIVEN_AS_ALWAYS_ON = "Cannot have a selectable script in the always on scripts params"


@dataclass(frozen=True, slots=True)
class ScriptChoice:
    """The scripts of one request: what takes it over, if anything, and what takes part."""

    selected: Selectable | None = None
    arguments: list[Any] = field(default_factory=list)
    always_on: tuple[AlwaysOn, ...] = ()

    @property
    def findings(self) -> list[str]:
        """What always-on scripts pass over of their arguments."""
        return [one for script in self.always_on for one in script.findings]

    def run(self, p: Processing, context: GenerationContext) -> Processed:
        """Let the selected script generate.

        Raises:
            ApiError: as the real server fails, on arguments of the wrong kind among others.
        """
        if self.selected is None:
            raise HandlerError("NotImplementedError", "")
        form, run = self.selected
        if missing := _required(form)[len(self.arguments) :]:
            raise missing_arguments("Script.run", missing)
        return run(p, context, form(*self.arguments))


def choose_scripts(values: Mapping[str, Any], state: WebUIState, tab: str) -> ScriptChoice:
    """Return the scripts that a request names.

    Raises:
        HttpError: 422, if one isn't there or is of the other kind.
        HandlerError: if arguments have a form that the real server trips over.
    """
    line = _line(state.catalog, tab)
    arguments = list(line.defaults)
    selected = None
    if values["script_name"]:
        selected = line.find(values["script_name"], selectable=True)
        arguments[selected.span] = values["script_args"]
    for name, given in values["alwayson_scripts"].items():
        _place(line, arguments, name, given)
    return ScriptChoice(
        SELECTABLE.get(selected.name) if selected else None,  # extensions have none that generate
        arguments[selected.span] if selected else [],
        (Hypertile(state.options), *_activated(line, arguments, state)),
    )


@lru_cache(maxsize=8)
def _line(catalog: Catalog, tab: str) -> Line:
    """Return the scripts of a tab."""
    wanted = tab == "img2img"
    infos = [info for info in catalog.script_info if info["is_img2img"] is wanted]
    return Line.of(infos, catalog.policy.unlisted_scripts)


def _place(line: Line, arguments: list[Any], name: str, given: Any) -> None:
    """Put the arguments of an always-on script in their place, as many as there is room for."""
    script = line.find(name)
    if not script.always_on:
        raise HttpError(422, SELECTABLE_GIVEN_AS_ALWAYS_ON)
    try:
        if "args" not in given:
            return
        room = script.span.stop - script.span.start
        for index in range(min(room, len(given["args"]))):
            arguments[script.span.start + index] = given["args"][index]
    except (TypeError, KeyError) as error:
        raise HandlerError(type(error).__name__, str(error)) from None


def _activated(line: Line, arguments: list[Any], state: WebUIState) -> tuple[AlwaysOn, ...]:
    active = (
        activate(arguments[line.always_on.get(name, NOWHERE)], state)
        for name, activate in _activates(state.catalog).items()
    )
    return tuple(one for one in active if one is not None)


@lru_cache(maxsize=8)
def _activates(catalog: Catalog) -> dict[str, Activate]:
    """Return what makes each always-on script take part, by its name in lower case."""
    own = scripts_of(catalog.extensions)
    return ALWAYS_ON | {one.name: one.activate for one in own if one.activate}


def _required(form: Any) -> tuple[str, ...]:
    """Return the names of the arguments that a script can't do without."""
    return tuple(name for name in form._fields if name not in form._field_defaults)
