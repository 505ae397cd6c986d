"""Files that a kill left behind: half-written ones, and pictures that no record names.

Those whose jobs were pruned, and that were to stay, are named in a file of their own.
"""

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from app.storage.artifacts import IMAGE_SUFFIXES
from app.storage.files import find_partial_files, replace_file
from app.storage.home import IMAGES_FOLDER, TRASH_FOLDER

KEPT_FILE = "kept.json"
_MADE_HERE = frozenset([*IMAGE_SUFFIXES.values(), ".json"])


def find_orphans(home: Path, named: Collection[str], before_s: float) -> list[Path]:
    """Return partial files, and images and manifests without a record, sorted.

    Args:
        home: the home folder.
        named: the paths that records name, relative to the home or absolute.
        before_s: what was changed later, in seconds since 1970, may be of a running job.
    """
    known = {home / path for path in [*named, *_kept(home)]}
    images = home / IMAGES_FOLDER
    made = [path for path in images.rglob("*") if path.suffix in _MADE_HERE]
    made = [path for path in made if not path.is_relative_to(images / TRASH_FOLDER)]
    found = {*find_partial_files(home), *(path for path in made if path not in known)}
    return sorted(path for path in found if path.is_file() and path.stat().st_mtime < before_s)


def keep_files(home: Path, paths: Iterable[Path]) -> None:
    """Remember files that no record is going to name, and that are no orphans for that.

    Raises:
        HomeError: if the home can't be written.
    """
    named = {home / path for path in _kept(home)} | set(paths)
    there = sorted(path.relative_to(home).as_posix() for path in named if path.is_file())
    replace_file(home / KEPT_FILE, json.dumps(there, indent=1).encode())


def _kept(home: Path) -> list[str]:
    try:
        names = json.loads((home / KEPT_FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
