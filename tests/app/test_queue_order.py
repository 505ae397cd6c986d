"""The order of the line for people: by model, several first; and the rest of what failed."""

from pathlib import Path

import pytest
import requests

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine
from tests.app.test_said import Json
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "1")
TXT2IMG, IMG2IMG = "/sdapi/v1/txt2img", "/sdapi/v1/img2img"
EXTRAS = "/sdapi/v1/extra-single-image"


def line(app_json: Json, key: str = "prompt") -> list[str]:
    """What waits, in the order in which it runs."""
    jobs = sorted(app_json("queue", "list"), key=lambda job: job["position"])
    return [job[key] if key == "prompt" else job["prompt_keys"]["axes"][key] for job in jobs]


def models(fake: FakeWebUI) -> list[str]:
    """Two checkpoints that the WebUI has."""
    answer = requests.get(f"{fake.url}/sdapi/v1/sd-models", timeout=60).json()
    return [model["model_name"] for model in answer[:2]]


def test_jobs_are_grouped_by_model(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI, tmp_path: Path
) -> None:
    """As they are added, and all that waits; otherwise the order stays."""
    one, two = models(fake)
    (tmp_path / "p.txt").write_text("a\n\nb")
    words = ("--pack", tmp_path / "p.txt", "--axis", f"checkpoint={one}|{two}")
    app_cli("queue", "add", *words)
    assert line(app_json, "checkpoint") == [one, two, one, two]
    app_cli("queue", "add", *words, "--group-by-model")
    assert line(app_json, "checkpoint") == [one, two, one, two, one, one, two, two]
    assert "8 jobs waiting" in app_cli("queue", "group").stderr
    assert line(app_json, "checkpoint") == [one] * 4 + [two] * 4
    assert line(app_json) == ["a", "b"] * 4


def test_grouping_leaves_priorities_alone(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI
) -> None:
    """What is to run first still does."""
    one, two = models(fake)
    for prompt, model in (("a", one), ("b", two), ("c", one)):
        app_cli("queue", "add", "--prompt", prompt, "--checkpoint", model)
    app_cli("queue", "add", "--prompt", "first", "--checkpoint", two, "--direct")
    app_cli("queue", "group")
    assert line(app_json) == ["first", "a", "c", "b"]


def test_several_jobs_go_to_the_front(app_cli: CommandLine, app_json: Json) -> None:
    """In the order given; one that does not wait is refused, and none is moved."""
    for prompt in "abcd":
        app_cli("queue", "add", "--prompt", prompt)
    ids = {job["prompt"]: job["job_id"] for job in app_json("queue", "list")}
    assert app_cli("queue", "front", ids["d"], ids["b"]).returncode == 0
    assert line(app_json) == ["d", "b", "a", "c"]
    refused = app_cli("queue", "front", ids["c"], "nope")
    assert refused.returncode == 2
    assert "there is no job nope" in refused.stderr
    assert line(app_json) == ["d", "b", "a", "c"]


def test_a_retry_goes_on_with_the_pictures_of_the_stage_before(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI
) -> None:
    """What was made is not made again: a job for each picture, with its seed."""
    fake.fault("out-of-memory", EXTRAS, when="first")
    words = ("--batch-size", "2", "--img2img", "0.4", "--upscale", "2", "--seed", "7")
    app_cli("run", "--prompt", "a", "--width", "64", "--height", "64", "--steps", "2", *words)
    [failed] = app_json("history", "list")
    made = [i["sha256"] for i in failed["meta"]["images"] if i["stage"] == "img2img"]
    done = app_cli("queue", "retry", failed["job_id"], "--from-failed-stage")
    assert len(done.stdout.split()) == 2
    assert app_cli("work").returncode == 0
    second, first = app_json("history", "list")[:2]
    assert {first["status"], second["status"]} == {"succeeded"}
    assert (len(fake.requests(TXT2IMG)), len(fake.requests(IMG2IMG))) == (1, 2)
    assert [payload["image"]["sha256"] for payload in payloads(fake, EXTRAS)[1:]] == made
    assert [job["config_snapshot"]["txt2img"]["seed"] for job in (first, second)] == [7, 8]
    assert {first["parent_id"], second["parent_id"]} == {failed["job_id"]}


def test_a_retry_without_a_whole_stage_begins_anew(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """And says so."""
    fake.fault("out-of-memory", TXT2IMG, when="first")
    app_cli("run", "--prompt", "a", *SMALL, "--upscale", "2")
    done = app_cli("queue", "retry", "--status", "failed", "--from-failed-stage", "--yes")
    assert "From the start" in done.stderr
    assert app_cli("work").returncode == 0
    assert len(fake.requests(TXT2IMG)) == 2


@pytest.mark.parametrize("change", ["gone", "another"])
def test_a_picture_that_is_not_there_any_more_is_said(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI, home: Path, change: str
) -> None:
    """One sentence, status 2, nothing is queued."""
    fake.fault("out-of-memory", EXTRAS, when="first")
    app_cli("run", "--prompt", "a", *SMALL, "--upscale", "2")
    [failed] = app_json("history", "list")
    path = home / failed["meta"]["images"][0]["path"]
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b"more")
    done = app_cli("queue", "retry", failed["job_id"], "--from-failed-stage")
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert app_json("queue", "list") == []
