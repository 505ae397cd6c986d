"""The script "X/Y/Z plot": a picture for each combination of values, in grids with labels."""

import copy
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from PIL import Image

from fake_webui.errors import HandlerError, HttpError
from fake_webui.webui.images import Picture
from fake_webui.webui.images.annotation import annotated
from fake_webui.webui.limits import check_many
from fake_webui.webui.processing import (
    GenerationContext,
    Processed,
    Processing,
    collect,
    process_images,
)
from fake_webui.webui.processing.infotexts import infotext
from fake_webui.webui.scripts.common import fix_seeds, grid_of, save_grid, seed_of
from fake_webui.webui.scripts.xyz_axes import NOTHING, SEEDS, Axis, Given, axis_of
from fake_webui.webui.scripts.xyz_axes import fix_seeds as fix_axis_seeds

TITLE = "X/Y/Z plot"
MEGAPIXEL = 1_000_000


@dataclass(frozen=True, slots=True)
class Scale:
    """One of the three axes: its letter, its kind, its values and the text they came from."""

    letter: str
    axis: Axis
    values: list[Any]
    text: str

    def notes(self, *, fixed_seeds: bool) -> dict[str, Any]:
        """Return what infotexts of grids say of this axis."""
        if self.axis.label == NOTHING:
            return {}
        notes = {f"{self.letter} Type": self.axis.label, f"{self.letter} Values": self.text}
        if self.axis.label in SEEDS and fixed_seeds:
            notes[f"Fixed {self.letter} Values"] = ", ".join(map(str, self.values))
        return notes

    def labels(self) -> list[list[str]]:
        """Return the legend of each value."""
        return [[self.axis.text(value)] for value in self.values]


@dataclass(frozen=True, slots=True)
class Switches:
    """What was ticked on the page, and the pixels between the pictures of a grid."""

    draw_legend: bool
    include_lone_images: bool
    include_sub_grids: bool
    fixed_seeds: bool
    vary: tuple[bool, bool, bool]
    margin: int
    as_text: bool


@dataclass(slots=True)
class Cells:
    """The results of all cells in order; those that failed have no infotext."""

    template: Processed | None = None
    pictures: list[Picture] = field(default_factory=list)
    prompts: list[Any] = field(default_factory=list)
    seeds: list[Any] = field(default_factory=list)
    infotexts: list[Any] = field(default_factory=list)
    grid_infotexts: dict[int, str] = field(default_factory=dict)


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    x_type: Any
    x_values: Any
    x_values_dropdown: Any
    y_type: Any
    y_values: Any
    y_values_dropdown: Any
    z_type: Any
    z_values: Any
    z_values_dropdown: Any
    draw_legend: Any
    include_lone_images: Any
    include_sub_grids: Any
    no_fixed_seeds: Any
    vary_seeds_x: Any
    vary_seeds_y: Any
    vary_seeds_z: Any
    margin_size: Any
    csv_mode: Any


def run(p: Processing, context: GenerationContext, asked: Arguments) -> Processed:
    """Generate a picture for each combination of the values of up to three axes."""
    switches = Switches(
        draw_legend=bool(asked.draw_legend),
        include_lone_images=bool(asked.include_lone_images),
        include_sub_grids=bool(asked.include_sub_grids),
        fixed_seeds=not asked.no_fixed_seeds,
        vary=(bool(asked.vary_seeds_x), bool(asked.vary_seeds_y), bool(asked.vary_seeds_z)),
        margin=asked.margin_size,
        as_text=bool(asked.csv_mode),
    )
    if switches.fixed_seeds:
        fix_seeds(p, context)
    if not context.state.options.get("return_grid"):
        p.batch_size = 1
    names = _axis_names(context, p)
    scales = [
        _read_scale(context, switches, letter, axis_of(names[number or 0]), values)
        for letter, number, *values in (
            ("X", asked.x_type, asked.x_values, asked.x_values_dropdown),
            ("Y", asked.y_type, asked.y_values, asked.y_values_dropdown),
            ("Z", asked.z_type, asked.z_values, asked.z_values_dropdown),
        )
    ]
    _check_size(p, context, scales)
    cells = _make_cells(p, context, scales, switches)
    if cells.template is None or not any(cells.infotexts):
        return collect(p, [], context.state, seed=-1)
    return _assembled(p, context, cells, scales, switches)


def _read_scale(
    context: GenerationContext, switches: Switches, letter: str, axis: Axis, values: Sequence[Any]
) -> Scale:
    """Return an axis with its values, of which there are a text and a choice from a list."""
    text, chosen = values
    if axis.choices and not switches.as_text:
        text = _as_line(chosen)
    read = axis.read(text, chosen, as_text=switches.as_text, catalog=context.state.catalog)
    if switches.fixed_seeds:
        read = fix_axis_seeds(axis, read, context.state.rng)
    return Scale(letter, axis, read, text)


def _axis_names(context: GenerationContext, p: Processing) -> list[str]:
    """Return the axes of a tab in the order of their numbers."""
    for info in context.state.catalog.script_info:
        if info["name"] == TITLE.lower() and info["is_img2img"] is p.is_img2img:
            names: list[str] = info["args"][0]["choices"]
            return names
    raise LookupError(TITLE)


