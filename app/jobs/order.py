"""The order of the line: higher priority first, then by rank, then first come, first served."""

from collections.abc import Collection

from app.config.requirements import Needs
from app.jobs.models import JobRecord
from app.jobs.rows import select, write_needs
from app.store.job_store import Condition, Connection

IN_ORDER = "ORDER BY priority DESC, rank, n"


FRONT = 32
"""How many jobs of each kind of needs are looked at: more than claim at one moment."""
MOST_KINDS = 100
"""Of needs that are looked at one by one; with more the whole line is walked along."""


def next_job(
    connection: Connection, unable: Collection[Needs], *, direct_only: bool, to_claim: bool = False
) -> JobRecord | None:
    """Return the queued job at the front, of those whose needs are not among `unable`.

    Args:
        connection: the store's.
        unable: what jobs need that are left to others.
        direct_only: whether QUEUE jobs are left where they are.
        to_claim: whether it is about to be changed; one that another is about to change is passed
            over.
    """
    queued = "WHERE status = 'queued'" + (" AND run_mode = 'direct'" if direct_only else "")
    fit, values = _fit(connection, queued, {write_needs(needs) for needs in unable})
    locking = connection.dialect.claiming if to_claim else ""
    found = select(connection, f"{queued}{fit} {IN_ORDER} LIMIT 1{locking}", values)
    return found[0] if found else None


def _fit(connection: Connection, queued: str, unable: Collection[str]) -> Condition:
    """Return the condition on queued jobs whose needs are not among `unable`.

    Only the fronts of the others are looked at, so unfit jobs before them cost nothing.
    """
    if not unable:
        return "", []
    able = [needs for needs in queued_needs(connection) if needs not in unable]
    if len(able) > MOST_KINDS:
        return f" AND needs NOT IN ({', '.join('?' * len(unable))})", list(unable)
    front = f"SELECT n FROM jobs {queued} AND needs = ? {IN_ORDER} LIMIT {FRONT}"  # noqa: S608 - constant text
    fronts = " UNION ALL ".join([f"SELECT n FROM ({front}) AS front"] * len(able))  # noqa: S608 - constant text
    return f" AND n IN ({fronts or 'NULL'})", able


def queued_needs(connection: Connection) -> list[str]:
    """Return the different needs of queued jobs, as the store has them.

    Each is looked up behind the one before, so it costs nothing that many jobs have the same.
    """
    least = "SELECT min(needs) FROM jobs WHERE status = 'queued'"
    found = connection.execute(
        f"WITH RECURSIVE each (needs) AS ({least} UNION ALL"  # noqa: S608 - constant text
        f" SELECT ({least} AND jobs.needs > each.needs) FROM each WHERE each.needs IS NOT NULL)"
        " SELECT needs FROM each WHERE needs IS NOT NULL"
    )
    return [needs for (needs,) in found]


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
