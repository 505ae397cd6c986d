"""Files that a kill left behind: half-written ones, and pictures that no record names."""

from collections.abc import Collection
from pathlib import Path

from app.storage.artifacts import IMAGE_SUFFIXES
from app.storage.files import find_partial_files
from app.storage.home import IMAGES_FOLDER

_MADE_HERE = frozenset([*IMAGE_SUFFIXES.values(), ".json"])


def find_orphans(home: Path, named: Collection[str], before_s: float) -> list[Path]:
    """Return partial files, and images and manifests without a record, sorted.

    Args:
        home: the home folder.
        named: the paths that records name, relative to the home or absolute.
        before_s: what was changed later, in seconds since 1970, may be of a running job.
    """
    known = {home / path for path in named}
    made = [path for path in (home / IMAGES_FOLDER).rglob("*") if path.suffix in _MADE_HERE]
    found = {*find_partial_files(home), *(path for path in made if path not in known)}
    return sorted(path for path in found if path.is_file() and path.stat().st_mtime < before_s)
