"""Making past jobs again: edit, retry, replay, `--last`, and homes of earlier versions."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
TXT2IMG = "/sdapi/v1/txt2img"
STORED = Path(__file__).parent / "data"
Json = Callable[..., Any]


@pytest.fixture
def failed(app_cli: CommandLine, app_json: Json, fake: FakeWebUI) -> str:
    """The id of a failed job."""
    fake.fault("out-of-memory", TXT2IMG, when="first")
    app_cli("run", "--prompt", "a boat", "--negative", "fog", *SMALL)
    [job] = app_json("history")
    return str(job["job_id"])


def test_an_edit_draws_its_seed(app_cli: CommandLine, app_json: Json, failed: str) -> None:
    """-1 means another one, and the job runs with it."""
    [again] = app_json("queue", "edit", failed, "--seed", "-1")
    assert again["config_snapshot"]["txt2img"]["seed"] >= 0
    assert app_cli("work").returncode == 0


def test_an_edit_expands_its_prompts(
    app_cli: CommandLine, app_json: Json, failed: str, home: Path
) -> None:
    """Wildcards and embeddings as for `queue add`; a text that is not edited stays as it was."""
    (home / "wildcards").mkdir()
    (home / "wildcards" / "sea.txt").write_text("the north sea\n")
    [again] = app_json("queue", "edit", failed, "--prompt", "__sea__ <embedding:x:0.5>")
    assert (again["prompt"], again["negative_prompt"]) == ("the north sea (x:0.5)", "fog")
    refused = app_cli("queue", "edit", failed, "--prompt", "<lora:>")
    assert refused.returncode == 2
    assert "names nothing" in refused.stderr


def test_a_text_can_be_edited_away(app_json: Json, failed: str) -> None:
    """An empty text is a text."""
    [again] = app_json("queue", "edit", failed, "--negative", "")
    assert (again["prompt"], again["negative_prompt"]) == ("a boat", "")


@pytest.mark.parametrize("road", [["queue", "edit"], ["history", "replay"], ["queue", "retry"]])
def test_what_the_webui_lacks_is_refused_on_every_road(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI, road: list[str]
) -> None:
    """A job that was queued without a WebUI can't be made again as it was."""
    fake.fault("reset", "/sdapi/v1/samplers", when="every")
    [job] = app_json("queue", "add", "--prompt", "x", *SMALL, "--sampler", "Eular")
    fake.reset()
    app_cli("work")
    change = ["--steps", "3"] if "edit" in road else []
    done = app_cli(*road, job["job_id"], *change)
    assert done.returncode == 2
    assert "did you mean 'Euler'?" in done.stderr
    assert payloads(fake, TXT2IMG) == []


def test_a_retry_queues_nothing_twice(
    app_cli: CommandLine, app_json: Json, failed: str, fake: FakeWebUI
) -> None:
    """Neither what waits, nor what was made since; what failed again is tried once."""
    [again] = app_json("queue", "retry", "--status", "failed")
    assert again["parent_id"] == failed
    waiting = app_cli("queue", "retry", "--status", "failed")
    assert waiting.stdout == ""
    assert "1 job left out" in waiting.stderr
    fake.fault("out-of-memory", TXT2IMG, when="every", times=1)
    app_cli("work")
    [third] = app_json("queue", "retry", "--status", "failed")
    assert third["parent_id"] == again["job_id"]
    app_cli("work")
    done = app_cli("queue", "retry", failed, again["job_id"])
    assert done.stdout == ""
    assert "2 jobs left out" in done.stderr
    assert app_cli("history", "replay", failed).returncode == 0


def test_an_edited_job_is_not_a_cancelled_one(app_cli: CommandLine, app_json: Json) -> None:
    """`retry --status cancelled` does not bring back what another job replaced."""
    first, second = (
        app_json("queue", "add", "--prompt", prompt, *SMALL)[0]["job_id"]
        for prompt in ("one", "two")
    )
    app_json("queue", "edit", first, "--steps", "3")
    app_cli("queue", "cancel", second)
    assert {job["job_id"]: job["status"] for job in app_json("history")} == {
        first: "edited", second: "cancelled",
    }  # fmt: skip
    [again] = app_json("queue", "retry", "--status", "cancelled")
    assert again["parent_id"] == second


def test_many_jobs_are_counted_and_asked_for(
    app_cli: CommandLine, app_json: Json, tmp_path: Path
) -> None:
    """Above fifty it asks, and where nobody can answer it wants --yes; nothing is queued before."""
    pack = tmp_path / "many.txt"
    pack.write_text("\n\n".join(f"prompt {number}" for number in range(51)))
    app_cli("queue", "add", "--pack", pack, *SMALL)
    app_cli("queue", "clear")
    done = app_cli("queue", "retry", "--status", "cancelled")
    assert done.returncode == 2
    assert "Queue 51 jobs? There is nobody to ask: add --yes." in done.stderr
    assert app_json("queue") == []
    done = app_cli("queue", "retry", "--status", "cancelled", "--yes")
    assert "51 jobs." in done.stderr
    assert len(done.stdout.splitlines()) == 51
    refused = app_cli("queue", "edit", "--queued", "--steps", "3")
    assert "There is nobody to ask" in refused.stderr


def test_last_is_the_last_run_with_its_preset(app_cli: CommandLine, app_json: Json) -> None:
    """What a preset said comes again; a dry run is not a run."""
    app_cli("presets", "save", "night", "--cfg", "3.5")
    app_cli("queue", "add", "--prompt", "one", *SMALL, "--preset", "night")
    app_cli("queue", "add", "--prompt", "no", "--cfg", "9", "--width", "128", "--dry-run")
    [job] = app_json("queue", "add", "--prompt", "two", "--last")
    txt2img = job["config_snapshot"]["txt2img"]
    assert (txt2img["cfg_scale"], txt2img["width"]) == (3.5, 64)


@pytest.mark.sqlite
def test_a_home_of_the_first_schema_opens_migrated(
    app_cli: CommandLine, app_json: Json, home: Path
) -> None:
    """Its jobs, its pause and its lineage are there, and what waited runs."""
    home.mkdir()
    (home / "jobs.db").write_bytes(gzip.decompress((STORED / "home-1.db.gz").read_bytes()))
    past = {job["prompt"]: job["status"] for job in app_json("history")}
    assert past == {
        "a failed boat": "failed", "a boat": "succeeded", "a waiting boat": "cancelled",
    }  # fmt: skip
    assert "for the night" in app_cli("queue").stderr
    assert (home / "jobs.db.v1.bak").exists()
    assert "1 job left out" in app_cli("queue", "retry", "--status", "cancelled").stderr
    [again] = app_json("queue", "retry", "--status", "failed")
    app_cli("queue", "resume")
    assert app_cli("work").returncode == 0
    assert len(app_json("history", "list", "--status", "succeeded")) == 4
    assert app_json("history", "search", "failed")[0]["job_id"] == again["job_id"]
