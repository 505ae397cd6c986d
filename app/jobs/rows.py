"""Jobs as rows of the table `jobs`: written from a spec, read as a record."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import BaseModel

from app.cleaning import clean_json
from app.config.pipeline_config import PipelineConfig, Txt2ImgConfig
from app.config.requirements import Needs, Requirement, needs_of
from app.jobs.models import (
    UNREADABLE,
    JobRecord,
    JobSpec,
    JobStatus,
    PromptSource,
    RunMode,
    new_job_id,
    utc_now,
)
from app.store.job_store import Connection, JobStore, Row

_COLUMNS = tuple(field.name for field in fields(JobRecord))
_FAVOURITE = "EXISTS (SELECT 1 FROM favourites WHERE favourites.job_id = jobs.job_id)"
_READ_AS = ", ".join(_FAVOURITE if name == "favourite" else name for name in _COLUMNS)
_SELECT = f"SELECT {_READ_AS} FROM jobs "  # noqa: S608 - constant text
_AS_ASKED = (
    "run_mode", "source", "prompt_source", "prompt_pack_id", "prompt", "negative_prompt",
    "parent_id", "batch_id",
)  # fmt: skip
_AT_ONCE = 500  # rows that are in memory while jobs are added
_encode = json.JSONEncoder(ensure_ascii=False).encode


def as_json(value: Any) -> str:
    """Return a value as the store has it, cleaned; an escape may stand for what is not kept."""
    text = _encode(value)
    is_plain = text.isprintable() and "\\" not in text
    return text if is_plain else _encode(clean_json(value))


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError(f"not an object: {text[:40]}")
    return value


def _sections(text: str) -> dict[str, Any]:
    value = _object(text)
    if not all(isinstance(section, dict) for section in value.values()):
        raise TypeError("a section is not an object")
    return value


def _meta(text: str) -> dict[str, Any]:
    """Read what came of a job; the images are what other code takes apart."""
    value = _object(text)
    _optional_text(value.get("error"))
    for image in value.get("images", ()):
        if not isinstance(image["path"], str) or not isinstance(image.get("stage", ""), str):
            raise TypeError("an image without a path")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _stage_count(value: Any) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(value)
    return value


def moment(text: str) -> datetime:
    """Read a time of the store, which is UTC.

    Raises:
        ValueError: if it is not one.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _optional_moment(text: str | None) -> datetime | None:
    return moment(text) if text else None


Read = Callable[[Any], Any]
_READ: Mapping[str, tuple[Read, Any]] = {
    **dict.fromkeys(("source", "prompt", "negative_prompt", "config_hash"), (_text, "")),
    **dict.fromkeys(("prompt_pack_id", "parent_id", "batch_id"), (_optional_text, None)),
    "prompt_keys": (_object, {}),
    "config_snapshot": (_sections, {}),
    "meta": (_meta, {}),
    **dict.fromkeys(("started_at", "completed_at"), (_optional_moment, None)),
    **dict.fromkeys(("has_upscale", "has_adetailer", "favourite"), (bool, False)),
    "stage_count": (_stage_count, 1),
    "created_at": (moment, datetime.fromtimestamp(0, UTC)),
    "run_mode": (RunMode, RunMode.QUEUE),
    "status": (JobStatus, JobStatus.FAILED),
    "prompt_source": (PromptSource, PromptSource.MANUAL),
}
"""How each column is read, and what stands in for one that can't be."""


def insert_jobs(connection: Connection, specs: Sequence[JobSpec]) -> list[str]:
    """Add jobs at the end of their priority's line; return their ids in the order of `specs`."""
    numbers = connection.dialect.next_numbers(connection, len(specs))
    created_at = utc_now().isoformat()
    numbered, sections = zip(specs, numbers, strict=True), SectionTexts()
    job_ids: list[str] = []
    while some := list(islice(numbered, _AT_ONCE)):
        rows = [new_row(spec.cleaned(), number, created_at, sections) for spec, number in some]
        insert_rows(connection, rows)
        job_ids += [row["job_id"] for row in rows]
    return job_ids


