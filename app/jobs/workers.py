"""Who is working on the queue, and what happens to the jobs of those who died.

A worker gives a sign of life for as long as it works, which ends with its process. So one that is
registered and gives none has stopped uncleanly.
"""

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.jobs.models import JobStatus, utc_now
from app.jobs.rows import moment
from app.jobs.transitions import end_job, find_job, set_pause
from app.store.job_store import Connection, JobStore, Life, Row

INTERRUPTED = "the app stopped while this job was running; what the WebUI made of it is unknown"


@dataclass(frozen=True, slots=True)
class Worker:
    """One that claims jobs for a WebUI; `life` lasts for as long as it works."""

    name: str
    webui: str
    life: Life


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A worker as the store has it: where and for which WebUI it works, and on which job.

    `process` is its process's number on its host. Times are UTC.
    """

    worker: str
    host: str
    process: int
    webui: str
    started_at: datetime
    alive: bool
    job_id: str | None
    job_started_at: datetime | None


class WorkerRegistry:
    """The workers of one store.

    Args:
        store: where they and their jobs are recorded.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._own: dict[str, Worker] = {}

    @contextlib.contextmanager
    def registered(self, webui: str = "") -> Iterator[Worker]:
        """Give a new worker of a WebUI that is registered for the length of the block.

        One with a job whose end could not be recorded is left to the next `recover`.

        Raises:
            HomeError: if it can't be registered.
        """
        name = f"worker-{secrets.token_hex(8)}"
        life = self._store.liveness.begin(name)  # comes before the row
        worker = self._own[name] = Worker(name, webui, life)
        try:
            self._store.change(_register, worker)
            yield worker
        finally:
            self._release(worker)

    def abandon(self, worker: Worker, reason: str) -> list[str]:
        """Cancel what a worker runs, take it off the registry, and return the jobs' ids.

        For a process that is about to end without waiting for its WebUI.

        Raises:
            HomeError: if that can't be recorded; `recover` will find it.
        """
        jobs = self._store.change(_cancel_jobs, worker.name, reason)
        self._release(worker)
        return jobs

    def orphans(self) -> list[str]:
        """Return the running jobs of dead workers, which `recover` would end."""
        dead = self._store.liveness.missing(self._names())
        return [job for name in dead for job in self._store.read(_running_jobs, name)]

    def recover(self) -> list[str]:
        """Mark the running jobs of dead workers as interrupted; return their ids.

        The queue is paused with the reason when no worker is left alive and work is waiting.
        """
        names = self._names()
        self._return(names)
        with self._store.liveness.expired(names) as (dead, alive):
            return self._store.change(_expire, dead, alive) if dead else []

    def workers(self) -> list[WorkerRecord]:
        """Return all that are registered, the first to start first."""
        rows = self._store.rows(
            "SELECT w.worker, host, process, webui, w.started_at, job_id, jobs.started_at"
            " FROM workers w LEFT JOIN jobs ON jobs.worker = w.worker AND status = 'running'"
            " ORDER BY w.started_at, w.worker"
        )
        missing = set(self._store.liveness.missing([row[0] for row in rows]))
        return [_to_record(row, alive=row[0] not in missing) for row in rows]

    def _return(self, registered: Sequence[str]) -> None:
        """Register those of this process again that were expired while they were away."""
        for worker in [one for name, one in self._own.items() if name not in registered]:
            self._store.change(_register, worker)

    def _names(self) -> list[str]:
        return [name for (name,) in self._store.rows("SELECT worker FROM workers")]

    def _release(self, worker: Worker) -> None:
        self._own.pop(worker.name, None)
        try:
            if self._store.change(_forget_unless_running, worker.name):
                worker.life.forget()
        finally:
            worker.life.leave()


def _register(connection: Connection, worker: Worker) -> None:
    row = (worker.name, socket.gethostname(), os.getpid(), worker.webui, utc_now().isoformat())
    connection.execute(
        "INSERT INTO workers (worker, host, process, webui, started_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (worker) DO NOTHING",  # another thread may have brought it back meanwhile
        row,
    )


def _to_record(row: Row, *, alive: bool) -> WorkerRecord:
    worker, host, process, webui, started_at, job_id, job_started_at = row
    return WorkerRecord(
        worker=worker,
        host=host,
        process=process,
        webui=webui,
        started_at=moment(started_at),
        alive=alive,
        job_id=job_id,
        job_started_at=moment(job_started_at) if job_started_at else None,
    )


def _cancel_jobs(connection: Connection, worker: str, reason: str) -> list[str]:
    jobs = _running_jobs(connection, worker)
    for job_id in jobs:
        end_job(connection, find_job(connection, job_id), JobStatus.CANCELLED, {"error": reason})
    return jobs


def _expire(connection: Connection, dead: Sequence[str], alive: int) -> list[str]:
    connection.dialect.hold_line(connection)
    expired = [name for name in dead if _forget(connection, name)]
    orphans = [job for name in expired for job in _running_jobs(connection, name)]
    for job_id in orphans:
        connection.execute("UPDATE jobs SET worker = NULL WHERE job_id = ?", [job_id])
        job = find_job(connection, job_id)
        end_job(connection, job, JobStatus.INTERRUPTED, {"error": INTERRUPTED})
    if expired and not alive and (orphans or _is_work_waiting(connection)):
        set_pause(connection, paused=True, reason=_reason(orphans))
    return orphans


def _forget_unless_running(connection: Connection, name: str) -> bool:
    return not _running_jobs(connection, name) and _forget(connection, name)


def _forget(connection: Connection, name: str) -> bool:
    """Take a worker off the registry; return whether it was still there."""
    return connection.execute("DELETE FROM workers WHERE worker = ?", [name]).rowcount > 0


def _running_jobs(connection: Connection, worker: str) -> list[str]:
    found = connection.execute(
        "SELECT job_id FROM jobs WHERE status = 'running' AND worker = ?", [worker]
    )
    return [job_id for (job_id,) in found]


def _is_work_waiting(connection: Connection) -> bool:
    found = connection.execute("SELECT 1 FROM jobs WHERE status = 'queued' LIMIT 1")
    return found.fetchone() is not None


def _reason(orphans: list[str]) -> str:
    lost = f"; interrupted: {', '.join(orphans)}" if orphans else ""
    return f"the app did not stop cleanly{lost}"
