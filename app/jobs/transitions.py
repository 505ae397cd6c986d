"""The changes of state that a job can make, each within the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.errors import JobLostError, UnknownJobError
from app.jobs.models import JobRecord, JobStatus, check_transition, utc_now
from app.jobs.rows import as_json, select
from app.jobs.search import add_to_index
from app.store.job_store import Connection


@dataclass(frozen=True, slots=True)
class PauseState:
    """Whether the queue is paused, and why."""

    paused: bool
    reason: str = ""


def find_job(connection: Connection, job_id: str) -> JobRecord:
    """Return a job that may be changed until the end of the transaction.

    Raises:
        UnknownJobError: if there is none with this id.
    """
    found = select(connection, f"WHERE job_id = ?{connection.dialect.locking}", [job_id])
    if not found:
        raise UnknownJobError(f"there is no job {job_id}")
    return found[0]


def start_job(connection: Connection, job: JobRecord, worker: str) -> JobRecord:
    """Make a queued job a running one of `worker`, and return it as it then is."""
    check_transition(job.job_id, job.status, JobStatus.RUNNING)
    now = utc_now()
    connection.execute(
        "UPDATE jobs SET status = ?, started_at = ?, worker = ? WHERE job_id = ?",
        [JobStatus.RUNNING, now.isoformat(), worker, job.job_id],
    )
    return replace(job, status=JobStatus.RUNNING, started_at=now)


def end_job(
    connection: Connection, job_id: str, status: JobStatus, meta: Mapping[str, Any]
) -> JobRecord:
    """Give a job its last state, add `meta` to what is known of it, and index it for search.

    Raises:
        UnknownJobError, TransitionError: then nothing is changed.
    """
    job = find_job(connection, job_id)
    check_transition(job_id, job.status, status)
    connection.execute(
        "UPDATE jobs SET status = ?, completed_at = ?, meta = ?, control_request = NULL"
        " WHERE job_id = ?",
        [status, utc_now().isoformat(), as_json({**job.meta, **meta}), job_id],
    )
    ended = find_job(connection, job_id)
    add_to_index(connection, ended)
    return ended


def find_own(connection: Connection, job_id: str, worker: str) -> JobRecord:
    """Return a job that a worker has claimed. Its name in the row is what it may change it by.

    Raises:
        UnknownJobError: if there is none with this id.
        JobLostError: if it was taken off the worker.
    """
    job = find_job(connection, job_id)
    row = connection.execute("SELECT worker FROM jobs WHERE job_id = ?", [job_id]).fetchone()
    if row[0] != worker:
        raise JobLostError(f"job {job_id} was taken off this worker, which had counted as dead")
    return job


def note_meta(connection: Connection, job_id: str, worker: str, meta: Mapping[str, Any]) -> None:
    """Add to what is known of a job that a worker runs."""
    known = find_own(connection, job_id, worker).meta
    connection.execute(
        "UPDATE jobs SET meta = ? WHERE job_id = ?", [as_json({**known, **meta}), job_id]
    )


def pause_state(connection: Connection) -> PauseState:
    """Return whether the queue is paused, and why."""
    paused, reason = connection.execute("SELECT paused, reason FROM queue_state").fetchone()
    return PauseState(bool(paused), reason)


def set_pause(connection: Connection, *, paused: bool, reason: str = "") -> None:
    """Pause or resume the queue; when it is paused, nobody is about to claim a job."""
    connection.dialect.hold_line(connection)
    connection.execute("UPDATE queue_state SET paused = ?, reason = ?", [paused, reason])
