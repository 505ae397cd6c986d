"""The SQLite file with all jobs: opening, migrating, transactions, rows.

WAL lets others read while one writes; synchronous FULL makes a committed change outlast a power
cut. Everything that a caller changes goes through `transaction()`.
"""

import contextlib
import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.config.requirements import requirements
from app.errors import HomeError, StoreVersionError
from app.jobs.models import (
    JobRecord,
    JobSpec,
    JobStatus,
    PromptSource,
    RunMode,
    config_hash,
    new_job_id,
    utc_now,
)
from app.storage.locks import FileLock
from app.store.schema import MIGRATIONS, RECORD_COLUMNS

BUSY_TIMEOUT_S = 60.0
RECORD = ", ".join(RECORD_COLUMNS)
INSERTED_COLUMNS = (*RECORD_COLUMNS, "n", "rank", "needs")
INSERT = (
    f"INSERT INTO jobs ({', '.join(INSERTED_COLUMNS)})"  # noqa: S608 - constant text
    f" VALUES ({', '.join('?' * len(INSERTED_COLUMNS))})"
)

as_json = json.JSONEncoder(ensure_ascii=False).encode

Connection = sqlite3.Connection
Row = tuple[Any, ...]


class JobStore:
    """One open `jobs.db`. Safe to share between threads.

    Args:
        path: the file; it is made when it is not there.
        migrations: the steps to the present schema.
        busy_timeout_s: how long to wait for another process's transaction.

    Raises:
        HomeError: if it can't be opened or written, or is no job store.
        StoreVersionError: if a newer version of the app wrote it.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str] = MIGRATIONS,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._telling():
            self._connection = sqlite3.connect(
                path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
            )
        with contextlib.ExitStack() as undo:
            undo.callback(self._connection.close)
            self._prepare(migrations)
            undo.pop_all()
        weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Close the file; the store can't be used afterwards."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give the connection for changes that happen together or not at all.

        Raises:
            HomeError: if the disk is full, the file is read-only, or another holds it too long.
        """
        with self._lock, self._telling():
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:  # commits, or rolls back after an exception
                yield self._connection

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a SELECT finds."""
        with self._lock, self._telling():
            return self._connection.execute(sql, values).fetchall()

    def records(self, rest: str, values: Sequence[Any] = ()) -> list[JobRecord]:
        """Return the jobs that `SELECT … FROM jobs` followed by `rest` finds."""
        return [to_record(row) for row in self.rows(f"SELECT {RECORD} FROM jobs {rest}", values)]  # noqa: S608 - constant text

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn SQLite's errors into a sentence with the file's name."""
        try:
            yield
        except sqlite3.Error as error:
            raise HomeError(f"can't use {self.path}: {error}") from error

    def _prepare(self, migrations: Sequence[str]) -> None:
        """Set the file up, one process at a time."""
        with FileLock(self.path.with_name(f"{self.path.name}.lock")) as lock:
            if not lock.acquire_within(BUSY_TIMEOUT_S, threading.Event()):
                raise HomeError(f"can't use {self.path}: another process keeps it locked")
            self.rows("PRAGMA journal_mode = WAL")
            self.rows("PRAGMA synchronous = FULL")
            self.has_full_text_search = ("ENABLE_FTS5",) in self.rows("PRAGMA compile_options")
            self._migrate(migrations)

    def _migrate(self, migrations: Sequence[str]) -> None:
        if self._version() > len(migrations):
            raise StoreVersionError(
                f"{self.path} was written by a newer version of the app (schema "
                f"{self._version()}, this one knows {len(migrations)}); update the app"
            )
        if 0 < self._version() < len(migrations):
            self._back_up()
        for number, step in enumerate(migrations, start=1):
            self._take_step(number, step)

    def _take_step(self, number: int, step: str) -> None:
        if self._version() >= number:
            return
        with self.transaction() as connection:
            if self._version() < number:  # another process may have been faster
                for statement in step.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def _back_up(self) -> None:
        """Copy the file beside itself before its schema changes."""
        target = self.path.with_name(f"{self.path.name}.v{self._version()}.bak")
        with self._lock, self._telling(), contextlib.closing(sqlite3.connect(target)) as copy:
            self._connection.backup(copy)


def insert_jobs(connection: Connection, specs: Sequence[JobSpec]) -> list[str]:
    """Add jobs at the end of their priority's line; return their ids in the order of `specs`."""
    first = next_number(connection)
    created_at = utc_now().isoformat()
    rows = [new_row(spec, first + i, created_at) for i, spec in enumerate(specs)]
    connection.executemany(INSERT, rows)
    return [row[0] for row in rows]


def next_number(connection: Connection) -> int:
    """Return the row number that the next job gets."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    return int(found[0]) + 1 if found else 1


def new_row(spec: JobSpec, number: int, created_at: str) -> Row:
    """Return the values of a queued job, in the order of `INSERTED_COLUMNS`."""
    config = spec.config
    snapshot = config.model_dump_json()
    return (
        new_job_id(),
        spec.run_mode,
        spec.source,
        spec.prompt_source,
        spec.prompt_pack_id,
        as_json(dict(spec.prompt_keys)),
        spec.prompt,
        spec.negative_prompt,
        JobStatus.QUEUED,
        len(config.stages()),
        config.upscale.enabled,
        config.adetailer.enabled,
        snapshot,
        config_hash(snapshot),
        created_at,
        None,
        None,
        "{}",
        spec.parent_id,
        spec.batch_id,
        spec.effective_priority,
        False,
        number,
        float(number),
        needs_text(spec),
    )


def as_queued(spec: JobSpec) -> JobRecord:
    """Return the record that a job would be queued as, without queueing it."""
    row = new_row(spec, 0, utc_now().isoformat())
    return to_record(row[: len(RECORD_COLUMNS)])


def needs_text(spec: JobSpec) -> str:
    """Return what a job needs of a WebUI as the store writes it: JSON pairs, sorted."""
    needs = requirements(spec.config)
    return as_json([[need.kind, need.name] for need in needs]) if needs else "[]"


def to_record(row: Row) -> JobRecord:
    """Return the record of a row that was selected with `RECORD`."""
    values = dict(zip(RECORD_COLUMNS, row, strict=True))
    for key in ("prompt_keys", "config_snapshot", "meta"):
        values[key] = json.loads(values[key])
    for key in ("created_at", "started_at", "completed_at"):
        values[key] = values[key] and datetime.fromisoformat(values[key])
    for key in ("has_upscale", "has_adetailer", "favourite"):
        values[key] = bool(values[key])
    values["run_mode"] = RunMode(values["run_mode"])
    values["status"] = JobStatus(values["status"])
    values["prompt_source"] = PromptSource(values["prompt_source"])
    return JobRecord(**values)
