"""Finding past jobs by what people remember of them, naming their files, and making room."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from tests.app.conftest import CommandLine
from tests.app.test_said import Json

SMALL = ("--width", "64", "--height", "64", "--steps", "1")


def found(app_cli: CommandLine, *words: str) -> list[str]:
    """The ids of the jobs that a search finds."""
    done = app_cli("history", "search", *words, "--json")
    assert done.returncode == 0, done.stderr
    return [job["job_id"] for job in json.loads(done.stdout)]


def test_a_job_is_found_by_seed_size_and_file(app_cli: CommandLine, app_json: Json) -> None:
    """Those of each picture too; plain words do not look there."""
    app_cli("run", "--prompt", "one", *SMALL, "--seed", "987654", "--batch-size", "2")
    app_cli("run", "--prompt", "two", *SMALL, "--seed", "5", "--upscale", "2")
    two, one = (job["job_id"] for job in app_json("history", "list"))
    assert found(app_cli, "seed:987654") == found(app_cli, "seed:987655") == [one]
    assert found(app_cli, "size:128x128") == [two]
    assert found(app_cli, "size:64x64") == [two, one]
    assert found(app_cli, f"file:{one[:12]}-txt2img") == [one]
    assert found(app_cli, "file:upscale") == [two]
    assert found(app_cli, "987654") == found(app_cli, "images") == []
    assert found(app_cli, "two", "seed:5") == [two]


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("夕暮れの城と海", "城"),
        ("夕暮れの城と海", "の城"),
        ("一座城市在黎明", "城市"),
        ("ปราสาทริมทะเล", "ทะเล"),
    ],
)
def test_words_are_found_inside_scripts_without_spaces(
    app_cli: CommandLine, app_json: Json, prompt: str, word: str
) -> None:
    """Wherever they begin, alone or with others, and nothing else is."""
    app_cli("run", "--prompt", f"{prompt} castle", *SMALL)
    app_cli("run", "--prompt", "石の家 castle", *SMALL)
    _, wanted = (job["job_id"] for job in app_json("history", "list"))
    assert found(app_cli, word) == found(app_cli, f"prompt:{word}", "castle") == [wanted]


def test_an_older_home_is_searched_like_a_new_one(app_cli: CommandLine, home: Path) -> None:
    """Its jobs are indexed anew when it is opened."""
    home.mkdir()
    stored = Path(__file__).parent / "data" / "home-1.db.gz"
    with gzip.open(stored) as old, (home / "jobs.db").open("wb") as new:
        shutil.copyfileobj(old, new)
    assert len(found(app_cli, "size:64x64")) == 3
    assert found(app_cli, "seed:2302871418") == ["2c6306ac923d745e"]


def test_files_are_named_by_a_template(app_cli: CommandLine, app_json: Json, home: Path) -> None:
    """As an option and as a setting that a preset keeps; the job has it from the start."""
    app_cli("presets", "save", "named", "--file-name", "{seed}_{stage}")
    app_cli("queue", "add", "--prompt", "a", *SMALL, "--seed", "7", "--preset", "named")
    words = ("--seed", "8", "--set", "pipeline.file_name=x {model} {index}")
    app_cli("queue", "add", "--prompt", "a", *SMALL, *words)
    app_cli("work")
    second, first = app_json("history", "list")
    assert Path(first["meta"]["images"][0]["path"]).name == "7_txt2img.png"
    assert Path(second["meta"]["images"][0]["path"]).name == "x-0.png"
    assert (home / first["meta"]["images"][0]["path"]).is_file()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{nope}", "unknown nope; there are date, index"),
        ("a/{job}", "folders are not part of a name"),
        ("{job", "expected '}'"),
    ],
)
def test_a_template_that_names_no_files_is_refused(
    app_cli: CommandLine, app_json: Json, template: str, words: str
) -> None:
    """One sentence, status 2, nothing is queued."""
    done = app_cli("queue", "add", "--prompt", "a", "--file-name", template)
    assert done.returncode == 2
    assert words in done.stderr
    assert app_json("queue", "list") == []


def test_history_is_pruned_to_a_size(app_cli: CommandLine, app_json: Json, home: Path) -> None:
    """The newest that fit stay; what would go is said first."""
    for number in range(3):
        app_cli("run", "--prompt", f"{number}", *SMALL)
    newest = app_json("history", "list")[0]
    size = sum(
        (home / name).stat().st_size
        for name in (newest["meta"]["images"][0]["path"], newest["meta"]["manifest"])
    )
    most = ("--max-size", f"{size + 20}B")
    dry = app_cli("history", "prune", *most, "--dry-run")
    assert "Would remove 2 jobs, 4 files" in dry.stderr
    assert len(app_json("history", "list")) == 3
    app_cli("history", "prune", *most, "--yes")
    assert [job["job_id"] for job in app_json("history", "list")] == [newest["job_id"]]
    assert len(list((home / "images").rglob("*.png"))) == 1


@pytest.mark.parametrize("size", ["", "much", "-1GB", "1.2.3MB", "5 TiB"])
def test_what_is_not_a_size_is_refused(app_cli: CommandLine, size: str) -> None:
    """One sentence, status 2."""
    done = app_cli("history", "prune", f"--max-size={size}", "--yes")
    assert done.returncode == 2
    assert "is not a size; give 500MB or 1.5GB" in done.stderr
