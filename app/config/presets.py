"""Presets: settings under a name, one file each, in the sections that packs have too."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.config.sections import read_file_sections, read_sections
from app.errors import PresetError
from app.storage.documents import Notice, read_document
from app.storage.files import replace_file
from app.storage.home import PRESETS_FOLDER

_NAME = re.compile(r"[^\W_][\w .()+-]{0,79}")


@dataclass(frozen=True, slots=True)
class Preset:
    """A named layer of settings; `notices` say what in its file has no effect."""

    name: str
    layer: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def list_presets(home: Path) -> list[str]:
    """Return the names of a home's presets, sorted."""
    return sorted(path.stem for path in (home / PRESETS_FOLDER).glob("*.json"))


def load_preset(home: Path, name: str) -> Preset:
    """Read a preset.

    Raises:
        PresetError: there is none, it can't be read, or a setting in it is wrong.
    """
    path = _existing(home, name)
    document = read_document(path, _failure)
    values = document.values.get("preset_data", document.values)
    if not isinstance(values, dict):
        raise document.error("preset_data must be an object", "preset_data")
    sections = read_file_sections(document, values)
    return Preset(name, sections.layer, document.notices(sections.notices()))


def save_preset(
    home: Path, name: str, layer: Mapping[str, Any], *, overwrite: bool = False
) -> Path:
    """Write a layer of settings as a preset; return its path.

    Raises:
        PresetError: the name is not one, is taken, or a setting is wrong.
        HomeError: it can't be written.
    """
    path = _path(home, name)
    if path.exists() and not overwrite:
        raise PresetError(f"there is a preset {name!r} already; overwrite it or take another name")
    for problem in read_sections(layer).problems():
        raise PresetError(problem.sentence)
    replace_file(path, json.dumps(layer, indent=2, ensure_ascii=False).encode() + b"\n")
    return path


def delete_preset(home: Path, name: str) -> Path:
    """Delete a preset; return the path it had.

    Raises:
        PresetError: there is none, or it can't be deleted.
    """
    path = _existing(home, name)
    try:
        path.unlink()
    except OSError as error:
        raise PresetError(f"{path}: can't be deleted: {error.strerror}") from error
    return path


def _path(home: Path, name: str) -> Path:
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise PresetError(f"{name!r} is not a preset's name; use letters, digits, spaces and -+().")
    return home / PRESETS_FOLDER / f"{name}.json"


def _existing(home: Path, name: str) -> Path:
    path = _path(home, name)
    if not path.is_file():
        names = ", ".join(list_presets(home)) or "none"
        raise PresetError(f"there is no preset {name!r}; in {path.parent} there is {names}")
    return path


def _failure(path: Path, line: int | None, message: str) -> PresetError:
    return PresetError(f"{path}: {message}" if line is None else f"{path}:{line}: {message}")
