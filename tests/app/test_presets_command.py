"""`python -m app presets`: settings under a name."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import CommandLine


def settings_of(app_cli: CommandLine, name: str) -> Any:
    """The settings of a preset, as the command prints them."""
    return json.loads(app_cli("presets", "show", name).stdout)


def test_flags_are_saved_and_used_again(app_cli: CommandLine) -> None:
    """What was saved is what a run with the preset sends."""
    saved = app_cli("presets", "save", "night", "--steps", "34", "--upscale", "2")
    assert saved.returncode == 0
    assert settings_of(app_cli, "night") == {
        "txt2img": {"steps": 34},
        "upscale": {"enabled": True, "resize": 2.0},
    }
    added = app_cli("queue", "add", "--prompt", "a", "--preset", "night", "--json")
    (job,) = json.loads(added.stdout)
    assert (job["config_snapshot"]["txt2img"]["steps"], job["has_upscale"]) == (34, True)


def test_a_preset_can_start_from_another_or_from_the_last_run(app_cli: CommandLine) -> None:
    """Flags win over what it starts from."""
    app_cli("presets", "save", "a", "--steps", "9", "--width", "512")
    app_cli("presets", "save", "b", "--from", "a", "--width", "640")
    assert settings_of(app_cli, "b") == {"txt2img": {"steps": 9, "width": 640}}
    app_cli("queue", "add", "--prompt", "a", "--steps", "7")
    app_cli("presets", "save", "c", "--last")
    assert settings_of(app_cli, "c") == {"txt2img": {"steps": 7}}


def test_list_says_what_each_does(app_cli: CommandLine) -> None:
    """Stages, size, steps and sampler in a line."""
    app_cli("presets", "save", "night", "--adetailer")
    (row,) = json.loads(app_cli("presets", "--json").stdout)
    assert row["preset"] == "night"
    assert row["summary"].startswith("txt2img → adetailer, 1024×1024")


def test_overwriting_has_to_be_said(app_cli: CommandLine) -> None:
    """A slip does not lose a preset."""
    app_cli("presets", "save", "a", "--steps", "9")
    assert app_cli("presets", "save", "a", "--steps", "8").returncode == 2
    assert app_cli("presets", "save", "a", "--steps", "8", "--overwrite").returncode == 0
    assert settings_of(app_cli, "a") == {"txt2img": {"steps": 8}}


def test_a_deleted_preset_is_gone(app_cli: CommandLine) -> None:
    """Deleting it twice is an error."""
    app_cli("presets", "save", "a", "--steps", "9")
    assert app_cli("presets", "delete", "a").returncode == 0
    assert app_cli("presets", "delete", "a").returncode == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nope"], "there is no preset 'nope'"),
        (["save", "a"], "Say which settings to keep"),
        (["save", "a/b", "--steps", "9"], "is not a preset's name"),
        (["save", "a", "--steps", "999"], "txt2img.steps is 999"),
        (["save", "a", "--set", "txt2img.stepz=9"], "did you mean steps?"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    app_cli: CommandLine, home: Path, words: list[str], sentence: str
) -> None:
    """Nothing is saved then."""
    done = app_cli("presets", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not list(home.rglob("presets/*"))
