"""What is recorded or waited for is also said, in the table, on the page and beside the bars."""

import json
import os
import pty
import re
import socket
import subprocess
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.app.conftest import LONG, CommandLine, Start, wait_for_work
from tests.conftest import StartFake
from tests.support import payloads, wait_until

SIZE = ("--width", "64", "--height", "64")
SMALL = (*SIZE, "--steps", "2")
TXT2IMG = "/sdapi/v1/txt2img"
Json = Callable[..., Any]


@pytest.mark.parametrize("command", [["run"], ["queue", "add"]])
def test_a_dry_run_prints_what_it_would_do(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI, command: list[str]
) -> None:
    """As JSON: the prompts and the very requests; nothing is queued or sent."""
    done = app_cli(*command, "--prompt", "x", *SMALL, "--upscale", "2", "--dry-run", "--json")
    [job] = json.loads(done.stdout)
    assert job["prompt"] == "x"
    assert [request["stage"] for request in job["requests"]] == ["txt2img", "upscale"]
    assert job["requests"][0]["payload"]["steps"] == 2
    assert app_json("queue") == []
    assert payloads(fake, TXT2IMG) == []


def test_batch_ids_are_shown(app_cli: CommandLine, app_json: Json, tmp_path: Path) -> None:
    """When a batch is added, in both tables and on a job's page; `--batch` takes them."""
    pack = tmp_path / "two.txt"
    pack.write_text("one\n\ntwo\n")
    added = app_cli("queue", "add", "--pack", pack, *SMALL)
    [batch] = {job["batch_id"] for job in app_json("queue")}
    assert f"Batch {batch}." in added.stderr
    assert batch in app_cli("queue").stdout
    app_cli("queue", "cancel", "--batch", batch)
    assert batch in app_cli("history").stdout
    assert batch in app_cli("history", "show", added.stdout.split()[0]).stdout


def test_text_without_spaces_is_shortened(app_cli: CommandLine) -> None:
    """The line of a job shows its beginning, not nothing."""
    told = app_cli("run", "--prompt", "城" * 200, *SMALL).stderr
    assert "城" * 20 in told
    assert "城" * 100 not in told


def test_a_wrong_password_is_said_to_be_wrong(app_cli: CommandLine, start_fake: StartFake) -> None:
    """Who gave one is not told to give one."""
    guarded = start_fake("guarded-said", "--api-auth", "user:geheim")
    wrong = guarded.url.replace("://", "://user:falsch@")
    done = app_cli("run", "--prompt", "x", "--webui", wrong)
    assert done.returncode == 2
    assert "does not take this user and password" in done.stderr
    assert "wants a user" in app_cli("run", "--prompt", "x", "--webui", guarded.url).stderr


@pytest.mark.parametrize("end", ["/sdapi/v1", "/sdapi/v1/", "/"])
def test_a_url_may_end_in_the_apis_own_path(
    app_cli: CommandLine, fake: FakeWebUI, end: str
) -> None:
    """People copy it along with the address."""
    assert app_cli("run", "--prompt", "x", *SMALL, "--webui", fake.url + end).returncode == 0


def test_one_webui_under_two_names_is_one(app_json: Json, fake: FakeWebUI) -> None:
    """This machine has several names; no two jobs run on it at once."""
    port = fake.url.rpartition(":")[2]
    names = (fake.url, f"http://localhost:{port}", f"http://{socket.gethostname()}:{port}")
    webuis = [word for name in names for word in ("--webui", name)]
    findings = app_json("doctor", *webuis)
    assert {finding["subject"] for finding in findings} == {"home", "store", fake.url}


def test_cancel_keeps_the_pictures_of_a_batch_that_were_made(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI, home: Path
) -> None:
    """Those that were whole; the one that was half made is not."""
    many = (*SIZE, "--steps", "20", "--batches", "50")  # of 20 s
    [job] = app_json("queue", "add", "--prompt", "x", *many)
    worker = start("work")
    wait_for_work(slow)
    runner = slow.url + "/sdapi/v1/progress?skip_current_image=true"
    wait_until(lambda: job_number(runner) >= 3)
    app_cli("queue", "cancel", job["job_id"])
    worker.communicate(timeout=60)
    [job] = app_json("history")
    assert job["status"] == "cancelled"
    images = job["meta"]["images"]
    assert 2 <= len(images) < 50
    assert all((home / image["path"]).is_file() for image in images)


