"""Signs of life as advisory locks of a session at the server, which frees them when it ends.

One session holds the locks of all workers of this process, and is told of changes by others. A
worker whose lock is free may be reconnecting, so it is dead only after a while.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Self

import psycopg
from psycopg.sql import SQL, Identifier

from app.errors import StoreError
from app.limits import Limits
from app.store.job_store import Census, Connection, JobStore
from app.store.postgres_connection import Raw, words_of

CHECK_S = 5.0  # between two looks whether the session still is
RETRY_S = 0.5  # between two attempts to open it again


class AdvisoryLock:
    """A lock on a name that one worker of all hosts can hold.

    Args:
        liveness: whose session holds it.
        name: what is locked.
    """

    def __init__(self, liveness: "AdvisoryLiveness", name: str) -> None:
        self._liveness, self._name = liveness, name
        self._is_held = False

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is now held.

        Raises:
            StoreError: if the server can't be reached.
        """
        self._is_held = self._liveness.take(self._name)
        return self._is_held

    def release(self) -> None:
        """Give the lock back; do nothing when it is not held."""
        if self._is_held:
            self._is_held = False
            self._liveness.give_back(self._name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class AdvisoryLife:
    """A worker of this process, alive for as long as the session holds its lock."""

    def __init__(self, liveness: "AdvisoryLiveness", worker: str) -> None:
        self._liveness, self._worker = liveness, worker
        self._liveness.enter(worker)

    def lock(self, name: str) -> AdvisoryLock:
        """Return the lock of this name."""
        return AdvisoryLock(self._liveness, name)

    def leave(self) -> None:
        """Give the lock back."""
        self._liveness.leave(self._worker)

    def forget(self) -> None:
        """Give the lock back; there is nothing else."""
        self.leave()


class AdvisoryLiveness:
    """The workers of all hosts.

    Args:
        store: where workers are recorded.
        connect: opens the session, and returns it with its name; raises StoreError.
        key: the number of a lock by its name.
        channel: where changes of the line are announced.
        limits: how long a worker may be missing.
    """

    here = socket.gethostname().lower()

    def __init__(
        self,
        store: JobStore,
        connect: Callable[[], tuple[Raw, str]],
        key: Callable[[str], int],
        channel: str,
        limits: Limits,
    ) -> None:
        self.listeners: list[Callable[[], None]] = []
        self._store, self._connect, self._key = store, connect, key
        self._channel, self._limits = channel, limits
        self._mutex = threading.RLock()
        self._session: Raw | None = None
        self._tag: str | None = None
        self._workers: set[str] = set()
        self._locks: set[str] = set()
        self._watch: _Watch | None = None

    def begin(self, worker: str) -> AdvisoryLife:
        """Begin to hold a new worker's lock."""
        return AdvisoryLife(self, worker)

    def missing(self, workers: Sequence[str]) -> list[str]:
        """Return those whose lock nobody holds."""
        found = self._store.rows(
            "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks"
            " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        held = {key for (key,) in found}
        return [worker for worker in workers if self._key(worker) not in held]

    @contextlib.contextmanager
    def expired(self, workers: Sequence[str]) -> Iterator[Census]:
        """Take those for dead whose lock was free for `expire_after_s`, the server up as long."""
        missing = self.missing(workers)
        dead = self._store.change(_note_missing, missing, self._limits.expire_after_s)
        yield Census(dead, len(workers) - len(missing))

    def enter(self, worker: str) -> None:
        """Hold a worker's lock, and watch the session."""
        with self._mutex:
            self._take(self._alive(), worker)
            self._workers.add(worker)
            if self._watch is None:
                self._watch = _Watch(self)
                self._watch.start()

    def leave(self, worker: str) -> None:
        """Give a worker's lock back; with the last one the session ends."""
        with self._mutex:
            if worker not in self._workers:
                return
            self._workers.discard(worker)
            self._give_back(worker)
            watch, self._watch = (None, self._watch) if self._workers else (self._watch, None)
        if watch is not None:
            watch.stop()
            with self._mutex:
                if self._session is not None and not self._workers:
                    self._session.close()

    def take(self, name: str) -> bool:
        """Take a lock if nobody holds it; return whether it is held now.

        Raises:
            StoreError: if the server can't be reached.
        """
        with self._mutex:
            if name in self._locks or not self._take(self._alive(), name):
                return False
            self._locks.add(name)
            return True

    def give_back(self, name: str) -> None:
        """Give a lock back."""
        with self._mutex:
            self._locks.discard(name)
            self._give_back(name)

    def look(self) -> int | None:
        """See that the session is there, and hear what was announced; return what to wait for."""
        with self._mutex, contextlib.suppress(StoreError, psycopg.Error):
            session = self._alive()
            session.execute("SELECT 1")
            return session.fileno()
        return None

    def _alive(self) -> Raw:
        """Return the session, a new one with all its locks where it was lost.

        Raises:
            StoreError: if the server can't be reached.
        """
        if self._session is None or self._session.closed:
            session, tag = self._connect()
            try:
                self._take_up(session)
            except psycopg.Error as error:
                session.close()
                raise StoreError(f"lost the store: {words_of(error)}") from error
            self._session, self._tag = session, tag
        return self._session

    def _take_up(self, session: Raw) -> None:
        """Listen, and hold in a new session all that the one before held.

        The server may not have noticed yet that the one before was lost, and keep its locks.
        """
        session.add_notify_handler(lambda _: self._tell())
        session.execute(SQL("LISTEN {}").format(Identifier(self._channel)))
        if self._tag is not None:
            lost = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            session.execute(f"{lost} WHERE application_name = %s", [self._tag])
        for worker in sorted(self._workers):
            session.execute("SELECT pg_advisory_lock(%s)", [self._key(worker)])
        for name in sorted(self._locks):
            session.execute("SELECT pg_try_advisory_lock(%s)", [self._key(name)])
        session.execute(
            "UPDATE workers SET missing_since = NULL WHERE worker = ANY(%s)",
            [sorted(self._workers)],
        )

    def _take(self, session: Raw, name: str) -> bool:
        try:
            found = session.execute("SELECT pg_try_advisory_lock(%s)", [self._key(name)]).fetchone()
        except psycopg.Error as error:
            raise StoreError(f"lost the store: {words_of(error)}") from error
        return bool(found and found[0])

    def _give_back(self, name: str) -> None:
        with contextlib.suppress(psycopg.Error):
            if self._session is not None and not self._session.closed:
                self._session.execute("SELECT pg_advisory_unlock(%s)", [self._key(name)])

    def _tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()


class _Watch:
    """A thread that hears what is announced, and opens the session again when it was lost.

    Args:
        liveness: whose session it is.
    """

    def __init__(self, liveness: AdvisoryLiveness) -> None:
        self._liveness = liveness
        self._stopping = threading.Event()
        self._woken, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="store watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopping.set()
        self._waker.close()
        self._thread.join()
        self._woken.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wait(self._liveness.look())

    def _wait(self, session: int | None) -> None:
        """Wait for an announcement, for the end of the session, or until it is time to look."""
        with selectors.DefaultSelector() as selector, contextlib.suppress(OSError, ValueError):
            selector.register(self._woken, selectors.EVENT_READ)
            if session is not None:
                selector.register(session, selectors.EVENT_READ)
            selector.select(RETRY_S if session is None else CHECK_S)


def _note_missing(connection: Connection, missing: Sequence[str], after_s: float) -> list[str]:
    """Note by the server's clock who is missing; return those who have been for long enough."""
    names = list(missing)
    connection.execute(
        "UPDATE workers SET missing_since = NULL"
        " WHERE missing_since IS NOT NULL AND NOT worker = ANY(?)",
        [names],
    )
    connection.execute(
        "UPDATE workers SET missing_since = now() WHERE missing_since IS NULL AND worker = ANY(?)",
        [names],
    )
    found = connection.execute(
        "SELECT worker FROM workers WHERE worker = ANY(?)"
        " AND greatest(missing_since, pg_postmaster_start_time()) <= now() - ? * interval '1 s'",
        [names, after_s],
    )
    return [worker for (worker,) in found]
