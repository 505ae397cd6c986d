"""What several test modules share: waiting, and a handle on a running fake WebUI."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.01

Answer = TypeVar("Answer")


def wait_until(condition: Callable[[], Answer], timeout_s: float = 20.0) -> Answer:
    """Return what `condition` answers as soon as that is true.

    Raises:
        TimeoutError: if it is still false after `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {answer!r} after {timeout_s} s")
        time.sleep(POLL_SECONDS)
    return answer


def run_module(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m …` from the checkout, as a user would, and return what it printed."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **options
    )


@dataclass(frozen=True, slots=True)
class Fake:
    """A running fake WebUI, seen through its HTTP interface alone."""

    url: str

    def control(self, method: str, path: str, **options: Any) -> Any:
        """Call a control endpoint and return its JSON."""
        response = requests.request(method, f"{self.url}/__fake/v1/{path}", timeout=30, **options)
        response.raise_for_status()
        return response.json()

    def reset(self) -> None:
        """Put everything back as at start."""
        self.control("POST", "reset")

    def requests(self, **filters: Any) -> list[dict[str, Any]]:
        """Return the journal's entries, oldest first; filters as in `GET requests`."""
        entries: list[dict[str, Any]] = self.control("GET", "requests", params=filters)["requests"]
        return entries

    def payloads(self, path: str) -> list[dict[str, Any]]:
        """Return what was sent to `path`, oldest first."""
        return [entry["payload"] for entry in self.requests(path=path)]

    def wait(
        self, timeout_s: float = 10.0, at_least: int = 1, **match: Any
    ) -> list[dict[str, Any]]:
        """Wait until the journal has `at_least` entries that match."""
        body = {"match": match, "at_least": at_least, "timeout_s": timeout_s}
        entries: list[dict[str, Any]] = self.control("POST", "requests/wait", json=body)["requests"]
        return entries

    def fault(self, action: str, path: str, when: Any = "first", **details: Any) -> None:
        """Make requests to `path` fail the way `action` names."""
        rule = {"match": {"path": path}, "when": when, "action": action, "with": details}
        self.control("POST", "faults", json=rule)
