"""What several test modules share: waiting, commands, and what a fake WebUI was sent."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar

import requests
from click.testing import CliRunner

from app.cli import main as app_main
from fake_webui import FakeWebUI
from fake_webui.cli import main
from fake_webui.testing.types import Entry

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.01
LONGEST_POLL_S = 0.2
SLOW_STEP_S = 0.02
"""How long a sampling step takes on the slow server."""

Answer = TypeVar("Answer")
Completed = subprocess.CompletedProcess[str]


def wait_until(condition: Callable[[], Answer | None], timeout_s: float = 60.0) -> Answer:
    """Return what `condition` answers as soon as that is true.

    What takes long to answer is asked less often, for it holds up what is waited for.

    Raises:
        TimeoutError: if it is still false after `timeout_s` seconds.
    """
    asked = time.monotonic()
    deadline = asked + timeout_s
    while not (answer := condition()):
        answered = time.monotonic()
        if answered > deadline:
            raise TimeoutError(f"still {answer!r} after {timeout_s} s")
        time.sleep(min(max(POLL_SECONDS, 2 * (answered - asked)), LONGEST_POLL_S))
        asked = time.monotonic()
    return answer


def free_port() -> int:
    """Return a port at which nobody listens, none of those that a system gives to whoever asks.

    `random` begins anew with each test, so that two tests at a time would get the same.
    """
    for port in SystemRandom().sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port is free")


def run_module(*words: str, **options: Any) -> Completed:
    """Run `python -m …` from the checkout, as a user would, and return what it printed."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, **options
    )


def fake_webui_cli(*words: object) -> Completed:
    """Run a command of `fake-webui` in this process, for starting one takes longer than most do.

    What is about signals, standard input or the start itself is run as a process.
    """
    given = [str(word) for word in words]
    done = CliRunner().invoke(main, given, prog_name="fake-webui", catch_exceptions=False)
    return Completed(given, done.exit_code, done.stdout, done.stderr)


def started_here(*flags: object) -> Completed:
    """Start a server that is to be refused; one that is not ends at once."""
    return fake_webui_cli("--port", "0", "--exit-on-stdin-eof", *flags)


def webui_jobs(*words: object, **variables: str) -> Completed:
    """Run a command of the app in this process, with these environment variables.

    It goes through the same `main` as `python -m app`: starting an interpreter for each would be
    most of the time. Signals, terminals and the start are tested on processes.
    """
    given = [str(word) for word in words]
    said, told = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with environment(**variables), redirect_stdout(said), redirect_stderr(told):
        status = app_main(given)
    texts = [stream.buffer.getvalue().decode() for stream in (said, told)]
    return Completed(given, status, *texts)


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def control(webui: FakeWebUI, method: str, path: str, **options: Any) -> Any:
    """Call a control endpoint that FakeWebUI has no method for, and return its JSON."""
    response = requests.request(method, f"{webui.url}/__fake/v1/{path}", timeout=60, **options)
    response.raise_for_status()
    return response.json()


def duration_s(entry: Entry) -> float:
    """Return how long an answer took that has been given."""
    seconds = entry["duration_s"]
    assert seconds is not None
    return seconds


def payloads(webui: FakeWebUI, path: str) -> list[Any]:
    """Return what was sent to `path`, oldest first."""
    return [entry["payload"] for entry in webui.requests(path)]
