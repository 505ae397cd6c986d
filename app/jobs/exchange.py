"""Jobs as lines of JSON, to be taken to another home: queued ones, and the past."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from app.cleaning import clean_json
from app.config.pipeline_config import parse_config
from app.errors import BadInputError, ConfigurationError
from app.jobs.marks import mark_jobs
from app.jobs.models import JobSpec, JobStatus, PromptSource, RunMode
from app.jobs.rows import as_json, insert_rows, new_row, select
from app.jobs.search import add_to_index
from app.store.job_store import Connection, JobStore

SOURCE = "import"
_TEXTS = ("prompt", "negative_prompt", "source")
_NAMES = ("prompt_pack_id", "batch_id", "parent_id")

Read = TypeVar("Read")
Facts = Mapping[str, Any]


def read_specs(path: Path) -> list[JobSpec]:
    """Return the jobs of a file of lines, to be queued anew.

    Raises:
        BadInputError: at the first line that is not a job, with its number.
    """
    return list(_read(path, _spec))


def restore(store: JobStore, path: Path) -> int:
    """Put the finished jobs of a file of lines into the history, all or none.

    Those that are there already, by their ids, are left as they are; so are jobs that had not ended
    when they were written.

    Returns:
        How many were put there.

    Raises:
        BadInputError: at the first line that is not a job, with its number.
        HomeError: if the store can't be written.
    """
    rows = [row for row in _read(path, _past_row) if row is not None]
    return store.change(_restore, list({row["job_id"]: row for row in reversed(rows)}.values()))


def _restore(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    sql = "SELECT 1 FROM jobs WHERE job_id = ?"
    new = [row for row in rows if connection.execute(sql, [row["job_id"]]).fetchone() is None]
    favourites = [row["job_id"] for row in new if row.pop("favourite")]
    numbers = connection.dialect.next_numbers(connection, len(new))
    for row, number in zip(new, numbers, strict=True):
        insert_rows(connection, [row | {"n": number, "rank": float(number)}])
        [job] = select(connection, "WHERE job_id = ?", [row["job_id"]])
        add_to_index(connection, job)
    mark_jobs(connection, favourites, favourite=True)
    return len(new)


def _read(path: Path, read: Callable[[Facts], Read]) -> Iterator[Read]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            yield read(_object(line))
        except (ConfigurationError, ValueError, TypeError, KeyError, RecursionError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else f"{error}"
            raise BadInputError(f"{path}:{number}: not a job that was exported: {said}") from error


def _lines(path: Path) -> Iterable[str]:
    try:
        return path.read_text("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8") from error
    except OSError as error:
        raise BadInputError(f"{path}: can't be read: {error.strerror or error}") from error


def _object(line: str) -> Facts:
    facts = clean_json(json.loads(line))
    if not isinstance(facts, dict):
        raise TypeError("it is not an object")
    return facts


def _spec(facts: Facts) -> JobSpec:
    """Return what a line asks for; what came of it is left."""
    texts: dict[str, Any] = {name: _of(str, facts, name) for name in _TEXTS}
    texts |= {name: _of(str, facts, name) if facts.get(name) else None for name in _NAMES}
    return JobSpec(
        config=parse_config(_of(dict, facts, "config_snapshot")),
        run_mode=RunMode(facts["run_mode"]),
        prompt_source=PromptSource(facts["prompt_source"]),
        prompt_keys=_of(dict, facts, "prompt_keys"),
        priority=_of(int, facts, "priority"),
        strict=bool(_of(dict, facts, "meta").get("strict")),
        **texts,
    )


def _past_row(facts: Facts) -> dict[str, Any] | None:
    status = JobStatus(facts["status"])
    if not status.is_terminal:
        return None
    times = {name: facts[name] for name in ("started_at", "completed_at")}
    for moment in (facts["created_at"], facts["completed_at"], times["started_at"]):
        if moment is not None:
            datetime.fromisoformat(moment)
    return {
        **new_row(_spec(facts), 0, _of(str, facts, "created_at")),
        "job_id": _of(str, facts, "job_id"),
        "status": status,
        "meta": as_json(_of(dict, facts, "meta")),
        "favourite": bool(facts.get("favourite")),
        **times,
    }


def _of(kind: type[Read], facts: Facts, name: str) -> Read:
    value = facts[name]
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}")
    return value
