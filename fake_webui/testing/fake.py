"""FakeWebUI: a fake WebUI as a child process, for tests, notebooks and scripts."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from fake_webui.errors import StrictError
from fake_webui.testing.client import SCOPE_PREFIX, ControlClient, refuse_in_event_loop
from fake_webui.testing.one_test import OneTest
from fake_webui.testing.process import ServerProcess, flags
from fake_webui.testing.steering import SteeredWebUI, without_none
from fake_webui.testing.types import OptionsOfTest, ServerOptions

__tracebackhide__ = True  # what fails is the test


class FakeWebUI(SteeredWebUI):
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
        self,
        *words: str,
        strict: bool = False,
        allow: Iterable[str] = (),
        **options: Unpack[ServerOptions],
    ) -> None:
        super().__init__()
        self._words = words
        self._strict, self._allow = strict, tuple(allow)
        self._options = options
        self._certificate = options.get("tls_certfile")
        self._process: ServerProcess | None = None

    @classmethod
    def at(cls, url: str, *, tls_certfile: Path | str | None = None) -> Self:
        """Return a handle on a fake WebUI that runs already.

        `tls_certfile` is the certificate that an HTTPS server signed itself.

        Raises:
            UnreachableError: if there is none at this address.
        """
        webui = cls()
        webui.url, webui._certificate = url.rstrip("/"), tls_certfile
        webui._control = ControlClient(webui.url, tls_certfile)
        webui.health()
        return webui

    def scope(
        self, name: str, *, profile: str | None = None, config: Mapping[str, Any] | None = None
    ) -> "FakeWebUI":
        """Return a WebUI of its own on the same server, with state, journal and faults apart.

        With a profile or a configuration, which has the keys of the file, it is made anew.

        Raises:
            ControlError: if it can't be as asked.
        """
        url = f"{self.url}{SCOPE_PREFIX}/{name}"
        if birth := without_none({"profile": profile, "config": config}):
            self._client().put_scope(name, birth)
        return FakeWebUI.at(url, tls_certfile=self._certificate)

    def test(self, name: str | None = None, **options: Unpack[OptionsOfTest]) -> OneTest[Self]:
        """Let the block be one test, as the pytest plugin does: fresh, strict and talkative.

        Everything is as at start, later entries carry `name` as their mark, and settings and
        faults are for this block. What fails in it is told with what was sent; where nothing
        does, a StrictError is raised for what the WebUI does not know, unless it is allowed.

        Raises:
            ControlError: if an option can't be.
            StrictError: with a line for each address and field, and the nearest known name.
        """
        return OneTest(self, name, options)

    def start(self) -> Self:
        """Start the server and wait until it listens; on the same port if it ran before.

        Raises:
            StartError: if it ends instead, with what it said, or takes too long.
        """
        self.stop()
        refuse_in_event_loop()
        port = self.url.rpartition(":")[2] or "0"
        words = [*flags({"port": port, **self._options}), *self._words]
        self._process = ServerProcess(words).start()
        self.url = self._process.url
        self._control = ControlClient(self.url, self._certificate)
        return self

    def stop(self) -> None:
        """End the server; without effect on one that runs by itself."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.stop()
        self._process = self._control = None

    def __enter__(self) -> Self:
        return self if self._control else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            is_well = error is None and self.exit_status is None
            if self._strict and is_well and (lines := unexpected_anywhere(self, self._allow)):
                raise StrictError(lines)
        finally:
            self.stop()

    @property
    def exit_status(self) -> int | None:
        """The status with which the server ended, None while it runs."""
        return self._process.exit_status if self._process else None

    def errors(self) -> str:
        """Return what the server wrote to its standard error."""
        return self._process.errors() if self._process else ""


def each_scope(webui: FakeWebUI) -> Iterator[tuple[str, FakeWebUI]]:
    """Give each scope of a server with its name, the oldest first."""
    for name in webui.scopes():
        with webui.scope(name) as scope:
            yield name, scope


def unexpected_anywhere(webui: FakeWebUI, allow: Iterable[str] = ()) -> list[str]:
    """Return a line for each unknown address and field, those sent to a scope with its name."""
    lines = webui.unexpected(allow)
    for name, scope in each_scope(webui):
        lines += [f"scope {name}: {line}" for line in scope.unexpected(allow)]
    return lines
