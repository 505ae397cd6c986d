"""Presets: saved, listed, shown, deleted, and never lost by a slip."""

import json
from pathlib import Path

import pytest

from app.config.presets import delete_preset, list_presets, load_preset, save_preset
from app.errors import PresetError

LAYER = {"txt2img": {"steps": 12}, "upscale": {"enabled": True}}


def test_a_saved_preset_comes_back(tmp_path: Path) -> None:
    """What was saved is listed and read again, as it was."""
    path = save_preset(tmp_path, "Night run", LAYER)
    assert path == tmp_path / "presets" / "Night run.json"
    assert list_presets(tmp_path) == ["Night run"]
    assert load_preset(tmp_path, "Night run").layer == LAYER


def test_a_preset_is_not_overwritten_unless_that_is_meant(tmp_path: Path) -> None:
    """A taken name is an error; `overwrite` replaces the file."""
    save_preset(tmp_path, "a", LAYER)
    with pytest.raises(PresetError, match="there is a preset 'a' already"):
        save_preset(tmp_path, "a", {})
    save_preset(tmp_path, "a", {"txt2img": {"steps": 9}}, overwrite=True)
    assert load_preset(tmp_path, "a").layer == {"txt2img": {"steps": 9}}


def test_a_deleted_preset_is_gone(tmp_path: Path) -> None:
    """Deleting what is not there says what is."""
    save_preset(tmp_path, "a", LAYER)
    save_preset(tmp_path, "b", LAYER)
    delete_preset(tmp_path, "a")
    with pytest.raises(PresetError, match=r"there is no preset 'a'; .* there is b"):
        delete_preset(tmp_path, "a")


@pytest.mark.parametrize("name", ["", ".", "../a", "a/b", "a\\b", ".hidden", "a.", "x" * 99])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    """No name leads out of the presets folder."""
    with pytest.raises(PresetError, match="is not a preset's name"):
        save_preset(tmp_path, name, LAYER)
    assert list(tmp_path.rglob("*.json")) == []


def test_a_wrong_setting_is_not_saved(tmp_path: Path) -> None:
    """A preset that could not be used is refused when it is saved."""
    with pytest.raises(PresetError, match=r"txt2img\.steps is 999"):
        save_preset(tmp_path, "a", {"txt2img": {"steps": 999}})
    assert list_presets(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a.json:1: is not JSON"),
        ('{"txt2img":\n{"stepz": 1}}', "a.json:2: txt2img.stepz: no such setting"),
        ('{"preset_data": 3}', "a.json:1: preset_data must be an object"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    """Presets are edited by hand too."""
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "a.json").write_text(text)
    with pytest.raises(PresetError) as error:
        load_preset(tmp_path, "a")
    assert message in str(error.value)


def test_older_presets_are_read(tmp_path: Path) -> None:
    """Switches and keys of older files mean what they meant; what has no use is told."""
    old = {"txt2img": {"enable_hr": True, "hypernetwork": "x"}, "upscale_enabled": True, "api": {}}
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "a.json").write_text(json.dumps(old))
    preset = load_preset(tmp_path, "a")
    assert preset.layer == {"txt2img": {"hires_enabled": True}, "upscale": {"enabled": True}}
    assert "not used here: api, txt2img.hypernetwork" in preset.notices[0].text
