"""A fake WebUI that runs, as a test has it in hand: the journal, faults, holds and settings."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Unpack, cast

from fake_webui.errors import StartError, StrictError
from fake_webui.testing.client import ControlClient
from fake_webui.testing.held import WAIT_MARGIN_S, Held
from fake_webui.testing.types import (
    Entry,
    FaultRule,
    FaultSettings,
    Filters,
    FullEntry,
    Health,
    Match,
    MatchOptions,
    PlacedRule,
    SettingChanges,
    Settings,
    When,
)

__tracebackhide__ = True  # what fails is the test


class SteeredWebUI:
    """What can be asked of a fake WebUI and done to it while it runs at `url`."""

    def __init__(self) -> None:
        self.url = ""
        self._control: ControlClient | None = None

    @property
    def exit_status(self) -> int | None:
        """The status with which the server ended, None while it runs."""
        return None

    def errors(self) -> str:
        """Return what the server wrote to its standard error, where this process started it."""
        return ""

    def refuse_unexpected(self, allow: Iterable[str] = ()) -> None:
        """Check that nothing was sent that the WebUI does not know, but what is allowed.

        Raises:
            StrictError: with a line for each address and field, and the nearest known name.
        """
        if lines := self.unexpected(allow):
            raise StrictError(lines)

    def unexpected(self, allow: Iterable[str] = ()) -> list[str]:
        """Return a line for each unknown address and field; `allow` are patterns of paths."""
        return self.noted(allow)[0]

    def findings(self) -> list[str]:
        """Return a line for each thing that was replaced, ignored or left out."""
        return self.noted()[1]

    def noted(self, allow: Iterable[str] = ()) -> tuple[list[str], list[str]]:
        """Return what `unexpected` and what `findings` would, of one call."""
        answer = self._object("GET", "requests/unexpected", params={"allow": list(allow)})
        return told(answer["unexpected"]), told(answer["findings"])

    def health(self) -> Health:
        """Return version, process and instance token."""
        return cast("Health", self._object("GET", "health"))

    def scopes(self) -> list[str]:
        """Return the names of the scopes of this server, the oldest first."""
        return list(self._object("GET", "scopes")["scopes"])

    def requests(self, path: str | None = None, **filters: Unpack[Filters]) -> list[Entry]:
        """Return the journal's entries, oldest first.

        A path without a slash, such as `txt2img`, is under /sdapi/v1/, here and wherever one is
        asked for. Filters are method, mark, since, unmatched and limit.
        """
        wanted = {"path": path, **filters}
        answer = self._object("GET", "requests", params=without_none(wanted))
        return list(answer["requests"])

    def request(self, n: int) -> FullEntry:
        """Return one entry with its answer and a list of its images."""
        return cast("FullEntry", self._object("GET", f"requests/{n}"))

    def har(self) -> dict[str, Any]:
        """Return the journal as HAR 1.2, the archive format of browsers."""
        return self._object("GET", "requests.har")

    def image(self, n: int, index: int = 0) -> bytes:
        """Return an image that request `n` carried; those sent come before those received."""
        return self._client().image(n, index)

    def last(self, path: str) -> Any:
        """Return the payload that was sent to this path last.

        Raises:
            ExpectationError: if nothing was; its text shows what came nearest.
        """
        return self.find(path, at_least=1)[-1]["payload"]

    def count(
        self,
        path: str | None = None,
        *,
        exactly: int | None = None,
        **match: Unpack[MatchOptions],
    ) -> int:
        """Return how many requests match path, method, mark and payload.

        Raises:
            ExpectationError: if they are not as many as expected.
            ControlError: if entries in question were evicted.
        """
        question = ask({"path": path, **match}, exactly=exactly)
        return int(self._object("POST", "requests/count", json=question)["count"])

    def find(
        self,
        path: str | None = None,
        *,
        exactly: int | None = None,
        at_least: int | None = None,
        **match: Unpack[MatchOptions],
    ) -> list[Entry]:
        """Return the entries that match path, method, mark and payload.

        Raises:
            ExpectationError: if they are not as many as expected.
        """
        question = ask({"path": path, **match}, exactly=exactly, at_least=at_least)
        return list(self._object("POST", "requests/find", json=question)["requests"])

    def wait(
        self,
        path: str | None = None,
        *,
        at_least: int | None = None,
        exactly: int | None = None,
        timeout_s: float = 10.0,
        **match: Unpack[MatchOptions],
    ) -> list[Entry]:
        """Wait for requests, by default one, and return the entries.

        Raises:
            ExpectationError: if they do not come in time.
        """
        question = ask(
            {"path": path, **match}, exactly=exactly, at_least=at_least, timeout_s=timeout_s
        )
        answer = self._object(
            "POST", "requests/wait", json=question, timeout_s=timeout_s + WAIT_MARGIN_S
        )
        return list(answer["requests"])

    def mark(self, name: str | None) -> None:
        """Let later entries carry this mark."""
        self._object("POST", "mark", json={"name": name})

    def fault(
        self,
        action: str | Sequence[str],
        path: str | None = None,
        *,
        when: When | None = None,
        times: int | None = None,
        match: Match | None = None,
        **settings: Unpack[FaultSettings],
    ) -> PlacedRule:
        """Add a fault rule and return it; settings are those of the action.

        Of several actions each request gets the next, of which `ok` is none: ("nan", "nan", "ok").
        They come once, unless `when` or `times` say otherwise; a single one every time.

        Raises:
            ControlError: if there is no such action or setting; its text lists what there is.
        """
        wanted = without_none({"path": path, **(match or {})})
        rule: dict[str, Any] = {"match": wanted, "when": when, "times": times, "with": settings}
        rule["action"] = action if isinstance(action, str) else list(action)
        return cast("PlacedRule", self._object("POST", "faults", json=without_none(rule)))

    def settings(self, **changes: Unpack[SettingChanges]) -> Settings:
        """Change settings until the next reset, if any are given, and return all that may change.

        These are step_seconds, load_seconds, seed, images and strict.

        Raises:
            ControlError: if one of them is unknown or wrong; nothing is changed then.
        """
        method, body = ("PATCH", {"json": changes}) if changes else ("GET", {})
        return cast("Settings", self._object(method, "settings", **body))

    def hold(self, path: str | None = None, *, at_step: int, **match: Unpack[MatchOptions]) -> Held:
        """Let the next generation that matches stand still once it has done step `at_step`.

        Steps count from 0, as in the WebUI's progress. Interrupt, skip and reset end it too.

        Raises:
            ControlError: if nothing is generated at this path.
        """
        wanted = without_none({"path": path, **match})
        placed = self._object("POST", "holds", json={"match": wanted, "at_step": at_step})
        return Held(self._client(), placed["id"])

    def add_fault(self, rule: str | FaultRule) -> PlacedRule:
        """Add a fault rule as it is posted, or as on the command line: `txt2img:nan:first`.

        Raises:
            ControlError: if it is wrong; its text says what is allowed.
        """
        return cast("PlacedRule", self._object("POST", "faults", json=rule))

    def clear_faults(self) -> None:
        """Remove every fault rule."""
        self._object("DELETE", "faults")

    def clear(self) -> None:
        """Empty the journal, and nothing else."""
        self._object("DELETE", "requests")

    def reset(
        self,
        *,
        mark: str | None = None,
        settings: SettingChanges | None = None,
        faults: Iterable[str | FaultRule] = (),
    ) -> None:
        """Put everything back as at start; then set a mark, change settings, add fault rules.

        Raises:
            ControlError: if one of them is wrong; nothing is reset then.
        """
        begin = {"mark": mark, "settings": settings or None, "faults": list(faults) or None}
        self._object("POST", "reset", json=without_none(begin) or None)

    def _client(self) -> ControlClient:
        if self._control is None:
            raise StartError("the fake WebUI is not running; use it in a `with` statement")
        return self._control

    def _object(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._client().call(method, path, **options)
        return answer


def told(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return sentences on requests as lines, each once, with how often it was."""
    counts = Counter(f"{row['method']} {row['path']}: {row['text']}" for row in rows)
    return [f"{line} (x{times})" if times > 1 else line for line, times in counts.items()]


def ask(match: Mapping[str, Any], **expected: Any) -> dict[str, Any]:
    """Return a question to the journal as it is posted."""
    return {"match": without_none(match), **without_none(expected)}


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given."""
    return {key: value for key, value in values.items() if value is not None}
