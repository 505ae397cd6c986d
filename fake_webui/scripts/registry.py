"""Which scripts there are, in the WebUI's order, and the arguments they take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_webui.errors import HttpError
from fake_webui.processing import AlwaysOn, Processed

Run = Callable[..., Processed]
Activate = Callable[[Sequence[Any]], AlwaysOn | None]

BOTH = ("txt2img", "img2img")


@dataclass(frozen=True, slots=True)
class Script:
    """A script: selectable ones `run`, always-on ones `activate` with their arguments.

    `defaults` are the arguments as the page shows them, `needs` the extension it comes with.
    """

    title: str
    tabs: tuple[str, ...] = BOTH
    defaults: tuple[Any, ...] = ()
    always_on: bool = False
    run: Run | None = None
    activate: Activate | None = None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The scripts of one tab with the places of their arguments in one long list."""

    scripts: tuple[Script, ...]
    arguments: list[Any] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, scripts: Sequence[Script]) -> "Line":
        """Lay the arguments out: the selected script's number, always-on scripts, the others."""
        line = cls(tuple(scripts), [0])
        for script in sorted(scripts, key=lambda one: not one.always_on):
            line.starts[script.title] = len(line.arguments)
            line.arguments.extend(script.defaults)
        return line

    def find(self, name: str, *, selectable: bool = False) -> Script:
        """Return a script by its title, in any case.

        Raises:
            HttpError: 422, if it isn't there.
        """
        for script in self.scripts:
            if script.title.lower() == name.lower() and not (selectable and script.always_on):
                return script
        raise HttpError(422, f"Script '{name}' not found")

    def span(self, script: Script) -> slice:
        """Return where the arguments of a script are."""
        start = self.starts[script.title]
        return slice(start, start + len(script.defaults))
