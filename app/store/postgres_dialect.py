"""How PostgreSQL says what the databases don't say alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.store.job_store import Condition, Connection, Cursor, Term
from app.store.postgres_words import lexemes_of, query_of


@dataclass(frozen=True, slots=True)
class PostgresDialect:
    """PostgreSQL, where many write at once.

    Args:
        channel: where changes of the line are announced.
        line_key: of the transaction lock on the line.
    """

    channel: str
    line_key: int
    locking: str = " FOR UPDATE"
    claiming: str = " FOR UPDATE SKIP LOCKED"

    def next_numbers(self, connection: Connection, count: int) -> Sequence[int]:
        """Return so many numbers; those of others may lie between them."""
        found = connection.execute(
            "SELECT nextval('jobs_n') FROM generate_series(1, ?) ORDER BY 1", [count]
        )
        return [number for (number,) in found]

    def numbers_taken(self, connection: Connection, last: int) -> None:
        """Go on behind them."""
        connection.execute("SELECT setval('jobs_n', ?, ?)", [max(last, 1), last > 0])

    def add_words(
        self, connection: Connection, job_id: str, texts: Mapping[str, str | None]
    ) -> None:
        """Write a job's texts as lexemes."""
        connection.execute(
            "INSERT INTO words (rowid, lexemes)"
            " VALUES ((SELECT n FROM jobs WHERE job_id = ?), ?::tsvector)",
            [job_id, lexemes_of(texts)],
        )

    def matching(self, terms: Sequence[Term]) -> Condition:
        """Return the condition on `jobs.n`."""
        query = query_of(terms)
        if not query:
            return "false", []
        return "n IN (SELECT rowid FROM words WHERE lexemes @@ ?::tsquery)", [query]

    def hold_line(self, connection: Connection) -> None:
        """Wait for all that claim, and let nobody claim until the end of the transaction."""
        connection.execute("SELECT pg_advisory_xact_lock(?)", [self.line_key])

    def join_line(self, connection: Connection, look: str) -> Cursor:
        """Wait for who holds the line, and look then; others may claim meanwhile.

        The look is a statement of its own, for one sees what there was when it began.
        """
        return connection.execute(f"SELECT pg_advisory_xact_lock_shared({self.line_key}); {look}")

    def announce(self, connection: Connection) -> None:
        """Wake the workers of all hosts at the end of the transaction."""
        connection.execute("SELECT pg_notify(?, '')", [self.channel])
