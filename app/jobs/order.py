"""The order of the line: higher priority first, then by rank, then first come, first served."""

from collections.abc import Collection

from app.config.requirements import Needs
from app.jobs.models import JobRecord
from app.jobs.rows import select, write_needs
from app.store.job_store import Connection

IN_ORDER = "ORDER BY priority DESC, rank, n"


def next_job(
    connection: Connection, unable: Collection[Needs], *, direct_only: bool
) -> JobRecord | None:
    """Return the queued job at the front, of those whose needs are not among `unable`."""
    direct = "AND run_mode = 'direct'" if direct_only else ""
    able = f"AND needs NOT IN ({', '.join('?' * len(unable))})"
    rest = f"WHERE status = 'queued' {direct} {able} {IN_ORDER} LIMIT 1"
    found = select(connection, rest, [write_needs(needs) for needs in unable])
    return found[0] if found else None


def slot(connection: Connection, job_id: str, index: int) -> tuple[int, float]:
    """Return priority and rank of the place at `index`, counted without the job itself."""
    around = connection.execute(
        f"SELECT priority, rank FROM jobs WHERE status = 'queued' AND job_id != ? {IN_ORDER}"  # noqa: S608 - constant text
        " LIMIT 2 OFFSET ?",
        [job_id, max(index - 1, 0)],
    ).fetchall()
    if index == 0:
        priority, rank = around[0] if around else (0, 0.0)
        return priority, rank - 1
    if len(around) < 2:
        return _last(connection, job_id)
    (before_priority, before), (after_priority, after) = around
    if before_priority != after_priority:
        return before_priority, before + 1
    if not before < (before + after) / 2 < after:
        _renumber(connection)
        return slot(connection, job_id, index)
    return after_priority, (before + after) / 2


def index_of(connection: Connection, job_id: str, without: str) -> int:
    """Return how many queued jobs stand before a job, one of them not counted."""
    row = connection.execute(
        "SELECT count(*) FROM jobs, (SELECT priority AS p, rank AS r, n AS m FROM jobs"
        " WHERE job_id = ?) AS one WHERE status = 'queued' AND job_id != ? AND"
        " (priority > p OR (priority = p AND (rank < r OR (rank = r AND n < m))))",
        [job_id, without],
    ).fetchone()
    return int(row[0])


def _last(connection: Connection, job_id: str) -> tuple[int, float]:
    row = connection.execute(
        "SELECT priority, rank FROM jobs WHERE status = 'queued' AND job_id != ?"
        " ORDER BY priority, rank DESC, n DESC LIMIT 1",
        [job_id],
    ).fetchone()
    return (row[0], row[1] + 1) if row else (0, 0.0)


def _renumber(connection: Connection) -> None:
    """Give the queued jobs whole ranks again, after halving used up the fractions."""
    ordered = connection.execute(f"SELECT n FROM jobs WHERE status = 'queued' {IN_ORDER}")  # noqa: S608 - constant text
    ranks = [(float(rank), n) for rank, (n,) in enumerate(ordered.fetchall())]
    connection.executemany("UPDATE jobs SET rank = ? WHERE n = ?", ranks)


def place(connection: Connection, job_id: str, priority: int, rank: float) -> None:
    """Put a job at a place in the line."""
    connection.execute(
        "UPDATE jobs SET priority = ?, rank = ? WHERE job_id = ?", [priority, rank, job_id]
    )


def place_of(connection: Connection, job_id: str) -> tuple[int, float]:
    """Return priority and rank of a job."""
    row = connection.execute("SELECT priority, rank FROM jobs WHERE job_id = ?", [job_id])
    priority, rank = row.fetchone()
    return int(priority), float(rank)
