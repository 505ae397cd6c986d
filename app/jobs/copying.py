"""All jobs of one store, taken to another one whatever database is under either."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import BadInputError, HomeError
from app.jobs.rows import select
from app.jobs.search import add_to_index
from app.store.job_store import Connection, JobStore, Row

BATCH = 500
_OF_JOBS = (
    "n", "job_id", "run_mode", "source", "prompt_source", "prompt_pack_id", "prompt_keys",
    "prompt", "negative_prompt", "status", "stage_count", "has_upscale", "has_adetailer",
    "config_snapshot", "config_hash", "created_at", "started_at", "completed_at", "meta",
    "parent_id", "batch_id", "priority", "rank", "needs", "worker",
)  # fmt: skip
_YES_OR_NO = tuple(_OF_JOBS.index(name) for name in ("has_upscale", "has_adetailer"))
_MARKS = {
    "favourites": ("job_id", "image", "added_at"),
    "trash": ("job_id", "image", "undo", "deleted_at"),
}


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was copied."""

    jobs: int
    favourites: int


def copy_store(source: JobStore, target: JobStore) -> Copied:
    """Copy all jobs, with what users marked and whether the queue is paused, or nothing at all.

    The source is read in short steps, so that it is not held up, and is not changed.

    Raises:
        BadInputError: if the target has jobs already, or jobs run in the source.
        HomeError: if the source was changed meanwhile, or one can't be used.
    """
    _refuse_running(source)
    return target.change(_copy, source)


def _refuse_running(source: JobStore) -> None:
    running = source.rows("SELECT count(*) FROM jobs WHERE status = 'running'")[0][0]
    if running:
        raise BadInputError(f"{source.name} has jobs that run; stop its workers first")


def _copy(connection: Connection, source: JobStore) -> Copied:
    if connection.execute("SELECT 1 FROM jobs LIMIT 1").fetchone():
        raise BadInputError("the store to copy to has jobs already; give one that is empty")
    last = _copy_jobs(connection, source)
    connection.dialect.numbers_taken(connection, last)
    marks = {table: _copy_marks(connection, source, table) for table in _MARKS}
    paused, reason = source.rows("SELECT paused, reason FROM queue_state")[0]
    connection.execute("UPDATE queue_state SET paused = ?, reason = ?", [bool(paused), reason])
    jobs = _count(connection, source, "jobs")
    return Copied(jobs, marks["favourites"])


def _copy_jobs(connection: Connection, source: JobStore) -> int:
    """Copy the jobs, make those that are over findable, and return the last one's number."""
    insert = _insert("jobs", _OF_JOBS)
    last = 0
    for rows in _batches(source):
        connection.executemany(insert, [_plain(row) for row in rows])
        first, last = rows[0][0], rows[-1][0]
        ended = "WHERE n >= ? AND n <= ? AND completed_at IS NOT NULL"
        for job in select(connection, ended, [first, last]):
            add_to_index(connection, job)
    return last


def _batches(source: JobStore) -> Iterator[list[Row]]:
    columns, after = ", ".join(_OF_JOBS), -1
    sql = f"SELECT {columns} FROM jobs WHERE n > ? ORDER BY n LIMIT {BATCH}"  # noqa: S608 - constant text
    while rows := source.rows(sql, [after]):
        yield rows
        after = rows[-1][0]


def _plain(row: Row) -> list[object]:
    """Return a row with yes and no as such; SQLite has numbers for them."""
    return [bool(value) if at in _YES_OR_NO else value for at, value in enumerate(row)]


def _copy_marks(connection: Connection, source: JobStore, table: str) -> int:
    names = _MARKS[table]
    rows = source.rows(f"SELECT {', '.join(names)} FROM {table}")  # noqa: S608 - constant text
    connection.executemany(_insert(table, names), rows)
    return _count(connection, source, table)


def _insert(table: str, names: tuple[str, ...]) -> str:
    places = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 - constant text


def _count(connection: Connection, source: JobStore, table: str) -> int:
    """Return how many rows there are, which are as many in both.

    Raises:
        HomeError: if they are not.
    """
    sql = f"SELECT count(*) FROM {table}"  # noqa: S608 - constant text
    there, here = source.rows(sql)[0][0], connection.execute(sql).fetchone()[0]
    if there != here:
        raise HomeError(f"{source.name} was changed while it was copied; nothing was copied")
    return int(here)
