"""The changes of state that a job can make, each within the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.errors import JobLostError, UnknownJobError
from app.jobs.models import ControlRequest, JobRecord, JobStatus, check_transition, utc_now
from app.jobs.rows import as_json, select, select_with
from app.jobs.search import add_to_index
from app.store.job_store import Connection

_PAUSE_STATE = "SELECT paused, reason FROM queue_state"


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
    connection: Connection, job: JobRecord, status: JobStatus, meta: Mapping[str, Any]
) -> JobRecord:
    """Give a job that was found its last state, add `meta` to it, and index it for search.

    Raises:
        TransitionError: then nothing is changed.
    """
    check_transition(job.job_id, job.status, status)
    now, known = utc_now(), as_json({**job.meta, **meta})
    connection.execute(
        "UPDATE jobs SET status = ?, completed_at = ?, meta = ?, control_request = NULL"
        " WHERE job_id = ?",
        [status, now.isoformat(), known, job.job_id],
    )
    ended = replace(job, status=status, completed_at=now, meta=json.loads(known))
    add_to_index(connection, ended)
    return ended


def find_own(
    connection: Connection, job_id: str, worker: str
) -> tuple[JobRecord, ControlRequest | None]:
    """Return a job that a worker has claimed, and what is asked of it.

    The worker's name in the row is what it may change the job by.

    Raises:
        UnknownJobError: if there is none with this id.
        JobLostError: if it was taken off the worker.
    """
    rest = f"WHERE job_id = ?{connection.dialect.locking}"
    found = select_with(connection, ("worker", "control_request"), rest, [job_id])
    if not found:
        raise UnknownJobError(f"there is no job {job_id}")
    job, (holder, asked) = found[0]
    if holder != worker:
        raise JobLostError(f"job {job_id} was taken off this worker, which had counted as dead")
    return job, to_request(asked)


def note_meta(connection: Connection, job_id: str, worker: str, meta: Mapping[str, Any]) -> None:
    """Add to what is known of a job that a worker runs."""
    job, _ = find_own(connection, job_id, worker)
    connection.execute(
        "UPDATE jobs SET meta = ? WHERE job_id = ?", [as_json({**job.meta, **meta}), job_id]
    )


def to_request(text: str | None) -> ControlRequest | None:
    """Return what is asked of a job, as its row has it."""
    return next((request for request in ControlRequest if request == text), None)


def pause_state(connection: Connection) -> PauseState:
    """Return whether the queue is paused, and why."""
    paused, reason = connection.execute(_PAUSE_STATE).fetchone()
    return PauseState(bool(paused), reason)


def join_line(connection: Connection) -> PauseState:
    """Wait until jobs may be claimed, and return whether the queue is paused then, and why."""
    paused, reason = connection.dialect.join_line(connection, _PAUSE_STATE).fetchone()
    return PauseState(bool(paused), reason)


def set_pause(connection: Connection, *, paused: bool, reason: str = "") -> None:
    """Pause or resume the queue; when it is paused, nobody is about to claim a job."""
    connection.dialect.hold_line(connection)
    connection.execute("UPDATE queue_state SET paused = ?, reason = ?", [paused, reason])
