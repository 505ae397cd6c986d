"""`python -m tests.mutants ROOM …`: change a room in many small ways, and see which the tests notice.

For each room 60 changes are drawn with a fixed seed. Each is made in a copy of the checkout, one copy for
each core, and the room's tests run there until one fails. A change that no test notices is a survivor;
those that make no difference that anybody could see are listed, with the reason, in equivalent.toml.
Ends with status 1 where fewer than 80 % are noticed.
"""

import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutations import Edit, Module, is_sound

ROOT = Path(__file__).parent.parent.parent
ROOMS = tomllib.loads(Path(__file__).with_name("rooms.toml").read_text("utf-8"))
EQUIVALENT = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text("utf-8"))
SEED = 20261126
PER_ROOM = 60
ENOUGH = 0.8
HANGS_AFTER_S = 300  # noticed too: a suite that does not end is red
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".nox", "__pycache__", ".*_cache", "*-output")


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: Path
    edit: Edit

    @property
    def name(self) -> str:
        """What becomes what in which module, in one line: its key in equivalent.toml."""
        source = (ROOT / self.path).read_bytes()
        before = source[self.edit.start : self.edit.end].decode()
        return f"{self.path}: {' '.join(before.split())} → {' '.join(self.edit.text.split())}"


def drawn(room: str) -> list[Mutant]:
    """The same changes of a room each time, as long as its text stays the same."""
    mutants = [
        Mutant(path.relative_to(ROOT), edit)
        for path in sorted((ROOT / room).rglob("*.py"))
        for edit in Module(path.read_bytes()).edits()
        if is_sound(edit.apply(path.read_bytes()))
    ]
    return random.Random(SEED).sample(mutants, min(PER_ROOM, len(mutants)))  # noqa: S311


def is_noticed(mutant: Mutant, copy: Path, tests: list[str]) -> bool:
    """Whether a test fails, or none comes to an end, in the changed copy."""
    path = copy / mutant.path
    original = path.read_bytes()
    path.write_bytes(mutant.edit.apply(original))
    try:
        return not passes(copy, tests)
    finally:
        path.write_bytes(original)


def passes(copy: Path, tests: list[str]) -> bool:
    """Run the tests in a process group of their own, which ends whole."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly",
        "-m", "not slow and not profiles", *tests,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, cwd=copy, env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            return process.wait(HANGS_AFTER_S) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def survivors(room: str, copies: "queue.Queue[Path]") -> tuple[int, list[Mutant]]:
    """How many changes were tried, and those that no test noticed."""
    tests = ROOMS[room]

    def noticed(mutant: Mutant) -> bool:
        copy = copies.get()
        try:
            return is_noticed(mutant, copy, tests)
        finally:
            copies.put(copy)

    mutants = [mutant for mutant in drawn(room) if mutant.name not in EQUIVALENT]
    with ThreadPoolExecutor(copies.qsize()) as pool:
        results = list(pool.map(noticed, mutants))
    return len(mutants), [m for m, seen in zip(mutants, results, strict=True) if not seen]


def report(room: str, copies: "queue.Queue[Path]") -> bool:
    """Try a room, print what survived, and say whether enough was noticed."""
    began = time.monotonic()
    tried, left = survivors(room, copies)
    killed = tried - len(left)
    minutes = (time.monotonic() - began) / 60
    print(f"{room}: {killed} of {tried} noticed ({killed / tried:.0%}), {minutes:.1f} min")
    for mutant in left:
        print(f"  survived, line {mutant.edit.line}: {mutant.name}", flush=True)
    return killed / tried >= ENOUGH


def main(*rooms: str) -> int:
    """Try the rooms named, or all."""
    if unknown := set(rooms) - set(ROOMS):
        print(f"no such room: {', '.join(unknown)}; there are {', '.join(ROOMS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(os.cpu_count() or 1):
            copies.put(shutil.copytree(ROOT, Path(folder, str(number)), ignore=NOT_COPIED))
        untouched = copies.queue[0]
        for room in rooms or ROOMS:
            if not passes(untouched, ROOMS[room]):
                print(f"{room}: its tests fail without any change", file=sys.stderr)
                return 1
        return 0 if all([report(room, copies) for room in rooms or ROOMS]) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
