"""The script "Prompt matrix": every combination of the parts of a prompt behind `|`."""

import math
from typing import Any, NamedTuple

from fake_webui.webui.images import Picture
from fake_webui.webui.images.annotation import annotated
from fake_webui.webui.limits import check_many, check_text
from fake_webui.webui.processing import GenerationContext, Processed, Processing, process_images
from fake_webui.webui.scripts.common import fix_seeds, grid_of, save_grid, seed_of


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    put_at_start: Any
    different_seeds: Any
    prompt_type: Any
    variations_delimiter: Any
    margin_size: Any


def run(p: Processing, context: GenerationContext, asked: Arguments) -> Processed:
    """Generate a picture for each combination, and put them in a grid before the others."""
    fix_seeds(p, context)
    if asked.prompt_type not in ("positive", "negative"):
        raise ValueError(f"Unknown prompt type {asked.prompt_type}")
    if asked.variations_delimiter not in ("comma", "space"):
        raise ValueError(f"Unknown variations delimiter {asked.variations_delimiter}")
    positive = asked.prompt_type == "positive"
    parts = (p.prompt if positive else p.negative_prompt).split("|")
    delimiter = ", " if asked.variations_delimiter == "comma" else " "
    prompts = combinations(parts, delimiter, at_start=bool(asked.put_at_start))
    p.n_iter = math.ceil(len(prompts) / p.batch_size)
    p.do_not_save_grid = True
    if positive:
        p.prompt_list = prompts
    else:
        p.negative_prompt_list = prompts
    p.seed_list = [
        seed_of(p) + (index if asked.different_seeds else 0) for index in range(len(prompts))
    ]
    processed = process_images(p, context)
    if processed.images:
        _add_grid(p, context, processed, parts[1:], asked.margin_size)
    return processed


def combinations(parts: list[str], delimiter: str, *, at_start: bool) -> list[str]:
    """Return the first part with every choice of the others, in binary order."""
    count = 2 ** min(len(parts), 64)
    check_many(count)
    check_text(count * sum(map(len, parts)))
    first, others = parts[0], [part.strip().strip(",") for part in parts[1:]]
    prompts = []
    for number in range(2 ** len(others)):
        chosen = [part for bit, part in enumerate(others) if number & (1 << bit)]
        prompts.append(delimiter.join([*chosen, first] if at_start else [first, *chosen]))
    return prompts


def _add_grid(
    p: Processing, context: GenerationContext, processed: Processed, parts: list[str], margin: int
) -> None:
    images = [picture.image for picture in processed.images]
    grid = grid_of(context, images, rows=1 << (len(parts) // 2))
    boundary = math.ceil(len(parts) / 2)
    labelled = annotated(
        grid, images[0].size, _labels(parts[:boundary]), _labels(parts[boundary:]), margin
    )
    picture = Picture(labelled)
    processed.images.insert(0, save_grid(p, context, picture))
    processed.index_of_first_image = 1
    processed.infotexts.insert(0, processed.infotexts[0])


def _labels(parts: list[str]) -> list[list[str]]:
    """Return the lines of each column or row; every part is named, chosen or not."""
    return [parts] * (1 << len(parts))
