"""The script "Loopback": each result is the init image of the next round."""

import math
from typing import Any, NamedTuple

from fake_webui.images import Picture
from fake_webui.processing import Bench, Processed, Processing, process_images
from fake_webui.processing.checks import check_many
from fake_webui.processing.init_images import ORIGINAL
from fake_webui.scripts.common import fix_seeds, grid_of, save_grid, with_one_infotext


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    loops: Any
    final_denoising_strength: Any
    denoising_curve: Any
    append_interrogation: Any


def run(p: Processing, bench: Bench, asked: Arguments) -> Processed:
    """Generate `loops` times, the denoising strength going to `final_denoising_strength`."""
    fix_seeds(p, bench)
    check_many(asked.loops * p.n_iter)
    batch_count, progress = p.n_iter, bench.state.progress
    p.extra_generation_params = {
        "Final denoising strength": asked.final_denoising_strength,
        "Denoising curve": asked.denoising_curve,
    }
    strength = float(p.denoising_strength or 0)
    strengths = [
        strength
        + (asked.final_denoising_strength - strength)
        * _curve(asked.denoising_curve, loop, asked.loops)
        for loop in range(1, asked.loops + 1)
    ]
    if asked.append_interrogation != "None":
        caption = bench.state.config.caption or ""
        p.prompt = f"{p.prompt}, {caption}" if p.prompt else caption
    p.do_not_save_grid = True
    progress.job_count = asked.loops * batch_count
    results, first = list[Picture](), None
    start, fill = p.init_images, p.inpainting_fill
    for batch in range(batch_count):
        p.init_images, p.denoising_strength = start, strength
        rounds = list[Picture]()
        for loop in range(asked.loops):
            p.n_iter = p.batch_size = 1
            progress.job = f"Iteration {loop + 1}/{asked.loops}, batch {batch + 1}/{batch_count}"
            processed = process_images(p, bench)
            if progress.interrupted:
                break
            first = first or processed
            p.seed = processed.seed + 1
            p.denoising_strength = strengths[loop]
            if progress.skipped:
                break
            rounds.append(processed.images[0])
            p.init_images = [processed.images[0].image]
            p.inpainting_fill = ORIGINAL
        results += rounds if batch_count == 1 else rounds[-1:]
        p.inpainting_fill = fill
        if progress.interrupted:
            break
    return with_one_infotext(p, bench, [*_grid(p, bench, results), *results], first)


def _curve(name: Any, loop: int, loops: int) -> float:
    """Return how far the strength has gone to its end, 0 to 1."""
    if loops == 1:
        return 0.0
    share = loop / (loops - 1)
    if name == "Aggressive":
        return math.sin(share * math.pi / 2)
    if name == "Lazy":
        return 1 - math.cos(share * math.pi / 2)
    return share


def _grid(p: Processing, bench: Bench, results: list[Picture]) -> list[Picture]:
    """Return the grid of all rounds, if there are several and the options want one."""
    if len(results) < 2:
        return []
    grid = Picture(grid_of(bench, [picture.image for picture in results], rows=1))
    save_grid(p, bench, grid)
    return [grid] if bench.state.options.get("return_grid") else []
