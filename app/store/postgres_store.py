"""A store of jobs on a PostgreSQL server, which several hosts share.

A change that the server had undone is made again; whether a COMMIT happened whose answer was lost
is asked of the server.
"""

import contextlib
import hashlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, InvalidParameterValue, SerializationFailure

from app.errors import StoreError
from app.limits import Limits
from app.store.advisory_liveness import AdvisoryLiveness
from app.store.job_store import Row, StoreFacts
from app.store.postgres_connection import (
    PostgresConnection,
    check_store_url,
    connect,
    shown_url,
    words_of,
)
from app.store.postgres_dialect import PostgresDialect
from app.store.postgres_facts import facts_of
from app.store.postgres_schema import STEPS, prepare

RETRY_S = 0.1  # between two attempts at a server that does not answer
P = ParamSpec("P")
Result = TypeVar("Result")


class _Undone(Exception):  # noqa: N818 - not an error: the change is made again
    """Nothing of a change happened."""


class PostgresStore:
    """One opening of a shared store: a connection that all threads use in turn.

    Its workers' signs of life are on a second one.

    Args:
        url: of the database: `postgresql://USER@HOST/DATABASE`.
        limits: how long the server may be silent, and when a worker counts as dead.
        steps: the steps to the present schema.

    Raises:
        ConfigurationError: if the URL is not one.
        StoreError: if the server can't be reached, or the database is not a store of jobs.
        StoreVersionError: if another version of the app made it.
    """

    def __init__(self, url: str, limits: Limits, steps: Sequence[str] = STEPS) -> None:
        self._url, self._limits = check_store_url(url), limits
        self.name = shown_url(url)
        self._lock = threading.RLock()
        self._is_closed = False
        raw, tag = connect(url, limits)
        with contextlib.ExitStack() as undo:
            undo.callback(raw.close)
            schema = _schema_of(raw, self.name)
            dialect = PostgresDialect(f"webui-jobs {schema}", _key(schema, "line"))
            self._connection = PostgresConnection(raw, dialect, tag)
            self.read(prepare, self.name, steps)
            undo.pop_all()
        self.liveness = AdvisoryLiveness(
            self, partial(connect, url, limits), partial(_key, schema), dialect.channel, limits
        )
        weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Close the connection; the store can't be used afterwards."""
        with self._lock:
            self._is_closed = True
            self._connection.close()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when another host changes the line, while a worker lives here."""
        self.liveness.listeners.append(listener)

    def read(
        self, look: Callable[Concatenate[PostgresConnection, P], Result],
        /, *args: P.args, **kwargs: P.kwargs,
    ) -> Result:  # fmt: skip
        """Return what `look` returns; it is called again where the connection was lost.

        Raises:
            StoreError: if the server can't be reached within `patience_s`.
        """
        look_now = lambda connection: look(connection, *args, **kwargs)  # noqa: E731 - partial() loses the types
        return self._until_done(partial(self._look, look_now))

    def change(
        self, work: Callable[Concatenate[PostgresConnection, P], Result],
        /, *args: P.args, **kwargs: P.kwargs,
    ) -> Result:  # fmt: skip
        """Return what `work` returns, called within one transaction that happens exactly once.

        Raises:
            StoreError: if the server can't be reached within `patience_s`; says where it is not
                known whether the change happened.
        """
        work_now = lambda connection: work(connection, *args, **kwargs)  # noqa: E731 - partial() loses the types
        return self._until_done(partial(self._change, work_now))

    def facts(self) -> StoreFacts:
        """Return what is known of the database."""
        return self.read(facts_of)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a SELECT finds."""
        return self.read(_rows, sql, values)

    def _until_done(self, attempt: Callable[[float], Result]) -> Result:
        """Repeat an attempt that was undone."""
        deadline = time.monotonic() + self._limits.patience_s
        with self._lock:
            while True:
                try:
                    return attempt(deadline)
                except _Undone as undone:
                    if time.monotonic() > deadline:
                        raise StoreError(f"can't use the store {self.name}: {undone}") from None

    def _look(self, look: Callable[[PostgresConnection], Result], deadline: float) -> Result:
        with self._telling():
            return look(self._connected(deadline))

    def _change(self, work: Callable[[PostgresConnection], Result], deadline: float) -> Result:
        connection = self._connected(deadline)
        with self._telling():
            number, result = self._work(connection, work)
            try:
                connection.execute("COMMIT")
            except psycopg.OperationalError:
                if not connection.is_lost:
                    raise
                self._require_commit(connection.tag, number, deadline)
            return result

    def _work(
        self, connection: PostgresConnection, work: Callable[[PostgresConnection], Result]
    ) -> tuple[str, Result]:
        """Do the work of a transaction; return the number by which it is asked about, too."""
        [(number,)] = connection.execute("BEGIN; SELECT pg_current_xact_id()::text")
        try:
            return number, work(connection)
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise

    def _require_commit(self, tag: str, number: str, deadline: float) -> None:
        """Ask the server what became of a COMMIT whose answer was lost.

        Raises:
            _Undone: if nothing happened.
            StoreError: if that can't be learned.
        """
        state: str | None = "in progress"
        while state == "in progress":
            try:
                state = _state_of(self._connected(deadline), tag, number)
            except psycopg.OperationalError:
                state = "unknown" if time.monotonic() > deadline else state
                time.sleep(RETRY_S)
        if state == "aborted":
            raise _Undone("the connection was lost")
        if state != "committed":
            raise StoreError(f"the store {self.name} does not tell whether a change happened")

    def _connected(self, deadline: float) -> PostgresConnection:
        """Return the connection, with a new session where that was lost.

        Raises:
            StoreError: if there is none until the deadline.
        """
        connection = self._connection
        while connection.is_lost:
            if self._is_closed:
                raise StoreError(f"the store {self.name} is closed")
            try:
                connection.raw, connection.tag = connect(self._url, self._limits)
            except StoreError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_S)
        return connection

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell what was undone by the server from what can't be done."""
        try:
            yield
        except (DeadlockDetected, SerializationFailure) as error:
            raise _Undone(words_of(error)) from error
        except psycopg.Error as error:
            if self._connection.is_lost:
                raise _Undone(words_of(error)) from error
            raise StoreError(f"can't use the store {self.name}: {words_of(error)}") from error


def _state_of(connection: PostgresConnection, tag: str, number: str) -> str | None:
    """Ask about a transaction, and end the session that it was in.

    A server that crashed may not have come to its number again: then nothing of it was written.
    """
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?", [tag]
    )
    try:
        [(state,)] = connection.execute("SELECT pg_xact_status(?::xid8)", [number])
    except InvalidParameterValue:
        return "aborted"
    return None if state is None else str(state)


def _rows(connection: PostgresConnection, sql: str, values: Sequence[Any]) -> list[Row]:
    return connection.execute(sql, values).fetchall()


def _key(schema: str, name: str) -> int:
    """Return the number of an advisory lock; each schema has its own."""
    digest = hashlib.sha256(f"{schema}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _schema_of(raw: psycopg.Connection[Row], name: str) -> str:
    found = raw.execute("SELECT current_schema()").fetchone()
    if not found or found[0] is None:
        raise StoreError(f"the store {name} has no schema that this user may use")
    return str(found[0])
