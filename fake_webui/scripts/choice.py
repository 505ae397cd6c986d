"""The scripts that a request names, with the arguments it gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_webui.errors import HandlerError, HttpError
from fake_webui.processing import AlwaysOn, Bench, Processed, Processing
from fake_webui.scripts.catalogue import SCRIPTS
from fake_webui.scripts.registry import Line, Script
from fake_webui.state import WebUIState

SELECTABLE_GIVEN_AS_ALWAYS_ON = "Cannot have a selectable script in the always on scripts params"


@dataclass(frozen=True, slots=True)
class ScriptChoice:
    """The scripts of one request."""

    selected: Script | None = None
    arguments: list[Any] = field(default_factory=list)
    always_on: tuple[AlwaysOn, ...] = ()

    def run(self, p: Processing, bench: Bench) -> Processed:
        """Let the selected script generate.

        Raises:
            HandlerError: TypeError, if it was given too few arguments.
        """
        script = self.selected
        if script is None or script.run is None:
            raise HandlerError("NotImplementedError", "")
        missing = len(script.defaults) - len(self.arguments)
        if missing > 0:
            plural = "s" if missing > 1 else ""
            message = f"Script.run() missing {missing} required positional argument{plural}"
            raise HandlerError("TypeError", message)
        return script.run(p, bench, *self.arguments)


def choose_scripts(values: Mapping[str, Any], state: WebUIState, tab: str) -> ScriptChoice:
    """Return the scripts that a request names.

    Raises:
        HttpError: 422, if one isn't there or is of the other kind.
        HandlerError: if arguments have a form that the real server trips over.
    """
    line = Line.of([one for one in SCRIPTS if tab in one.tabs and _installed(one, state)])
    selected, arguments = None, list(line.arguments)
    if values["script_name"]:
        selected = line.find(values["script_name"], selectable=True)
        arguments[line.span(selected)] = values["script_args"]
    for name, given in values["alwayson_scripts"].items():
        _place(line, arguments, name, given)
    return ScriptChoice(
        selected,
        arguments[line.span(selected)] if selected else [],
        _activated(line, arguments),
    )


def _installed(script: Script, state: WebUIState) -> bool:
    return not script.needs or script.needs in state.catalog.extensions


def _place(line: Line, arguments: list[Any], name: str, given: Any) -> None:
    """Put the arguments of an always-on script in their place, as many as there is room for."""
    script = line.find(name)
    if not script.always_on:
        raise HttpError(422, SELECTABLE_GIVEN_AS_ALWAYS_ON)
    try:
        if "args" not in given:
            return
        span = line.span(script)
        for index in range(min(span.stop - span.start, len(given["args"]))):
            arguments[span.start + index] = given["args"][index]
    except (TypeError, KeyError) as error:
        raise HandlerError(type(error).__name__, str(error)) from None


def _activated(line: Line, arguments: list[Any]) -> tuple[AlwaysOn, ...]:
    active = (
        script.activate(arguments[line.span(script)])
        for script in line.scripts
        if script.always_on and script.activate
    )
    return tuple(one for one in active if one is not None)
