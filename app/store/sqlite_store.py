"""The SQLite file with all jobs: opening, migrating, transactions.

WAL lets others read while one writes; synchronous FULL makes a committed change outlast a power
cut.
"""

import contextlib
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from app.errors import HomeError, StoreVersionError
from app.storage.files import PARTIAL_SUFFIX, sync_folder
from app.storage.locks import FileLock
from app.store.file_liveness import FileLiveness
from app.store.job_store import Row, StoreFacts
from app.store.schema import MIGRATIONS
from app.store.sqlite_dialect import SqliteDialect

BUSY_TIMEOUT_S = 60.0
PRIVATE_FILE = 0o600
LOCKS_FOLDER = "locks"

P = ParamSpec("P")
Result = TypeVar("Result")


class SqliteConnection(sqlite3.Connection):
    """A connection of the standard library that knows its dialect."""

    dialect = SqliteDialect()


class SqliteStore:
    """One open `jobs.db`, with the locks of its workers in a folder beside it.

    Args:
        path: the file; it is made when it is not there.
        migrations: the steps to the present schema.
        busy_timeout_s: how long to wait for another process's transaction.
        read_only: whether to open it as it is, in a folder that can't be written.

    Raises:
        HomeError: if it can't be opened or written, or is not a job store.
        StoreVersionError: if a newer version of the app wrote it.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str] = MIGRATIONS,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        *,
        read_only: bool = False,
    ) -> None:
        self.path, self.name = path, f"{path}"
        self.liveness = FileLiveness(path.parent / LOCKS_FOLDER)
        self._lock = threading.RLock()
        with contextlib.ExitStack() as undo, self._alone(read_only=read_only):
            with self._telling():
                if read_only:
                    self._refuse_empty()
                    self._connection = _open_to_read(path, busy_timeout_s)
                else:
                    self._make_if_missing(migrations)
                    self._connection = _open(path, busy_timeout_s)
            undo.callback(self.close)
            if read_only:
                self._refuse_newer(migrations)
                self._bring_copy_up_to_date(migrations)
            else:
                self._prepare(migrations)
            undo.pop_all()
        weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Close the file; the store can't be used afterwards."""
        with self._lock:
            self._connection.close()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Do nothing: what other processes change is only seen by looking."""

    @contextlib.contextmanager
    def transaction(self) -> Iterator[SqliteConnection]:
        """Give the connection for changes that happen together or not at all."""
        with self._lock, self._telling():
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:  # commits, or rolls back after an exception
                yield self._connection

    def change(
        self, work: Callable[Concatenate[SqliteConnection, P], Result],
        /, *args: P.args, **kwargs: P.kwargs,
    ) -> Result:  # fmt: skip
        """Return what `work` returns, called within one transaction.

        Raises:
            HomeError: if the disk is full, the file is read-only, or another holds it too long.
        """
        with self.transaction() as connection:
            return work(connection, *args, **kwargs)

    def read(
        self, look: Callable[Concatenate[SqliteConnection, P], Result],
        /, *args: P.args, **kwargs: P.kwargs,
    ) -> Result:  # fmt: skip
        """Return what `look` returns; no other process is held up."""
        with self._lock, self._telling():
            return look(self._connection, *args, **kwargs)

    def facts(self) -> StoreFacts:
        """Return what is known of the database; it is in this process."""
        return StoreFacts(f"SQLite {sqlite3.sqlite_version}")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a SELECT finds."""
        with self._lock, self._telling():
            return self._connection.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn SQLite's errors into a sentence with the file's name."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise HomeError(f"can't use {self.path}: {error}") from error

    @contextlib.contextmanager
    def _alone(self, *, read_only: bool) -> Iterator[None]:
        """Set the file up while no other process does; where nothing is written, at any time."""
        if read_only:
            yield
            return
        with FileLock(self.path.with_name(f"{self.path.name}.lock")) as lock:
            if not lock.acquire_within(BUSY_TIMEOUT_S, threading.Event()):
                raise HomeError(f"can't use {self.path}: another process keeps it locked")
            yield

    def _make_if_missing(self, migrations: Sequence[str]) -> None:
        """Make the store whole under another name first, so that a kill leaves no half of it."""
        if self.path.exists():
            self._refuse_empty()
            return
        partial = self.path.with_name(f".{secrets.token_hex(8)}{PARTIAL_SUFFIX}")
        try:
            partial.touch(mode=PRIVATE_FILE, exist_ok=False)
            with contextlib.closing(_open(partial, BUSY_TIMEOUT_S)) as connection:
                connection.execute("PRAGMA journal_mode = MEMORY")  # no second file to leave behind
                connection.execute("BEGIN")
                for number, step in enumerate(migrations, start=1):
                    _change_schema(connection, number, step)
                connection.execute("COMMIT")
            partial.rename(self.path)
            sync_folder(self.path.parent)
        finally:
            partial.unlink(missing_ok=True)

    def _refuse_empty(self) -> None:
        if self.path.stat().st_size == 0:
            raise HomeError(
                f"{self.path} is empty, so its jobs are lost; put a copy of it in its place,"
                " or remove it to begin anew"
            )

    def _prepare(self, migrations: Sequence[str]) -> None:
        with contextlib.suppress(OSError):
            self.path.chmod(PRIVATE_FILE)
        self._begin_reading()
        self.rows("PRAGMA synchronous = FULL")
        self._migrate(migrations)
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'words'"):
            self.change(self._connection.dialect.create_words)

    def _begin_reading(self) -> None:
        """Look at the file for the first time, also where the disk has no room for an index."""
        try:
            self.rows("PRAGMA journal_mode = WAL")
        except HomeError:
            # With the file for itself, SQLite keeps the index of the log in memory.
            self.close()
            self._connection = _open(self.path, BUSY_TIMEOUT_S)
            self.rows("PRAGMA locking_mode = EXCLUSIVE")
            self._version()

    def _refuse_newer(self, migrations: Sequence[str]) -> None:
        if self._version() > len(migrations):
            raise StoreVersionError(
                f"{self.path} was written by a newer version of the app (schema "
                f"{self._version()}, this one knows {len(migrations)}); update the app"
            )

    def _bring_copy_up_to_date(self, migrations: Sequence[str]) -> None:
        """Go on with a copy in memory where an older file can't be changed."""
        if (version := self._version()) == len(migrations):
            return
        with self._telling():
            copy, file = _open(":memory:", BUSY_TIMEOUT_S), self._connection
            self._connection = copy
            with contextlib.closing(file):
                file.backup(copy)
            for number, step in enumerate(migrations[version:], start=version + 1):
                _change_schema(copy, number, step)

    def _migrate(self, migrations: Sequence[str]) -> None:
        self._refuse_newer(migrations)
        if 0 < self._version() < len(migrations):
            self._back_up()
        for number, step in enumerate(migrations, start=1):
            self._take_step(number, step)

    def _take_step(self, number: int, step: str) -> None:
        if self._version() < number:
            with self.transaction() as connection:
                _change_schema(connection, number, step)

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def _back_up(self) -> None:
        """Copy the file beside itself before its schema changes."""
        target = self.path.with_name(f"{self.path.name}.v{self._version()}.bak")
        target.touch(mode=PRIVATE_FILE)
        with self._lock, self._telling(), contextlib.closing(sqlite3.connect(target)) as copy:
            self._connection.backup(copy)


def _open(path: Path | str, timeout_s: float, *, uri: bool = False) -> SqliteConnection:
    connection = sqlite3.connect(
        path,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        factory=SqliteConnection,
        uri=uri,
    )
    compiled_with = connection.execute("PRAGMA compile_options").fetchall()
    connection.dialect = SqliteDialect(has_full_text_search=("ENABLE_FTS5",) in compiled_with)
    return connection


def _open_to_read(path: Path, timeout_s: float) -> SqliteConnection:
    """Open a file that can't be written.

    The files that readers and writers share can't be made there; then nobody writes, and the file
    is taken as it stands.
    """
    connection = _open(f"{path.as_uri()}?mode=ro", timeout_s, uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError:
        connection.close()
        connection = _open(f"{path.as_uri()}?mode=ro&immutable=1", timeout_s, uri=True)
    return connection


def _change_schema(connection: SqliteConnection, number: int, step: str) -> None:
    for statement in step.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number}")