def _as_line(values: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().strip()


def _check_size(p: Processing, context: GenerationContext, scales: Sequence[Scale]) -> None:
    x, y, z = (len(scale.values) for scale in scales)
    megapixels = round(x * y * z * p.width * p.height / MEGAPIXEL)
    limit = context.state.options.get("img_max_size_mp")
    if megapixels >= limit:
        raise HandlerError(
            "AssertionError",
            f"Error: Resulting grid would be too large ({megapixels} MPixels) "
            f"(max configured size is {int(limit)} MPixels)",
        )
    check_many(x * y * z * p.batch_size * p.n_iter)


def _make_cells(
    p: Processing, context: GenerationContext, scales: Sequence[Scale], switches: Switches
) -> Cells:
    x, y, z = scales
    count = len(x.values) * len(y.values) * len(z.values)
    progress, cells = context.state.progress, Cells()
    progress.job_count = count * p.n_iter
    places = product(*(range(len(scale.values)) for scale in (z, y, x)))
    for number, (iz, iy, ix) in enumerate(places):
        progress.job = f"{number + 1} out of {count}"
        made, processed = _make_cell(p, context, scales, switches, (ix, iy, iz))
        _keep(cells, processed, p)
        if ix == iy == 0 and made.all_prompts:
            _note_grid(cells, context, made, scales, iz, fixed_seeds=switches.fixed_seeds)
    return cells


def _make_cell(
    p: Processing,
    context: GenerationContext,
    scales: Sequence[Scale],
    switches: Switches,
    place: tuple[int, int, int],
) -> tuple[Processing, Processed]:
    """Return the parameters of one cell and its result, which is empty where it failed."""
    made = copy.copy(p)
    made.styles = list(p.styles)
    if context.state.progress.interrupted:
        return made, collect(made, [], context.state)
    for scale, index in zip(scales, place, strict=True):
        given = Given(scale.values, context.state.catalog)
        scale.axis.apply(made, scale.values[index], given)
    step = 1
    for scale, index, varied in zip(scales, place, switches.vary, strict=True):
        if varied:
            made.seed = seed_of(made) + index * step
            step *= len(scale.values)
    try:
        return made, process_images(made, context)
    except (HandlerError, HttpError):
        return made, collect(p, [], context.state)


def _keep(cells: Cells, processed: Processed, p: Processing) -> None:
    if cells.template is None:
        cells.template = processed
    if processed.images:
        cells.pictures.append(processed.images[0])
        cells.prompts.append(processed.p.prompt)
        cells.seeds.append(processed.seed)
        cells.infotexts.append(processed.infotexts[0])
        return
    size = cells.pictures[0].size if cells.pictures else (p.width, p.height)
    cells.pictures.append(Picture(Image.new("RGB", size)))
    for values in (cells.prompts, cells.seeds, cells.infotexts):
        values.append(None)


def _note_grid(
    cells: Cells,
    context: GenerationContext,
    made: Processing,
    scales: Sequence[Scale],
    iz: int,
    *,
    fixed_seeds: bool,
) -> None:
    """Keep the infotexts of a sub-grid and, with the first, of the whole."""
    x, y, z = (scale.notes(fixed_seeds=fixed_seeds) for scale in scales)
    notes = {**made.extra_generation_params, "Script": TITLE, **x, **y}
    noted = copy.copy(made)
    noted.extra_generation_params = notes
    cells.grid_infotexts[1 + iz] = infotext(noted, context.state, 0)
    if iz == 0:
        noted.extra_generation_params = {**notes, **z}
        cells.grid_infotexts[0] = infotext(noted, context.state, 0)


def _assembled(
    p: Processing,
    context: GenerationContext,
    cells: Cells,
    scales: Sequence[Scale],
    switches: Switches,
) -> Processed:
    """Return all pictures with their grids: the whole, each Z value's, the single ones.

    The lists of prompts and seeds have no entry for the whole, as in the real server.
    """
    grids = _sub_grids(context, cells, scales, switches)
    whole = _whole_grid(context, grids, scales[2], switches)
    area = len(scales[0].values) * len(scales[1].values)
    firsts = [number * area for number in range(len(grids))]
    result = copy.copy(cells.template or collect(p, [], context.state))
    result.all_prompts = [cells.prompts[first] for first in firsts] + cells.prompts
    result.all_seeds = [cells.seeds[first] for first in firsts] + cells.seeds
    texts = [cells.grid_infotexts.get(number, "") for number in range(len(grids) + 1)]
    result.infotexts = [*texts, *cells.infotexts]
    result.images = [whole, *grids, *(cells.pictures if switches.include_lone_images else [])]
    result.index_of_first_image = 1
    result.images[0] = save_grid(p, context, whole)
    if not switches.include_sub_grids:
        for values in (result.images, result.all_prompts, result.all_seeds, result.infotexts):
            del values[1 : 1 + len(grids)]
    return result


def _sub_grids(
    context: GenerationContext, cells: Cells, scales: Sequence[Scale], switches: Switches
) -> list[Picture]:
    x, y, z = scales
    area, grids = len(x.values) * len(y.values), []
    for number in range(len(z.values)):
        images = [one.image for one in cells.pictures[number * area : (number + 1) * area]]
        grid = grid_of(context, images, rows=len(y.values))
        if switches.draw_legend:
            cell = max(one.width for one in images), max(one.height for one in images)
            grid = annotated(grid, cell, x.labels(), y.labels(), switches.margin)
        grids.append(Picture(grid))
    return grids


def _whole_grid(
    context: GenerationContext, grids: Sequence[Picture], z: Scale, switches: Switches
) -> Picture:
    images = [grid.image for grid in grids]
    whole = grid_of(context, images, rows=1)
    if switches.draw_legend:
        whole = annotated(whole, images[0].size, z.labels(), [[""]])
    return Picture(whole)
