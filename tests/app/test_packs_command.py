"""`packs`: what a pack would send, without queueing it."""

import json
from pathlib import Path

import pytest

from tests.app.conftest import CommandLine
from tests.support import ROOT

SAMPLE = str(ROOT / "app" / "data" / "samples" / "landscapes.txt")


@pytest.fixture
def pack(home: Path) -> str:
    """A pack of two prompts with two combinations each, in the home."""
    folder = home / "packs"
    folder.mkdir(parents=True)
    (folder / "castles.txt").write_text("kind: stone | glass\n\na [[kind]] castle\n\n[[kind]]")
    (folder / "castles.json").write_text('{"txt2img": {"batch_size": 3}, "video": {"fps": 24}}')
    return "castles"


def test_show_says_how_many_jobs_a_pack_makes(app_cli: CommandLine, pack: str) -> None:
    """The count comes with the notices; what follows are the payloads."""
    shown = app_cli("packs", "show", pack)
    assert shown.returncode == 0
    assert "2 prompts, 4 jobs, 12 images." in shown.stderr
    assert "not used here: video" in shown.stderr
    assert shown.stdout.count("POST /sdapi/v1/txt2img") == 4
    assert '"prompt": "a stone castle"' in shown.stdout


def test_show_queues_nothing_and_leaves_no_home(app_cli: CommandLine, home: Path) -> None:
    """Looking changes nothing on disk."""
    assert app_cli("packs", "show", SAMPLE, "--limit", "1").returncode == 0
    assert not home.exists()


def test_show_as_json_has_every_request_of_every_job(app_cli: CommandLine, pack: str) -> None:
    """One array, a job each, with flags and presets taken into account."""
    app_cli("presets", "save", "quick", "--steps", "9", "--upscale", "2")
    shown = app_cli("packs", "show", pack, "--preset", "quick", "--width", "512", "--json")
    jobs = json.loads(shown.stdout)
    assert [(job["row"], job["variant"]) for job in jobs] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    stages = [request["stage"] for request in jobs[0]["requests"]]
    assert stages == ["txt2img", "upscale", "upscale", "upscale"]
    payload = jobs[0]["requests"][0]["payload"]
    assert (payload["steps"], payload["width"], payload["batch_size"]) == (9, 512, 3)


def test_what_is_shown_with_a_seed_is_what_is_queued(app_cli: CommandLine, pack: str) -> None:
    """The same --pack-seed draws the same seeds for the queue."""
    words = (pack, "--pack-seed", "5", "--json")
    shown = json.loads(app_cli("packs", "show", *words).stdout)
    queued = json.loads(app_cli("queue", "add", "--pack", *words).stdout)
    wanted = [(job["prompt"], job["seed"]) for job in shown]
    assert wanted == [(j["prompt"], j["config_snapshot"]["txt2img"]["seed"]) for j in queued[::-1]]


def test_list_counts_the_jobs_of_each_pack(app_cli: CommandLine, home: Path, pack: str) -> None:
    """A pack that makes nothing says why instead."""
    (home / "packs" / "broken.txt").write_text("a [[nowhere]]")
    rows = json.loads(app_cli("packs", "--json").stdout)
    broken, castles = rows
    assert (castles["pack"], castles["prompts"], castles["jobs"]) == (pack, 2, 4)
    assert "broken.txt:1: [[nowhere]] has no slot" in broken["error"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nope"], "there is no such pack"),
        (["show", SAMPLE, "--steps", "999"], "txt2img.steps is 999"),
        (["show", SAMPLE, "--preset", "nope"], "there is no preset 'nope'"),
        (["shwo"], "did you mean show?"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    app_cli: CommandLine, words: list[str], sentence: str
) -> None:
    """Nothing is printed but the reason."""
    done = app_cli("packs", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_samples_are_packs_by_name(app_cli: CommandLine, home: Path) -> None:
    """What comes with the app needs no path; a pack of the home of that name comes first."""
    named, by_path = (
        app_cli("packs", "show", pack, "--pack-seed", "1").stdout
        for pack in ("samples/landscapes", SAMPLE)
    )
    assert named == by_path != ""
    (home / "packs" / "samples").mkdir(parents=True)
    (home / "packs" / "samples" / "objects.txt").write_text("mine\n")
    assert '"prompt": "mine"' in app_cli("packs", "show", "samples/objects").stdout


def test_samples_are_named_where_there_are_no_packs(app_cli: CommandLine) -> None:
    """A newcomer learns what can be tried; a mistyped name gets the nearest."""
    assert "samples/landscapes" in app_cli("packs", "list").stderr
    told = app_cli("packs", "show", "samples/landscape").stderr
    assert "did you mean samples/landscapes" in told


@pytest.mark.parametrize("name", ["samples", "samples/..", "samples/../samples/demo", "landscapes"])
def test_nothing_but_a_sample_is_found_beside_the_home(app_cli: CommandLine, name: str) -> None:
    """A sample is asked for as one, and no path leads out of its folder."""
    assert app_cli("packs", "show", name).returncode == 2
