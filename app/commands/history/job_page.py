"""One job, told in full."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from app.cleaning import clean
from app.commands.shared.job_rows import origin_of, seed_of, size_of, took_s
from app.commands.shared.output import STATUS_STYLES, console, duration, local_time, say
from app.jobs.models import AXES, JobRecord
from app.storage.home_files import HomeFiles

_TITLE = 11  # characters for a fact's title


def print_job(job: JobRecord, files: HomeFiles) -> None:
    """Print all that is known of a job."""
    facts = [fact for fact in _facts(job, files) if fact[1]]
    output = console()
    if not output.is_terminal:
        say("".join(f"{title:<{_TITLE}}{value}\n" for title, value, _ in facts))
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for title, value, style in facts:
        grid.add_row(title, Text(clean(value), style=style))
    output.print(grid, "")


def _facts(job: JobRecord, files: HomeFiles) -> Iterator[tuple[str, str, str]]:
    yield "job", job.job_id + (" ★" if job.favourite else ""), "bold"
    yield "status", str(job.status), STATUS_STYLES[job.status]
    yield "error", job.error or "", "red"
    for warning in job.warnings:
        yield "warning", warning, "yellow"
    yield "prompt", job.prompt, ""
    yield "negative", job.negative_prompt, ""
    yield "origin", _origin(job), ""
    yield "stages", " → ".join(job.stages), ""
    yield "settings", _settings(job) if job.stages else "", ""
    yield "times", _times(job), ""
    yield "WebUI", str(job.meta.get("webui") or ""), ""
    yield "put back", ", ".join(f"{k}: {v}" for k, v in job.meta.get("put_back", {}).items()), ""
    yield "made from", job.parent_id or "", ""
    yield "batch", job.batch_id or "", ""
    for image in job.images:
        yield image.get("stage", "image"), _image(image, files), ""
    overview = files / (job.overview or "")
    yield "overview", str(overview) if overview.is_file() else "", ""
    manifest = job.meta.get("manifest")
    yield "manifest", str(files / manifest) if manifest else "", "dim"


def _origin(job: JobRecord) -> str:
    keys = job.prompt_keys
    row = f"row {keys['row']}, variant {keys['variant']}" if "row" in keys else ""
    chosen = keys.get("choices", {}) | keys.get(AXES, {})
    choices = ", ".join(f"{slot}: {value}" for slot, value in chosen.items())
    pack = f"pack {origin_of(job)}" if job.prompt_pack_id else ""
    parts = (f"{job.run_mode} ({job.source})", pack, row, choices)
    return "; ".join(part for part in parts if part)


def _settings(job: JobRecord) -> str:
    txt2img = job.config.txt2img
    model = txt2img.checkpoint or "the loaded checkpoint"
    sampler = f"{txt2img.sampler_name} {txt2img.scheduler}"
    return (
        f"{model}, {size_of(job)}, {txt2img.steps} steps, CFG {txt2img.cfg_scale:g},"
        f" {sampler}, seed {seed_of(job)}"
    )


def _times(job: JobRecord) -> str:
    parts = [f"added {local_time(job.created_at)}"]
    if job.started_at:
        parts.append(f"started {local_time(job.started_at)}")
    if job.completed_at:
        parts.append(f"ended {local_time(job.completed_at)}")
    if (seconds := took_s(job)) is not None:
        parts.append(f"took {duration(seconds)}")
    return ", ".join(parts)


def _image(image: Any, files: HomeFiles) -> str:
    size = f"{image['width']}×{image['height']}, " if "width" in image else ""
    return f"{files / image['path']}  ({size}seed {image.get('seed')})"
