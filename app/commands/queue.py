"""`queue`: what waits and runs, and changing it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from app.bootstrap import Application
from app.commands.history.exporting import export_lines, write_lines
from app.commands.shared import completing
from app.commands.shared.asking import confirm_jobs, yes_option
from app.commands.shared.checking import check_jobs
from app.commands.shared.filters import filter_options
from app.commands.shared.groups import DefaultGroup
from app.commands.shared.job_rows import QUEUE_COLUMNS, shown_json
from app.commands.shared.opening import with_app, with_app_to_read, with_webuis
from app.commands.shared.options import chosen_layer, counting, json_option, settings_options
from app.commands.shared.output import count, notice, print_json
from app.commands.shared.pausing import say_if_paused
from app.commands.shared.roads import ROADS
from app.commands.shared.submitting import plan, print_added, remember, say_dry_run, source_options
from app.commands.shared.tables import print_table
from app.config.pipeline_config import parse_config
from app.jobs.exchange import read_specs
from app.jobs.job_history import HistoryFilter
from app.jobs.job_service import MOST
from app.jobs.models import JobRecord, JobSpec, JobStatus, RunMode
from app.planning.draft import changed_by_cleaning
from app.planning.resuming import resumed
from app.storage.home_files import HomeFiles


@click.group(cls=DefaultGroup)
def queue() -> None:
    """Look at the queue and change it."""


@queue.command("list")
@click.option("--limit", type=counting(), default=1000, show_default=True)
@with_app_to_read
@json_option
def list_jobs(app: Application, *, limit: int, as_json: bool) -> None:
    """List what runs and what waits, in the order in which it will run.

    As JSON it is newest first, like everywhere; `position` is the place in the line, 0 for a
    running job.
    """
    say_if_paused(app)
    for job_id in app.orphans:
        notice(f"Job {job_id} was left by an app that died; nobody runs it.", "yellow")
    jobs = app.queue.list_jobs(limit=limit)
    if as_json:
        print_json(_with_positions(jobs, app.files))
    elif jobs:
        print_table(jobs, QUEUE_COLUMNS)
        _say_passed_over(jobs)
        _say_how_many(app, len(jobs))
    else:
        notice("The queue is empty.")


def _with_positions(jobs: Sequence[JobRecord], files: HomeFiles) -> list[dict[str, Any]]:
    running = sum(job.status is JobStatus.RUNNING for job in jobs)
    rows = [
        shown_json(job, files) | {"position": max(index - running + 1, 0)}
        for index, job in enumerate(jobs)
    ]
    rows.reverse()  # jobs of one batch were created at one moment, the last of them waits last
    return sorted(rows, key=lambda row: row["created_at"], reverse=True)


def _say_passed_over(jobs: Sequence[JobRecord]) -> None:
    reasons = {(url, why) for job in jobs for url, why in job.meta.get("passed_over", {}).items()}
    for url, why in sorted(reasons):
        notice(f"{url} passes some jobs over: {why}", "yellow")


def _say_how_many(app: Application, shown: int) -> None:
    counts = app.queue.counts()
    total = sum(counts.values())
    more = f"; {total - shown:,} more are not shown" if total > shown else ""
    notice(
        f"{counts[JobStatus.RUNNING]} running, {counts[JobStatus.QUEUED]:,} queued{more}.", "dim"
    )


@queue.command()
@source_options
@settings_options
@with_webuis
@json_option
def add(
    app: Application, *, run_mode: str | None, dry_run: bool, as_json: bool, **source: Any
) -> None:
    """Add jobs to the end of the queue; `work` runs them."""
    made = plan(app, RunMode(run_mode or RunMode.QUEUE), "add_to_queue", **source)
    if dry_run:
        say_dry_run(made, as_json=as_json)
        return
    job_ids = app.job_service.submit(made.specs)
    remember(app)
    print_added(app, job_ids, as_json=as_json)
    say_if_paused(app)


@queue.command()
@click.option("--out", type=click.Path(path_type=Path), help="A file; replaced if it is there.")
@with_app_to_read
def export(app: Application, *, out: Path | None) -> None:
    """Write what waits as JSON lines, in the order of the line, for `queue import` elsewhere."""
    waiting = [job for job in app.queue.list_jobs(MOST) if job.status is JobStatus.QUEUED]
    write_lines(export_lines(waiting, "jsonl", app.files), out)


@queue.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@with_webuis
@json_option
def import_jobs(app: Application, *, file: Path, as_json: bool) -> None:
    """Queue the jobs of a file of `queue export` or `history export`, just as they were."""
    specs = [app.job_service.prepared(spec) for spec in read_specs(file)]
    if not specs:
        notice(f"{file} has no jobs.", "yellow")
        return
    check_jobs(app, specs)
    print_added(app, app.job_service.submit(specs), as_json=as_json)


@queue.command()
@click.option("--reason", default="", help="Shown where the queue is.")
@with_app
def pause(app: Application, *, reason: str) -> None:
    """Start no more QUEUE jobs; a running one goes on."""
    app.job_service.pause(reason or "paused by hand")
    say_if_paused(app)


@queue.command()
@with_app
def resume(app: Application) -> None:
    """Let QUEUE jobs start again."""
    app.job_service.resume()
    waiting = app.queue.counts()[JobStatus.QUEUED]
    notice(f"The queue goes on; {count(waiting, 'job')} waiting.")


@queue.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.live_jobs)
@click.argument("position", type=counting())
@with_app
def move(app: Application, *, job_id: str, position: int) -> None:
    """Put a queued job at a place in the line; 1 is next."""
    job = app.history.get(job_id)
    app.job_service.move(job.job_id, position)
    notice(f"Job {job.job_id} is number {position} now.")


@queue.command()
@click.argument("job_ids", metavar="[ID]...", nargs=-1, shell_complete=completing.live_jobs)
@click.option("--all", "everything", is_flag=True, help="All that run or wait.")
@click.option("--from-pack", metavar="PACK", help="All of this prompt pack.")
@click.option("--batch", metavar="ID", help="All that were added together.")
@with_app
def cancel(
    app: Application, *, job_ids: tuple[str, ...], everything: bool, from_pack: str | None,
    batch: str | None,
) -> None:  # fmt: skip
    """Cancel jobs; a running one is interrupted on its WebUI."""
    if not (job_ids or everything or from_pack or batch):
        raise click.UsageError("Say which: one or more IDs, --from-pack, --batch or --all.")
    chosen = [app.history.get(job_id).job_id for job_id in job_ids]
    if everything or from_pack or batch:
        chosen += [job.job_id for job in _live(app, from_pack, batch)]
    app.job_service.cancel(dict.fromkeys(chosen))
    notice(f"Cancelled {count(len(chosen), 'job')}.")


def _live(app: Application, from_pack: str | None, batch: str | None) -> list[JobRecord]:
    """Return the jobs that run or wait, of that pack and batch where one is given."""
    return [
        job
        for job in app.queue.list_jobs(limit=1_000_000)
        if from_pack in (None, job.prompt_pack_id) and batch in (None, job.batch_id)
    ]


@queue.command()
@click.argument(
    "job_ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.live_jobs
)
@with_app
def front(app: Application, *, job_ids: tuple[str, ...]) -> None:
    """Put queued jobs before all others, in the order given."""
    chosen = [app.history.get(job_id).job_id for job_id in job_ids]
    app.job_service.move_to_front(chosen)
    notice(f"{count(len(dict.fromkeys(chosen)), 'job')} at the front.")


@queue.command()
@with_app
def group(app: Application) -> None:
    """Put queued jobs of one model beside each other, so that each is loaded once."""
    notice(f"{count(app.job_service.group_by_model(), 'job')} waiting, grouped by model.")


@queue.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.live_jobs)
@with_app
def skip(app: Application, *, job_id: str) -> None:
    """Skip the image that a running job is making; it goes on with its next."""
    app.job_service.skip(app.history.get(job_id).job_id)
    notice("Skipping.")


@queue.command(epilog=ROADS)
@click.argument("job_ids", metavar="[ID]...", nargs=-1, shell_complete=completing.past_jobs)
@click.option(
    "--from-failed-stage", is_flag=True, help="With the pictures that a job had before it failed."
)
@filter_options
@yes_option
@with_webuis
@json_option
def retry(
    app: Application, *, job_ids: tuple[str, ...], from_failed_stage: bool, yes: bool,
    as_json: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Queue past jobs again, just as they were; all that a filter finds where no ID is given.

    What was made again already, or waits to be, is left out; `history replay` makes it once more.

    python -m app queue retry --status failed --since 12h
    """
    ids = list(dict.fromkeys(_past_ids(app, job_ids, chosen)))
    again = app.history.made_again(ids)
    if again:
        notice(f"{count(len(again), 'job')} left out: made again already, or being made.", "yellow")
    specs = _again(app, [i for i in ids if i not in again], from_stage=from_failed_stage)
    check_jobs(app, specs)
    confirm_jobs(len(specs), yes=yes)
    print_added(app, app.job_service.submit(specs), as_json=as_json)


