"""A pytest plugin: end the run after so many seconds of its own; waiting to start is free."""

import os
import signal

VARIABLE = "MUTANTS_LIMIT_S"


def pytest_configure() -> None:
    """Nobody handles this signal, so the system ends the process."""
    signal.alarm(int(os.environ[VARIABLE]))
