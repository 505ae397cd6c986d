"""The script "SD upscale": an image enlarged, then generated anew tile by tile."""

import math
from typing import Any, NamedTuple

from PIL import Image

from fake_webui.webui.catalog import Catalog
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import flatten, upscale
from fake_webui.webui.limits import check_memory
from fake_webui.webui.processing import GenerationContext, Processed, Processing, process_images
from fake_webui.webui.scripts.common import (
    Tiling,
    fix_seeds,
    save_result,
    seed_of,
    with_one_infotext,
)


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    note: Any
    overlap: Any
    upscaler_index: Any
    scale_factor: Any


def run(p: Processing, context: GenerationContext, asked: Arguments) -> Processed:
    """Generate every tile of the enlarged init image, once for each of `n_iter`."""
    upscaler = _upscaler_called(asked.upscaler_index, context.state.catalog)
    fix_seeds(p, context)
    p.extra_generation_params["SD upscale overlap"] = asked.overlap
    p.extra_generation_params["SD upscale upscaler"] = upscaler
    image = flatten(p.init_images[0], context.state.options.get("img2img_background_color"))
    if upscaler != "None":
        factor = asked.scale_factor
        check_memory(int(image.width * factor), int(image.height * factor))
        image = upscale(image, upscaler, factor)
    tiling = Tiling.of(image.size, (p.width, p.height), asked.overlap)
    tiles, batch_size, rounds = tiling.cut(image), p.batch_size, p.n_iter
    batches = math.ceil(len(tiles) / batch_size)
    p.n_iter, p.do_not_save_grid, p.do_not_save_samples = 1, True, True
    context.state.progress.job_count = batches * rounds
    results, first, seed = list[Picture](), None, seed_of(p)
    for number in range(rounds):
        p.seed = seed + number
        made = list[Image.Image]()
        for batch in range(batches):
            p.batch_size = batch_size
            p.init_images = tiles[batch * batch_size : (batch + 1) * batch_size]
            done = batch + 1 + number * batches
            context.state.progress.job = f"Batch {done} out of {batches * rounds}"
            processed = process_images(p, context)
            first = first or processed
            p.seed = processed.seed + 1
            made += [picture.image for picture in processed.images]
        result = Picture(tiling.join(image.size, made))
        results.append(save_result(p, context, result, seed + number))
    return with_one_infotext(p, context, results, first)


def _upscaler_called(index: Any, catalog: Catalog) -> str:
    names = [upscaler.name for upscaler in catalog.upscalers]
    if isinstance(index, str):
        index = [name.lower() for name in names].index(index.lower())
    return str(names[index])
