"""A home with a job store of its own for each test, and the command line on one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.jobs.job_history import JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.limits import Limits
from app.store.job_store import JobStore
from app.store.opening import open_store
from fake_webui import FakeWebUI
from tests.support import ROOT, Completed, webui_jobs

IMPATIENT = Limits(patience_s=10.0, expire_after_s=0.2)
CommandLine = Callable[..., Completed]
Start = Callable[..., subprocess.Popen[str]]

LONG = ("--width", "64", "--height", "64", "--steps", "150", "--batches", "3")


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[JobStore]:
    """An empty job store."""
    opened = open_store(tmp_path, store_url, IMPATIENT, read_only=False)
    yield opened
    opened.close()


@pytest.fixture
def queue(store: JobStore) -> JobQueue:
    """The queue of the store."""
    return JobQueue(store)


@pytest.fixture
def history(store: JobStore) -> JobHistoryStore:
    """The history of the store."""
    return JobHistoryStore(store)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home; the folder is not there yet."""
    return tmp_path / "home"


def command_line(home: Path, url: str, store: str | None = None) -> CommandLine:
    """Return what runs the app on a home and a WebUI, and on a store of its own."""
    own = {"APP_STORE": store} if store else {}
    return partial(webui_jobs, APP_HOME=str(home), WEBUI_URL=url, **own)


def reading_json(run: CommandLine) -> Callable[..., Any]:
    """Return what runs a command with `--json` and gives the array that it printed."""

    def read(*words: str) -> Any:
        done = run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read


@pytest.fixture
def app_cli(home: Path, fake: FakeWebUI) -> CommandLine:
    """Run `python -m app …` on `home` and the fake WebUI."""
    return command_line(home, fake.url)


@pytest.fixture
def app_json(app_cli: CommandLine) -> Callable[..., Any]:
    """Run `python -m app … --json` and return the array that it printed."""
    return reading_json(app_cli)


@pytest.fixture
def start(home: Path, slow: FakeWebUI) -> Iterator[Start]:
    """Start `python -m app …` on the slow WebUI and leave it running; killed with the test.

    It meets a hangup as under a terminal, however the tests were started, unless told otherwise.
    """
    started: list[subprocess.Popen[str]] = []

    def begin(
        *words: str, hangup: signal.Handlers = signal.SIG_DFL, **options: Any
    ) -> subprocess.Popen[str]:
        environment = {**os.environ, "APP_HOME": str(home), "WEBUI_URL": slow.url}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        command = [sys.executable, "-m", "app", *words]
        with hangups(hangup):
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@contextmanager
def hangups(meaning: signal.Handlers) -> Iterator[None]:
    """Let what is started meanwhile inherit what a hangup does."""
    before = signal.signal(signal.SIGHUP, meaning)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def wait_for_work(slow: FakeWebUI) -> None:
    """Wait until a generation has begun; the WebUI says when."""
    slow.wait("txt2img", timeout_s=60.0)
