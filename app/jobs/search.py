"""Full-text search over finished jobs: prompts, models, packs, errors.

Uses SQLite's FTS5 where it is compiled in, else a plain table that is scanned.
"""

import re
from collections.abc import Sequence
from typing import Any

from app.jobs.models import JobRecord
from app.store.sqlite_store import Connection, JobStore

Condition = tuple[str, Sequence[Any]]
"""A test in SQL and the values of its placeholders."""

COLUMNS = ("prompt", "negative", "model", "pack", "error")
"""Each can be named in a query: `error:memory`."""

_TERM = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


def create_index(store: JobStore) -> None:
    """Make the index where there is none yet."""
    if store.rows("SELECT 1 FROM sqlite_master WHERE name = 'words'"):
        return
    with store.transaction() as connection:
        columns = ", ".join(COLUMNS)
        if store.has_full_text_search:
            connection.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5({columns})")
        else:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS words (rowid INTEGER PRIMARY KEY, {columns})"
            )


def add_to_index(connection: Connection, job: JobRecord) -> None:
    """Index a finished job."""
    number = connection.execute("SELECT n FROM jobs WHERE job_id = ?", [job.job_id]).fetchone()[0]
    connection.execute(
        f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant text
        [number, job.prompt, job.negative_prompt, _models(job), job.prompt_pack_id, job.error],
    )


def _models(job: JobRecord) -> str:
    txt2img = job.config_snapshot.get("txt2img", {})
    names = [txt2img.get(key) for key in ("checkpoint", "vae", "refiner_checkpoint")]
    names += [image.get("model") for image in job.images[:1]]
    return " ".join(dict.fromkeys(name for name in names if name and isinstance(name, str)))


def condition(store: JobStore, text: str) -> Condition:
    """Return the SQL condition on `jobs.n` for jobs that have every term of `text`.

    A term matches from the start of a word; quoted ones match words that follow each other.
    """
    terms = [_known(column, phrase or word) for column, phrase, word in _TERM.findall(text)]
    if store.has_full_text_search:
        query = " AND ".join(_fts_term(column, words) for column, words in terms) or '""'
        return "n IN (SELECT rowid FROM words WHERE words MATCH ?)", [query]
    everywhere = " || ' ' || ".join(f"coalesce({column}, '')" for column in COLUMNS)
    tests = " AND ".join(f"{column or everywhere} LIKE ?" for column, _ in terms) or "0"
    return (
        f"n IN (SELECT rowid FROM words WHERE {tests})",  # noqa: S608 - the columns are the table's own
        [f"%{words}%" for _, words in terms],
    )


def _known(column: str, words: str) -> tuple[str, str]:
    """Return a term's column, if it is one, and its words."""
    if not column or column in COLUMNS:
        return column, words
    return "", f"{column} {words}"


def _fts_term(column: str, words: str) -> str:
    quoted = '"' + words.replace('"', '""') + '"*'
    return f"{column} : {quoted}" if column else quoted
