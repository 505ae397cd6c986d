"""What users say of images and jobs that are done: favourites, and what they deleted.

Records never change, so both are tables of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import TransitionError, UnknownJobError
from app.jobs.image_ids import WHOLE_JOB, image_id, parse_image_id
from app.jobs.models import utc_now
from app.jobs.rows import delete_jobs
from app.jobs.transitions import find_job
from app.store.job_store import Connection

_WHOLE = f"(SELECT job_id FROM trash WHERE image = {WHOLE_JOB})"  # noqa: S608 - constant text
DELETED, NOT_DELETED = f"job_id IN {_WHOLE}", f"job_id NOT IN {_WHOLE}"
"""The conditions on jobs that lists do not show, and on those that they do."""

Marked = tuple[str, int]
"""A job, and the index of one of its images, or WHOLE_JOB."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Which images of some jobs are favourites, and which are deleted."""

    favourites: frozenset[Marked] = frozenset()
    deleted: frozenset[Marked] = frozenset()

    def is_favourite(self, job_id: str, index: int) -> bool:
        """Return whether an image is a favourite itself."""
        return (job_id, index) in self.favourites

    def is_gone(self, job_id: str, index: int) -> bool:
        """Return whether an image is deleted, by itself or with its job."""
        return not {(job_id, index), (job_id, WHOLE_JOB)}.isdisjoint(self.deleted)


NO_MARKS = Marks()


def read_marks(connection: Connection, job_ids: Sequence[str]) -> Marks:
    """Return the marks of some jobs."""
    if not job_ids:
        return NO_MARKS
    among = f"WHERE job_id IN ({', '.join('?' * len(job_ids))})"
    favourites, deleted = (
        frozenset(connection.execute(f"SELECT job_id, image FROM {table} {among}", job_ids))  # noqa: S608 - constant text
        for table in ("favourites", "trash")
    )
    return Marks(favourites, deleted)


def mark_jobs(connection: Connection, job_ids: Sequence[str], *, favourite: bool) -> None:
    """Mark jobs as favourites, or take all marks from them and their images."""
    if favourite:
        _add_favourites(connection, [(job_id, WHOLE_JOB) for job_id in job_ids])
    else:
        rows = [(job_id,) for job_id in job_ids]
        connection.executemany("DELETE FROM favourites WHERE job_id = ?", rows)


def mark_image(connection: Connection, name: str, *, favourite: bool) -> None:
    """Mark an image as a favourite, or take its mark away."""
    marked = _marked(name)
    if favourite:
        _add_favourites(connection, [marked])
    else:
        connection.execute("DELETE FROM favourites WHERE job_id = ? AND image = ?", marked)


def _add_favourites(connection: Connection, marked: Sequence[Marked]) -> None:
    added_at = utc_now().isoformat()
    rows = [(job_id, image, added_at) for job_id, image in marked]
    insert = "INSERT INTO favourites VALUES (?, ?, ?) ON CONFLICT (job_id, image) DO NOTHING"
    connection.executemany(insert, rows)


def mark_deleted(
    connection: Connection, job_ids: Sequence[str], names: Sequence[str], undo: str
) -> list[Marked]:
    """Mark jobs that are over, and images, as deleted; return those that were not yet.

    Raises:
        UnknownJobError, TransitionError: if one is unknown, or its job is not over; then none is
            marked.
    """
    wanted = [(job_id, WHOLE_JOB) for job_id in job_ids] + [_marked(name) for name in names]
    for job_id, index in wanted:
        _refuse_unless_deletable(connection, job_id, index)
    known = read_marks(connection, [job_id for job_id, _ in wanted]).deleted
    new = [marked for marked in dict.fromkeys(wanted) if marked not in known]
    deleted_at = utc_now().isoformat()
    rows = [(job_id, index, undo, deleted_at) for job_id, index in new]
    connection.executemany("INSERT INTO trash VALUES (?, ?, ?, ?)", rows)
    return new


def take_back(connection: Connection, undo: str) -> int:
    """Take the marks of one deletion away; return how many that were."""
    return connection.execute("DELETE FROM trash WHERE undo = ?", [undo]).rowcount


def expunge(connection: Connection) -> int:
    """Remove the deleted jobs from the store; what was deleted can't be had back any more.

    Returns:
        How many jobs were removed. Images that were deleted by themselves stay marked.
    """
    whole = connection.execute("SELECT job_id FROM trash WHERE image = ?", [WHOLE_JOB])
    removed = delete_jobs(connection, [job_id for (job_id,) in whole.fetchall()])
    connection.execute("UPDATE trash SET undo = ''")
    return removed


def _refuse_unless_deletable(connection: Connection, job_id: str, index: int) -> None:
    job = find_job(connection, job_id)
    if not job.status.is_terminal:
        raise TransitionError(f"job {job_id} is {job.status}; cancel it before it is deleted")
    if index >= len(job.images):
        raise UnknownJobError(f"there is no image {image_id(job_id, index)}")


def _marked(name: str) -> Marked:
    marked = parse_image_id(name)
    if marked is None:
        raise UnknownJobError(f"there is no image {name}")
    return marked
