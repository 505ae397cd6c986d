"""How SQLite says what the databases don't say alike.

Jobs are searched by FTS5 where it is compiled in, else in a plain table that is scanned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.store.job_store import FREE_COLUMNS, WORD_COLUMNS, Condition, Connection, Cursor, Term

_COLUMNS = ", ".join(WORD_COLUMNS)
_FREE = f"{{{' '.join(FREE_COLUMNS)}}}"


@dataclass(frozen=True, slots=True)
class SqliteDialect:
    """SQLite, with or without its full-text search. One writer at a time needs no row locks."""

    has_full_text_search: bool = True
    locking: str = ""
    claiming: str = ""

    def create_words(self, connection: Connection) -> None:
        """Make the index where there is none yet."""
        if self.has_full_text_search:
            connection.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5({_COLUMNS})")
        else:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS words (rowid INTEGER PRIMARY KEY, {_COLUMNS})"
            )

    def hold_line(self, connection: Connection) -> None:
        """Do nothing: whoever changes anything is alone."""

    def join_line(self, connection: Connection, look: str) -> Cursor:
        """Look at once: whoever changes anything is alone."""
        return connection.execute(look)

    def announce(self, connection: Connection) -> None:
        """Do nothing: other processes look for themselves."""

    def next_numbers(self, connection: Connection, count: int) -> Sequence[int]:
        """Return the next free numbers, which are the transaction's alone."""
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
        first = found[0] + 1 if found else 1
        return range(first, first + count)

    def numbers_taken(self, connection: Connection, last: int) -> None:
        """Do nothing: SQLite keeps the highest number itself."""

    def add_words(
        self, connection: Connection, job_id: str, texts: Mapping[str, str | None]
    ) -> None:
        """Write a job's texts as they are; SQLite splits them."""
        connection.execute(
            f"INSERT INTO words (rowid, {_COLUMNS}) VALUES"  # noqa: S608 - constant text
            f" ((SELECT n FROM jobs WHERE job_id = ?){', ?' * len(WORD_COLUMNS)})",
            [job_id, *(texts.get(column) for column in WORD_COLUMNS)],
        )

    def matching(self, terms: Sequence[Term]) -> Condition:
        """Return the condition on `jobs.n`."""
        if self.has_full_text_search:
            query = " AND ".join(_fts_term(*term) for term in terms) or '""'
            return "n IN (SELECT rowid FROM words WHERE words MATCH ?)", [query]
        everywhere = " || ' ' || ".join(f"coalesce({column}, '')" for column in FREE_COLUMNS)
        tests = " AND ".join(f"{column or everywhere} LIKE ?" for column, _ in terms) or "0"
        return (
            f"n IN (SELECT rowid FROM words WHERE {tests})",  # noqa: S608 - the columns are the table's own
            [f"%{words}%" for _, words in terms],
        )


def _fts_term(column: str, words: str) -> str:
    quoted = '"' + words.replace('"', '""') + '"*'
    return f"{column or _FREE} : {quoted}"
