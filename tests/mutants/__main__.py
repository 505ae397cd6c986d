"""`python -m tests.mutants [ROOM …]`: make small wrong changes; do the tests notice?

For each room 60 changes are drawn with a fixed seed. Each is made in a copy of the checkout, one
copy for each worker. There those of the room's tests run that execute the changed line, until one
fails. A change that no test notices is a survivor; equivalent.toml lists, with the reason, those
that nobody could notice. Ends with status 1 where fewer than 80 % are noticed. Which tests execute
which lines is measured once, and kept in .mutants_cache.
"""

import argparse
import hashlib
import os
import queue
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import TypeVar

from tests.mutants.mutations import Edit, Module, is_sound
from tests.mutants.runs import end_all
from tests.mutants.selections import ROOT, Selection, Test, measured, run

ROOMS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("rooms.toml").read_text("utf-8")
)
EQUIVALENT = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text("utf-8"))
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".nox", "__pycache__", ".*_cache", "*-output")
SEED = 20261126
PER_ROOM = 60
ENOUGH = 0.8
BUDGET_S = 120  # of tests for one change, by their measured time; the first always runs

Result = TypeVar("Result")


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: Path
    edit: Edit

    @property
    def lines(self) -> range:
        """The changed line and those of its statement before it."""
        return range(self.edit.since, self.edit.line + 1)

    @property
    def name(self) -> str:
        """What becomes what in which line of which module: its key in equivalent.toml."""
        source = (ROOT / self.path).read_bytes()
        before = source[self.edit.start : self.edit.end].decode()
        line = source.decode().split("\n")[self.edit.line - 1].strip()
        return f"{self.path}: {one_line(before)} → {one_line(self.edit.text)} in {line}"


def one_line(text: str) -> str:
    """Without line ends and indents."""
    return " ".join(text.split())


class Copies:
    """Copies of the checkout, each used by one thread at a time."""

    def __init__(self, folder: Path, number: int) -> None:
        self._free: queue.Queue[Path] = queue.Queue()
        self._number = number
        for name in map(str, range(number)):
            self._free.put(shutil.copytree(ROOT, folder / name, ignore=NOT_COPIED))

    def map(self, work: Callable[[Path, int], Result], count: int) -> list[Result]:
        """Do work 0 to `count` - 1, each in a copy that is free."""

        def one(number: int) -> Result:
            with self._one() as copy:
                return work(copy, number)

        with ThreadPoolExecutor(self._number) as pool:
            try:
                return list(pool.map(one, range(count)))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                end_all()
                raise

    @contextmanager
    def _one(self) -> Iterator[Path]:
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)


def drawn(room: str) -> list[Mutant]:
    """Some changes of a room, by lot: a line that changes draws anew, the others stay."""
    mutants = [
        Mutant(path.relative_to(ROOT), edit)
        for path in sorted((ROOT / room).rglob("*.py"))
        for edit in Module(path.read_bytes()).edits()
        if is_sound(edit.apply(path.read_bytes()))
    ]
    return sorted(mutants, key=lot)[:PER_ROOM]


def lot(mutant: Mutant) -> bytes:
    """What decides whether a change is drawn."""
    return hashlib.sha256(f"{SEED} {mutant.name}".encode()).digest()


def chosen(mutant: Mutant, selections: list[Selection]) -> Iterator[Test]:
    """The tests that execute the changed line, in the room's order, within the budget.

    One case of each test function first, the quickest, then a second of each: a hundred cases of
    one function notice little that ten have not.
    """
    spent_s = 0.0
    modules: dict[tuple[str, ...], list[Test]] = {}
    for test in in_order(mutant, selections):
        if spent_s < BUDGET_S:
            spent_s += test.seconds
            modules.setdefault(test.module, []).append(test)
    yield from chain.from_iterable(modules.values())  # one after the other, for what they share


def in_order(mutant: Mutant, selections: list[Selection]) -> list[Test]:
    """All tests that execute the changed line, the first case of each function first."""
    met: Counter[tuple[str, ...]] = Counter()
    found = []
    for selection in selections:
        executing = selection.executing(mutant.path, mutant.lines)
        for test in sorted(executing, key=lambda test: test.seconds):
            met[test.function] += 1
            found.append((test.options, met[test.function], test))
    return [test for _, _, test in sorted(found, key=lambda one: one[:2])]


def noticed(mutant: Mutant, copy: Path, selections: list[Selection]) -> str | None:
    """Which test fails in the changed copy, or None if all that are chosen pass."""
    path = copy / mutant.path
    original = path.read_bytes()
    path.write_bytes(mutant.edit.apply(original))
    try:
        groups = groupby(chosen(mutant, selections), key=lambda test: test.options)
        outcomes = (run(list(tests), copy) for _, tests in groups)
        return next((outcome.reason for outcome in outcomes if not outcome.passed), None)
    finally:
        path.write_bytes(original)


def measured_tests(room: str, copies: Copies) -> list[Selection]:
    """The room's tests as they are without any change."""

    def measure(copy: Path, number: int) -> Selection:
        return measured(ROOMS[room][number], room, copy)

    found = copies.map(measure, len(ROOMS[room]))
    for selection in found:
        if not selection.tests:
            print(f"{room}: nothing runs in {selection.arguments}", flush=True)
        for name in selection.failed:
            print(f"{room}: left out, for it does not pass without any change: {name}", flush=True)
    return found


def is_noticed_enough(room: str, copies: Copies, first: int, only: str) -> bool:
    """Try a room, print what became of each change, and say whether enough was noticed."""
    began = time.monotonic()
    selections = measured_tests(room, copies)
    mutants = [mutant for mutant in drawn(room)[:first] if only in mutant.name]
    possible = [mutant for mutant in mutants if mutant.name not in EQUIVALENT]

    def attempt(copy: Path, number: int) -> bool:
        mutant = possible[number]
        by = noticed(mutant, copy, selections)
        verdict = f"noticed by {by}" if by else "SURVIVED"
        print(f"  line {mutant.edit.line} of {mutant.name}: {verdict}", flush=True)
        return by is not None

    killed = sum(copies.map(attempt, len(possible)))
    minutes = (time.monotonic() - began) / 60
    print(
        f"{room}: {killed} of {len(possible)} noticed, {len(mutants) - len(possible)} equivalent, "
        f"{minutes:.1f} min",
        flush=True,
    )
    return killed >= ENOUGH * len(possible)


def main() -> int:
    """Try the rooms named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument(
        "--first", type=int, default=PER_ROOM, metavar="N", help="of the 60 of a room"
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="at a time"
    )
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="changes whose line of the report has these"
    )
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.rooms) - set(ROOMS):
        parser.error(f"no such room: {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = Copies(Path(folder), arguments.workers)
        rooms = arguments.rooms or ROOMS
        enough = [
            is_noticed_enough(room, copies, arguments.first, arguments.only) for room in rooms
        ]
        return 0 if all(enough) else 1


if __name__ == "__main__":
    sys.exit(main())
