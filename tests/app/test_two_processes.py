"""Two processes on one home, and what signals to one of them stop."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.app.conftest import LONG, CommandLine, Start, wait_for_work
from tests.support import control, payloads, wait_until

SIZE = ("--width", "64", "--height", "64")
SMALL = (*SIZE, "--steps", "2")
TXT2IMG = "/sdapi/v1/txt2img"
Json = Callable[..., Any]


def begin_work(start: Start, app_cli: CommandLine, slow: FakeWebUI) -> Any:
    """Return a live `work` with a job under way that goes on until it is interrupted."""
    app_cli("queue", "add", "--prompt", "theirs", *SMALL)
    slow.hold(TXT2IMG, at_step=1)
    worker = start("work")
    wait_for_work(slow)
    return worker


def jobs_by_prompt(app_json: Json) -> dict[str, str]:
    """Return the status of every job, by its prompt."""
    jobs = [*app_json("queue", "list"), *app_json("history")]
    return {job["prompt"]: job["status"] for job in jobs}


@pytest.mark.parametrize("mode", ["--direct", "--queue"])
def test_run_waits_for_its_jobs_whoever_runs_them(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI, mode: str
) -> None:
    """Beside a live `work` it prints the paths of its own jobs and ends with their status."""
    app_cli("queue", "add", "--prompt", "theirs", *SMALL)
    with slow.hold(TXT2IMG, at_step=1):
        worker = start("work")
        wait_for_work(slow)
        runner = start("run", mode, "--prompt", "mine", *SMALL)
        wait_until(lambda: "mine" in jobs_by_prompt(app_json))
    paths, said = runner.communicate(timeout=60)
    worker.communicate(timeout=60)
    assert (runner.returncode, worker.returncode) == (0, 0), said
    assert [Path(path).is_file() for path in paths.splitlines()] == [True]
    assert said.count("✓") == 1
    assert "not run" not in said


def test_run_ends_with_the_status_of_a_job_that_another_process_ran(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """A failure elsewhere is its failure; the words are said here too."""
    worker = begin_work(start, app_cli, slow)
    slow.fault("out-of-memory", TXT2IMG, when="first")
    runner = start("run", "--prompt", "mine", *SMALL)
    wait_until(lambda: "mine" in jobs_by_prompt(app_json))
    app_cli("queue", "cancel", app_json("queue", "list")[-1]["job_id"])
    _, said = runner.communicate(timeout=60)
    worker.communicate(timeout=60)
    assert runner.returncode == 1
    assert "CUDA out of memory" in said


def test_run_says_that_another_process_has_the_webui(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """What is waited for is said where no bars are drawn."""
    worker = begin_work(start, app_cli, slow)
    runner = start("run", "--prompt", "mine", *SMALL)
    assert runner.stderr is not None
    lines = iter(runner.stderr.readline, "")
    assert any(f"another process uses {slow.url}" in line for line in lines)
    worker.send_signal(signal.SIGINT)
    runner.communicate(timeout=60)
    assert jobs_by_prompt(app_json) == {"theirs": "cancelled", "mine": "succeeded"}


def test_ctrl_c_in_run_withdraws_its_jobs_and_nothing_else(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """The other process's job goes on, the queue is not paused, and what waited runs."""
    worker = begin_work(start, app_cli, slow)
    app_cli("queue", "add", "--prompt", "next", *SMALL)
    runner = start("run", "--queue", "--prompt", "mine", *SMALL)
    wait_until(lambda: "mine" in jobs_by_prompt(app_json))
    runner.send_signal(signal.SIGINT)
    _, said = runner.communicate(timeout=60)
    assert runner.returncode == 130, said
    assert jobs_by_prompt(app_json)["theirs"] == "running"
    [theirs] = [job for job in app_json("queue", "list") if job["prompt"] == "theirs"]
    app_cli("queue", "cancel", theirs["job_id"])
    worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert jobs_by_prompt(app_json) == {
        "theirs": "cancelled", "next": "succeeded", "mine": "cancelled",
    }  # fmt: skip


