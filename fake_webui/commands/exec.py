"""`fake-webui exec`: run a command against a fresh fake WebUI and tell what it sent."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from fake_webui.testing.fake import FakeWebUI

NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as a shell says it
UNEXPECTED = 1  # of a command that ended well
KILLED = 128  # plus the signal's number
FORWARDED = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT")
    if hasattr(signal, name)
]
COLUMNS = ("request", "times", "status", "notes")


@dataclass(slots=True)
class Row:
    """What was recorded of one method and path."""

    times: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    unknown_fields: set[str] = field(default_factory=set)
    findings: Counter[str] = field(default_factory=Counter)
    matched: bool = True

    def add(self, entry: dict[str, Any]) -> None:
        """Count one entry of the journal."""
        self.times += 1
        self.statuses["none" if entry["status"] is None else str(entry["status"])] += 1
        if entry["fault"]:
            self.faults[entry["fault"]] += 1
        self.unknown_fields.update(entry["unknown_fields"])
        self.findings.update(entry["findings"])
        self.matched &= entry["matched"]

    def cells(self) -> tuple[str, str, str]:
        """Return how often, with what status, and what was noticed."""
        notes = [f"fault {told(self.faults)}"] if self.faults else []
        if self.unknown_fields:
            notes.append(f"unknown fields {', '.join(sorted(self.unknown_fields))}")
        if not self.matched:
            notes.append("the WebUI has no such address")
        return str(self.times), told(self.statuses), "; ".join(notes)


def numbered(counts: Counter[str]) -> list[str]:
    """Return each with how often it was, where that is more than once."""
    return [f"{name} (x{times})" if times > 1 else name for name, times in counts.items()]


def told(counts: Counter[str]) -> str:
    """Return counts in a cell: `200` or `200 x3, 500 x1`."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} x{times}" for name, times in sorted(counts.items()))


def summary(entries: Sequence[dict[str, Any]]) -> str:
    """Return a table of what was called, how often and with what status; then the findings."""
    if not entries:
        return "nothing was sent to the fake WebUI"
    rows: dict[str, Row] = {}
    for entry in entries:
        rows.setdefault(f"{entry['method']} {entry['path']}", Row()).add(entry)
    lines = [table([COLUMNS, *((name, *row.cells()) for name, row in rows.items())])]
    lines += [f"{name}: {line}" for name, row in rows.items() for line in numbered(row.findings)]
    return "\n".join(lines)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as aligned columns; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what there is to tell: what it sent, or why it could not be run."""

    status: int
    told: str
    has_run: bool = True


def run(command: Sequence[str], server: FakeWebUI, *, strict: bool = False) -> Outcome:
    """Run a command with WEBUI_URL set to the server.

    Where that is `strict`, a command that ended well and sent what the WebUI does not know failed.

    Raises:
        StartError: if the server does not start.
    """
    with server:
        try:
            status = run_command(command, {"WEBUI_URL": server.url})
        except FileNotFoundError:
            return Outcome(NOT_FOUND, f"{command[0]}: command not found", has_run=False)
        except OSError as error:
            return Outcome(NOT_EXECUTABLE, f"{command[0]}: {error.strerror}", has_run=False)
        shown = summary(server.requests())
        if strict and (unexpected := server.unexpected()):
            lines = ["", "requests that the WebUI does not know:", *unexpected]
            return Outcome(status or UNEXPECTED, "\n".join([shown, *lines]))
        return Outcome(status, shown)


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
