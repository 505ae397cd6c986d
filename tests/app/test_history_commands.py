"""`python -m app history`: looking, finding, making again, exporting, pruning."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.app.conftest import CommandLine
from tests.support import Fake

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
TXT2IMG = "/sdapi/v1/txt2img"
STAGES = (TXT2IMG, "/sdapi/v1/img2img", "/sdapi/v1/extra-single-image")
Json = Callable[..., Any]


@pytest.fixture
def three(app_json: Json, app_cli: CommandLine, fake: Fake) -> list[dict[str, Any]]:
    """Three past jobs, the newest first: a failed one, a dog, a cat."""
    cat = app_json("run", "--prompt", "a cat", *SMALL)
    dog = app_json("run", "--prompt", "a dog", "--negative", "leash", *SMALL)
    fake.fault("out-of-memory", TXT2IMG)
    app_cli("run", "--prompt", "a whale", *SMALL)
    [whale] = app_json("history", "--limit", "1")
    return [whale, *dog, *cat]


def prompts(jobs: list[dict[str, Any]]) -> list[str]:
    """Return the jobs' prompts."""
    return [job["prompt"] for job in jobs]


def sent(fake: Fake) -> list[dict[str, Any]]:
    """Return what was sent to each stage's endpoint, without the ids that differ by job."""
    payloads = [payload for path in STAGES for payload in fake.payloads(path)]
    return [{k: v for k, v in payload.items() if k != "force_task_id"} for payload in payloads]


def test_history_is_newest_first(app_json: Json, three: list[dict[str, Any]]) -> None:
    """A bare `history` is `history list`; what ran last comes first, with the server's words."""
    jobs = app_json("history")
    assert jobs == three
    assert prompts(jobs) == ["a whale", "a dog", "a cat"]
    assert [job["status"] for job in jobs] == ["failed", "succeeded", "succeeded"]
    assert "CUDA out of memory" in jobs[0]["meta"]["error"]


def test_the_table_shows_seeds_and_errors(
    app_cli: CommandLine, three: list[dict[str, Any]]
) -> None:
    """Each row has the id, the status, the seed as it was drawn, and the error or the prompt."""
    lines = [line for line in app_cli("history").stdout.splitlines() if "direct" in line]
    for line, job in zip(lines, three, strict=True):
        assert line.split()[:2] == [job["job_id"], job["status"]]
        assert str(job["config_snapshot"]["txt2img"]["seed"]) in line
    assert "CUDA out of memory" in lines[0]


def test_pages_follow_each_other(app_json: Json, three: list[dict[str, Any]]) -> None:
    """`--before` goes on where a page ended."""
    first = app_json("history", "list", "--limit", "2")
    rest = app_json("history", "list", "--limit", "2", "--before", first[-1]["job_id"])
    assert first + rest == three


@pytest.mark.usefixtures("three")
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
    app_json: Json, words: list[str], found: list[str]
) -> None:
    """Prompts, negative prompts and errors are searched; filters narrow it down."""
    assert prompts(app_json("history", "search", *words)) == found


def test_one_job_is_told_in_full(app_cli: CommandLine, three: list[dict[str, Any]]) -> None:
    """The beginning of an id is enough; prompt, seed, file and server are all there."""
    dog = three[1]
    page = app_cli("history", "show", dog["job_id"][:8]).stdout
    [image] = dog["meta"]["images"]
    for told in ("a dog", "leash", str(image["seed"]), Path(image["path"]).name, "http://"):
        assert told in page


def test_a_replay_sends_the_same_payloads(app_json: Json, fake: Fake) -> None:
    """Through all three stages the wire carries what it carried before; images are equal."""
    [first] = app_json(
        "run", "--prompt", "a <lora:ink:0.5> cat", *SMALL, "--img2img", "0.4", "--upscale", "2"
    )
    before = sent(fake)
    fake.reset()
    [again] = app_json("history", "replay", first["job_id"])
    assert sent(fake) == before
    assert len(before) == 3
    assert (again["parent_id"], again["source"]) == (first["job_id"], "replay")
    hashes = [[image["sha256"] for image in job["meta"]["images"]] for job in (first, again)]
    assert hashes[0] == hashes[1]


def test_a_replay_can_be_queued(
    app_cli: CommandLine, app_json: Json, three: list[dict[str, Any]]
) -> None:
    """With `--queue` it waits in line, as a job like any other."""
    done = app_cli("history", "replay", three[2]["job_id"], three[1]["job_id"], "--queue")
    [dog, cat] = app_json("queue", "list")
    assert done.stdout.split() == [cat["job_id"], dog["job_id"]]
    assert (cat["prompt"], cat["run_mode"]) == ("a cat", "queue")


def test_an_own_image_can_be_imported(
    app_cli: CommandLine, app_json: Json, three: list[dict[str, Any]], home: Path, fake: Fake
) -> None:
    """A job made of an image's parameters makes the very same image."""
    [image] = three[1]["meta"]["images"]
    assert app_cli("history", "import", str(home / image["path"])).returncode == 0
    assert app_cli("work").returncode == 0
    [again] = app_json("history", "--limit", "1")
    assert again["prompt"] == "a dog"
    assert fake.payloads(TXT2IMG)[-1]["seed"] == image["seed"]
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


def test_an_export_is_a_line_for_each_job(
    app_cli: CommandLine, three: list[dict[str, Any]], tmp_path: Path
) -> None:
    """JSON lines have every field; CSV has one row for each job and absolute image paths."""
    lines = app_cli("history", "export").stdout.splitlines()
    assert [json.loads(line) for line in lines] == three
    out = tmp_path / "jobs.csv"
    assert app_cli("history", "export", "--format", "csv", "--out", str(out)).returncode == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [row["job_id"] for row in rows] == [job["job_id"] for job in three]
    assert Path(rows[1]["images"]).is_file()


def test_an_export_can_be_narrowed(app_cli: CommandLine, three: list[dict[str, Any]]) -> None:
    """Filters and words choose what is exported."""
    lines = app_cli("history", "export", "--search", "a", "--status", "failed").stdout.splitlines()
    assert [json.loads(line) for line in lines] == three[:1]


def test_a_cell_is_never_a_formula(app_cli: CommandLine) -> None:
    """A prompt that begins like a formula is text in any spreadsheet."""
    app_cli("run", "--prompt", "=1+1", *SMALL)
    [row] = csv.DictReader(io.StringIO(app_cli("history", "export", "--format", "csv").stdout))
    assert row["prompt"] == "'=1+1"


def test_pruning_keeps_favourites(
    app_cli: CommandLine, app_json: Json, three: list[dict[str, Any]], home: Path
) -> None:
    """Old jobs go with their files, a favourite and the newest stay with theirs."""
    assert app_cli("history", "favourite", three[2]["job_id"]).returncode == 0
    asked = app_cli("history", "prune", "--keep", "1")
    assert asked.returncode == 2
    assert "add --yes" in asked.stderr
    assert "Would remove 1 job, 2 files" in app_cli(
        "history", "prune", "--keep", "1", "--dry-run"
    ).stderr  # fmt: skip
    assert app_cli("history", "prune", "--keep", "1", "--yes").returncode == 0
    assert prompts(app_json("history")) == ["a whale", "a cat"]
    assert not (home / three[1]["meta"]["images"][0]["path"]).exists()
    assert (home / three[2]["meta"]["images"][0]["path"]).exists()
