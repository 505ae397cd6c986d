"""`python -m app gui` as a process: how it starts, who may come in, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.support import ROOT, run_module, wait_until, webui_jobs

StartGui = Callable[..., tuple[subprocess.Popen[str], str]]
AT_ONCE_S = 25.0  # for a process of a busy machine; a page that listens does so for ever
LONG = {"txt2img": {"width": 64, "height": 64, "steps": 150, "n_iter": 20}}


@pytest.fixture
def start_gui(tmp_path: Path, slow: FakeWebUI) -> Iterator[StartGui]:
    """Start a page on a home of the test's own and the slow WebUI; return it and its address."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], str]:
        options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "APP_HOME": str(tmp_path), "WEBUI_URL": slow.url}
        command = [sys.executable, "-m", "app", "gui", "--port", "0", "--no-open", *words]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **options)
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ask_to_end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, float]:
    """Send a signal, and return the exit status and how many seconds it took."""
    began = time.monotonic()
    process.send_signal(number)
    return process.wait(30), time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_with_pages_that_listen(
    start_gui: StartGui, number: signal.Signals
) -> None:
    """Open streams of events do not hold it up, and they end in good order."""
    process, url = start_gui()
    streams = [requests.get(f"{url}api/v1/events", stream=True, timeout=60) for _ in range(3)]
    status, seconds = ask_to_end(process, number)
    assert status == 128 + number
    assert seconds < AT_ONCE_S
    for stream in streams:
        assert b"event: hello" in stream.content


def test_the_running_job_is_cancelled_with_it(start_gui: StartGui, tmp_path: Path) -> None:
    """Nothing is left running, and what waits still waits."""
    process, url = start_gui()
    draft = {"prompt": "a cat", "config": LONG}
    for _ in range(2):
        requests.post(f"{url}api/v1/jobs", json={"draft": draft}, timeout=60)
    wait_until(lambda: requests.get(f"{url}api/v1/queue", timeout=60).json()["running"])
    ask_to_end(process, signal.SIGINT)
    assert "cancelled" in webui_jobs("history", "--home", tmp_path).stdout
    queue = webui_jobs("queue", "list", "--home", tmp_path)
    assert "0 running, 1 queued" in queue.stderr


def test_without_work_nothing_runs(start_gui: StartGui, slow: FakeWebUI) -> None:
    """A page that only shows leaves what is queued to others."""
    _, url = start_gui("--no-work")
    draft = {"prompt": "a cat", "config": LONG}
    requests.post(f"{url}api/v1/jobs", json={"draft": draft, "mode": "now"}, timeout=60)
    state = requests.get(f"{url}api/v1/state", timeout=60).json()
    assert state["runs_jobs"] is False
    assert requests.get(f"{url}api/v1/queue", timeout=60).json()["counts"]["queued"] == 1
    assert not slow.requests("/sdapi/v1/txt2img")


def test_workers_of_other_processes_are_told(start_gui: StartGui) -> None:
    """A page that runs nothing shows who does, and that it is not itself."""
    worker, _ = start_gui()
    _, url = start_gui("--no-work")

    def workers() -> Any:
        return requests.get(f"{url}api/v1/queue", timeout=60).json()["workers"]

    [seen] = wait_until(workers)
    assert (seen["process"], seen["here"], seen["alive"]) == (worker.pid, False, True)


def test_a_token_is_shown_once_and_kept_as_its_hash(start_gui: StartGui, tmp_path: Path) -> None:
    """Elsewhere than on loopback it is made at the first start, and not told at the second."""
    process, url = start_gui("--host", "0.0.0.0")  # noqa: S104 - the test's own
    address = url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the test's own
    assert requests.get(f"{address}api/v1/state", timeout=60).status_code == 401
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    found = re.search(r"\?token=([\w-]+)", said)
    assert found
    kept = "".join(path.read_text("utf-8") for path in tmp_path.glob("*.json"))
    assert found[1] not in kept
    again, url = start_gui("--host", "0.0.0.0")  # noqa: S104 - the test's own
    address = url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the test's own
    allowed = {"Authorization": f"Bearer {found[1]}"}
    assert requests.get(f"{address}api/v1/state", headers=allowed, timeout=60).status_code == 200
    again.send_signal(signal.SIGINT)
    assert "token=" not in again.communicate(timeout=60)[1]


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    """With what to do about it, and status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_module("app", "gui", "--no-open", "--port", port, "--home", str(tmp_path))
    assert done.returncode == 2
    assert f"can't listen at 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_host_that_is_not_this_machine_is_said_in_a_sentence(tmp_path: Path) -> None:
    """An address of somebody else can't be listened at."""
    where = ["--host", "192.0.2.1", "--port", "0", "--home", str(tmp_path)]
    done = run_module("app", "gui", "--no-open", *where)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "can't listen at 192.0.2.1" in done.stderr
