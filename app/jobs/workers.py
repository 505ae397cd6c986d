"""Who is working on the queue, and what happens to the jobs of those who died.

An owner holds a lock file for as long as it works. A killed process loses its lock, so an owner
who is registered and whose lock is free has stopped uncleanly.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from app.jobs.models import JobStatus, utc_now
from app.jobs.transitions import end_job, set_pause
from app.storage.locks import FileLock
from app.store.job_store import Connection, JobStore

INTERRUPTED = "the app stopped while this job was running; what the WebUI made of it is unknown"


@dataclass(frozen=True, slots=True)
class Owner:
    """One that claims jobs; `lock` is held from `register` to `release`."""

    name: str
    lock: FileLock


class Ownership:
    """The register of owners of one home.

    Args:
        store: where they and their jobs are recorded.
        folder: where their lock files are.
    """

    def __init__(self, store: JobStore, folder: Path) -> None:
        self._store, self._folder = store, folder

    def register(self) -> Owner:
        """Begin to work on the queue.

        Raises:
            HomeError: if the lock file can't be made.
        """
        owner = self._owner(f"owner-{secrets.token_hex(8)}")
        owner.lock.acquire()  # the name is new, so it is free; the lock comes before the row
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO owners VALUES (?, ?)", [owner.name, utc_now().isoformat()]
            )
        return owner

    def release(self, owner: Owner) -> None:
        """Stop working, cleanly.

        An owner with a job whose end could not be recorded is left to the next `recover`.
        """
        try:
            with self._store.transaction() as connection:
                if _running_jobs(connection, owner.name):
                    return
                _forget(connection, owner.name)
            owner.lock.remove()
        finally:
            owner.lock.release()

    def recover(self) -> list[str]:
        """Mark the running jobs of dead owners as interrupted; return their ids.

        The queue is paused with the reason when no owner is left alive and work is waiting.
        """
        owners = [self._owner(name) for (name,) in self._store.rows("SELECT owner FROM owners")]
        dead = [owner for owner in owners if owner.lock.acquire()]
        try:
            return self._bury(dead, alive=len(owners) - len(dead)) if dead else []
        finally:
            for owner in dead:
                owner.lock.remove()

    def _bury(self, dead: list[Owner], alive: int) -> list[str]:
        with self._store.transaction() as connection:
            buried = [owner.name for owner in dead if _forget(connection, owner.name)]
            orphans = [job for name in buried for job in _running_jobs(connection, name)]
            for job_id in orphans:
                end_job(connection, job_id, JobStatus.INTERRUPTED, {"error": INTERRUPTED})
            if buried and not alive and (orphans or _is_work_waiting(connection)):
                set_pause(connection, paused=True, reason=_reason(orphans))
        return orphans

    def _owner(self, name: str) -> Owner:
        return Owner(name, FileLock(self._folder / f"{name}.lock"))


def _forget(connection: Connection, name: str) -> bool:
    """Take an owner off the register; return whether it was still there."""
    return connection.execute("DELETE FROM owners WHERE owner = ?", [name]).rowcount > 0


def _running_jobs(connection: Connection, owner: str) -> list[str]:
    found = connection.execute(
        "SELECT job_id FROM jobs WHERE status = 'running' AND owner = ?", [owner]
    )
    return [job_id for (job_id,) in found]


def _is_work_waiting(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM jobs WHERE status = 'queued'").fetchone() is not None


def _reason(orphans: list[str]) -> str:
    lost = f"; interrupted: {', '.join(orphans)}" if orphans else ""
    return f"the app did not stop cleanly{lost}"
