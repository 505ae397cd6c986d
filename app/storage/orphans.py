"""Files that a kill left behind: half-written ones, and pictures that no record names.

Those whose jobs were pruned, and that were to stay, are named in a file of their own.
"""

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from app.storage.artifacts import IMAGE_SUFFIXES
from app.storage.files import find_partial_files, replace_file
from app.storage.home_files import HomeFiles

KEPT_FILE = "kept.json"
_MADE_HERE = frozenset([*IMAGE_SUFFIXES.values(), ".json"])


def find_orphans(files: HomeFiles, named: Collection[str], before_s: float) -> list[Path]:
    """Return partial files, and images and manifests without a record, sorted.

    Args:
        files: of the home.
        named: the paths that records name, relative to the home or absolute.
        before_s: what was changed later, in seconds since 1970, may be of a running job.
    """
    known = {_kept_file(files), *(files / name for name in [*named, *_kept(files)])}
    made = [path for path in files.images.rglob("*") if path.suffix in _MADE_HERE]
    made = [path for path in made if not path.is_relative_to(files.trash)]
    partial = [path for folder in files.folders for path in find_partial_files(folder)]
    found = {*partial, *(path for path in made if path not in known)}
    return sorted(path for path in found if path.is_file() and path.stat().st_mtime < before_s)


def keep_files(files: HomeFiles, paths: Iterable[Path]) -> None:
    """Remember files that no record is going to name, and that are no orphans for that.

    Raises:
        HomeError: if the home can't be written.
    """
    named = {files / name for name in _kept(files)} | set(paths)
    there = sorted(files.name_of(path) for path in named if path.is_file())
    replace_file(_kept_file(files), json.dumps(there, indent=1).encode())


def _kept_file(files: HomeFiles) -> Path:
    """Return where they are named: beside images that are shared, so that all hosts know it."""
    return (files.images if files.are_shared else files.home) / KEPT_FILE


def _kept(files: HomeFiles) -> list[str]:
    try:
        names = json.loads(_kept_file(files).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
