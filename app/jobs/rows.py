"""Jobs as rows of the table `jobs`: written from a spec, read as a record."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from app.config.requirements import Needs, Requirement, requirements
from app.jobs.models import (
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
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM jobs "  # noqa: S608 - constant text
_AS_ASKED = (
    "run_mode", "source", "prompt_source", "prompt_pack_id", "prompt", "negative_prompt",
    "parent_id", "batch_id",
)  # fmt: skip
_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("prompt_keys", "config_snapshot", "meta"), json.loads),
    **dict.fromkeys(("started_at", "completed_at"), lambda t: t and datetime.fromisoformat(t)),
    **dict.fromkeys(("has_upscale", "has_adetailer", "favourite"), bool),
    "created_at": datetime.fromisoformat,
    "run_mode": RunMode,
    "status": JobStatus,
    "prompt_source": PromptSource,
}

as_json = json.JSONEncoder(ensure_ascii=False).encode


def insert_jobs(connection: Connection, specs: Sequence[JobSpec]) -> list[str]:
    """Add jobs at the end of their priority's line; return their ids in the order of `specs`."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    first = found[0] + 1 if found else 1
    created_at = utc_now().isoformat()
    rows = [new_row(spec, number, created_at) for number, spec in enumerate(specs, first)]
    insert_rows(connection, rows)
    return [row["job_id"] for row in rows]


def insert_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that `new_row` made."""
    names = list(rows[0]) if rows else ["n"]
    values = ", ".join(f":{name}" for name in names)
    connection.executemany(f"INSERT INTO jobs ({', '.join(names)}) VALUES ({values})", rows)  # noqa: S608 - constant text


def new_row(spec: JobSpec, number: int, created_at: str) -> dict[str, Any]:
    """Return the row of a job that is queued as number `number`, for `insert_rows`."""
    config, snapshot = spec.config, spec.config.model_dump_json()
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
        "meta": "{}",
        "priority": spec.effective_priority,
        "rank": float(number),
        "needs": write_needs(requirements(config)),
    }


def select(connection: Connection, rest: str, values: Sequence[Any] = ()) -> list[JobRecord]:
    """Return the jobs that `SELECT … FROM jobs` followed by `rest` finds."""
    return [_to_record(row) for row in connection.execute(_SELECT + rest, values)]


def records(store: JobStore, rest: str, values: Sequence[Any] = ()) -> list[JobRecord]:
    """Return what `select` finds, outside of a transaction."""
    with store.reading() as connection:
        return select(connection, rest, values)


def _to_record(row: Row) -> JobRecord:
    values = dict(zip(_COLUMNS, row, strict=True))
    for name, read in _READ.items():
        values[name] = read(values[name])
    return JobRecord(**values)


def write_needs(needs: Iterable[Requirement]) -> str:
    """Return what a job needs of a WebUI as the store has it: JSON pairs."""
    pairs = [[need.kind, need.name] for need in needs]
    return as_json(pairs) if pairs else "[]"


def read_needs(text: str) -> Needs:
    """Return what `write_needs` wrote."""
    return tuple(Requirement(kind, name) for kind, name in json.loads(text))
