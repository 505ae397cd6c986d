"""The script "Prompts from file or textbox": one generation for each line."""

import copy
import shlex
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from fake_webui.webui.images import Picture
from fake_webui.webui.limits import check_many
from fake_webui.webui.processing import (
    GenerationContext,
    Processed,
    Processing,
    collect,
    process_images,
)
from fake_webui.webui.processing.seeds import fixed_seed
from fake_webui.webui.scripts.common import grid_of, save_grid, seed_of

# Words of a line that begin with `--`, and how their values are read.
WORDS: dict[str, Callable[[str], Any]] = {
    "sd_model": str,
    "outpath_samples": str,
    "outpath_grids": str,
    "prompt_for_display": str,
    "styles": str,
    "seed": int,
    "subseed_strength": float,
    "subseed": int,
    "seed_resize_from_h": int,
    "seed_resize_from_w": int,
    "sampler_index": int,
    "sampler_name": str,
    "batch_size": int,
    "n_iter": int,
    "steps": int,
    "cfg_scale": float,
    "width": int,
    "height": int,
    "restore_faces": "true".__eq__,
    "tiling": "true".__eq__,
    "do_not_save_samples": "true".__eq__,
    "do_not_save_grid": "true".__eq__,
}
TEXTS = ("prompt", "negative_prompt")
LONGEST_LINE = 32_000  # of words; splitting takes the square of the time
IGNORED = ("outpath_samples", "outpath_grids", "prompt_for_display", "sampler_index", "styles")


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    checkbox_iterate: Any
    checkbox_iterate_batch: Any
    prompt_position: Any
    prompt_txt: Any
    make_combined: Any = False


def run(p: Processing, context: GenerationContext, asked: Arguments) -> Processed:
    """Generate for each line of `prompt_txt`: a prompt, or words such as `--steps 5`."""
    p.do_not_save_grid = True
    jobs = [
        read_line(line, context) for line in map(str.strip, asked.prompt_txt.splitlines()) if line
    ]
    check_many(sum(job.get("n_iter", p.n_iter) * p.batch_size for job in jobs))
    progress = context.state.progress
    if (asked.checkbox_iterate or asked.checkbox_iterate_batch) and p.seed in (-1, None):
        p.seed = fixed_seed(None, context.state.rng)
    progress.job_count = sum(job.get("n_iter", p.n_iter) for job in jobs)
    results = []
    for job in jobs:
        progress.job = f"{progress.job_no + 1} out of {progress.job_count}"
        results.append(process_images(_with(p, job, asked.prompt_position), context))
        if asked.checkbox_iterate:
            p.seed = seed_of(p) + p.batch_size * p.n_iter
    pictures = [picture for one in results for picture in one.images]
    prompts = [prompt for one in results for prompt in one.all_prompts]
    infotexts = [text for one in results for text in one.infotexts]
    if asked.make_combined and len(pictures) > 1:
        grid = Picture(grid_of(context, [picture.image for picture in pictures]))
        pictures.insert(0, save_grid(p, context, grid))
        prompts.insert(0, asked.prompt_txt)
        infotexts.insert(0, "\n".join(infotexts))
    return collect(
        p,
        pictures,
        context.state,
        seed=seed_of(p),
        all_prompts=prompts,
        infotexts=infotexts,
    )


def _with(p: Processing, job: dict[str, Any], position: Any) -> Processing:
    """Return a copy of `p` with what a line says; its prompts go before or behind those of `p`."""
    made = copy.copy(p)
    for name, value in job.items():
        if name == "sd_model":
            made.override_settings["sd_model_checkpoint"] = value
        elif name not in IGNORED:
            setattr(made, name, value)
    for name in TEXTS:
        own, common = job.get(name), getattr(p, name)
        if own and common:
            parts = (own, common) if position == "start" else (common, own)
            setattr(made, name, " ".join(parts))
    return made


def read_line(line: str, context: GenerationContext) -> dict[str, Any]:
    """Return what a line sets; one that can't be read as words is a prompt."""
    if "--" not in line or len(line) > LONGEST_LINE:
        return {"prompt": line}
    try:
        return _read_words(deque(shlex.split(line)), context)
    except (ValueError, LookupError, AssertionError):
        return {"prompt": line}


def _read_words(words: deque[str], context: GenerationContext) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while words:
        name = words.popleft()
        if not name.startswith("--") or not words:
            raise ValueError(name)
        name = name.removeprefix("--")
        if name in TEXTS:
            parts = [words.popleft()]
            while words and not words[0].startswith("--"):
                parts.append(words.popleft())
            found[name] = " ".join(parts)
        elif name == "sampler_name":
            found[name] = _sampler_called(words.popleft(), context)
        else:
            found[name] = WORDS[name](words.popleft())
    return found


def _sampler_called(text: str, context: GenerationContext) -> str:
    """Return the name of a sampler by name or alias in any case, "None" if there is none."""
    for sampler in context.state.catalog.samplers:
        if text.lower() in map(str.lower, (sampler.name, *sampler.aliases)):
            return sampler.name
    return "None"
