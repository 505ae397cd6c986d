"""Removing old jobs and their files; favourites stay."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.commands.shared.output import count, file_size
from app.jobs.models import JobRecord
from app.storage.files import find_partial_files
from app.storage.home_files import HomeFiles

_STALE_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a pruning would remove: jobs, the files that only they have, and their bytes.

    `kept` are files of these jobs that stay.
    """

    jobs: Sequence[JobRecord]
    files: Sequence[Path]
    kept: Sequence[Path]
    size_bytes: int

    def summary(self) -> str:
        """Return how much it is: "3 jobs, 9 files, 4.5 MB"."""
        jobs, files = count(len(self.jobs), "job"), count(len(self.files), "file")
        return f"{jobs}, {files}, {file_size(self.size_bytes)}"


def plan_pruning(
    jobs: Iterable[JobRecord],
    files: HomeFiles,
    *,
    with_files: bool,
    now_s: float,
    orphans: Sequence[Path] = (),
) -> Pruning:
    """Return what to remove of these jobs; favourites are passed over.

    Args:
        jobs: finished jobs.
        files: of the home.
        with_files: whether images and manifests go too, and what killed processes left behind.
        now_s: the time, in seconds since 1970.
        orphans: files that go too, whoever made them.
    """
    doomed = [job for job in jobs if not job.favourite]
    theirs = _files_of(doomed, files)
    removed = [*theirs, *_leftovers(files, now_s)] if with_files else []
    removed = list(dict.fromkeys([*removed, *orphans]))
    kept = [] if with_files else theirs
    return Pruning(doomed, removed, kept, sum(path.stat().st_size for path in removed))


def beyond(jobs: Iterable[JobRecord], files: HomeFiles, most_bytes: int) -> Iterator[JobRecord]:
    """Give the jobs that come after so many bytes of files, which the first ones keep."""
    total = 0
    for job in jobs:
        total += sum(path.stat().st_size for path in _files_of([job], files))
        if total > most_bytes:
            yield job


def _files_of(jobs: Sequence[JobRecord], files: HomeFiles) -> list[Path]:
    inside = dict.fromkeys(files / name for job in jobs for name in job.files)
    return [
        path for path in inside if path.is_file() and any(map(path.is_relative_to, files.folders))
    ]


def _leftovers(files: HomeFiles, now_s: float) -> list[Path]:
    partial = find_partial_files(files.images)
    return [path for path in partial if now_s - path.stat().st_mtime > _STALE_S]


def remove_files(files: Sequence[Path]) -> None:
    """Remove files, and the folders that they leave empty."""
    for path in files:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in files}:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
