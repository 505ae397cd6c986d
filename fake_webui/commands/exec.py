"""`fake-webui exec`: run a command against a fresh fake WebUI and tell what it sent."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from fake_webui.errors import ConfigError
from fake_webui.journal.summary import summary
from fake_webui.testing.fake import FakeWebUI, each_scope, unexpected_anywhere

NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as a shell says it
UNEXPECTED = 1  # of a command that ended well
KILLED = 128  # plus the signal's number
FORWARDED = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT")
    if hasattr(signal, name)
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what there is to tell: what it sent, or why it could not be run."""

    status: int
    told: str
    has_run: bool = True


def run(
    command: Sequence[str], server: FakeWebUI, *, strict: bool = False, har: Path | None = None
) -> Outcome:
    """Run a command with WEBUI_URL set to the server.

    Where that is `strict`, a command that ended well and sent what the WebUI does not know failed.
    What was recorded is written to the file `har`, if there is one.

    Raises:
        StartError: if the server does not start.
        ConfigError: if the file can't be written.
    """
    check_writable(har)
    with server:
        try:
            status = run_command(command, {"WEBUI_URL": server.url})
        except FileNotFoundError:
            return Outcome(NOT_FOUND, f"{command[0]}: command not found", has_run=False)
        except OSError as error:
            return Outcome(NOT_EXECUTABLE, f"{command[0]}: {error.strerror}", has_run=False)
        shown = "\n".join(told_of(server))
        if har:
            har.write_text(json.dumps(archive_of(server)), encoding="utf-8")
        if strict and (unexpected := unexpected_anywhere(server)):
            lines = ["", "requests that the WebUI does not know:", *unexpected]
            return Outcome(status or UNEXPECTED, "\n".join([shown, *lines]))
        return Outcome(status, shown)


def told_of(server: FakeWebUI) -> Iterator[str]:
    """Give the table of what was sent, in all scopes together, and a line on these."""
    health = server.health()
    in_scopes = [entry for _, scope in each_scope(server) for entry in scope.requests()]
    yield summary([*server.requests(), *in_scopes])
    if in_scopes:
        yield f"of these in {health['scopes']} scopes: {len(in_scopes)}"
    if forgotten := health["forgotten_scopes"]:
        yield f"scopes that were forgotten, with what was sent to them: {forgotten}"


def archive_of(server: FakeWebUI) -> dict[str, Any]:
    """Return the journal as HAR, that of all scopes too, the oldest first."""
    har = server.har()
    log = har["log"]
    for _, scope in each_scope(server):
        log["entries"] += scope.har()["log"]["entries"]
    log["entries"].sort(key=lambda entry: entry["startedDateTime"])
    return har


def check_writable(path: Path | None) -> None:
    """Refuse a file that can't be written, before anything runs.

    Raises:
        ConfigError: with why not.
    """
    try:
        if path:
            path.touch()
    except OSError as error:
        raise ConfigError(f"can't write {path}: {error.strerror}") from None


def run_command(command: Sequence[str], extra: dict[str, str]) -> int:
    """Run a command to its end and return its exit status as a shell would.

    Raises:
        OSError: if it can't be run.
    """
    process = subprocess.Popen(command, env=os.environ | extra)  # noqa: S603 (the user's own)
    with process, signals_for(process):
        status = process.wait()
    return status if status >= 0 else KILLED - status


@contextmanager
def signals_for(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Pass signals on to a process."""

    def forward(number: int, _: FrameType | None) -> None:
        if number != signal.SIGINT or not reached_by_ctrl_c():
            process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def reached_by_ctrl_c() -> bool:
    """Return whether Ctrl-C on the terminal reaches the command without our help."""
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):  # not a terminal, closed, or missing
        return False
