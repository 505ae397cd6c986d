"""What the benchmark modules share: timing, percentiles, and one printed line for each budget."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import quantiles

from tests.support import ROOT

LINES: list[str] = []
"""What was measured in this run, a line for each budget."""


def seconds(action: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def percentile(values: list[float], percent: int) -> float:
    """Return the given percentile, 1 to 99."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def interleaved(
    rounds: int, *actions: Callable[[], object], warm_up: int = 3
) -> tuple[list[float], ...]:
    """Time the actions in turn, so that a noisy neighbour disturbs them alike."""
    for _ in range(warm_up):
        for action in actions:
            action()
    timed: tuple[list[float], ...] = tuple([] for _ in actions)
    for _ in range(rounds):
        for values, action in zip(timed, actions, strict=True):
            values.append(seconds(action))
    return timed


def report(what: str, measured: float, floor: float, at_most: float, unit: str = "ms") -> None:
    """Note one budget's line for the end of the run: the ratio to its floor, and both figures."""
    scale = 1000 if unit == "ms" else 1
    ratio = measured / floor
    figures = f"({measured * scale:.1f} {unit} to {floor * scale:.1f} {unit})"
    over = "" if ratio <= at_most else "  OVER"
    LINES.append(f"{what:<48}{ratio:6.2f} x of at most {at_most:.1f} x  {figures}{over}")


def python(*words: str) -> None:
    """Run the interpreter from the checkout and wait for its end."""
    quiet = subprocess.DEVNULL
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, stdout=quiet, stderr=quiet)


def resident_bytes(pid: int) -> int:
    """Return a process's resident memory, from /proc."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file on disk
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
