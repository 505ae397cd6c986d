"""`store`: the store of jobs as a whole."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from app.commands.shared.groups import DefaultGroup
from app.commands.shared.options import home_option
from app.commands.shared.output import count, notice
from app.config.limit_settings import resolve_limits
from app.errors import BadInputError
from app.jobs.copying import copy_store
from app.storage.home import STORE_FILE, prepare_home, resolve_home
from app.store.job_store import JobStore
from app.store.opening import open_store

PLACE = "DIR|URL"


@click.group(cls=DefaultGroup, default="copy")
def store() -> None:
    """Take the jobs and the history from one store to another."""


@store.command()
@click.option("--from", "source", metavar=PLACE, help="A home or a store's URL. [default: --home]")
@click.option(
    "--to", "target", metavar=PLACE, help="The same; no jobs are in it. [default: --home]"
)
@home_option
def copy(*, source: str | None, target: str | None, home: Path | None) -> None:
    """Copy all jobs, favourites and what was deleted: all of it, or nothing.

    Images stay where they are: `--images` says where.

    python -m app store copy --to postgresql://me@server/jobs
    """
    from_place, to_place = (place or str(resolve_home(home)) for place in (source, target))
    if from_place == to_place:
        raise BadInputError("--from and --to are the same store")
    with ExitStack() as stack:
        read = stack.enter_context(_opened(from_place, is_new=False))
        written = stack.enter_context(_opened(to_place, is_new=True))
        copied = copy_store(read, written)
    notice(f"Copied {count(copied.jobs, 'job')}, of them {count(copied.favourites, 'favourite')}.")


@contextmanager
def _opened(place: str, *, is_new: bool) -> Iterator[JobStore]:
    """Give the store at a URL, or of the home in a folder."""
    url, home = (place, Path()) if "://" in place else (None, Path(place).expanduser().absolute())
    if url is None and is_new:
        prepare_home(home)
    elif url is None and not (home / STORE_FILE).is_file():
        raise BadInputError(f"{home} is not a home: it has no {STORE_FILE}")
    opened = open_store(home, url, resolve_limits({}), read_only=False)
    try:
        yield opened
    finally:
        opened.close()
