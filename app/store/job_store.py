"""What the app asks of a store of jobs, whichever database is under it.

SQL is shared: a statement has `?` for each value and holds on every database. What can't be said
alike on all of them stands in the dialect.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, Self, TypeVar

Row = tuple[Any, ...]
Condition = tuple[str, Sequence[Any]]
"""A test in SQL and the values of its placeholders."""

FREE_COLUMNS = ("prompt", "negative", "model", "pack", "error")
"""The texts of a job that any word of a query is looked for in, by the names that it gives them."""
WORD_COLUMNS = (*FREE_COLUMNS, "file", "seed", "size")
"""All that can be searched; the last ones only where a query names them."""

P = ParamSpec("P")
Result = TypeVar("Result")


class Term(NamedTuple):
    """Words that must follow each other, in one of WORD_COLUMNS, or with "" in a free one."""

    column: str
    words: str


class Cursor(Protocol):
    """What a statement found or changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Give the rows that are left."""


class Connection(Protocol):
    """One connection to the database, within a transaction or to look."""

    @property
    def dialect(self) -> "Dialect":
        """How this database says what they don't all say alike."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement for each row of values."""


class Dialect(Protocol):
    """What the databases do not say alike."""

    @property
    def locking(self) -> str:
        """What a SELECT ends with whose row is about to be changed."""

    @property
    def claiming(self) -> str:
        """The same, where a row that somebody else is about to change is passed over."""

    def hold_line(self, connection: Connection) -> None:
        """Let nobody claim a job, or change the line, until the end of the transaction."""

    def join_line(self, connection: Connection, look: str) -> Cursor:
        """Wait for who holds the line; then claim beside others who do.

        Returns what a SELECT finds that is made when the line is free.
        """

    def announce(self, connection: Connection) -> None:
        """Tell the workers of all processes of a change when the transaction ends."""

    def next_numbers(self, connection: Connection, count: int) -> Sequence[int]:
        """Return the numbers of the next jobs, ascending; no other job gets them."""

    def numbers_taken(self, connection: Connection, last: int) -> None:
        """Note that jobs were written with numbers up to this one."""

    def add_words(
        self, connection: Connection, job_id: str, texts: Mapping[str, str | None]
    ) -> None:
        """Make a job findable by its texts, of which each of WORD_COLUMNS may be one."""

    def matching(self, terms: Sequence[Term]) -> Condition:
        """Return the condition on `jobs.n` for jobs that have every term.

        A term matches from the start of a word on. No terms match nothing.
        """


class Lock(Protocol):
    """A lock that is free again when its holder dies; as a context manager it ends free."""

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is now held."""

    def release(self) -> None:
        """Give the lock back; do nothing when it is not held."""

    def __enter__(self) -> Self:
        """Return itself; nothing is taken yet."""

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""


class Life(Protocol):
    """A worker's sign of life, seen by all processes of the store until it ends or the worker dies.

    It ends by `leave`, or by `forget` once the worker is off the registry.
    """

    def lock(self, name: str) -> Lock:
        """Return the lock of this name, which only one worker of the store can hold."""

    def leave(self) -> None:
        """Stop giving a sign of life; the worker counts as dead from now on."""

    def forget(self) -> None:
        """Stop, and leave nothing behind."""


class Census(NamedTuple):
    """Which workers are dead for good, and how many give signs of life."""

    dead: list[str]
    alive: int


class Liveness(Protocol):
    """Which workers live."""

    @property
    def here(self) -> str:
        """What this machine is called, so that no two of the store are called the same."""

    def begin(self, worker: str) -> Life:
        """Begin to give signs of life under a name that is new.

        Raises:
            HomeError: if that can't be done.
        """

    def missing(self, workers: Sequence[str]) -> list[str]:
        """Return those of the workers that give no sign of life; nothing is changed."""

    def expired(self, workers: Sequence[str]) -> AbstractContextManager[Census]:
        """Tell the dead ones from the living; the dead are forgotten after the block."""


class StoreFacts(NamedTuple):
    """What is to be known of a database to tell whether it will do.

    `clock_ahead_s` is how far its clock is ahead of this machine's, in seconds; `sessions` are
    those in use and the most that there may be; None where it has neither. `lacking` are rights.
    """

    software: str
    clock_ahead_s: float | None = None
    sessions: tuple[int, int] | None = None
    lacking: tuple[str, ...] = ()


class JobStore(Protocol):
    """One open store of jobs. Safe to share between threads.

    All methods raise HomeError where the store can't be used, with the reason.
    """

    @property
    def name(self) -> str:
        """Where it is, as users may see it."""

    @property
    def liveness(self) -> Liveness:
        """Which of its workers live."""

    def read(
        self, look: Callable[Concatenate[Connection, P], Result],
        /, *args: P.args, **kwargs: P.kwargs,
    ) -> Result:  # fmt: skip
        """Return what `look` returns, called with the connection; nobody else is held up."""

    def change(
        self, work: Callable[Concatenate[Connection, P], Result],
        /, *args: P.args, **kwargs: P.kwargs,
    ) -> Result:  # fmt: skip
        """Return what `work` returns, called within one transaction: all of it happens, or none.

        It may be called again where the database had undone it, so it changes nothing else.
        """

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when another process announces a change, where that is heard."""

    def facts(self) -> StoreFacts:
        """Return what is known of the database."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a SELECT finds."""

    def close(self) -> None:
        """Close the store; it can't be used afterwards."""
