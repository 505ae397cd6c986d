"""`work`: the queue, worked off in the foreground."""

from functools import partial

import click

from app.bootstrap import Application
from app.commands.shared.job_rows import shown_json
from app.commands.shared.opening import with_webuis
from app.commands.shared.options import json_option, limit_options, notify_option
from app.commands.shared.output import count, duration, notice, print_json
from app.commands.shared.pausing import say_if_paused
from app.commands.shared.reaching import require_webui
from app.commands.shared.running import Foreground
from app.commands.shared.sections import SectionedCommand
from app.jobs.models import JobStatus


@click.command(cls=SectionedCommand)
@click.option("--stay", is_flag=True, help="Wait for further jobs, and for the WebUI, till Ctrl-C.")
@notify_option
@limit_options
@with_webuis
@json_option
def work(app: Application, *, stay: bool, notify: str | None, as_json: bool) -> int:
    """Run what is queued, with progress bars, until nothing more can run; --stay waits.

    Several WebUIs work side by side. Ctrl-C cancels the running job and leaves the rest waiting;
    a second one does not wait for the WebUI.

    After --pause-after failures since the last success a WebUI gets no more jobs, and the queue
    pauses when none is left. A job that was refused before it was sent, or by the WebUI for its own
    settings (422), does not count; wrong credentials and a full disk pause at once.

    With --stay a WebUI that can't be reached is waited for, however long, and pauses nothing.
    """
    with app.notifying(notify, on_trouble=partial(notice, style="yellow")):
        if not stay:
            require_webui([runner.node for runner in app.runners], app.limits)
        foreground = Foreground(app, stays=stay)
        status = foreground.go()
    _sum_up(app, foreground)
    if as_json:
        print_json([shown_json(job, app.files) for job in reversed(foreground.ended)])
    left = app.queue.counts()[JobStatus.QUEUED]
    return status or int(left > 0)


def _sum_up(app: Application, foreground: Foreground) -> None:
    said = ", ".join(f"{number:,} {status}" for status, number in foreground.tally.items())
    notice(f"{said} in {duration(foreground.seconds())}." if said else "Nothing to run.")
    if any(job.images for job in foreground.ended):
        notice(f"The images are in {app.files.images}")
    if left := app.queue.counts()[JobStatus.QUEUED]:
        say_if_paused(app)
        notice(f"{count(left, 'job')} still waiting.", "yellow")
