"""The query language of search, and what of a finished job can be found."""

import re

from app.jobs.models import JobRecord
from app.store.job_store import WORD_COLUMNS, Condition, Connection, Term

_TERM = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


def add_to_index(connection: Connection, job: JobRecord) -> None:
    """Index a finished job."""
    number = connection.execute("SELECT n FROM jobs WHERE job_id = ?", [job.job_id]).fetchone()[0]
    texts = {
        "prompt": job.prompt,
        "negative": job.negative_prompt,
        "model": _models(job),
        "pack": job.prompt_pack_id,
        "error": job.error,
    }
    connection.dialect.add_words(connection, number, texts)


def _models(job: JobRecord) -> str:
    txt2img = job.config_snapshot.get("txt2img", {})
    names = [txt2img.get(key) for key in ("checkpoint", "vae", "refiner_checkpoint")]
    names += [image.get("model") for image in job.images[:1]]
    return " ".join(dict.fromkeys(name for name in names if name and isinstance(name, str)))


def condition(connection: Connection, text: str) -> Condition:
    """Return the SQL condition on `jobs.n` for jobs that have every term of `text`.

    A term matches from the start of a word; quoted ones match words that follow each other.
    """
    terms = [_known(column, phrase or word) for column, phrase, word in _TERM.findall(text)]
    return connection.dialect.matching(terms)


def _known(column: str, words: str) -> Term:
    """Return a term's column, if it is one, and its words."""
    if not column or column in WORD_COLUMNS:
        return Term(column, words)
    return Term("", f"{column} {words}")
