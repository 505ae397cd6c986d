"""`gui`: the page, and the queue worked off behind it."""

import os
import sys
import threading
import webbrowser
from contextlib import suppress
from typing import Any, NoReturn

import click

from app.bootstrap import Application
from app.commands.shared.interrupts import Interrupts, interrupts
from app.commands.shared.opening import with_webuis
from app.commands.shared.options import limit_options, notify_option
from app.commands.shared.output import notice, say
from app.commands.shared.pausing import say_if_paused
from app.commands.shared.running import ABANDONED, LOOK_S
from app.commands.shared.sections import SectionedCommand
from app.errors import HomeError, TransitionError
from app.gui.factory import Page
from app.gui.safety import Access, hash_of, is_loopback
from app.gui.tokens import load_token_hash, make_token

LOOPBACK = "127.0.0.1"


@click.command(cls=SectionedCommand)
@click.option("--port", type=click.IntRange(0, 65535), default=7870, show_default=True)
@click.option("--host", default=LOOPBACK, show_default=True, help="Elsewhere a token is needed.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A name of this machine's page.")
@click.option("--new-token", is_flag=True, help="Make another token; the one before ends.")
@click.option("--no-work", is_flag=True, help="Only show; run no jobs.")
@click.option("--no-open", is_flag=True, help="Do not open the page in a browser.")
@notify_option
@limit_options
@with_webuis
def gui(
    app: Application, *, port: int, no_work: bool, no_open: bool, notify: str | None, **reach: Any
) -> int:  # fmt: skip
    """Open the page: run, queue, gallery and packs in the browser.

    It runs what is queued, as `work --stay` does, until Ctrl-C; the running job is cancelled then,
    and the rest waits. On another address than loopback's the page wants a token, which is shown
    once.
    """
    page = Page(app, _access(app, **reach), host=reach["host"], port=port, runs_jobs=not no_work)
    with interrupts() as caught, app.notifying(notify, on_trouble=notice):
        page.start()
        _say_where(app, page, no_open=no_open)
        while not caught.asked.wait(LOOK_S):
            pass
        _stop(app, page, caught)
    return caught.status


def _access(app: Application, *, host: str, allow_host: tuple[str, ...], new_token: bool) -> Access:
    """Return who may ask; says the token of a page that others can reach, when it is made."""
    if is_loopback(host.strip("[]")):
        return Access(names=allow_host)
    kept = None if new_token else load_token_hash(app.home)
    if kept is None:
        token = make_token(app.home)
        notice(f"The page's token is {token} (it is shown only now): open it with ?token={token}")
        kept = hash_of(token)
    return Access(names=allow_host, token_sha256=kept)


def _say_where(app: Application, page: Page, *, no_open: bool) -> None:
    say(page.url)
    notice("Ctrl-C ends it.", "dim")
    say_if_paused(app)
    if not no_open:
        webbrowser.open(page.url)


def _stop(app: Application, page: Page, caught: Interrupts) -> None:
    """Close the page at once, cancel what this process runs, and wait for that.

    A second signal ends the process from within.
    """
    page.close()
    app.job_service.withdraw(runner.job.job_id for runner in app.runners if runner.job)
    stopping = threading.Thread(target=page.stop)
    stopping.start()
    while stopping.is_alive() and not caught.hurried.is_set():
        stopping.join(LOOK_S)
    if stopping.is_alive():
        _leave_at_once(app, caught)


def _leave_at_once(app: Application, caught: Interrupts) -> NoReturn:
    for runner in app.runners:
        with suppress(HomeError, TransitionError):
            runner.abandon(ABANDONED)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(caught.status)
