"""A pytest plugin: how long each test takes, and in which contexts its lines are executed.

A context is a test, or a fixture that several tests share (a server that is started once executes
lines for all of them), or 0: what belongs to every test.
"""

import json
import mmap
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CONTEXT = "MUTANTS_CONTEXT"
MEASURED = "MUTANTS_MEASURED"


def pytest_configure(config: pytest.Config) -> None:
    """Tell the tracing processes where each test begins and ends."""
    config.pluginmanager.register(Measuring(Path(os.environ[CONTEXT])))


class Measuring:
    """The contexts met so far, each with its number."""

    def __init__(self, context: Path) -> None:
        with context.open("r+b") as file:
            self._context = mmap.mmap(file.fileno(), 4)
        self._numbers: dict[str, int] = {}
        self._tests: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Everything within belongs to this test."""
        shared = [
            _name(found[-1])
            for found in item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]  # noqa: SLF001
            if _is_shared(found[-1])
        ]
        contexts = [0, *map(self._number, [item.nodeid, *shared])]
        self._tests[item.nodeid] = {"seconds": 0.0, "contexts": contexts, "outcome": ""}
        with self._in_context(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """But what is set up for several tests."""
        if not _is_shared(fixturedef):
            return (yield)
        with self._in_context(_name(fixturedef)):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the time of a test's phases."""
        test = self._tests[report.nodeid]
        test["seconds"] += report.duration
        if test["outcome"] in {"", "passed"}:
            test["outcome"] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Write what was measured."""
        Path(os.environ[MEASURED]).write_text(json.dumps(self._tests), encoding="utf-8")

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    @contextmanager
    def _in_context(self, name: str) -> Iterator[None]:
        before = self._context[:4]
        self._context[:4] = self._number(name).to_bytes(4, "little")
        try:
            yield
        finally:
            self._context[:4] = before


def _is_shared(fixture: pytest.FixtureDef[Any]) -> bool:
    return fixture.scope != "function"


def _name(fixture: pytest.FixtureDef[Any]) -> str:
    return f"{fixture.baseid}::{fixture.argname}"
