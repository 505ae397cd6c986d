"""Hires fix: the second pass of txt2img at a larger size."""

import math
from dataclasses import dataclass

from fake_webui.errors import HandlerError
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.images.resizing import LATENT_FACTOR, floor8
from fake_webui.webui.infotext import old_first_pass_size
from fake_webui.webui.options import Options
from fake_webui.webui.processing.checks import require_checkpoint
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.state import Progress

SAME_CHECKPOINT = "Use same checkpoint"


@dataclass(frozen=True, slots=True)
class HiresPlan:
    """What the second pass makes: `size` in pixels after rounding and cutting off."""

    size: tuple[int, int]
    in_latent_space: bool


def plan_hires(p: Processing, catalog: Catalog, options: Options, progress: Progress) -> HiresPlan:
    """Check and note what the second pass is to do.

    Raises:
        HandlerError: if a checkpoint or an upscaler isn't there.
    """
    notes = p.extra_generation_params
    notes["Denoising strength"] = p.denoising_strength
    if p.hr_checkpoint_name and p.hr_checkpoint_name != SAME_CHECKPOINT:
        checkpoint = require_checkpoint(p.hr_checkpoint_name, catalog)
        notes["Hires checkpoint"] = checkpoint.short_title
    hooks = catalog.policy.hooks
    notes.update(hooks.hires_models(p))
    if p.hr_sampler_name is not None and p.hr_sampler_name != p.sampler_name:
        notes["Hires sampler"] = p.hr_sampler_name
    notes.update({"Hires prompt": None, "Hires negative prompt": None})
    notes.update(hooks.hires_guidance(p))
    notes["Hires schedule type"] = None
    if p.hr_scheduler is None:
        p.hr_scheduler = p.scheduler
    in_latent_space = p.hr_upscaler is None or p.hr_upscaler in catalog.policy.latent_modes
    if not in_latent_space and not catalog.find_upscaler(str(p.hr_upscaler)):
        raise HandlerError("Exception", f"could not find upscaler named {p.hr_upscaler}")
    size = _target_size(p, use_old_sizes=options.get("use_old_hires_fix_width_height"))
    _count_jobs(p, progress)
    if p.hr_second_pass_steps:
        notes["Hires steps"] = p.hr_second_pass_steps
    if p.hr_upscaler is not None:
        notes["Hires upscaler"] = p.hr_upscaler
    return HiresPlan(size, in_latent_space)


def _count_jobs(p: Processing, progress: Progress) -> None:
    """Double the number of jobs, once for a whole request."""
    if progress.has_refined_job_count:
        return
    progress.expect(p.n_iter)
    progress.job_count *= 2
    progress.has_refined_job_count = True


def _target_size(p: Processing, *, use_old_sizes: bool) -> tuple[int, int]:
    """Return the size of the result and note how it was asked for."""
    if use_old_sizes:
        p.hr_resize_x, p.hr_resize_y = p.width, p.height
        p.width, p.height = old_first_pass_size(p.width, p.height)
    if p.hr_resize_x == 0 and p.hr_resize_y == 0:
        p.extra_generation_params["Hires upscale"] = p.hr_scale
        if not math.isfinite(p.hr_scale):
            raise HandlerError("OverflowError", "cannot convert float infinity to integer")
        return floor8(int(p.width * p.hr_scale)), floor8(int(p.height * p.hr_scale))
    p.extra_generation_params["Hires resize"] = f"{p.hr_resize_x}x{p.hr_resize_y}"
    try:
        return resized(p.width, p.height, p.hr_resize_x, p.hr_resize_y)
    except ZeroDivisionError as error:
        raise HandlerError("ZeroDivisionError", str(error)) from None


def resized(width: int, height: int, to_width: int, to_height: int) -> tuple[int, int]:
    """Return the size of a picture brought to a size of which one side may be 0, for the shape's.

    With both given, the picture covers them and what stands over is cut off.
    """
    if to_height == 0:
        return floor8(to_width), floor8(to_width * height // width)
    if to_width == 0:
        return floor8(to_height * width // height), floor8(to_height)
    if width / height < to_width / to_height:
        upscaled = to_width, to_width * height // width
    else:
        upscaled = to_height * width // height, to_height
    return _cut(upscaled[0], to_width), _cut(upscaled[1], to_height)


def _cut(side: int, wanted: int) -> int:
    """Return a side without what stands over, in whole latents."""
    over = (side - wanted) // LATENT_FACTOR
    return (side // LATENT_FACTOR - over) * LATENT_FACTOR
