"""A part of the tests: how it runs in a copy of the checkout, and which lines it executes."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from tests.mutants import time_limit

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".mutants_cache"
MEASURING_LIMIT_S = 600
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".nox", "__pycache__", ".*_cache", "*-output")


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
    def seconds(self) -> float:
        """How long the tests took, by pytest's own account."""
        found = re.search(r" in ([\d.]+)s", self.output)
        return float(found[1]) if found else MEASURING_LIMIT_S

    @property
    def reason(self) -> str:
        """The first test that failed, or how else the run ended."""
        if self.status == -signal.SIGALRM:
            return "did not end"
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", self.output, re.MULTILINE)
        return found[1] if found else f"pytest ended with status {self.status}"


@dataclass(frozen=True)
class Selection:
    """A part of the tests that passes, what it takes, and the lines that it executes by path."""

    arguments: str
    seconds: float
    lines: dict[str, list[int]]

    def executes(self, path: Path, lines: range) -> bool:
        """Whether one of these lines of a module (a path in the checkout) is run."""
        return any(line in lines for line in self.lines.get(path.as_posix(), ()))

    def run(self, copy: Path) -> Outcome:
        """Run it until a test fails, with several times the time that it took when measured."""
        return run_pytest(copy, self.arguments, limit_s=60 + 5 * int(self.seconds))


def run_pytest(copy: Path, arguments: str, limit_s: int, **variables: str) -> Outcome:
    """Run tests in a process group of their own, which ends whole."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly",
        "-p", time_limit.__name__, "-m", "not slow and not profiles", *arguments.split(),
    ]  # fmt: skip
    environment = {
        **os.environ, **variables,
        "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", time_limit.VARIABLE: str(limit_s),
    }  # fmt: skip
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        subprocess.Popen(
            command, cwd=copy, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        try:
            status = process.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        output.seek(0)
        return Outcome(status, output.read())


def measured(arguments: str, copy: Path) -> Selection | None:
    """A selection as measured in an unchanged copy, or None if its tests fail there twice."""
    kept = CACHE / f"{_digest(arguments)}.json"
    if kept.exists():
        return Selection(**json.loads(kept.read_text()))
    selection = _measure(arguments, copy) or _measure(arguments, copy)
    if selection:
        CACHE.mkdir(exist_ok=True)
        kept.write_text(json.dumps(vars(selection)))
    return selection


def _measure(arguments: str, copy: Path) -> Selection | None:
    with tempfile.TemporaryDirectory(prefix="lines-") as folder:
        outcome = run_pytest(
            copy, arguments, MEASURING_LIMIT_S,
            COVERAGE_PROCESS_START=str(copy / "pyproject.toml"),
            COVERAGE_FILE=str(Path(folder, ".coverage")),
        )  # fmt: skip
        return (
            Selection(arguments, outcome.seconds, _lines(Path(folder), copy))
            if outcome.passed
            else None
        )


def _lines(folder: Path, copy: Path) -> dict[str, list[int]]:
    """What every process of a run executed: line numbers by path in the checkout."""
    lines: dict[str, set[int]] = {}
    for file in folder.glob(".coverage*"):
        data = CoverageData(str(file))
        data.read()
        for path in map(Path, data.measured_files()):
            if path.is_relative_to(copy):
                name = path.relative_to(copy).as_posix()
                lines.setdefault(name, set()).update(data.lines(str(path)) or ())
    return {path: sorted(numbers) for path, numbers in lines.items()}


def _digest(arguments: str) -> str:
    """Another one as soon as the product or the selected tests change."""
    digest = hashlib.sha256(arguments.encode())
    tests = [ROOT / word for word in arguments.split() if word.startswith("tests/")]
    sources = [path for room in ("fake_webui", "app") for path in (ROOT / room).rglob("*.py")]
    for path in sorted([*tests, *sources]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
