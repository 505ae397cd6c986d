"""Taking the queue and the history to another home."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine, command_line, reading_json
from tests.app.test_said import Json

SMALL = ("--width", "64", "--height", "64", "--steps", "1")
KEPT = ("job_id", "prompt", "status", "created_at", "completed_at", "config_hash", "meta")


@pytest.fixture
def elsewhere(tmp_path: Path, fake: FakeWebUI, another_store_url: str | None) -> CommandLine:
    """Commands on another home, with another store."""
    return command_line(tmp_path / "elsewhere", fake.url, another_store_url)


def test_the_queue_is_taken_to_another_home(
    app_cli: CommandLine, elsewhere: CommandLine, app_json: Json, tmp_path: Path
) -> None:
    """In the same order, with the same settings and seeds; it waits there as new jobs."""
    for prompt in ("a", "b"):
        app_cli("queue", "add", "--prompt", prompt, *SMALL, "--upscale", "2")
    app_cli("queue", "add", "--prompt", "first", *SMALL, "--direct")
    out = tmp_path / "queue.jsonl"
    assert app_cli("queue", "export", "--out", out).returncode == 0
    done = elsewhere("queue", "import", out)
    assert done.returncode == 0, done.stderr
    here, there = app_json("queue", "list"), reading_json(elsewhere)("queue", "list")
    facts = ("prompt", "config_hash", "run_mode", "priority", "position")
    assert {tuple(j[f] for f in facts) for j in there} == {tuple(j[f] for f in facts) for j in here}
    assert {j["job_id"] for j in there}.isdisjoint(j["job_id"] for j in here)


def test_the_history_is_restored_in_another_home(
    app_cli: CommandLine, elsewhere: CommandLine, app_json: Json, tmp_path: Path, fake: FakeWebUI
) -> None:
    """With ids, times, results and favourites; it is searched there; twice adds none."""
    fake.fault("out-of-memory", "txt2img", when="first")
    for prompt in ("lost", "kept"):
        app_cli("run", "--prompt", prompt, *SMALL)
    kept = app_json("history", "list")[0]["job_id"]
    app_cli("history", "favourite", kept)
    out = tmp_path / "history.jsonl"
    app_cli("history", "export", "--out", out)
    assert "2 jobs restored" in elsewhere("history", "restore", out).stderr
    assert "0 jobs restored" in elsewhere("history", "restore", out).stderr
    read = reading_json(elsewhere)
    assert [[j[k] for k in KEPT] for j in read("history", "list")] == [
        [j[k] for k in KEPT] for j in app_json("history", "list")
    ]
    assert [j["job_id"] for j in read("history", "search", "kept")] == [kept]
    assert [j["job_id"] for j in read("history", "list", "--favourites")] == [kept]


def test_a_history_can_be_queued_again_elsewhere(
    app_cli: CommandLine, elsewhere: CommandLine, tmp_path: Path
) -> None:
    """`queue import` takes a history too."""
    app_cli("run", "--prompt", "a", *SMALL)
    out = tmp_path / "history.jsonl"
    app_cli("history", "export", "--out", out)
    assert elsewhere("queue", "import", out).returncode == 0
    assert elsewhere("work").returncode == 0


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    """What takes a field away."""
    return lambda job: {key: value for key, value in job.items() if key != name}


@pytest.mark.parametrize("command", [("queue", "import"), ("history", "restore")])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: [], "it is not an object"),
        (without("prompt"), "'prompt' is missing"),
        (lambda job: job | {"prompt": 5}, "prompt is 5"),
        (lambda job: job | {"config_snapshot": {"txt2img": {"steps": 0}}}, "txt2img.steps is 0"),
        (lambda job: job | {"run_mode": "sideways"}, "'sideways' is not a valid RunMode"),
    ],
)
def test_a_line_that_is_no_job_is_refused(
    app_cli: CommandLine,
    elsewhere: CommandLine,
    tmp_path: Path,
    command: tuple[str, str],
    change: Callable[[Any], Any],
    words: str,
) -> None:
    """One sentence with file and line, status 2, nothing is written."""
    app_cli("run", "--prompt", "a", *SMALL)
    good = app_cli("history", "export").stdout
    file = tmp_path / "jobs.jsonl"
    file.write_text(good + json.dumps(change(json.loads(good))) + "\n")
    done = elsewhere(*command, file)
    assert done.returncode == 2
    assert f"{file}:2: not a job that was exported: " in done.stderr
    assert words in done.stderr
    assert elsewhere("history", "list", "--json").stdout.strip() == "[]"
    assert elsewhere("queue", "list", "--json").stdout.strip() == "[]"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"PNG"])
def test_a_file_that_has_no_jobs_is_refused(
    elsewhere: CommandLine, tmp_path: Path, content: bytes | None
) -> None:
    """Whatever is in it."""
    file = tmp_path / "jobs.jsonl"
    if content is not None:
        file.write_bytes(content)
    done = elsewhere("history", "restore", file)
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr
