"""The steps of one batch: a pass from noise or from an image, and a second one for hires fix."""

import math
from dataclasses import dataclass

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import LATENT_FACTOR, grid_shape
from fake_webui.webui.limits import MOST_PIXELS, check_many, check_memory
from fake_webui.webui.processing import checks, conditioning, guidance, sampling
from fake_webui.webui.processing.hires import HiresPlan, plan_hires
from fake_webui.webui.processing.init_images import Start, prepare_start
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.processing.rendering import draw, picture_lines, preview_of, redraw, size_made
from fake_webui.webui.processing.sampling import Sampling
from fake_webui.webui.state import Job, WebUIState

NO_STRENGTH = "'>' not supported between instances of 'NoneType' and 'int'"


@dataclass(frozen=True, slots=True)
class Plan:
    """What was settled before the first batch: where img2img starts, what hires fix makes."""

    start: Start | None = None
    hires: HiresPlan | None = None


def make_plan(p: Processing, state: WebUIState) -> Plan:
    """Settle what all batches have in common, and count the jobs.

    Raises:
        HandlerError: if it can't be done.
    """
    progress = state.progress
    hires = None
    if p.is_img2img:
        start = prepare_start(p, state.options, state.policy)
    elif p.enable_hr:
        hires = plan_hires(p, state.catalog, state.options, progress)
    progress.expect(p.n_iter)
    return Plan(start if p.is_img2img else None, hires)


def sample_batch(
    p: Processing, state: WebUIState, job: Job, plan: Plan, indices: range
) -> list[Picture]:
    """Return the pictures of one batch, in the time that its steps take.

    Raises:
        ApiError: as the real server fails.
    """
    if plan.start:
        return _from_images(p, state, job, plan.start, indices)
    size = size_made(p.width, p.height)
    checks.check_latent_size(p.width, p.height, tiling=p.tiling)
    _check_pixels(p, size)
    pass_ = Sampling(p.sampler_name, p.scheduler, p.steps, p.steps)
    _sample(p, state, job, pass_, size, indices[0])
    if plan.hires and not state.progress.interrupted:
        size = plan.hires.size
        _second_pass(p, state, job, plan.hires, indices)
    if not math.isfinite(p.cfg_scale):
        return [Picture(Image.new("RGB", size)) for _ in indices]
    return [
        draw(
            state.config.images,
            size,
            _key(p, index),
            picture_lines(p, size, p.all_seeds[index]),
        )
        for index in indices
    ]


def _check_pixels(p: Processing, size: tuple[int, int]) -> None:
    """Refuse pictures that are too large for one batch, or for all of them."""
    check_memory(*size, p.batch_size)
    check_many(size[0] * size[1] * len(p.all_prompts), MOST_PIXELS)


def _key(p: Processing, index: int) -> str:
    """Return what one picture differs from another by."""
    variation = (p.all_subseeds[index], p.subseed_strength) if p.subseed_strength else None
    asked = (p.all_prompts[index], p.all_negative_prompts[index], p.all_seeds[index], variation)
    return repr((*asked, p.sampler_name, p.scheduler, p.steps, p.cfg_scale, p.checkpoint))


def _sample(
    p: Processing,
    state: WebUIState,
    job: Job,
    pass_: Sampling,
    size: tuple[int, int],
    first: int,
) -> None:
    """Take the time of one pass and note how it went; `first` is the batch's first picture."""
    get = state.options.get
    levels = guidance.levels_asked(p, pass_, state.catalog, get)
    if not state.policy.survives_nan:
        checks.check_guidance(p)
    sampling.note_sampling(p, pass_, state.catalog, get)
    p.extra_generation_params.update(guidance.guidance_notes(p, levels, get))
    if levels:
        padding = conditioning.padding_note(p, state, first, second=pass_.second)
        p.extra_generation_params.update(padding)
    _refine(p, state, pass_)
    key = f"{p.prompt} {p.all_seeds}"
    columns, rows = 1, 1
    if get("show_progress_grid"):
        columns, rows = grid_shape(p.batch_size, 1, get("n_rows"))
    whole = size[0] * columns, size[1] * rows
    job.sample(pass_.done, preview_of(p, whole, key, get("show_progress_type")))


def _refine(p: Processing, state: WebUIState, pass_: Sampling) -> None:
    """Note the refiner, and have it loaded where it comes into play."""
    refiner = state.catalog.closest_checkpoint(p.refiner_checkpoint)
    if refiner == state.models.checkpoint:
        refiner = None
    title = refiner.short_title if refiner else None
    if sampling.note_refiner(p, pass_, title, state.options.get):
        state.models.load(refiner, keep_options=True)


def _from_images(
    p: Processing, state: WebUIState, job: Job, start: Start, indices: range
) -> list[Picture]:
    get = state.options.get
    strength = float(p.denoising_strength or 0)
    exact = get("img2img_fix_steps")
    steps, done = guidance.steps_from_image(p.steps, strength, exact=exact)
    size = size_made(p.width, p.height)
    _check_pixels(p, size)
    if p.initial_noise_multiplier != 1.0:
        p.extra_generation_params["Noise multiplier"] = p.initial_noise_multiplier
    pass_ = Sampling(p.sampler_name, p.scheduler, steps, done, from_image=True)
    _sample(p, state, job, pass_, size, indices[0])
    pictures = []
    for position, index in enumerate(indices):
        image = start.image(position)
        if image.size != size:
            image = image.resize(size)
        lines = picture_lines(p, size, p.all_seeds[index])
        pictures.append(redraw(image, strength, _key(p, index), lines))
    return pictures


def _second_pass(
    p: Processing, state: WebUIState, job: Job, hires: HiresPlan, indices: range
) -> None:
    """Go through the steps at the larger size.

    Raises:
        HandlerError: for what is found missing only now.
    """
    if p.firstpass_image is not None:
        raise HandlerError(
            "ValueError", f"could not convert string to float: {p.firstpass_image!r}"
        )
    state.policy.hooks.second_pass(p)
    if p.hr_checkpoint_name:
        checkpoint = state.catalog.closest_checkpoint(p.hr_checkpoint_name)
        state.models.load(checkpoint, keep_options=True)
    sampler = sampling.require_sampler(p.hr_sampler_name or p.sampler_name, state.catalog)
    _check_hires_size(size_made(p.width, p.height), hires)
    _check_pixels(p, hires.size)
    state.progress.next_job()
    conditioning.load_networks(p, state, p.all_hr_prompts[indices[0]], second=True)
    conditioning.encode_hires_prompts(p, state, indices)
    if p.denoising_strength is None:
        raise HandlerError("TypeError", NO_STRENGTH)
    asked = p.hr_second_pass_steps or p.steps
    steps, done = guidance.steps_from_image(asked, p.denoising_strength, exact=True)
    pass_ = Sampling(sampler.name, p.hr_scheduler, steps, done, second=True, from_image=True)
    _sample(p, state, job, pass_, hires.size, indices[0])


def _check_hires_size(size: tuple[int, int], hires: HiresPlan) -> None:
    if min(hires.size) > 0:
        return
    if hires.in_latent_space:
        (width, height), (to_width, to_height) = (
            [side // LATENT_FACTOR for side in sides] for sides in (size, hires.size)
        )
        raise HandlerError(
            "RuntimeError",
            "Input and output sizes should be greater than 0, but got "
            f"input (H: {height}, W: {width}) output (H: {to_height}, W: {to_width})",
        )
    raise HandlerError("ValueError", "height and width must be > 0")
