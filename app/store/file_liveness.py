"""Signs of life as lock files, which the operating system frees when a worker dies."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.storage.home import THIS_MACHINE
from app.storage.locks import FileLock
from app.store.job_store import Census


class FileLife:
    """A worker of this machine, alive for as long as it holds its lock file."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._lock = _lock(folder, worker)
        self._lock.acquire()  # the name is new, so it is free

    def lock(self, name: str) -> FileLock:
        """Return the lock of this name."""
        return _lock(self._folder, name)

    def leave(self) -> None:
        """Give the lock file back."""
        self._lock.release()

    def forget(self) -> None:
        """Give the lock file back and remove it."""
        self._lock.remove()


class FileLiveness:
    """The workers of one machine.

    A killed process loses its lock, so a worker whose lock is free has stopped uncleanly.

    Args:
        folder: where the lock files are.
    """

    here = THIS_MACHINE

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, worker: str) -> FileLife:
        """Begin to hold a new worker's lock."""
        return FileLife(self._folder, worker)

    def missing(self, workers: Sequence[str]) -> list[str]:
        """Return those whose lock is free."""
        return [worker for worker in workers if _lock(self._folder, worker).is_free()]

    @contextlib.contextmanager
    def expired(self, workers: Sequence[str]) -> Iterator[Census]:
        """Take the locks of the dead meanwhile, so that one process alone expires them."""
        locks = {worker: _lock(self._folder, worker) for worker in workers}
        dead = [worker for worker, lock in locks.items() if lock.acquire()]
        try:
            yield Census(dead, len(workers) - len(dead))
        finally:
            for worker in dead:
                locks[worker].remove()


def _lock(folder: Path, name: str) -> FileLock:
    return FileLock(folder / f"{name}.lock")
