"""The changes of state that a job can make, each within the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import UnknownJobError
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
    """Return a job.

    Raises:
        UnknownJobError: if there is none with this id.
    """
    found = select(connection, "WHERE job_id = ?", [job_id])
    if not found:
        raise UnknownJobError(f"there is no job {job_id}")
    return found[0]


def start_job(connection: Connection, job_id: str, worker: str) -> None:
    """Make a queued job a running one of `worker`."""
    check_transition(job_id, find_job(connection, job_id).status, JobStatus.RUNNING)
    connection.execute(
        "UPDATE jobs SET status = ?, started_at = ?, owner = ? WHERE job_id = ?",
        [JobStatus.RUNNING, utc_now().isoformat(), worker, job_id],
    )


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
        "UPDATE jobs SET status = ?, completed_at = ?, meta = ?, wish = NULL, owner = NULL"
        " WHERE job_id = ?",
        [status, utc_now().isoformat(), as_json({**job.meta, **meta}), job_id],
    )
    ended = find_job(connection, job_id)
    add_to_index(connection, ended)
    return ended


def note_meta(connection: Connection, job_id: str, meta: Mapping[str, Any]) -> None:
    """Add to what is known of a running job."""
    known = find_job(connection, job_id).meta
    connection.execute(
        "UPDATE jobs SET meta = ? WHERE job_id = ?", [as_json({**known, **meta}), job_id]
    )


def pause_state(connection: Connection) -> PauseState:
    """Return whether the queue is paused, and why."""
    paused, reason = connection.execute("SELECT paused, reason FROM queue_state").fetchone()
    return PauseState(bool(paused), reason)


def set_pause(connection: Connection, *, paused: bool, reason: str = "") -> None:
    """Pause or resume the queue."""
    connection.execute("UPDATE queue_state SET paused = ?, reason = ?", [paused, reason])
