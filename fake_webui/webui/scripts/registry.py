"""Scripts and the places of their arguments in the one long list that the real server keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from fake_webui.errors import HandlerError, HttpError
from fake_webui.webui.processing import AlwaysOn, GenerationContext, Processed, Processing
from fake_webui.webui.state import WebUIState

Selectable = tuple[type[Any], Callable[[Processing, GenerationContext, Any], Processed]]
Activate = Callable[[Sequence[Any], WebUIState], AlwaysOn | None]


@dataclass(frozen=True, slots=True)
class Script:
    """A script of one tab by its name in lower case, with its arguments in `span`."""

    name: str
    always_on: bool
    span: slice


@dataclass(frozen=True, slots=True)
class Line:
    """The scripts of one tab, and the defaults of all their arguments.

    `always_on` has the places of the arguments of those that take part without being selected.
    """

    scripts: tuple[Script, ...]
    defaults: tuple[Any, ...]
    always_on: Mapping[str, slice]

    @classmethod
    def of(cls, infos: Sequence[Mapping[str, Any]], unlisted: Sequence[str]) -> Self:
        """Lay the arguments out: the selected script's number, always-on scripts, the others.

        Those that are `unlisted` have no arguments.
        """
        scripts, defaults = [], [0]
        for info in sorted(infos, key=lambda one: not one["is_alwayson"]):
            start = len(defaults)
            defaults += [control["value"] for control in info["args"]]
            scripts.append(Script(info["name"], info["is_alwayson"], slice(start, len(defaults))))
        scripts += [Script(name, always_on=True, span=slice(0, 0)) for name in unlisted]
        always_on = {one.name: one.span for one in scripts if one.always_on}
        return cls(tuple(scripts), tuple(defaults), always_on)

    def find(self, name: str, *, selectable: bool = False) -> Script:
        """Return a script by its name, in any case.

        Raises:
            HttpError: 422, if it isn't there.
            HandlerError: AttributeError, for a name without a letter.
        """
        if not name:
            words = "'tuple' object has no attribute 'alwayson'"
            raise HandlerError("AttributeError", words)
        for script in self.scripts:
            if script.name == name.lower() and not (selectable and script.always_on):
                return script
        raise HttpError(422, f"Script '{name}' not found")
