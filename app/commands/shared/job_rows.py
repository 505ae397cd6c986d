"""How a job looks in a table, on its own page, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from app.commands.shared.output import STATUS_STYLES, duration, local_time, one_line
from app.commands.shared.tables import Column
from app.jobs.models import JobRecord, JobSpec
from app.planning.preview import preview
from app.storage.home_files import HomeFiles

_FILES = ("manifest", "overview")
"""What else in a record's `meta` is a path."""


def job_json(job: JobRecord) -> dict[str, Any]:
    """Return every field of a record."""
    return {item.name: getattr(job, item.name) for item in fields(job)}


def shown_json(job: JobRecord, files: HomeFiles) -> dict[str, Any]:
    """Return every field of a record, with paths that lead to its files on this host.

    They are relative to the home, which others know, but for images that are kept elsewhere.
    """
    return job_json(job) | ({"meta": _with_paths(job.meta, files)} if files.are_shared else {})


def _with_paths(meta: Mapping[str, Any], files: HomeFiles) -> dict[str, Any]:
    found: dict[str, Any] = {key: str(files / meta[key]) for key in _FILES if meta.get(key)}
    if images := meta.get("images"):
        found["images"] = [{**image, "path": str(files / image["path"])} for image in images]
    return {**meta, **found}


def planned_json(spec: JobSpec) -> dict[str, Any]:
    """Return what a job that is not queued yet would be and send."""
    return {
        **spec.prompt_keys,
        "prompt": spec.prompt,
        "negative_prompt": spec.negative_prompt,
        "seed": spec.config.txt2img.seed,
        "requests": [asdict(request) for request in preview(spec)],
    }


def took_s(job: JobRecord) -> float | None:
    """Return how long a job ran, in seconds, or None while it has not ended."""
    return job.took_s


def size_of(job: JobRecord) -> str:
    """Return the size of a job's first stage."""
    txt2img = job.config_snapshot.get("txt2img", {})
    return f"{txt2img.get('width')}×{txt2img.get('height')}"


def seed_of(job: JobRecord) -> str:
    """Return the seed that was resolved when the job was submitted."""
    return str(job.config_snapshot.get("txt2img", {}).get("seed", ""))


def origin_of(job: JobRecord) -> str:
    """Return where a job's prompt came from: its pack and name, or nothing."""
    name = job.prompt_keys.get("name")
    return " ".join(str(part) for part in (job.prompt_pack_id, name) if part)


def summary_of(job: JobRecord) -> str:
    """Return what to read first of a job: what went wrong, else its warnings and its prompt."""
    warnings = (f"⚠ {warning};" for warning in job.warnings)
    return one_line(job.error or " ".join((*warnings, job.prompt)))


def _status_style(job: JobRecord) -> str:
    return STATUS_STYLES[job.status]


JOB = Column[JobRecord]("job", lambda job: job.job_id, short=8)
STATUS = Column[JobRecord]("status", lambda job: str(job.status), _status_style)
MODE = Column[JobRecord]("mode", lambda job: str(job.run_mode), spare=6)
STAGES = Column[JobRecord]("stages", lambda job: " → ".join(job.stages), spare=3)
SIZE = Column[JobRecord]("size", size_of, spare=4)
SEED = Column[JobRecord]("seed", seed_of, right=True, spare=2)
ORIGIN = Column[JobRecord]("pack", origin_of, spare=1)
PROMPT = Column[JobRecord]("prompt", lambda job: one_line(job.prompt), fills=True)
SUMMARY = Column[JobRecord]("prompt or error", summary_of, fills=True)
FINISHED = Column[JobRecord]("finished", lambda job: local_time(job.completed_at), spare=1)
ADDED = Column[JobRecord]("added", lambda job: local_time(job.created_at), spare=5)
TOOK = Column[JobRecord]("took", lambda job: duration(took_s(job)), right=True, spare=3)
IMAGES = Column[JobRecord]("images", lambda job: str(len(job.images)), right=True, spare=5)
BATCH = Column[JobRecord]("batch", lambda job: job.batch_id or "", short=8, spare=7)
STAR = Column[JobRecord]("★", lambda job: "★" if job.favourite else "", lambda _: "yellow")

HISTORY_COLUMNS = (JOB, STATUS, MODE, FINISHED, TOOK, IMAGES, SIZE, SEED, BATCH, STAR, SUMMARY)
QUEUE_COLUMNS = (JOB, STATUS, MODE, STAGES, SIZE, ORIGIN, ADDED, BATCH, PROMPT)
