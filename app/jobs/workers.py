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
from app.storage.home import shared_name, webui_identity
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

    `process` is its process's number on its host, `outage` why its WebUI takes no jobs, or None.
    Times are UTC.
    """

    worker: str
    host: str
    process: int
    webui: str
    outage: str | None
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
        self._outages: dict[str, str | None] = {}

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
            self._register(worker)
            self._store.change(_forget_lacks, self.shared_name(webui))
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
        return self._with_signs_of_life(self._rows())

    def elsewhere(self) -> list[WorkerRecord]:
        """Return those that live and work with a WebUI in other processes."""
        rows = [row for row in self._rows() if row[0] not in self._own and row[3]]
        return [one for one in self._with_signs_of_life(rows) if one.alive] if rows else []

    def note_outage(self, worker: Worker, outage: str | None) -> None:
        """Record why a worker's WebUI takes no jobs, or that it does, for workers elsewhere."""
        if self._outages.get(worker.name) != outage:
            self._store.change(_note_outage, worker.name, outage)
            self._outages[worker.name] = outage

    def shared_name(self, webui: str) -> str:
        """Return a WebUI's URL as the store has it, where other hosts read it."""
        return shared_name(webui, self._store.liveness.here)

    def identity(self, webui: str, host: str | None = None) -> str:
        """Return what the names of one WebUI have in common, on whichever host they are used."""
        if host in {None, socket.gethostname()}:
            return webui_identity(webui, self._store.liveness.here)
        return webui_identity(webui, f"{host}".lower(), host)

    def _rows(self) -> list[Row]:
        return self._store.rows(
            "SELECT w.worker, host, process, webui, outage, w.started_at, job_id, jobs.started_at"
            " FROM workers w LEFT JOIN jobs ON jobs.worker = w.worker AND status = 'running'"
            " ORDER BY w.started_at, w.worker"
        )

    def _with_signs_of_life(self, rows: Sequence[Row]) -> list[WorkerRecord]:
        missing = set(self._store.liveness.missing([row[0] for row in rows]))
        return [_to_record(row, alive=row[0] not in missing) for row in rows]

    def _return(self, registered: Sequence[str]) -> None:
        """Register those of this process again that were expired while they were away."""
        for worker in [one for name, one in self._own.items() if name not in registered]:
            self._register(worker)

    def _register(self, worker: Worker) -> None:
        self._store.change(_register, worker, self._outages.get(worker.name))

    def _names(self) -> list[str]:
        return [name for (name,) in self._store.rows("SELECT worker FROM workers")]

    def _release(self, worker: Worker) -> None:
        self._own.pop(worker.name, None)
        self._outages.pop(worker.name, None)
        try:
            if self._store.change(_forget_unless_running, worker.name):
                worker.life.forget()
        finally:
            worker.life.leave()


def _register(connection: Connection, worker: Worker, outage: str | None) -> None:
    place = (socket.gethostname(), os.getpid(), worker.webui)
    row = (worker.name, *place, outage, utc_now().isoformat())
    connection.execute(
        "INSERT INTO workers (worker, host, process, webui, outage, started_at)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (worker) DO NOTHING",  # another thread may have brought it back meanwhile
        row,
    )


def _note_outage(connection: Connection, worker: str, outage: str | None) -> None:
    connection.execute("UPDATE workers SET outage = ? WHERE worker = ?", [outage, worker])


def _forget_lacks(connection: Connection, webui: str) -> None:
    """Forget what a WebUI lacked when somebody worked with it before."""
    connection.execute("DELETE FROM passed_over WHERE webui = ?", [webui])


def _to_record(row: Row, *, alive: bool) -> WorkerRecord:
    worker, host, process, webui, outage, started_at, job_id, job_started_at = row
    return WorkerRecord(
        worker=worker,
        host=host,
        process=process,
        webui=webui,
        outage=outage,
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
