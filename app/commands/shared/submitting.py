"""From the options of `run` and `queue add` to jobs in the queue."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app.bootstrap import Application
from app.commands.shared import completing
from app.commands.shared.checking import check_jobs
from app.commands.shared.job_rows import planned_json, shown_json
from app.commands.shared.options import axis_option, chosen_layer, start_from, together
from app.commands.shared.output import count, notice, print_json, say, say_notices
from app.config.pipeline_config import parse_config
from app.errors import BadInputError
from app.jobs.grouping import by_model
from app.jobs.models import RunMode
from app.planning.draft import Plan
from app.planning.packs import pack_path
from app.storage.home import PRESET_OF_LAST, load_last_used, save_last_used
from app.storage.inputs import list_pictures

source_options = together(
    click.option("--prompt", help="What to make."),
    click.option("--negative", "negative_prompt", help="What to avoid."),
    click.option(
        "--pack",
        metavar="FILE",
        help="A prompt pack: a file, a name in the home, or a sample (samples/landscapes).",
        shell_complete=completing.packs,
    ),
    click.option(
        "--only", metavar="NAME", multiple=True, help="Of the pack, this prompt; may be repeated."
    ),
    axis_option,
    click.option(
        "--input",
        "inputs",
        metavar="PATH|JOB",
        multiple=True,
        help="Begin with this picture, those of this folder, or of this past job, and make none;"
        " the later stages take it. May be repeated.",
    ),
    click.option(
        "--preset",
        metavar="NAME",
        help="Settings that a preset keeps.",
        shell_complete=completing.presets,
    ),
    click.option(
        "--last", is_flag=True, help="Start from the preset and settings of the last run."
    ),
    click.option("--pack-seed", type=int, help="Repeat a pack's random choices and drawn seeds."),
    click.option(
        "--direct",
        "run_mode",
        flag_value=str(RunMode.DIRECT),
        help="Before all queued jobs, paused or not.",
    ),
    click.option(
        "--queue", "run_mode", flag_value=str(RunMode.QUEUE), help="In line, after what is queued."
    ),
    click.option(
        "--group-by-model", is_flag=True, help="Jobs of one model beside each other: fewer loads."
    ),
    click.option("--strict", is_flag=True, help="Refuse unknown LoRAs, embeddings and styles too."),
    click.option(
        "--dry-run", is_flag=True, help="Only say how many jobs and images it would make."
    ),
)
"""Add the options that say what to make jobs of, and how they are queued.

`plan` takes them as keywords, `run_mode` and `dry_run` excepted.
"""


def plan(app: Application, run_mode: RunMode, source: str, **given: Any) -> Plan:
    """Return the jobs that the current command line makes, and say how many; none is queued.

    Raises:
        BadInputError: if they can't be made, with the reason.
    """
    _check(given)
    last_preset = start_from_last(app.home) if given["last"] else None
    draft = app.state.job_draft
    draft.prompt = given["prompt"] or ""
    draft.negative_prompt = given["negative_prompt"] or ""
    draft.pack_id = pack_path(app.home, given["pack"]) if given["pack"] else None
    draft.only, draft.axes = given["only"], given["axes"]
    draft.inputs = tuple(picture for one in given["inputs"] for picture in _pictures(app, one))
    draft.preset, draft.seed = given["preset"] or last_preset, given["pack_seed"]
    draft.strict = given["strict"]
    draft.config = parse_config(chosen_layer())
    made = app.controller.plan(run_mode, source)
    if given["group_by_model"]:
        made = replace(made, specs=tuple(by_model(made.specs)))
    check_jobs(app, made.specs)
    say_plan(made)
    return made


def start_from_last(home: Path) -> str | None:
    """Put the settings of the last run under what the command line asks for; return its preset."""
    layer = load_last_used(home)
    preset: str | None = layer.pop(PRESET_OF_LAST, None)
    start_from(layer)
    return preset


def remember(app: Application) -> None:
    """Keep the settings of this command line for `--last`."""
    preset = app.state.job_draft.preset
    save_last_used(app.home, chosen_layer() | ({PRESET_OF_LAST: preset} if preset else {}))


def _check(given: dict[str, Any]) -> None:
    if given["prompt"] is None and not given["pack"] and not given["inputs"]:
        raise click.UsageError("Say what to make: --prompt TEXT or --pack FILE.")
    if given["prompt"] is not None and given["pack"]:
        raise click.UsageError("Give --prompt or --pack, not both.")
    if given["only"] and not given["pack"]:
        raise click.UsageError("--only picks prompts of a pack; give --pack too.")
    if given["negative_prompt"] and given["pack"]:
        raise click.UsageError(
            "A pack has negative prompts of its own; to add one to all of them, give"
            " --set pipeline.global_negative_prompt=TEXT."
        )


def _pictures(app: Application, name: str) -> list[Path]:
    """Return what --input names: a file, those of a folder, or the last ones of a past job."""
    path = Path(name).expanduser()
    if path.exists() or len(path.parts) > 1 or path.suffix:
        return list_pictures(path)
    job = app.history.get(name)
    made = [image for image in job.images if image.get("stage") in job.stages[-1:]]
    if not made:
        raise BadInputError(f"job {job.job_id} has no pictures")
    return [app.files / image["path"] for image in made]


def say_plan(made: Plan) -> None:
    """Say how many prompts, jobs and images these are, after what there is to say of the files."""
    say_notices(made.notices)
    images = sum(spec.config.txt2img.batch_size * spec.config.txt2img.n_iter for spec in made.specs)
    jobs, prompts = count(len(made.specs), "job"), count(made.prompt_count, "prompt")
    notice(f"{prompts}, {jobs}, {count(images, 'image')}.")


def say_dry_run(made: Plan, *, as_json: bool) -> None:
    """Say that nothing was queued; as JSON, print what would be, newest first."""
    if as_json:
        print_json([planned_json(spec) for spec in reversed(made.specs)])
    notice("Nothing was queued.")


def print_added(app: Application, job_ids: Sequence[str], *, as_json: bool) -> None:
    """Print the ids of new jobs, one a line, or the jobs as JSON, newest first."""
    if as_json:
        jobs = [app.history.get(job_id) for job_id in reversed(job_ids)]
        print_json([shown_json(job, app.files) for job in jobs])
        return
    for job_id in job_ids:
        say(job_id)
    batch = app.history.get(job_ids[0]).batch_id if len(job_ids) > 1 else None
    if batch:
        notice(f"Batch {batch}.")
