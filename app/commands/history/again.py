"""`history replay` and `history import`: past jobs, and images' own parameters, once more."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app.bootstrap import Application
from app.commands.shared import completing
from app.commands.shared.checking import check_jobs
from app.commands.shared.opening import with_webuis
from app.commands.shared.options import (
    chosen_layer,
    json_option,
    settings_options,
)
from app.commands.shared.output import notice
from app.commands.shared.roads import ROADS
from app.commands.shared.running import run_jobs
from app.commands.shared.sections import SectionedCommand
from app.commands.shared.submitting import print_added
from app.errors import BadInputError, ImageFileError
from app.jobs.models import JobSpec, RunMode
from app.planning.draft import changed_by_cleaning
from app.planning.imports import import_image

job_ids_argument = click.argument(
    "job_ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.past_jobs
)


def _run_or_queue(*, runs: bool) -> Callable[[Any], Any]:
    return click.option(
        "--run/--queue", "runs", default=runs, show_default=True,
        help="Run at once and wait, or add to the queue.",
    )  # fmt: skip


@click.command(cls=SectionedCommand, epilog=ROADS)
@job_ids_argument
@_run_or_queue(runs=True)
@with_webuis
@json_option
def replay(app: Application, *, job_ids: tuple[str, ...], runs: bool, as_json: bool) -> int:
    """Make past jobs again, with the very payloads that they sent."""
    planned = app.job_service.plan_retry(dict.fromkeys(job_ids), "replay")
    specs = [_in_mode(spec, runs=runs) for spec in planned]
    check_jobs(app, specs)
    return _submit(app, specs, runs=runs, as_json=as_json)


@click.command("import", cls=SectionedCommand, epilog=ROADS)
@click.argument(
    "images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@_run_or_queue(runs=False)
@settings_options
@with_webuis
@json_option
def import_images(app: Application, *, images: tuple[Path, ...], runs: bool, as_json: bool) -> int:
    """Make the jobs of PNG, JPEG or WebP files: for one of this app the job that made it.

    For those of any other WebUI, a job of their generation parameters. Settings that are given here
    win over the images' own.
    """
    specs = [_in_mode(_imported(app, path), runs=runs) for path in images]
    return _submit(app, specs, runs=runs, as_json=as_json)


def _imported(app: Application, path: Path) -> JobSpec:
    found = import_image(path, app.history, chosen_layer())
    if found.ignored:
        notice(f"{path}: not carried over: {', '.join(found.ignored)}", "yellow")
    spec = found.spec.cleaned()
    for sentence in changed_by_cleaning([found.spec], [spec]):
        notice(f"{path}: {sentence}", "yellow")
    try:
        check_jobs(app, [spec])
    except BadInputError as error:
        raise ImageFileError(f"{path}: {error}") from error
    return spec


def _in_mode(spec: JobSpec, *, runs: bool) -> JobSpec:
    mode = RunMode.DIRECT if runs else RunMode.QUEUE
    return replace(spec, run_mode=mode, priority=None)


def _submit(app: Application, specs: Sequence[JobSpec], *, runs: bool, as_json: bool) -> int:
    if runs:
        return run_jobs(app, specs, as_json=as_json)
    print_added(app, app.job_service.submit(specs), as_json=as_json)
    return 0
