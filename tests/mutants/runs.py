"""Runs of pytest in a copy of the checkout, each in a process group that ends whole."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tests.mutants import choosing

_groups: set[int] = set()
_ending = Event()


@dataclass(frozen=True)
class Outcome:
    """How a run of pytest ended: its exit status and what it printed."""

    status: int
    output: str

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return self.status == 0

    @property
    def reason(self) -> str:
        """The first test that failed, or how else the run ended."""
        if self.status == -signal.SIGALRM:
            return "did not end"
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", self.output, re.MULTILINE)
        return found[1] if found else f"pytest ended with status {self.status}"


def run_pytest(copy: Path, words: Sequence[str], limit_s: int, **variables: str) -> Outcome:
    """Run tests by the changed copy, none of those that take minutes.

    Raises:
        InterruptedError: if all runs are to end.
    """
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", choosing.__name__,
        "-m", "not slow", *words,
    ]  # fmt: skip
    environment = {
        **os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1",
        choosing.LIMIT: str(limit_s), **variables,
    }  # fmt: skip
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        subprocess.Popen(
            command, cwd=copy, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        _groups.add(process.pid)
        try:
            status = process.wait()
        finally:
            _end(process.pid)
        if _ending.is_set():
            raise InterruptedError
        output.seek(0)
        return Outcome(status, output.read())


def end_all() -> None:
    """Let no run go on, and none that starts end otherwise."""
    _ending.set()
    for group in list(_groups):
        _end(group)


def _end(group: int) -> None:
    _groups.discard(group)
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
