"""FakeWebUI: a fake WebUI as a child process, for tests, notebooks and scripts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from fake_webui.errors import StartError, StrictError
from fake_webui.testing.client import ControlClient
from fake_webui.testing.held import WAIT_MARGIN_S, Held
from fake_webui.testing.process import ServerProcess, flags


class FakeWebUI:
    """A fake WebUI on a free port of this machine, which ends with this process at the latest.

        with FakeWebUI(seed=1) as webui:
            client = MyClient(webui.url)
            client.generate("a cat")
            assert webui.last("/sdapi/v1/txt2img")["prompt"] == "a cat"

    Options are those of the command line: `step_seconds=0.1` is `--step-seconds 0.1`,
    `nowebui=True` is `--nowebui`, a list gives its flag more than once. Whole words of the
    command line may be given as well.

    With `strict`, leaving the block raises a StrictError where addresses or fields were sent that
    the WebUI does not know; `allow` are patterns of paths where that is no error.
    """

    def __init__(
        self, *words: str, strict: bool = False, allow: Iterable[str] = (), **options: Any
    ) -> None:
        self._words = words
        self._strict, self._allow = strict, tuple(allow)
        self._options = options
        self._process: ServerProcess | None = None
        self._control: ControlClient | None = None
        self.url = ""

    @classmethod
    def at(cls, url: str) -> Self:
        """Return a handle on a fake WebUI that runs already.

        Raises:
            UnreachableError: if there is none at this address.
        """
        webui = cls()
        webui.url = url.rstrip("/")
        webui._control = ControlClient(webui.url)
        webui.health()
        return webui

    def start(self) -> Self:
        """Start the server and wait until it listens; on the same port if it ran before.

        Raises:
            StartError: if it ends instead, with what it said, or takes too long.
        """
        self.stop()
        port = self.url.rpartition(":")[2] or "0"
        words = [*flags({"port": port, **self._options}), *self._words]
        self._process = ServerProcess(words).start()
        self.url = self._process.url
        self._control = ControlClient(self.url, self._options.get("tls_certfile"))
        return self

    def stop(self) -> None:
        """End the server; without effect on one that runs by itself."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.stop()
        self._process = self._control = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._strict and error is None and self.exit_status is None:
                self.refuse_unexpected()
        finally:
            self.stop()

    def refuse_unexpected(self) -> None:
        """Check that nothing was sent that the WebUI does not know, but what is allowed.

        Raises:
            StrictError: with a line for each address and field, and the nearest known name.
        """
        if lines := self.unexpected(self._allow):
            raise StrictError("\n  ".join(["requests that the WebUI does not know:", *lines]))

    def unexpected(self, allow: Iterable[str] = ()) -> list[str]:
        """Return a line for each unknown address and field; `allow` are patterns of paths."""
        answer = self._object("GET", "requests/unexpected", params={"allow": list(allow)})
        return told(answer["unexpected"])

    def findings(self) -> list[str]:
        """Return a line for each thing that was replaced, ignored or left out."""
        return told(self._object("GET", "requests/unexpected")["findings"])

    @property
    def exit_status(self) -> int | None:
        """The status with which the server ended, None while it runs."""
        return self._process.exit_status if self._process else None

    def errors(self) -> str:
        """Return what the server wrote to its standard error."""
        return self._process.errors() if self._process else ""

    def health(self) -> dict[str, Any]:
        """Return version, process and instance token."""
        return self._object("GET", "health")

    def requests(self, path: str | None = None, **filters: Any) -> list[dict[str, Any]]:
        """Return the journal's entries, oldest first.

        Filters are method, mark, since, unmatched and limit.
        """
        wanted = {"path": path, **filters}
        answer = self._object("GET", "requests", params=without_none(wanted))
        return list(answer["requests"])

    def request(self, n: int) -> dict[str, Any]:
        """Return one entry with its answer and a list of its images."""
        return self._object("GET", f"requests/{n}")

    def image(self, n: int, index: int = 0) -> bytes:
        """Return an image that request `n` carried; those sent come before those received."""
        return self._client().image(n, index)

    def last(self, path: str) -> Any:
        """Return the payload that was sent to this path last.

        Raises:
            ExpectationError: if nothing was; its text shows what came nearest.
        """
        return self.find(path, at_least=1)[-1]["payload"]

    def count(self, path: str | None = None, *, exactly: int | None = None, **match: Any) -> int:
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
        **match: Any,
    ) -> list[dict[str, Any]]:
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
        **match: Any,
    ) -> list[dict[str, Any]]:
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
        action: str,
        path: str | None = None,
        *,
        when: Any = "every",
        times: int | None = None,
        match: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> dict[str, Any]:
        """Add a fault rule and return it; settings are those of the action.

        Raises:
            ControlError: if there is no such action or setting; its text lists what there is.
        """
        wanted = without_none({"path": path, **(match or {})})
        rule = {"match": wanted, "when": when, "times": times, "action": action, "with": settings}
        return self._object("POST", "faults", json=without_none(rule))

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings until the next reset, if any are given, and return all that may change.

        These are step_seconds, load_seconds, seed, images and strict.

        Raises:
            ControlError: if one of them is unknown or wrong; nothing is changed then.
        """
        if changes:
            return self._object("PATCH", "settings", json=changes)
        return self._object("GET", "settings")

    def hold(self, path: str | None = None, *, at_step: int, **match: Any) -> Held:
        """Let the next generation that matches stand still once it has done step `at_step`.

        Steps count from 0, as in the WebUI's progress. Interrupt, skip and reset end it too.

        Raises:
            ControlError: if nothing is generated at this path.
        """
        wanted = without_none({"path": path, **match})
        placed = self._object("POST", "holds", json={"match": wanted, "at_step": at_step})
        return Held(self._client(), placed)

    def add_fault(self, rule: str | Mapping[str, Any]) -> dict[str, Any]:
        """Add a fault rule as it is posted, or as on the command line: `txt2img:nan:first`.

        Raises:
            ControlError: if it is wrong; its text says what is allowed.
        """
        return self._object("POST", "faults", json=rule)

    def clear_faults(self) -> None:
        """Remove every fault rule."""
        self._object("DELETE", "faults")

    def clear(self) -> None:
        """Empty the journal, and nothing else."""
        self._object("DELETE", "requests")

    def reset(self) -> None:
        """Put everything back as at start."""
        self._object("POST", "reset")

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
