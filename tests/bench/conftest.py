"""Prints what the benchmark session measured, together, at its end."""

import pytest

from tests.bench.measuring import LINES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each budget."""
    if LINES:
        terminalreporter.section("budgets")
        for line in LINES:
            terminalreporter.write_line(line)
