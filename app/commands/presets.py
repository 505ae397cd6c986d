"""`presets`: settings under a name."""

import json
from pathlib import Path

import click

from app.commands.shared import completing
from app.commands.shared.groups import DefaultGroup
from app.commands.shared.options import (
    chosen_layer,
    home_option,
    json_option,
    settings_options,
    start_from,
)
from app.commands.shared.output import notice, print_json, say, say_notices
from app.commands.shared.submitting import start_from_last
from app.commands.shared.tables import Column, print_rows
from app.config.pipeline_config import merge
from app.config.presets import delete_preset, list_presets, load_preset, save_preset
from app.errors import BadInputError
from app.storage.home import PRESETS_FOLDER, prepare_home, resolve_home

COLUMNS: tuple[Column[tuple[str, str]], ...] = (
    Column("preset", lambda row: row[0]),
    Column("what it does", lambda row: row[1], fills=True),
)


@click.group(cls=DefaultGroup)
def presets() -> None:
    """Keep settings under a name; `--preset NAME` uses them."""


@presets.command("list")
@home_option
@json_option
def list_all(*, home: Path | None, as_json: bool) -> None:
    """List the presets of the home."""
    folder = resolve_home(home)
    rows = [(name, _summary(folder, name)) for name in list_presets(folder)]
    empty = f"No presets in {folder / PRESETS_FOLDER}; make one with: presets save NAME --steps 20"
    print_rows(rows, COLUMNS, as_json=as_json, to_json=_row_json, empty=empty)


def _row_json(row: tuple[str, str]) -> dict[str, str]:
    return {"preset": row[0], "summary": row[1]}


def _summary(home: Path, name: str) -> str:
    """Say what a preset makes, or what is wrong with it."""
    try:
        config = merge(load_preset(home, name).layer)
    except BadInputError as error:
        return str(error)
    base = config.txt2img
    size = f"{base.width}×{base.height}, {base.steps} steps, {base.sampler_name}"
    return f"{' → '.join(config.stages())}, {size}"


@presets.command()
@click.argument("name", shell_complete=completing.presets)
@home_option
@json_option
def show(*, name: str, home: Path | None, as_json: bool) -> None:
    """Print the settings of a preset; what it does not name comes from the defaults."""
    preset = load_preset(resolve_home(home), name)
    say_notices(preset.notices)
    if as_json:
        print_json([{"preset": name, "settings": preset.layer}])
    else:
        say(json.dumps(preset.layer, indent=2, ensure_ascii=False))


@presets.command()
@click.argument("name")
@click.option("--last", is_flag=True, help="Start from the settings of the last run.")
@click.option("--from", "base", metavar="NAME", help="Start from another preset.")
@click.option("--overwrite", is_flag=True, help="Replace the preset that has this name.")
@settings_options
@home_option
def save(*, name: str, last: bool, base: str | None, overwrite: bool, home: Path | None) -> None:
    """Keep the settings that are given here under a name.

    python -m app presets save night --steps 34 --adetailer --upscale 2
    """
    folder = prepare_home(resolve_home(home))
    if last:
        last_preset = start_from_last(folder)
        base = base or last_preset
    if base:
        start_from(load_preset(folder, base).layer)
    layer = chosen_layer()
    if not layer:
        raise click.UsageError("Say which settings to keep, such as --steps 20, or --last.")
    merge(layer)
    path = save_preset(folder, name, layer, overwrite=overwrite)
    notice(f"Saved {path}.")


@presets.command()
@click.argument("name", shell_complete=completing.presets)
@home_option
def delete(*, name: str, home: Path | None) -> None:
    """Delete a preset."""
    notice(f"Deleted {delete_preset(resolve_home(home), name)}.")
