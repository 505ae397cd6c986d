"""Who is working on the queue, and what happens to the jobs of those who died.

A worker holds a lock file for as long as it works. A killed process loses its lock, so a worker
that is registered and whose lock is free has stopped uncleanly.
"""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.jobs.models import JobStatus, utc_now
from app.jobs.transitions import end_job, set_pause
from app.storage.locks import FileLock
from app.store.sqlite_store import Connection, JobStore

INTERRUPTED = "the app stopped while this job was running; what the WebUI made of it is unknown"


@dataclass(frozen=True, slots=True)
class Worker:
    """One that claims jobs; `lock` is held for as long as it works."""

    name: str
    lock: FileLock


class WorkerRegistry:
    """The workers of one home.

    Args:
        store: where they and their jobs are recorded.
        folder: where their lock files are.
    """

    def __init__(self, store: JobStore, folder: Path) -> None:
        self._store, self._folder = store, folder

    @contextlib.contextmanager
    def registered(self) -> Iterator[Worker]:
        """Give a new worker that is registered for the length of the block.

        One with a job whose end could not be recorded is left to the next `recover`.

        Raises:
            HomeError: if the lock file can't be made.
        """
        worker = self._worker(f"owner-{secrets.token_hex(8)}")
        worker.lock.acquire()  # the name is new, so it is free; the lock comes before the row
        with self._store.transaction() as connection:
            row = [worker.name, utc_now().isoformat()]
            connection.execute("INSERT INTO owners VALUES (?, ?)", row)
        try:
            yield worker
        finally:
            self._release(worker)

    def abandon(self, worker: Worker, reason: str) -> list[str]:
        """Cancel what a worker runs, take it off the registry, and return the jobs' ids.

        For a process that is about to end without waiting for its WebUI.

        Raises:
            HomeError: if that can't be recorded; `recover` will find it.
        """
        with self._store.transaction() as connection:
            jobs = _running_jobs(connection, worker.name)
            for job_id in jobs:
                end_job(connection, job_id, JobStatus.CANCELLED, {"error": reason})
        self._release(worker)
        return jobs

    def orphans(self) -> list[str]:
        """Return the running jobs of dead workers, which `recover` would end."""
        names = [name for (name,) in self._store.rows("SELECT owner FROM owners")]
        dead = [name for name in names if self._worker(name).lock.is_free()]
        with self._store.reading() as connection:
            return [job for name in dead for job in _running_jobs(connection, name)]

    def recover(self) -> list[str]:
        """Mark the running jobs of dead workers as interrupted; return their ids.

        The queue is paused with the reason when no worker is left alive and work is waiting.
        """
        workers = [self._worker(name) for (name,) in self._store.rows("SELECT owner FROM owners")]
        dead = [worker for worker in workers if worker.lock.acquire()]
        try:
            return self._expire(dead, alive=len(workers) - len(dead)) if dead else []
        finally:
            for worker in dead:
                worker.lock.remove()

    def _release(self, worker: Worker) -> None:
        try:
            with self._store.transaction() as connection:
                if _running_jobs(connection, worker.name):
                    return
                _forget(connection, worker.name)
            worker.lock.remove()
        finally:
            worker.lock.release()

    def _expire(self, dead: list[Worker], alive: int) -> list[str]:
        with self._store.transaction() as connection:
            expired = [worker.name for worker in dead if _forget(connection, worker.name)]
            orphans = [job for name in expired for job in _running_jobs(connection, name)]
            for job_id in orphans:
                end_job(connection, job_id, JobStatus.INTERRUPTED, {"error": INTERRUPTED})
            if expired and not alive and (orphans or _is_work_waiting(connection)):
                set_pause(connection, paused=True, reason=_reason(orphans))
        return orphans

    def _worker(self, name: str) -> Worker:
        return Worker(name, FileLock(self._folder / f"{name}.lock"))


def _forget(connection: Connection, name: str) -> bool:
    """Take a worker off the registry; return whether it was still there."""
    return connection.execute("DELETE FROM owners WHERE owner = ?", [name]).rowcount > 0


def _running_jobs(connection: Connection, worker: str) -> list[str]:
    found = connection.execute(
        "SELECT job_id FROM jobs WHERE status = 'running' AND owner = ?", [worker]
    )
    return [job_id for (job_id,) in found]


def _is_work_waiting(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM jobs WHERE status = 'queued'").fetchone() is not None


def _reason(orphans: list[str]) -> str:
    lost = f"; interrupted: {', '.join(orphans)}" if orphans else ""
    return f"the app did not stop cleanly{lost}"
