"""`python -m app history`: looking, finding, making again, exporting, pruning."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine, command_line, reading_json
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
TXT2IMG = "/sdapi/v1/txt2img"
STAGES = (TXT2IMG, "/sdapi/v1/img2img", "/sdapi/v1/extra-single-image")
Json = Callable[..., Any]


@dataclass(frozen=True)
class Past:
    """A home with three past jobs, the newest first: a failed one, a dog, a cat."""

    home: Path
    cli: CommandLine
    json: Json
    jobs: list[dict[str, Any]]


def make_past(home: Path, fake: FakeWebUI) -> Past:
    """Run three jobs, the last of which runs out of memory."""
    fake.reset()
    cli = command_line(home, fake.url)
    read = reading_json(cli)
    cat = read("run", "--prompt", "a cat", *SMALL)
    dog = read("run", "--prompt", "a dog", "--negative", "leash", *SMALL)
    fake.fault("out-of-memory", TXT2IMG, when="first")
    cli("run", "--prompt", "a whale", *SMALL)
    return Past(home, cli, read, [*read("history", "--limit", "1"), *dog, *cat])


def once(fixture_name: str, config: pytest.Config) -> Literal["function", "module"]:  # noqa: ARG001 - pytest's signature
    """Return how long a store lasts that no test changes; each test has its own on a server."""
    return "module" if config.getoption("--database") == "sqlite" else "function"


@pytest.fixture(scope=once)
def looked_at(tmp_path_factory: pytest.TempPathFactory, fake_server: FakeWebUI) -> Past:
    """Three past jobs that no test changes."""
    return make_past(tmp_path_factory.mktemp("past"), fake_server)


@pytest.fixture
def past(home: Path, fake: FakeWebUI) -> Past:
    """Three past jobs of this test's own."""
    return make_past(home, fake)


def prompts(jobs: list[dict[str, Any]]) -> list[str]:
    """Return the jobs' prompts."""
    return [job["prompt"] for job in jobs]


def sent(fake: FakeWebUI) -> list[dict[str, Any]]:
    """Return what was sent to each stage's endpoint, without the ids that differ by job."""
    all_sent = [payload for path in STAGES for payload in payloads(fake, path)]
    return [{k: v for k, v in payload.items() if k != "force_task_id"} for payload in all_sent]


def test_history_is_newest_first(looked_at: Past) -> None:
    """A bare `history` is `history list`; what ran last comes first, with the server's words."""
    jobs = looked_at.json("history")
    assert jobs == looked_at.jobs
    assert prompts(jobs) == ["a whale", "a dog", "a cat"]
    assert [job["status"] for job in jobs] == ["failed", "succeeded", "succeeded"]
    assert "CUDA out of memory" in jobs[0]["meta"]["error"]


def test_the_table_shows_seeds_and_errors(looked_at: Past) -> None:
    """Each row has the id, the status, the seed as it was drawn, and the error or the prompt."""
    lines = [line for line in looked_at.cli("history").stdout.splitlines() if "direct" in line]
    for line, job in zip(lines, looked_at.jobs, strict=True):
        assert line.split()[:2] == [job["job_id"], job["status"]]
        assert str(job["config_snapshot"]["txt2img"]["seed"]) in line
    assert "CUDA out of memory" in lines[0]


def test_pages_follow_each_other(looked_at: Past) -> None:
    """`--before` goes on where a page ended."""
    first = looked_at.json("history", "list", "--limit", "2")
    rest = looked_at.json("history", "list", "--limit", "2", "--before", first[-1]["job_id"])
    assert first + rest == looked_at.jobs


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["dog"], ["a dog"]),
        (["leash"], ["a dog"]),
        (["CUDA", "memory"], ["a whale"]),
        (["error:memory"], ["a whale"]),
        (["a", "--status", "succeeded"], ["a dog", "a cat"]),
        (["a", "--until", "1h"], []),
        (["nothing-like-it"], []),
    ],
)
def test_search_finds_words_and_obeys_filters(
    looked_at: Past, words: list[str], found: list[str]
) -> None:
    """Prompts, negative prompts and errors are searched; filters narrow it down."""
    assert prompts(looked_at.json("history", "search", *words)) == found


def test_one_job_is_told_in_full(looked_at: Past) -> None:
    """The beginning of an id is enough; prompt, seed, file and server are all there."""
    dog = looked_at.jobs[1]
    page = looked_at.cli("history", "show", dog["job_id"][:8]).stdout
    [image] = dog["meta"]["images"]
    for told in ("a dog", "leash", str(image["seed"]), Path(image["path"]).name, "http://"):
        assert told in page


