"""What shells suggest beyond commands and options: packs, presets and jobs of the home."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from app.bootstrap import Application
from app.cleaning import clean
from app.commands.shared.job_rows import summary_of
from app.commands.shared.opening import opened
from app.config.presets import list_presets
from app.errors import AppError
from app.jobs.models import JobRecord
from app.planning.packs import list_packs, list_samples
from app.storage.home import resolve_home

_MOST = 50


def packs(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Suggest the packs of the home, the samples, and files."""
    named = _starting([*list_packs(_home(ctx)), *list_samples()], incomplete)
    return [*named, CompletionItem(incomplete, type="file")]


def presets(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Suggest the presets of the home."""
    return _starting(list_presets(_home(ctx)), incomplete)


def past_jobs(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Suggest the last jobs of the history."""
    return _jobs(ctx, incomplete, live=False)


def live_jobs(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Suggest what is queued and running."""
    return _jobs(ctx, incomplete, live=True)


def _jobs(ctx: click.Context, incomplete: str, *, live: bool) -> list[CompletionItem]:
    with (
        suppress(AppError),
        opened(_home(ctx), store=ctx.params.get("store_url"), to_read=True) as app,
    ):
        found = _latest(app, live=live)
        return [
            CompletionItem(job.job_id, help=clean(summary_of(job))[:60])
            for job in found
            if job.job_id.startswith(incomplete)
        ]
    return []


def _latest(app: Application, *, live: bool) -> list[JobRecord]:
    return app.queue.list_jobs(limit=_MOST) if live else app.history.list_jobs(limit=_MOST)


def _home(ctx: click.Context) -> Path:
    return resolve_home(ctx.params.get("home"))


def _starting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name)
        for name in names
        if name.startswith(incomplete) and name == clean(name)
    ]