def job_number(url: str) -> int:
    """Return which of its batches a WebUI works on."""
    return int(requests.get(url, timeout=60).json()["state"]["job_no"])


UNSAVED = f"""
saved_options = "none"
[[checkpoints]]
name = "plain.safetensors"
sha256 = "{"a" * 64}"
[[vaes]]
name = "soft.pt"
sha256 = "{"b" * 64}"
"""


def test_options_that_a_webui_does_not_restore_are_put_back(
    app_cli: CommandLine, app_json: Json, start_fake: StartFake, tmp_path: Path
) -> None:
    """VAE and clip skip of one job never reach the next; the history names them."""
    (tmp_path / "unsaved.toml").write_text(UNSAVED)
    webui = start_fake("unsaved", "--config", str(tmp_path / "unsaved.toml"))
    options = f"{webui.url}/sdapi/v1/options"
    before = requests.get(options, timeout=60).json()
    there = ("--webui", webui.url)
    done = app_cli("run", "--prompt", "x", *SMALL, "--vae", "soft.pt", "--clip-skip", "2", *there)
    assert done.returncode == 0, done.stderr
    after = requests.get(options, timeout=60).json()
    for key in ("sd_vae", "CLIP_stop_at_last_layers"):
        assert after[key] == before[key]
    [job] = app_json("history")
    assert set(job["meta"]["put_back"]) == {"sd_vae", "CLIP_stop_at_last_layers"}
    assert "put back" in app_cli("history", "show", job["job_id"]).stdout


def test_options_that_a_webui_restores_are_left_to_it(app_json: Json, fake: FakeWebUI) -> None:
    """Nothing is set on a WebUI that does it itself."""
    [job] = app_json("run", "--prompt", "x", *SMALL, "--clip-skip", "2")
    assert "put_back" not in job["meta"]
    posts = [entry for entry in fake.requests("/sdapi/v1/options") if entry["method"] == "POST"]
    assert posts == []


def test_a_full_disk_is_said_while_it_lasts(
    app_cli: CommandLine, app_json: Json, start: Start, slow: FakeWebUI
) -> None:
    """Since when and which file; as soon as there is room again, the job's end is recorded."""
    resource = pytest.importorskip("resource", reason="file sizes can't be limited here")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux changes the limits of another process")
    app_cli("queue", "add", "--prompt", "x", *SMALL)
    with slow.hold("txt2img", at_step=1):
        worker = start("work")
        wait_for_work(slow)
        _, most = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, most))
    assert worker.stderr is not None
    line = next(line for line in iter(worker.stderr.readline, "") if "Waiting: " in line)
    assert re.search(r"can't use .*/jobs\.db: .* \(since \d\d:\d\d\)", line), line
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (most, most))
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 1
    [job] = app_json("history")
    assert "File too large" in job["meta"]["error"]
    assert "the home can't be written" in app_cli("queue").stderr, said


def test_a_terminal_sees_what_is_waited_for(
    app_cli: CommandLine, start: Start, slow: FakeWebUI
) -> None:
    """Beside the bar of all jobs, for as long as it lasts."""
    theirs = app_cli("queue", "add", "--prompt", "theirs", *LONG).stdout.strip()
    worker = start("work")
    wait_for_work(slow)
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, (24, 200))
    runner = start("run", "--prompt", "mine", *SMALL, stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    shown = b""
    while b"waiting: another process uses" not in shown:
        shown += os.read(leader, 65536)
    app_cli("queue", "cancel", theirs)
    worker.communicate(timeout=60)
    with suppress(OSError):  # how Linux says that the other end is closed
        while os.read(leader, 65536):
            pass
    os.close(leader)
    assert runner.wait(60) == 0


@pytest.mark.parametrize("command", ["run", "queue add", "queue edit", "history import"])
def test_help_groups_the_settings(app_cli: CommandLine, command: str) -> None:
    """What a picture is, how it is enlarged, what comes later: each under its own title."""
    told = app_cli(*command.split(), "--help").stdout
    titles = ["Options:", "Picture:", "Hires fix and refiner:", "Later stages:", "Other settings:"]
    places = [told.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)
    assert places[1] < told.index("--steps") < places[2] < told.index("--hires ")
    assert places[3] < told.index("--upscale ") < places[4] < told.index("--set ")