def test_a_replay_sends_the_same_payloads(app_json: Json, fake: FakeWebUI) -> None:
    """Through all four stages the wire carries what it carried before; images are equal."""
    [first] = app_json(
        "run",
        "--prompt",
        "a <lora:ink:0.5> cat",
        *SMALL,
        "--adetailer",
        "--img2img",
        "0.4",
        "--upscale",
        "2",
    )
    before = sent(fake)
    fake.reset()
    [again] = app_json("history", "replay", first["job_id"])
    assert sent(fake) == before
    assert len(before) == 4
    assert (again["parent_id"], again["source"]) == (first["job_id"], "replay")
    hashes = [[image["sha256"] for image in job["meta"]["images"]] for job in (first, again)]
    assert hashes[0] == hashes[1]


def test_a_replay_can_be_queued(past: Past) -> None:
    """With `--queue` it waits in line, as a job like any other."""
    _, old_dog, old_cat = past.jobs
    done = past.cli("history", "replay", old_cat["job_id"], old_dog["job_id"], "--queue")
    [dog, cat] = past.json("queue", "list")
    assert done.stdout.split() == [cat["job_id"], dog["job_id"]]
    assert (cat["prompt"], cat["run_mode"]) == ("a cat", "queue")


def test_an_own_image_can_be_imported(past: Past, fake: FakeWebUI) -> None:
    """A job made of an image's parameters makes the very same image."""
    [image] = past.jobs[1]["meta"]["images"]
    assert past.cli("history", "import", str(past.home / image["path"])).returncode == 0
    assert past.cli("work").returncode == 0
    [again] = past.json("history", "--limit", "1")
    assert again["prompt"] == "a dog"
    assert payloads(fake, TXT2IMG)[-1]["seed"] == image["seed"]
    assert again["meta"]["images"][0]["sha256"] == image["sha256"]


def test_a_foreign_image_can_be_imported(
    app_cli: CommandLine, app_json: Json, tmp_path: Path
) -> None:
    """What a job has no place for is said; what is given on the command line wins."""
    info = PngInfo()
    info.add_text(
        "parameters",
        "a __sly__ fox [[here]]\nNegative prompt: hunters\n"
        "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x100, Tiling: True",
    )
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "fox.png", pnginfo=info)
    done = app_cli("history", "import", str(tmp_path / "fox.png"), "--steps", "3")
    assert "not carried over: Tiling" in done.stderr
    [job] = app_json("queue", "list")
    txt2img = job["config_snapshot"]["txt2img"]
    assert (job["prompt"], job["negative_prompt"], job["source"]) == (
        "a __sly__ fox [[here]]",
        "hunters",
        "import",
    )
    assert (txt2img["sampler_name"], txt2img["steps"], txt2img["seed"]) == ("Euler a", 3, 5)
    assert (txt2img["width"], txt2img["height"]) == (64, 96)


def test_an_export_is_a_line_for_each_job(looked_at: Past, tmp_path: Path) -> None:
    """JSON lines have every field; CSV has one row for each job and absolute image paths."""
    lines = looked_at.cli("history", "export").stdout.splitlines()
    assert [json.loads(line) for line in lines] == looked_at.jobs
    out = tmp_path / "jobs.csv"
    assert looked_at.cli("history", "export", "--format", "csv", "--out", str(out)).returncode == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [row["job_id"] for row in rows] == [job["job_id"] for job in looked_at.jobs]
    assert Path(rows[1]["images"]).is_file()


def test_an_export_can_be_narrowed(looked_at: Past) -> None:
    """Filters and words choose what is exported."""
    done = looked_at.cli("history", "export", "--search", "a", "--status", "failed")
    assert [json.loads(line) for line in done.stdout.splitlines()] == looked_at.jobs[:1]


def test_a_cell_is_never_a_formula(app_cli: CommandLine) -> None:
    """A prompt that begins like a formula is text in any spreadsheet."""
    app_cli("run", "--prompt", "=1+1", *SMALL)
    [row] = csv.DictReader(io.StringIO(app_cli("history", "export", "--format", "csv").stdout))
    assert row["prompt"] == "'=1+1"


def test_pruning_keeps_favourites(past: Past) -> None:
    """Old jobs go with their files, a favourite and the newest stay with theirs."""
    _, dog, cat = past.jobs
    assert past.cli("history", "favourite", cat["job_id"]).returncode == 0
    asked = past.cli("history", "prune", "--keep", "1")
    assert asked.returncode == 2
    assert "add --yes" in asked.stderr
    planned = past.cli("history", "prune", "--keep", "1", "--dry-run").stderr
    assert "Would remove 1 job, 2 files" in planned
    assert past.cli("history", "prune", "--keep", "1", "--yes").returncode == 0
    assert prompts(past.json("history")) == ["a whale", "a cat"]
    assert not (past.home / dog["meta"]["images"][0]["path"]).exists()
    assert (past.home / cat["meta"]["images"][0]["path"]).exists()
