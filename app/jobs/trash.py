"""Deleting that can be undone: pictures are moved into a folder beside them until it is emptied."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from app.errors import HomeError, UnknownJobError
from app.jobs.image_ids import WHOLE_JOB
from app.jobs.job_history import JobHistoryStore
from app.jobs.marks import Marked, expunge, mark_deleted, take_back
from app.storage.home_files import HomeFiles
from app.store.job_store import JobStore


class Trash:
    """What was deleted and can still be had back.

    The store is changed first: what is marked there is not shown any more, whatever becomes of the
    files, and a move that was cut short is made up for by the next of either kind.

    Args:
        store: where deletions are marked.
        history: the records with the files' paths.
        files: of the home.
    """

    def __init__(self, store: JobStore, history: JobHistoryStore, files: HomeFiles) -> None:
        self._store, self._history, self._files = store, history, files
        self._images, self._folder = files.images, files.trash

    def delete(self, job_ids: Sequence[str], image_names: Sequence[str]) -> str:
        """Delete jobs with their files, and images; return the word that undoes it.

        Raises:
            UnknownJobError, TransitionError: if one is unknown, or its job is not over; then none
                is deleted.
            HomeError: if a file can't be moved; it is not shown any more.
        """
        undo = secrets.token_hex(8)
        deleted = self._store.change(mark_deleted, job_ids, image_names, undo)
        for path in self._files_of(deleted):
            self._move(path, self._folder / undo / path.relative_to(self._images))
        return undo

    def restore(self, undo: str) -> int:
        """Undo a deletion; return how many jobs and images are back.

        Raises:
            UnknownJobError: if there is nothing to undo by this word.
            HomeError: if a file can't be moved back.
        """
        folder = self._folder / undo
        if not undo.isalnum() or not (count := self._store.change(take_back, undo)):
            raise UnknownJobError("there is nothing to bring back; the trash may have been emptied")
        for path in _files_in(folder):
            self._move(path, self._images / path.relative_to(folder))
        _remove_folders(folder)
        return count

    def files(self) -> list[Path]:
        """Return the files that emptying removes."""
        return list(_files_in(self._folder))

    def empty(self) -> int:
        """Remove what was deleted for good; return how many jobs leave the history.

        Raises:
            HomeError: if a file can't be removed.
        """
        removed = self._store.change(expunge)
        for path in self.files():
            _told(path.unlink)
        _remove_folders(self._folder)
        return removed

    def _files_of(self, deleted: Iterable[Marked]) -> list[Path]:
        """Return the files of these that are among the images."""
        names = [name for job_id, index in deleted for name in self._names(job_id, index)]
        paths = (self._files / name for name in dict.fromkeys(names))
        return [path for path in paths if path.is_relative_to(self._images) and path.is_file()]

    def _names(self, job_id: str, index: int) -> list[str]:
        job = self._history.get(job_id)
        return job.files if index == WHOLE_JOB else [job.images[index]["path"]]

    def _move(self, path: Path, target: Path) -> None:
        _told(lambda: target.parent.mkdir(parents=True, exist_ok=True))
        _told(lambda: path.rename(target))


def _files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _remove_folders(folder: Path) -> None:
    """Remove a folder that has no files left, and those in it."""
    below = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for path in (*below, folder):
        if path.is_dir():
            _told(path.rmdir)


def _told(work: Callable[[], object]) -> None:
    try:
        work()
    except OSError as error:
        raise HomeError(f"{error.filename}: {error.strerror or error}") from error
