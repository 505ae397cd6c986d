"""One test on a server that many use in turn: fresh before, strict after, told when it fails."""

from collections.abc import Iterator
from types import TracebackType
from typing import Generic, TypeVar, cast

from fake_webui.errors import ExpectationError, FakeWebUIError, StartError, StrictError
from fake_webui.journal.summary import image_lines, in_short, summary
from fake_webui.testing.steering import SteeredWebUI
from fake_webui.testing.types import OptionsOfTest, SettingChanges
from fake_webui.wording import shown

__tracebackhide__ = True  # what fails is the test

SETTINGS = ("step_seconds", "load_seconds", "seed", "images")
ENTRIES_SHOWN = 20


WebUI = TypeVar("WebUI", bound=SteeredWebUI)


class OneTest(Generic[WebUI]):
    """The time between two resets, as a block; `name` is the mark that entries carry."""

    def __init__(self, webui: WebUI, name: str | None, options: OptionsOfTest) -> None:
        self._webui = webui
        self._name = name
        self._options = options

    def __enter__(self) -> WebUI:
        prepare(self._webui, self._name, self._options)
        return self._webui

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            hide_frames(trace)
            error.add_note(f"\nfake WebUI:\n{told_by(self._webui, error)}")
            return
        check_running(self._webui)
        strict = self._options.get("strict", True)
        if strict and (lines := self._webui.unexpected(self._options.get("allow", ()))):
            raise StrictError(lines)


def prepare(webui: SteeredWebUI, name: str | None, options: OptionsOfTest) -> None:
    """Reset the server, and let it be as one test wants it; `name` is the test's mark.

    Raises:
        ControlError: if it can't be.
    """
    settings = {name: options[name] for name in SETTINGS if name in options}  # type: ignore[literal-required]
    changes = cast("SettingChanges", settings)
    webui.reset(mark=name, settings=changes, faults=options.get("faults", ()))


def check_running(webui: SteeredWebUI) -> None:
    """Fail where the server has gone.

    Raises:
        StartError: with its status and last words.
    """
    if (status := webui.exit_status) is not None:
        raise StartError(f"the fake WebUI ended with status {status}: {webui.errors()}")


def hide_frames(trace: TracebackType | None) -> None:
    """Cut a traceback off where it enters this package."""
    while trace and trace.tb_next:
        if "__tracebackhide__" in trace.tb_next.tb_frame.f_globals:
            trace.tb_next = None
        trace = trace.tb_next


def told_by(webui: SteeredWebUI, error: BaseException | None = None) -> str:
    """Return what there is to say about a failure: the journal in short, or the last words.

    The table is left out where the error has it already.
    """
    if webui.exit_status is not None:
        return webui.errors()
    try:
        return "\n".join(told(webui, with_table=not isinstance(error, ExpectationError)))
    except FakeWebUIError as failure:
        return str(failure)


def told(webui: SteeredWebUI, *, with_table: bool) -> Iterator[str]:
    """Yield the table of what was called, then the last requests with payload and images."""
    entries = webui.requests()
    if with_table or not entries:
        yield summary(entries)
    for entry in entries[-ENTRIES_SHOWN:]:
        payload = shown(in_short(entry["payload"])) if "text" not in entry else entry["text"]
        yield f"#{entry['n']} {entry['method']} {entry['path']} {entry['status']}: {payload}"
        yield from image_lines(entry["n"], webui.request(entry["n"])["images"])
