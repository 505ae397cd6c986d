"""Questions before much is done, with an answer on the command line for where nobody is asked."""

import sys

import click

from app.commands.shared.output import count, notice

MANY_JOBS = 50

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def confirm(question: str) -> None:
    """Ask, and go on only after a yes.

    Raises:
        click.UsageError: if there is nobody to ask.
        click.Abort: after a no.
    """
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is nobody to ask: add --yes.")
    click.confirm(question, err=True, abort=True)


def confirm_jobs(number: int, *, yes: bool) -> None:
    """Say how many jobs will be queued, and ask first where they are many."""
    notice(f"{count(number, 'job')}.")
    if number > MANY_JOBS and not yes:
        confirm(f"Queue {count(number, 'job')}?")
