"""`history`: past jobs, newest first."""

import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click

from app.bootstrap import Application
from app.commands.history.again import import_images, job_ids_argument, replay
from app.commands.history.exporting import FORMATS, export_lines, write_lines
from app.commands.history.job_page import print_job
from app.commands.history.pruning import beyond, plan_pruning, remove_files
from app.commands.shared.asking import confirm, yes_option
from app.commands.shared.filters import filter_options, moment, size_bytes
from app.commands.shared.groups import DefaultGroup
from app.commands.shared.job_rows import HISTORY_COLUMNS, shown_json
from app.commands.shared.opening import with_app, with_app_to_read
from app.commands.shared.options import counting, json_option
from app.commands.shared.orphans import orphans_of
from app.commands.shared.output import count, notice, print_json, say
from app.commands.shared.tables import print_rows
from app.jobs.exchange import restore as jobs_from
from app.jobs.job_history import HistoryFilter
from app.jobs.models import JobRecord
from app.storage.orphans import keep_files

limit_option = click.option(
    "--limit", type=counting(), default=20, show_default=True, help="How many at most."
)
before_option = click.option("--before", metavar="ID", help="Go on after this job: the next page.")


@click.group(cls=DefaultGroup)
def history() -> None:
    """Look through past jobs, and make them again."""


@history.command("list")
@filter_options
@limit_option
@before_option
@with_app_to_read
@json_option
def list_jobs(
    app: Application, *, limit: int, before: str | None, as_json: bool, **chosen: Any
) -> None:
    """List past jobs, newest first."""
    jobs = app.history.list_jobs(limit=limit, before=before, where=HistoryFilter(**chosen))
    _print(app, jobs, limit, as_json=as_json)


@history.command()
@click.argument("text", nargs=-1, required=True)
@filter_options
@limit_option
@before_option
@with_app_to_read
@json_option
def search(
    app: Application, *, text: tuple[str, ...], limit: int, before: str | None, as_json: bool,
    **chosen: Any,
) -> None:  # fmt: skip
    """Find past jobs by words in prompts, models, packs and errors, by seed, size and file name.

    Each word must be there; `error:memory`, `model:ink`, `pack:castles`, `seed:123`,
    `size:832x1216` or `file:hero` look in one place,
    and "quoted words" must follow each other.
    """
    where = HistoryFilter(**chosen)
    jobs = app.history.search(" ".join(text), limit=limit, before=before, where=where)
    _print(app, jobs, limit, as_json=as_json)


def _print(app: Application, jobs: list[JobRecord], limit: int, *, as_json: bool) -> None:
    to_json = partial(shown_json, files=app.files)
    print_rows(jobs, HISTORY_COLUMNS, as_json=as_json, to_json=to_json, empty="No such jobs yet.")
    if len(jobs) == limit and not as_json:
        notice(f"There may be more: --before {jobs[-1].job_id}", "dim")


@history.command()
@job_ids_argument
@with_app_to_read
@json_option
def show(app: Application, *, job_ids: tuple[str, ...], as_json: bool) -> None:
    """Show everything about jobs; the beginning of an id is enough."""
    jobs = [app.history.get(job_id) for job_id in job_ids]
    if as_json:
        print_json([shown_json(job, app.files) for job in jobs])
        return
    for job in jobs:
        print_job(job, app.files)


@history.command()
@job_ids_argument
@click.option("--remove", is_flag=True, help="Take the mark away.")
@with_app
def favourite(app: Application, *, job_ids: tuple[str, ...], remove: bool) -> None:
    """Mark jobs as favourites, which pruning keeps."""
    app.history.set_favourite(job_ids, favourite=not remove)
    notice(f"{count(len(job_ids), 'job')} {'not a favourite any more' if remove else 'marked'}.")


@history.command()
@job_ids_argument
@with_app
def overview(app: Application, *, job_ids: tuple[str, ...]) -> None:
    """Draw the overviews of jobs' batches as they are now, and print their paths.

    A batch with axes gets one by itself when its last job has ended.
    """
    for job in [app.history.get(job_id) for job_id in job_ids]:
        say(app.files / app.overviews.draw(job))


@history.command()
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="A file; replaced if it is there.")
@click.option("--search", "text", help="Only jobs with these words.")
@filter_options
@with_app_to_read
def export(
    app: Application, *, form: str, out: Path | None, text: str | None, **chosen: Any
) -> None:
    """Write past jobs as JSON lines or CSV, newest first."""
    jobs = app.history.every_job(HistoryFilter(**chosen), text)
    write_lines(export_lines(jobs, form, app.files), out)


@history.command()
@click.argument("file", type=click.Path(path_type=Path))
@with_app
def restore(app: Application, *, file: Path) -> None:
    """Put the past jobs of `history export` into this history; those that are here stay.

    Their images are found where the folder of images is taken along.
    """
    notice(f"{count(jobs_from(app.store, file), 'job')} restored.")


@history.command()
@click.option("--older-than", type=moment, metavar="WHEN", help="Jobs added before then: 30d.")
@click.option("--keep", type=counting(0), metavar="N", help="All but the newest N.")
@click.option(
    "--max-size", type=size_bytes, metavar="SIZE", help="All but the newest that fit in it: 20GB."
)
@click.option("--files/--no-files", default=True, help="Remove their images and manifests too.")
@click.option("--orphans", is_flag=True, help="What a kill left, and no job names.")
@click.option("--trash", is_flag=True, help="What was deleted on the page, for good.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@yes_option
@filter_options
@with_app
def prune(  # noqa: PLR0913 - an argument for each option
    app: Application, *, older_than: Any, keep: int | None, max_size: int | None, files: bool,
    orphans: bool, trash: bool, dry_run: bool, yes: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Remove old jobs and their images; favourites stay."""
    is_about_jobs = any(given is not None for given in (older_than, keep, max_size))
    if not (is_about_jobs or orphans or trash):
        raise click.UsageError(
            "Say what to remove: --older-than 30d, --keep 1000, --max-size 20GB, --orphans, or"
            " --trash."
        )
    chosen["until"] = min(filter(None, [chosen["until"], older_than]), default=None)
    found = app.history.every_job(HistoryFilter(**chosen)) if is_about_jobs else iter(())
    if max_size is not None:
        found = beyond(found, app.files, max_size)
    left = [*(orphans_of(app) if orphans else ()), *(app.trash.files() if trash else ())]
    plan = plan_pruning(
        islice(found, keep or 0, None), app.files, with_files=files, now_s=time.time(), orphans=left
    )
    said = plan.summary()
    if dry_run or not (plan.jobs or left or trash):
        notice(f"Would remove {said}.")
        return
    if not yes:
        confirm(f"Remove {said}?")
    if plan.kept:
        keep_files(app.files, plan.kept)
    app.history.forget(job.job_id for job in plan.jobs)
    if trash:
        app.trash.empty()
    remove_files(plan.files)
    notice(f"Removed {said}.")


history.add_command(replay)
history.add_command(import_images)
