"""`run`: jobs made and run at once."""

from typing import Any

import click

from app.bootstrap import Application
from app.commands.shared.opening import with_webuis
from app.commands.shared.options import json_option, limit_options, settings_options
from app.commands.shared.reaching import require_webui
from app.commands.shared.roads import ROADS
from app.commands.shared.running import run_jobs
from app.commands.shared.sections import SectionedCommand
from app.commands.shared.submitting import plan, remember, say_dry_run, source_options
from app.jobs.models import RunMode

_SOURCES = {RunMode.DIRECT: "run_now", RunMode.QUEUE: "run"}


@click.command(cls=SectionedCommand, epilog=ROADS)
@source_options
@settings_options
@limit_options
@with_webuis
@json_option
def run(
    app: Application, *, run_mode: str | None, dry_run: bool, as_json: bool, **source: Any
) -> int:
    """Make images from a prompt or a prompt pack, and wait for them.

    A prompt runs DIRECT and a pack through the QUEUE, if nothing else is said. Prints the images'
    paths. Jobs that another process runs are waited for. Ctrl-C cancels this command's jobs,
    wherever they are; other jobs go on.
    """
    mode = RunMode(run_mode or (RunMode.QUEUE if source["pack"] else RunMode.DIRECT))
    made = plan(app, mode, _SOURCES[mode], **source)
    if dry_run:
        say_dry_run(made, as_json=as_json)
        return 0
    require_webui([runner.node for runner in app.runners], app.limits)
    remember(app)
    return run_jobs(app, made.specs, as_json=as_json)
