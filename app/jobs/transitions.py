"""The changes of state that a job can make, each within the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import UnknownJobError
from app.jobs.models import JobRecord, JobStatus, check_transition, utc_now
from app.jobs.search import add_to_index
from app.store.job_store import RECORD, Connection, to_record


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
    row = connection.execute(f"SELECT {RECORD} FROM jobs WHERE job_id = ?", [job_id]).fetchone()  # noqa: S608 - constant text
    if row is None:
        raise UnknownJobError(f"there is no job {job_id}")
    return to_record(row)


def start_job(connection: Connection, job_id: str, owner: str) -> None:
    """Make a queued job a running one of `owner`."""
    check_transition(job_id, find_job(connection, job_id).status, JobStatus.RUNNING)
    connection.execute(
        "UPDATE jobs SET status = ?, started_at = ?, owner = ? WHERE job_id = ?",
        [JobStatus.RUNNING, utc_now().isoformat(), owner, job_id],
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
        [status, utc_now().isoformat(), _as_json({**job.meta, **meta}), job_id],
    )
    ended = find_job(connection, job_id)
    add_to_index(connection, ended)
    return ended


def note_meta(connection: Connection, job_id: str, meta: Mapping[str, Any]) -> None:
    """Add to what is known of a running job."""
    known = find_job(connection, job_id).meta
    connection.execute(
        "UPDATE jobs SET meta = ? WHERE job_id = ?", [_as_json({**known, **meta}), job_id]
    )


def set_pause(connection: Connection, *, paused: bool, reason: str = "") -> None:
    """Pause or resume the queue."""
    connection.execute("UPDATE queue_state SET paused = ?, reason = ?", [paused, reason])


def _as_json(meta: Mapping[str, Any]) -> str:
    return json.dumps(meta, ensure_ascii=False)
