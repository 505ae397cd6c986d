"""The infotexts of SD.Next: other names, another order, the template of the prompt."""

import math
from pathlib import PurePosixPath
from typing import Any, Final

from fake_webui.profiles.sdnext.job import GenerationJob
from fake_webui.webui.infotext import write_pairs

APP: Final = "SD.Next"
TXT2IMG_PIPELINE, IMG2IMG_PIPELINE, INPAINT_PIPELINE = (
    "StableDiffusionPipeline",
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionInpaintPipeline",
)


def write(job: GenerationJob, version: str, index: int, *, at: int | None = None) -> str:
    """Return the infotext of picture `index`; `at` is the index that it names, if another."""
    pairs = _pairs(job, version, index)
    if job.count > 1:
        iteration, place = divmod(index if at is None else at, job.p["batch_size"])
        pairs["Index"] = f"{iteration + 1}x{place + 1}"
    return _text(job, index, pairs)


def write_for_grid(job: GenerationJob, version: str, shape: tuple[int, int]) -> str:
    """Return the infotext of a grid of (columns, rows)."""
    columns, rows = shape
    pairs = _pairs(job, version, 0)
    pairs |= {"Pipeline": TXT2IMG_PIPELINE, "Grid": f"{rows}x{columns}"}
    return _text(job, 0, pairs)


def _text(job: GenerationJob, index: int, pairs: dict[str, Any]) -> str:
    lines = [job.prompts[index] or "", f"Negative prompt: {job.negative_prompts[index] or ''}"]
    if template := job.templates[index]:
        lines.append(f"Template: {template}")
    if template := job.negative_templates[index]:
        lines.append(f"Negative template: {template}")
    ordered = {**pairs, **_last_pairs(job)}
    return "\n".join([*lines, write_pairs(ordered)]).strip()


def _pairs(job: GenerationJob, version: str, index: int) -> dict[str, Any]:
    p, cfg = job.p, job.p["cfg_scale"]
    width, height = job.size
    return {
        "Steps": p["steps"] if p["steps"] >= 0 else None,
        "Size": f"{width}x{height}",
        "Sampler": job.sampler if job.sampler != "Default" else None,
        "Scheduler": job.scheduler,
        "Seed": job.seeds[index],
        "CFG scale": None if math.isnan(cfg) else cfg,
        "CFG rescale": p["cfg_rescale"],
        "CLiP-skip": p["clip_skip"] if (p["clip_skip"] or 0) > 1 else None,
        "Batch": f"{p['n_iter']}x{p['batch_size']}" if job.count > 1 else None,
        "Refiner prompt": p["refiner_prompt"] or None,
        "Refiner negative": p["refiner_negative"] or None,
        "Styles": "; ".join(job.styles) or None,
        "App": APP,
        "Version": version,
        "Parser": p["prompt_attention"],
        "Comment": job.comment,
        "Pipeline": _pipeline(job),
        "Operations": "; ".join(_operations(job)),
        "Model": job.checkpoint.stem if job.checkpoint else None,
        "Model hash": job.checkpoint.hash if job.checkpoint else None,
        "VAE": _vae(job),
    }


def _pipeline(job: GenerationJob) -> str:
    if job.detailers or (job.start and job.start.mask):
        return INPAINT_PIPELINE
    return IMG2IMG_PIPELINE if job.start else TXT2IMG_PIPELINE


def _operations(job: GenerationJob) -> list[str]:
    if job.start and job.start.mask:
        first = ["inpaint"]
    elif job.start and job.start.images[0] is not None:
        first = ["img2img"]
    else:
        first = ["txt2img", "img2img"] if job.start else ["txt2img"]
    last = ["detailer"] * bool(job.detailers) + ["grading"] * job.grades
    return [*first, *job.hires.operations, *last]


def _vae(job: GenerationJob) -> str | None:
    if job.p["vae_type"] == "Tiny":
        return "TAESD"
    return PurePosixPath(job.vae.name).stem if job.vae else None


def _last_pairs(job: GenerationJob) -> dict[str, Any]:
    p = job.p
    varies = (p["subseed_strength"] or 0) > 0
    token_merging = {"ToMe": p["tome_ratio"], "ToDo": p["todo_ratio"]}
    method = p["token_merging_method"]
    return {
        **job.hires.notes,
        **(job.start.notes if job.start else {}),
        "Variation seed": job.subseeds[0] if varies else None,
        "Variation strength": p["subseed_strength"] if varies else None,
        "Sampler sigma": p["schedulers_sigma"],
        **({method: token_merging[method]} if method in token_merging else {}),
        **job.notes,
        "Detailer": ", ".join(job.detailers) or None,
        "Detailer steps": p["detailer_steps"] if job.detailers else None,
        "Detailer strength": p["detailer_strength"] if job.detailers else None,
    }
