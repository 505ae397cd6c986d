"""What goes with the pictures of an answer: the shape of a grid, and `info`."""

import json
import math
from typing import Any

from fake_webui.profiles.sdnext.job import GenerationJob
from fake_webui.webui.state import WebUIState


def grid_shape(job: GenerationJob, state: WebUIState, count: int) -> tuple[int, int] | None:
    """Return (columns, rows) of the grid, None where none is wanted."""
    if not job.p["save_images"] or job.p["do_not_save_grid"] or count < 2:
        return None
    if not state.options.get("return_grid"):
        return None
    asked = state.options.get("n_rows")
    rows = int(asked) if asked > 0 else math.isqrt(count)
    if asked == 0:
        rows = job.p["batch_size"]
    while count % rows and asked < 0:
        rows -= 1
    rows = max(1, min(rows, count))
    return math.ceil(count / rows), rows


def info_json(job: GenerationJob, state: WebUIState, texts: list[str], first: int) -> str:
    """Return the JSON of `info`; `first` is the index of the first picture behind a grid."""
    p = job.p
    width, height = job.size
    extra = dict(job.notes) | ({"Comment": job.comment} if job.comment else {})
    facts = {
        "prompt": job.prompts[0],
        "all_prompts": job.prompts,
        "negative_prompt": job.negative_prompts[0],
        "all_negative_prompts": job.negative_prompts,
        "seed": job.seeds[0],
        "all_seeds": job.seeds,
        "subseed": job.subseeds[0],
        "all_subseeds": job.subseeds,
        "subseed_strength": p["subseed_strength"],
        "width": width,
        "height": height,
        "sampler_name": job.sampler,
        "cfg_scale": p["cfg_scale"],
        "cfg_end": None,
        "steps": p["steps"],
        "batch_size": p["batch_size"],
        "detailer": bool(job.detailers),
        "detailer_model": "Detailer" if job.detailers else None,
        "sd_model_hash": job.checkpoint.hash if job.checkpoint else None,
        "seed_resize_from_w": p["seed_resize_from_w"],
        "seed_resize_from_h": p["seed_resize_from_h"],
        "denoising_strength": p["denoising_strength"],
        "extra_generation_params": extra,
        "index_of_first_image": first,
        "infotexts": texts,
        "styles": job.styles,
        "job_timestamp": state.progress.job_timestamp,
        "clip_skip": p["clip_skip"],
    }
    return json.dumps(sendable(facts))


def sendable(value: Any) -> Any:
    """Return a value with null for the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: sendable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [sendable(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
