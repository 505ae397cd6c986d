"""Past jobs as JSON lines or CSV, for other programs."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from app.cleaning import clean
from app.commands.shared.job_rows import job_json, seed_of, took_s
from app.commands.shared.output import notice, plain
from app.jobs.models import JobRecord
from app.storage.files import replace_file
from app.storage.home_files import HomeFiles

FORMATS = ("jsonl", "csv")
CSV_COLUMNS = (
    "job_id", "status", "run_mode", "source", "prompt_source", "prompt_pack_id", "prompt",
    "negative_prompt", "seed", "width", "height", "steps", "checkpoint", "stage_count",
    "created_at", "started_at", "completed_at", "took_s", "favourite", "error", "images",
)  # fmt: skip
_FROM_CONFIG = ("width", "height", "steps", "checkpoint")


def export_lines(jobs: Iterable[JobRecord], form: str, files: HomeFiles) -> Iterator[str]:
    """Give the lines of an export, each with its line break.

    Args:
        jobs: what to export, in the order it is to have.
        form: one of FORMATS.
        files: what the images' paths are relative to; they come out absolute.
    """
    if form == "csv":
        yield _csv_line(CSV_COLUMNS)
        yield from (_csv_line(_csv_row(job, files)) for job in jobs)
    else:
        for job in jobs:
            yield clean(json.dumps(job_json(job), ensure_ascii=False, default=plain)) + "\n"


def write_lines(lines: Iterable[str], out: Path | None) -> None:
    """Print the lines of an export, or write them to a file, whole."""
    if out is None:
        for line in lines:
            click.echo(line, nl=False)
        return
    replace_file(out.absolute(), "".join(lines).encode())
    notice(f"Wrote {out}.")


def _csv_row(job: JobRecord, files: HomeFiles) -> list[Any]:
    row = job_json(job) | {
        name: job.config_snapshot.get("txt2img", {}).get(name) for name in _FROM_CONFIG
    }
    row |= {
        "seed": seed_of(job),
        "took_s": took_s(job),
        "error": job.error,
        "images": "\n".join(str(files / image["path"]) for image in job.images),
    }
    return [_cell(row[name]) for name in CSV_COLUMNS]


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula."""
    text = plain(value) if hasattr(value, "isoformat") else value
    text = clean(text) if isinstance(text, str) else text
    return f"'{text}" if isinstance(text, str) and text[:1] in {"=", "+", "@", "\t"} else text


def _csv_line(values: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(values)
    return buffer.getvalue()
