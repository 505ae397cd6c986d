"""A part of the tests: what each takes, and which of them execute a line."""

import hashlib
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants import choosing, measuring
from tests.mutants.runs import Outcome, run_pytest

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".mutants_cache"
TRACING = Path("tests/mutants/tracing")
MEASURING_LIMIT_S = 900


@dataclass(frozen=True)
class Test:
    """One test that passes, by pytest's name."""

    name: str
    options: tuple[str, ...]
    seconds: float  # as measured, with all lines traced

    @property
    def module(self) -> tuple[str, ...]:
        """Where it is, and how that is run."""
        return *self.options, self.name.partition("::")[0]

    @property
    def function(self) -> tuple[str, ...]:
        """What several cases of one test have in common."""
        return self.name.partition("[")[0], *self.options


@dataclass(frozen=True)
class Selection:
    """The tests of an entry of rooms.toml, and the contexts in which each line is executed."""

    arguments: str
    tests: dict[str, dict[str, Any]]  # what tests.mutants.measuring writes
    contexts: dict[str, list[int]]  # by "path:line" in the checkout

    @property
    def failed(self) -> list[str]:
        """Those of no use, for they fail without any change."""
        return [name for name, test in self.tests.items() if test["outcome"] == "failed"]

    def executing(self, path: Path, lines: range) -> Iterator[Test]:
        """The tests that execute one of these lines of a module (a path in the checkout)."""
        found = {each for line in lines for each in self.contexts.get(f"{path}:{line}", ())}
        _, *options = self.arguments.split()
        for name, test in self.tests.items():
            if test["outcome"] == "passed" and not found.isdisjoint(test["contexts"]):
                yield Test(name, tuple(options), test["seconds"])


def run(tests: list[Test], copy: Path) -> Outcome:
    """Run these, which share their options, until one fails or takes far longer than it did."""
    modules = dict.fromkeys(test.name.partition("::")[0] for test in tests)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as chosen:
        json.dump([test.name for test in tests], chosen)
        chosen.flush()
        return run_pytest(
            copy, ["-x", *modules, *tests[0].options],
            limit_s=90 + 5 * int(max(test.seconds for test in tests)),
            **{choosing.CHOSEN: chosen.name},
        )  # fmt: skip


def measured(arguments: str, room: str, copy: Path) -> Selection:
    """A selection as measured in an unchanged copy, now or earlier."""
    kept = CACHE / f"{_digest(arguments, room)}.json"
    if kept.exists():
        return Selection(**json.loads(kept.read_text("utf-8")))
    selection = _measure(arguments, room, copy)
    if selection.tests:
        CACHE.mkdir(exist_ok=True)
        kept.write_text(json.dumps(vars(selection)), encoding="utf-8")
    return selection


def _measure(arguments: str, room: str, copy: Path) -> Selection:
    with tempfile.TemporaryDirectory(prefix="lines-") as folder:
        context, notes, tests = (Path(folder, name) for name in ("context", "notes", "tests"))
        context.write_bytes(bytes(4))
        notes.touch()
        run_pytest(
            copy, ["-p", measuring.__name__, *arguments.split()], MEASURING_LIMIT_S,
            PYTHONPATH=f"{copy / TRACING}{os.pathsep}{copy}",
            MUTANTS_ROOM=f"{copy / room}{os.sep}", MUTANTS_NOTES=str(notes),
            **{measuring.CONTEXT: str(context), measuring.MEASURED: str(tests)},
        )  # fmt: skip
        found = json.loads(tests.read_text("utf-8")) if tests.exists() else {}
        return Selection(arguments, found, _contexts(notes, copy))


def _contexts(notes: Path, copy: Path) -> dict[str, list[int]]:
    found = defaultdict(set)
    for note in notes.read_text("utf-8").splitlines():
        context, line, path = note.split(" ", 2)
        found[f"{Path(path).relative_to(copy)}:{line}"].add(int(context))
    return {place: sorted(contexts) for place, contexts in found.items()}


def _digest(arguments: str, room: str) -> str:
    """Another one as soon as the product or the selected tests change."""
    digest = hashlib.sha256(f"{arguments} {room}".encode())
    tests = [ROOT / word for word in arguments.split() if word.startswith("tests/")]
    sources = [path for room in ("fake_webui", "app") for path in (ROOT / room).rglob("*.py")]
    for path in sorted([*tests, *sources]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