def _again(app: Application, ids: Sequence[str], *, from_stage: bool) -> list[JobSpec]:
    """Return the jobs once more, whole or what is left of them."""
    if not from_stage:
        return app.job_service.plan_retry(ids)
    rest = {job_id: resumed(app.history.get(job_id), app.files) for job_id in ids}
    if anew := [job_id for job_id, specs in rest.items() if not specs]:
        notice(f"From the start, for no stage was whole: {', '.join(anew)}.", "yellow")
    whole = zip(anew, app.job_service.plan_retry(anew), strict=True)
    rest |= {job_id: [spec] for job_id, spec in whole}
    return [spec for job_id in ids for spec in rest[job_id]]


@queue.command(epilog=ROADS)
@click.argument("job_ids", metavar="[ID]...", nargs=-1, shell_complete=completing.past_jobs)
@click.option("--prompt", help="Another prompt.")
@click.option("--negative", "negative_prompt", help="Another negative prompt.")
@click.option(
    "--queued", is_flag=True, help="All that wait; --from-pack and --batch choose among them."
)
@filter_options
@settings_options
@yes_option
@with_webuis
@json_option
def edit(
    app: Application, *, job_ids: tuple[str, ...], prompt: str | None,
    negative_prompt: str | None, queued: bool, yes: bool, as_json: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Queue jobs again with something changed; a queued one is replaced where it stands.

    New prompts are expanded and seeds drawn as for `queue add`.
    """
    config = chosen_layer() or None
    changes = {"prompt": prompt, "negative_prompt": negative_prompt, "config": config}
    changes = {key: value for key, value in changes.items() if value is not None}
    if not changes:
        raise click.UsageError("Say what to change, such as --steps 20 or --prompt TEXT.")
    parse_config(chosen_layer())
    ids = _queued_ids(app, job_ids, chosen) if queued else _past_ids(app, job_ids, chosen)
    edits = app.job_service.plan_edit(dict.fromkeys(ids), changes)
    specs = [spec for _, spec in edits]
    for sentence in changed_by_cleaning(specs, [spec.cleaned() for spec in specs]):
        notice(sentence, "yellow")
    check_jobs(app, specs)
    confirm_jobs(len(edits), yes=yes)
    print_added(app, app.job_service.replace(edits), as_json=as_json)


def _queued_ids(app: Application, job_ids: Sequence[str], chosen: dict[str, Any]) -> list[str]:
    from_pack, batch = chosen.pop("prompt_pack_id"), chosen.pop("batch_id")
    if job_ids or any(chosen.values()):
        raise click.UsageError("With --queued only --from-pack and --batch choose; give no IDs.")
    live = _live(app, from_pack, batch)
    return [job.job_id for job in live if job.status is JobStatus.QUEUED]


def _past_ids(app: Application, job_ids: Sequence[str], chosen: dict[str, Any]) -> list[str]:
    if job_ids:
        return [app.history.get(job_id).job_id for job_id in job_ids]
    if not any(chosen.values()):
        raise click.UsageError("Say which: one or more IDs, or a filter such as --status failed.")
    found = [job.job_id for job in app.history.every_job(HistoryFilter(**chosen))]
    if not found:
        notice("No past job is like that.")
    return found[::-1]


@queue.command()
@with_app
def clear(app: Application) -> None:
    """Cancel everything that waits; a running job goes on. `retry` brings them back."""
    notice(f"Cancelled {count(app.job_service.clear(), 'job')}.")
