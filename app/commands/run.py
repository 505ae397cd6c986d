"""`python -m app run`: jobs made and run at once."""

from pathlib import Path
from typing import Any

import click

from app.commands.opening import opened
from app.commands.options import home_option, json_option, settings_options, webui_option
from app.commands.output import notice
from app.commands.running import run_jobs
from app.commands.submitting import plan, source_options
from app.models import RunMode

_SOURCES = {RunMode.DIRECT: "run_now", RunMode.QUEUE: "run"}


@click.command()
@source_options
@click.option(
    "--direct", "run_mode", flag_value=RunMode.DIRECT,
    help="Before all queued jobs, paused or not: the default for --prompt.",
)  # fmt: skip
@click.option(
    "--queue", "run_mode", flag_value=RunMode.QUEUE,
    help="In line, after what is queued: the default for --pack.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say how many jobs and images it would make.")
@settings_options
@webui_option
@home_option
@json_option
def run(
    *, run_mode: RunMode | None, dry_run: bool, webui_urls: tuple[str, ...], home: Path | None,
    as_json: bool, **source: Any,
) -> int:  # fmt: skip
    """Make images from a prompt or a prompt pack, and wait for them.

    Prints the images' paths. Ctrl-C cancels the running job and pauses the queue.
    """
    mode = run_mode or (RunMode.QUEUE if source["pack"] else RunMode.DIRECT)
    with opened(home, webui_urls) as app:
        made = plan(app, mode, _SOURCES[mode], **source)
        if dry_run:
            notice("Nothing was queued.")
            return 0
        return run_jobs(app, made.specs, as_json=as_json)
