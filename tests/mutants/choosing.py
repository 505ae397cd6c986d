"""A pytest plugin: run the chosen tests, in their order, and end where one takes far too long."""

import json
import os
import signal
from pathlib import Path

import pytest

LIMIT = "MUTANTS_LIMIT_S"
CHOSEN = "MUTANTS_CHOSEN"


def pytest_configure() -> None:
    """Nobody handles this signal, so the system ends the process."""
    signal.alarm(int(os.environ[LIMIT]))


def pytest_runtest_logstart() -> None:
    """Each test has as long; a busy machine takes its time for all of them together."""
    signal.alarm(int(os.environ[LIMIT]))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a choice, all run."""
    if CHOSEN in os.environ:
        names = json.loads(Path(os.environ[CHOSEN]).read_text("utf-8"))
        order = {name: position for position, name in enumerate(names)}
        chosen = [item for item in items if item.nodeid in order]
        items[:] = sorted(chosen, key=lambda item: order[item.nodeid])
