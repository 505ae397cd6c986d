"""`packs`: what packs there are, and what one would send, before it is queued."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from app.app_state import JobDraft
from app.cleaning import clean
from app.commands.shared import completing
from app.commands.shared.checking import say_unfit
from app.commands.shared.groups import DefaultGroup
from app.commands.shared.job_rows import planned_json
from app.commands.shared.options import (
    axis_option,
    chosen_layer,
    counting,
    home_option,
    json_option,
    settings_options,
    webui_option,
)
from app.commands.shared.output import console, one_line, print_json, say
from app.commands.shared.submitting import say_plan
from app.commands.shared.tables import Column, print_rows
from app.config.pipeline_config import parse_config
from app.errors import BadInputError
from app.jobs.models import AXES, JobSpec, RunMode
from app.planning.draft import Plan, plan_jobs
from app.planning.packs import find_pack, list_packs, list_samples, pack_path
from app.planning.preview import preview
from app.storage.home import PACKS_FOLDER, resolve_home

SOURCE = "packs_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """A pack in the list: how much it makes, or why it makes nothing."""

    pack: str
    file: Path
    prompts: int = 0
    jobs: int = 0
    error: str | None = None


COLUMNS: tuple[Column[PackRow], ...] = (
    Column("pack", lambda row: row.pack),
    Column("prompts", lambda row: f"{row.prompts:,}", right=True),
    Column("jobs", lambda row: f"{row.jobs:,}", right=True),
    Column("file", lambda row: row.error or str(row.file), fills=True,
           style=lambda row: "red" if row.error else ""),
)  # fmt: skip


@click.group(cls=DefaultGroup)
def packs() -> None:
    """Look at prompt packs and what they would send."""


@packs.command("list")
@home_option
@json_option
def list_all(*, home: Path | None, as_json: bool) -> None:
    """List the packs of the home, with how many jobs each makes."""
    folder = resolve_home(home)
    rows = [_row(folder, name) for name in list_packs(folder)]
    samples = ", ".join(list_samples())
    empty = f"No packs in {folder / PACKS_FOLDER}. With the app come {samples}."
    print_rows(rows, COLUMNS, as_json=as_json, to_json=asdict, empty=empty)


def _row(home: Path, name: str) -> PackRow:
    path = find_pack(home, name)
    draft = JobDraft()
    draft.pack_id = path
    try:
        plan = plan_jobs(draft, home, RunMode.QUEUE, SOURCE)
    except BadInputError as error:
        return PackRow(pack=name, file=path, error=str(error))
    return PackRow(pack=name, file=path, prompts=plan.prompt_count, jobs=len(plan.specs))


@packs.command()
@click.argument("pack", metavar="PACK", shell_complete=completing.packs)
@click.option("--preset", metavar="NAME", help="Settings that a preset keeps.")
@click.option("--pack-seed", type=int, help="Where random choices and drawn seeds come from.")
@axis_option
@click.option("--limit", type=counting(0), help="Show the first so many jobs.")
@settings_options
@webui_option
@home_option
@json_option
def show(
    *, webui_urls: tuple[str, ...], limit: int | None, home: Path | None, as_json: bool,
    **source: Any,
) -> None:  # fmt: skip
    """Print how many jobs a pack makes and the exact payloads; nothing is queued.

    What the WebUI lacks is said, where it can be asked.

    PACK is a file, a name in the home, or a sample such as samples/landscapes. What is drawn
    here is drawn again when the pack is queued, unless both are given the same --pack-seed.
    """
    plan = _plan(resolve_home(home), **source)
    shown = plan.specs[:limit]
    say_plan(plan)
    say_unfit(webui_urls, plan.specs)
    if as_json:
        print_json([planned_json(spec) for spec in shown])
    else:
        for number, spec in enumerate(shown, start=1):
            _print_job(number, spec)


def _plan(
    home: Path,
    *,
    pack: str,
    preset: str | None,
    pack_seed: int | None,
    axes: Mapping[str, Sequence[str]],
) -> Plan:
    draft = JobDraft()
    draft.pack_id, draft.preset, draft.seed = pack_path(home, pack), preset, pack_seed
    draft.config, draft.axes = parse_config(chosen_layer()), axes
    return plan_jobs(draft, home, RunMode.QUEUE, SOURCE)


def _print_job(number: int, spec: JobSpec) -> None:
    keys = spec.prompt_keys
    chosen = keys["choices"] | keys.get(AXES, {})
    title = " ".join(filter(None, (f"job {number}:", keys["name"], _choices(chosen))))
    console().print(f"\n{clean(one_line(title))}", style="bold", markup=False, soft_wrap=True)
    for request in preview(spec):
        payload = json.dumps(request.payload, indent=2, ensure_ascii=False)
        say(f"POST {request.path}  ({request.stage})\n{payload}")


def _choices(choices: dict[str, str]) -> str:
    said = ", ".join(f"{name}: {value}" for name, value in choices.items())
    return f"({said})" if said else ""
