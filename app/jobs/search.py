"""The query language of search, and what of a finished job can be found."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.jobs.models import JobRecord
from app.jobs.rows import select
from app.store.job_store import WORD_COLUMNS, Condition, Connection, JobStore, Term

_AT_ONCE = 500  # jobs that are read to be indexed
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of Chinese, Japanese, Thai, Lao and Burmese, which part no words."""
_TERM = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


def add_to_index(connection: Connection, job: JobRecord) -> None:
    """Index a finished job."""
    texts = {
        "prompt": job.prompt,
        "negative": job.negative_prompt,
        "model": _models(job),
        "pack": job.prompt_pack_id,
        "error": job.error,
        "file": " ".join(job.files),
        "seed": _facts(job, _seeds),
        "size": _facts(job, _sizes),
    }
    spaced = {column: _spaced(text) for column, text in texts.items() if text}
    connection.dialect.add_words(connection, job.job_id, spaced)


def bring_up_to_date(store: JobStore) -> None:
    """Index all finished jobs where none is, as after a change of what can be found.

    Raises:
        HomeError: if the store can't be written.
    """
    if store.read(_is_missing):
        store.change(_fill)


def _is_missing(connection: Connection) -> bool:
    """Return whether there are finished jobs, and none of them is indexed."""
    if connection.execute("SELECT 1 FROM words LIMIT 1").fetchone():
        return False
    found = connection.execute("SELECT 1 FROM jobs WHERE completed_at IS NOT NULL LIMIT 1")
    return found.fetchone() is not None


def _fill(connection: Connection) -> None:
    if not _is_missing(connection):
        return  # another process was faster
    after = -1
    rest = f"WHERE completed_at IS NOT NULL AND n > ? ORDER BY n LIMIT {_AT_ONCE}"
    while jobs := select(connection, rest, [after]):
        for job in jobs:
            add_to_index(connection, job)
        after = _number(connection, jobs[-1])


def _number(connection: Connection, job: JobRecord) -> int:
    found = connection.execute("SELECT n FROM jobs WHERE job_id = ?", [job.job_id]).fetchone()
    return int(found[0])


def _facts(job: JobRecord, read: Callable[[Mapping[str, Any]], object]) -> str:
    """Return what is read of a job's settings and of each of its pictures, each once."""
    of_all = (read(job.config_snapshot.get("txt2img", {})), *map(read, job.images))
    return " ".join(dict.fromkeys(f"{one}" for one in of_all if one is not None))


def _seeds(facts: Mapping[str, Any]) -> object:
    return facts.get("seed")


def _sizes(facts: Mapping[str, Any]) -> object:
    return f"{facts['width']}x{facts['height']}" if "width" in facts and "height" in facts else None


def _spaced(text: str) -> str:
    """Return a text in which each letter of a script without spaces stands by itself.

    So a word is found wherever it begins: as letters that follow each other.
    """
    return text if text.isascii() else _UNSPACED.sub(r" \g<0> ", text)


def _models(job: JobRecord) -> str:
    txt2img = job.config_snapshot.get("txt2img", {})
    names = [txt2img.get(key) for key in ("checkpoint", "vae", "refiner_checkpoint")]
    names += [image.get("model") for image in job.images[:1]]
    return " ".join(dict.fromkeys(name for name in names if name and isinstance(name, str)))


def condition(connection: Connection, text: str) -> Condition:
    """Return the SQL condition on `jobs.n` for jobs that have every term of `text`.

    A term matches from the start of a word, in scripts without spaces anywhere; quoted ones match
    words that follow each other. `file:`, `seed:` and `size:` look for these.
    """
    found = _TERM.findall(text)
    terms = [_known(column, _spaced(phrase or word)) for column, phrase, word in found]
    return connection.dialect.matching(terms)


def _known(column: str, words: str) -> Term:
    """Return a term's column, if it is one, and its words."""
    if not column or column in WORD_COLUMNS:
        return Term(column, words)
    return Term("", f"{column} {words}")
