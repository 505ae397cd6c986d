"""What is recorded as made outlasts a power cut: its bytes are synced, and then its name."""

import json
import sys
from pathlib import Path

import pytest

from fake_webui import FakeWebUI
from tests.support import run_module

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a handle is of")
SMALL = ("--width", "64", "--height", "64", "--steps", "2", "--batches", "2")


def test_files_are_synced_before_they_have_their_names_and_folders_afterwards(
    fake: FakeWebUI, tmp_path: Path
) -> None:
    """Pictures, their manifest, and what is written in place of an older file."""
    log, home = tmp_path / "calls.jsonl", tmp_path / "home"
    where = ("--home", str(home), "--webui", fake.url)
    done = run_module("tests.reliability.tracing", str(log), "run", "--prompt", "x", *SMALL, *where)
    assert done.returncode == 0, done.stderr
    calls = [tuple(json.loads(line)) for line in log.read_text().splitlines()]
    made = [str(path) for path in home.rglob("*") if path.suffix in {".png", ".json", ".db"}]
    assert len(made) == 5  # two pictures, their manifest, the settings of the run, the store
    for path in made:
        [(at, part)] = [(n, c[1]) for n, c in enumerate(calls) if c[0] != "fsync" and c[2] == path]
        if not path.endswith(".db"):  # which SQLite syncs by itself
            assert ("fsync", part) in calls[:at]
        assert ("fsync", str(Path(path).parent)) in calls[at:]


def test_a_share_that_loses_an_answer_makes_no_second_file(fake: FakeWebUI, tmp_path: Path) -> None:
    """A picture that finds itself under its name is saved: one file, and the record names it."""
    home = tmp_path / "home"
    where = ("--home", str(home), "--webui", fake.url)
    done = run_module("tests.reliability.lossy_share", "run", "--prompt", "x", *SMALL, *where)
    assert done.returncode == 0, done.stderr
    pictures = sorted(map(str, home.rglob("*.png")))
    assert len(pictures) == 2
    assert sorted(done.stdout.split()) == pictures
