"""`run` and `work` in the foreground: results, failures, what a terminal sees."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from fake_webui import FakeWebUI
from tests.app.conftest import LONG, CommandLine, Start, wait_for_work
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
TXT2IMG = "/sdapi/v1/txt2img"
Json = Callable[..., Any]


def test_run_prints_the_images_it_made(app_cli: CommandLine) -> None:
    """Stdout has the path of the finished image and nothing else."""
    done = app_cli("run", "--prompt", "a cat", *SMALL, "--upscale", "2")
    assert done.returncode == 0
    [path] = done.stdout.splitlines()
    with Image.open(path) as image:
        assert image.size == (128, 128)


def test_run_can_print_its_records(app_json: Json) -> None:
    """With `--json` it is an array with all that is known of the job."""
    [job] = app_json("run", "--prompt", "a cat", *SMALL)
    assert (job["status"], job["run_mode"], job["source"]) == ("succeeded", "direct", "run_now")
    assert job["completed_at"]


def test_flags_reach_the_wire(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """Each setting given is what the WebUI gets, and `--set` reaches those without a flag."""
    app_cli(
        "run", "--prompt", "a cat", "--negative", "dogs", *SMALL, "--cfg", "4.5", "--seed", "77",
        "--sampler", "Euler a", "--scheduler", "Karras", "--clip-skip", "2", "--batch-size", "2",
        "--set", "txt2img.subseed_strength=0.25",
    )  # fmt: skip
    [payload] = payloads(fake, TXT2IMG)
    assert (payload["negative_prompt"], payload["cfg_scale"], payload["seed"]) == ("dogs", 4.5, 77)
    assert (payload["sampler_name"], payload["scheduler"]) == ("Euler a", "Karras")
    assert (payload["batch_size"], payload["subseed_strength"]) == (2, 0.25)


def test_a_failed_job_is_status_1(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """The WebUI's own words are on stderr, and no path is printed."""
    fake.fault("out-of-memory", TXT2IMG, when="first")
    done = app_cli("run", "--prompt", "a cat", *SMALL)
    assert done.returncode == 1
    assert "CUDA out of memory" in done.stderr
    assert done.stdout == ""


def test_a_missing_checkpoint_is_status_2(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """It is said by name, and nothing was generated with another."""
    done = app_cli("run", "--prompt", "a cat", *SMALL, "--checkpoint", "no-such-model")
    assert done.returncode == 2
    assert "no-such-model" in done.stderr
    assert payloads(fake, TXT2IMG) == []
    asked = app_cli("doctor", "--checkpoint", "no-such-model")
    assert asked.returncode == 1
    assert "no-such-model" in asked.stdout


def test_doctor_says_that_all_is_well(app_json: Json) -> None:
    """With a WebUI that is up, every finding has status 0."""
    findings = app_json("doctor", "--adetailer", "--upscaler", "Lanczos", "--upscale", "2")
    assert {finding["status"] for finding in findings} == {0}
    assert {"up", "loaded", "models"} <= {finding["check"] for finding in findings}


def test_a_second_command_can_cancel(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """`queue cancel` from another terminal ends the running job, and the next one runs."""
    [job] = app_json("queue", "add", "--prompt", "first", *LONG)
    app_cli("queue", "add", "--prompt", "second", *SMALL)
    worker = start("work")
    wait_for_work(slow)
    assert app_cli("queue", "cancel", job["job_id"]).returncode == 0
    worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert [job["status"] for job in app_json("history")] == ["succeeded", "cancelled"]


def read_all(leader: int) -> str:
    """Return what a terminal shows until its program ends."""
    parts = []
    try:
        while part := os.read(leader, 65536):
            parts.append(part)
    except OSError:  # how Linux says that the other end is closed
        pass
    return b"".join(parts).decode()


def test_a_terminal_sees_bars(app_cli: CommandLine, start: Start) -> None:
    """Overall progress, and the job's stage, step and time left."""
    app_cli("queue", "add", "--prompt", "x", "--width", "64", "--height", "64", "--steps", "150")
    leader, follower = pty.openpty()
    worker = start("work", stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    shown = read_all(leader)
    os.close(leader)
    assert worker.wait(timeout=60) == 0
    for part in ("all jobs", "0 of 1", "txt2img (1/1)", "step ", "/150", " left", "1 succeeded"):
        assert part in shown


def test_a_pipe_sees_a_line_for_each_job(app_cli: CommandLine) -> None:
    """Away from a terminal there are no bars, but one plain line when a job ends."""
    [job] = json.loads(app_cli("queue", "add", "--prompt", "a cat", *SMALL, "--json").stdout)
    said = app_cli("work").stderr
    assert f"✓ {job['job_id']}" in said
    assert "all jobs" not in said


@pytest.mark.parametrize(
    ("words", "variables"),
    [(["--pause-after", "1"], {}), ([], {"APP_PAUSE_AFTER": "1"}), (["--pause-after", "2"], {})],
)
def test_how_many_failures_pause_the_queue_is_a_setting(
    app_cli: CommandLine, fake: FakeWebUI, words: list[str], variables: dict[str, str]
) -> None:
    """An option of `work`, or a variable."""
    fake.fault("out-of-memory", TXT2IMG, when="every")
    for _ in range(3):
        app_cli("queue", "add", "--prompt", "x", *SMALL)
    assert app_cli("work", *words, **variables).returncode == 1
    assert len(payloads(fake, TXT2IMG)) == (2 if "2" in words else 1)


@pytest.mark.parametrize(
    ("name", "value"), [("APP_PATIENCE_S", "soon"), ("APP_PAUSE_AFTER", "1.5"), ("APP_POLL_S", "0")]
)
def test_a_limit_that_is_not_a_number_is_refused(
    app_cli: CommandLine, name: str, value: str
) -> None:
    """It is named with what it must be."""
    done = app_cli("queue", **{name: value})
    assert done.returncode == 2
    assert f"{name} is {value!r}; it must be a" in done.stderr