def insert_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that `new_row` made."""
    if rows:
        names, values = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
        insert = f"INSERT INTO jobs ({names}) VALUES ({values})"  # noqa: S608 - constant text
        connection.executemany(insert, [tuple(row.values()) for row in rows])


class SectionTexts:
    """Configurations as JSON, for jobs that have most of their sections in common.

    The jobs of a pack share all sections but the one with the seed, so that this alone is written
    for each.
    """

    def __init__(self) -> None:
        self._texts: dict[int, tuple[BaseModel, str]] = {}  # by the identity of what is kept there

    def snapshot(self, config: PipelineConfig) -> str:
        """Return what `config.model_dump_json()` does."""
        sections = vars(config).items()
        return "{" + ",".join([f'"{name}":{self._text(part)}' for name, part in sections]) + "}"

    def _text(self, section: BaseModel) -> str:
        if isinstance(section, Txt2ImgConfig):
            return section.model_dump_json()
        known = self._texts.get(id(section))
        if known is None:
            known = self._texts[id(section)] = section, section.model_dump_json()
        return known[1]


def new_row(
    spec: JobSpec, number: int, created_at: str, sections: SectionTexts | None = None
) -> dict[str, Any]:
    """Return the row of a job that is queued as number `number`, for `insert_rows`."""
    config = spec.config
    snapshot = (sections or SectionTexts()).snapshot(config)
    return {
        "n": number,
        "job_id": new_job_id(),
        **{name: getattr(spec, name) for name in _AS_ASKED},
        "prompt_keys": as_json(dict(spec.prompt_keys)),
        "status": JobStatus.QUEUED,
        "stage_count": len(config.stages()),
        "has_upscale": config.upscale.enabled,
        "has_adetailer": config.adetailer.enabled,
        "config_snapshot": snapshot,
        "config_hash": hashlib.sha256(snapshot.encode()).hexdigest(),
        "created_at": created_at,
        "meta": as_json({"strict": True}) if spec.strict else "{}",
        "priority": spec.effective_priority,
        "rank": float(number),
        "needs": write_needs(needs_of(spec)),
    }


def delete_jobs(connection: Connection, job_ids: Sequence[str]) -> int:
    """Remove jobs and all that is known of them; return how many there were."""
    rows = [(job_id,) for job_id in job_ids]
    of_job = "rowid IN (SELECT n FROM jobs WHERE job_id = ?)"
    connection.executemany(f"DELETE FROM words WHERE {of_job}", rows)  # noqa: S608 - constant text
    for table in ("favourites", "trash"):
        connection.executemany(f"DELETE FROM {table} WHERE job_id = ?", rows)  # noqa: S608 - constant text
    return connection.executemany("DELETE FROM jobs WHERE job_id = ?", rows).rowcount


def select(connection: Connection, rest: str, values: Sequence[Any] = ()) -> list[JobRecord]:
    """Return the jobs that `SELECT … FROM jobs` followed by `rest` finds."""
    return [_to_record(row) for row in connection.execute(_SELECT + rest, values)]


def select_with(
    connection: Connection, columns: Sequence[str], rest: str, values: Sequence[Any] = ()
) -> list[tuple[JobRecord, Row]]:
    """Return what `select` finds, each job with columns that a record does not have."""
    statement = f"SELECT {_READ_AS}, {', '.join(columns)} FROM jobs {rest}"  # noqa: S608 - constant text
    known = len(_COLUMNS)
    found = connection.execute(statement, values)
    return [(_to_record(row[:known]), row[known:]) for row in found]


def records(store: JobStore, rest: str, values: Sequence[Any] = ()) -> list[JobRecord]:
    """Return what `select` finds, outside of a transaction."""
    return store.read(select, rest, values)


def _to_record(row: Row) -> JobRecord:
    """Return a row as a record; what can't be read is named in `meta`, and fails the job later."""
    values, odd = dict(zip(_COLUMNS, row, strict=True)), []
    for name, (read, instead) in _READ.items():
        try:
            values[name] = read(values[name])
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            values[name] = instead
            odd.append(name)
    if odd:
        values["meta"] = {**values["meta"], UNREADABLE: ", ".join(odd)}
    return JobRecord(**values)


@lru_cache(maxsize=64)  # the jobs of a pack mostly need the same
def write_needs(needs: Needs) -> str:
    """Return what a job needs of a WebUI as the store has it: JSON pairs."""
    pairs = [[need.kind, need.name] for need in needs]
    return as_json(pairs) if pairs else "[]"


def read_needs(text: str) -> Needs:
    """Return what `write_needs` wrote; () where the row holds anything else."""
    try:
        return tuple(Requirement(f"{kind}", f"{name}") for kind, name in json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return ()  # the job itself will say what is wrong