def test_ctrl_c_in_run_cancels_its_job_where_another_process_runs_it(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI, fake: FakeWebUI
) -> None:
    """The job belongs to the command that added it, not to the process that runs it.

    The command's own WebUI is kept busy, so that only the other process can run the job.
    """
    worker = begin_work(start, app_cli, slow)
    [first] = app_json("queue", "list")
    with ThreadPoolExecutor(1) as pool, fake.hold(TXT2IMG, at_step=1):
        theirs = {"prompt": "busy", "width": 64, "height": 64, "steps": 5}
        pool.submit(requests.post, fake.url + TXT2IMG, json=theirs, timeout=60)
        fake.wait(TXT2IMG)
        slow.hold(TXT2IMG, at_step=1)
        runner = start("run", "--prompt", "mine", *SMALL, "--webui", fake.url)
        wait_until(lambda: "mine" in jobs_by_prompt(app_json))
        app_cli("queue", "add", "--prompt", "last", *SMALL)
        app_cli("queue", "cancel", first["job_id"])
        slow.wait(TXT2IMG, at_least=2)
        runner.send_signal(signal.SIGINT)
        runner.communicate(timeout=60)
    assert runner.returncode == 130
    worker.communicate(timeout=60)
    assert jobs_by_prompt(app_json) == {
        "theirs": "cancelled", "mine": "cancelled", "last": "succeeded",
    }  # fmt: skip
    assert len(slow.requests("/sdapi/v1/interrupt")) == 2
    assert [payload["prompt"] for payload in payloads(fake, TXT2IMG)] == ["busy"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_what_runs_and_pauses_nothing(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI, number: signal.Signals
) -> None:
    """The running job is interrupted on the WebUI; the other waits, and the next `work` runs it."""
    app_cli("queue", "add", "--prompt", "first", *LONG)
    app_cli("queue", "add", "--prompt", "second", *SMALL)
    worker = start("work")
    wait_for_work(slow)
    worker.send_signal(number)
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 128 + number
    assert "Traceback" not in said
    assert len(slow.requests(path="/sdapi/v1/interrupt")) == 1
    assert jobs_by_prompt(app_json) == {"first": "cancelled", "second": "queued"}
    assert "paused" not in app_cli("queue").stderr
    assert app_cli("work", "--webui", slow.url).returncode == 0
    assert jobs_by_prompt(app_json)["second"] == "succeeded"


def test_a_hangup_that_was_ignored_at_start_stays_ignored(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """As under nohup: the terminal may go, the work goes on."""
    app_cli("queue", "add", "--prompt", "first", *SMALL)
    with slow.hold(TXT2IMG, at_step=1):
        worker = start("work", hangup=signal.SIG_IGN)
        wait_for_work(slow)
        worker.send_signal(signal.SIGHUP)
    worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert jobs_by_prompt(app_json) == {"first": "succeeded"}


def test_a_second_ctrl_c_ends_at_once_while_the_webui_hangs(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """While the WebUI still hangs, with the job's end recorded and no pause on the next morning."""
    app_cli("queue", "add", "--prompt", "second", *SMALL)
    app_cli("queue", "add", "--direct", "--prompt", "first", *LONG)
    worker = start("work")
    wait_for_work(slow)
    webui = control(slow, "GET", "health")["pid"]
    os.kill(webui, signal.SIGSTOP)
    try:
        worker.send_signal(signal.SIGINT)
        assert worker.stderr is not None
        assert "Stopping" in worker.stderr.readline()
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=60)
        assert worker.returncode == 130
        assert jobs_by_prompt(app_json) == {"first": "cancelled", "second": "queued"}
        [job] = app_json("history")
        assert "second Ctrl-C" in job["meta"]["error"]
        assert "paused" not in app_cli("queue").stderr
    finally:
        os.kill(webui, signal.SIGCONT)
