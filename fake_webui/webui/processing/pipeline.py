"""A generation from its parameters to its pictures: options, prompts, batches, grids."""

from collections.abc import Iterator
from contextlib import contextmanager

from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import grid_shape, image_grid
from fake_webui.webui.limits import MOST_STYLES, check_many, check_text
from fake_webui.webui.processing import checks, conditioning, prompts, sampling, saving
from fake_webui.webui.processing.batch import Plan, make_plan, sample_batch
from fake_webui.webui.processing.context import GenerationContext
from fake_webui.webui.processing.finish import finish_picture
from fake_webui.webui.processing.infotexts import infotext
from fake_webui.webui.processing.nulls import check_nulls
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.processing.result import Processed, collect
from fake_webui.webui.processing.seeds import batch_seeds, check_seeds, fixed_seed
from fake_webui.webui.state import WebUIState


def process_images(p: Processing, context: GenerationContext) -> Processed:
    """Make the pictures that `p` asks for, under its own settings.

    Raises:
        ApiError: as the real server fails.
    """
    with _overridden(p, context.state):
        p.sampler_name, p.scheduler = sampling.resolve(
            p.sampler_name, p.scheduler, context.state.catalog, automatic=False
        )
        return _process(p, context)


@contextmanager
def _overridden(p: Processing, state: WebUIState) -> Iterator[None]:
    """Apply the settings of `p`; a checkpoint that isn't there is left out without a word."""
    settings = p.override_settings
    if not state.catalog.find_checkpoint(settings.get("sd_model_checkpoint")):
        settings.pop("sd_model_checkpoint", None)
        state.models.load()
    store = state.policy.hooks.store
    stored = {key: store(key, value, state) for key, value in settings.items()}
    restore = p.override_settings_restore_afterwards
    with state.options.overridden(stored, restore=bool(restore)):
        if "sd_model_checkpoint" in settings:
            state.models.load()
        if "sd_vae" in settings:
            state.models.reload_vae()
        yield
    if "sd_vae" in settings and restore:
        state.models.reload_vae()


def _process(p: Processing, context: GenerationContext) -> Processed:
    state, options = context.state, context.state.options
    for script in context.scripts:
        script.before(p)
    checks.check_prompt(p)
    p.encoder_notes = {}
    seed, subseed = fixed_seed(p.seed, state.rng), fixed_seed(p.subseed, state.rng)
    if p.restore_faces is None:
        p.restore_faces = options.get("face_restoration")
    if p.tiling is None:
        p.tiling = options.get("tiling")
    _note_models(p, state)
    check_nulls(p, state.policy)
    checks.check_count(p)
    _set_up_prompts(p, state)
    seeds, p.all_subseeds = batch_seeds(seed, subseed, p.subseed_strength, len(p.all_prompts))
    p.all_seeds = p.seed_list or seeds
    for script in context.scripts:
        script.process(p)
    plan = make_plan(p, state)
    pictures, infotexts = _make_all(p, context, plan)
    if not infotexts:
        infotexts.append(infotext(p, state, 0))
    with_grid = _add_grid(p, state, pictures, infotexts)
    processed = collect(
        p,
        pictures,
        state,
        infotexts=infotexts,
        seed=p.all_seeds[0],
        subseed=p.all_subseeds[0],
        index_of_first_image=int(with_grid),
    )
    for script in context.scripts:
        script.postprocess(p, processed)
    return processed


def _note_models(p: Processing, state: WebUIState) -> None:
    """Note which models are loaded, and that the refiner is there."""
    p.checkpoint = state.models.checkpoint
    if vae := state.models.vae:
        p.vae_name, p.vae_hash = vae.name, vae.sha256[:10]
    if p.refiner_checkpoint not in (None, "", "None", "none"):
        checks.require_checkpoint(str(p.refiner_checkpoint), state.catalog)


def _set_up_prompts(p: Processing, state: WebUIState) -> None:
    """Repeat the prompts for every picture, with styles and without comments."""
    check_many(len(p.styles), MOST_STYLES)
    styles, negative_styles = prompts.style_prompts(p.styles, state.catalog)
    count = len(p.prompt_list or p.negative_prompt_list or []) or p.batch_size * p.n_iter
    strips = state.policy.strips_prompts
    comments = state.options.get("enable_prompt_comments")

    def clean(prompt: str) -> str:
        prompt = prompts.strip_comments(prompt) if comments else prompt
        return prompt.strip() if strips else prompt

    def spread(single: str, several: list[str] | None, styles: list[str]) -> list[str]:
        made = [clean(prompts.apply_styles(one, styles)) for one in several or [single]]
        return made if several else made * count

    p.all_prompts = spread(p.prompt, p.prompt_list, styles)
    p.all_negative_prompts = spread(p.negative_prompt, p.negative_prompt_list, negative_styles)
    if p.enable_hr:
        own, negative = p.hr_prompt, p.hr_negative_prompt
        p.all_hr_prompts = spread(own, None, styles) if own else p.all_prompts
        p.all_hr_negative_prompts = (
            spread(negative, None, negative_styles) if negative else p.all_negative_prompts
        )


def _make_all(
    p: Processing, context: GenerationContext, plan: Plan
) -> tuple[list[Picture], list[str]]:
    """Make one batch after the other until all are done or somebody interrupts."""
    progress, pictures, infotexts = context.state.progress, list[Picture](), list[str]()
    written = 0
    for number in range(p.n_iter):
        progress.skipped = False
        progress.wake.clear()
        if progress.interrupted:
            break
        first = number * p.batch_size
        indices = range(first, min(first + p.batch_size, len(p.all_prompts)))
        if not indices:
            break
        if p.n_iter > 1:
            progress.job = f"Batch {number + 1} out of {p.n_iter}"
        drawn = _make_batch(p, context, plan, indices)
        progress.next_job()
        for index, picture in zip(indices, drawn, strict=True):
            finished = finish_picture(p, context, plan, index, picture)
            pictures += finished.pictures
            infotexts.append(finished.infotext)
            written += len(finished.infotext)
        check_text(written)
    return pictures, infotexts


def _make_batch(
    p: Processing, context: GenerationContext, plan: Plan, indices: range
) -> list[Picture]:
    state = context.state
    state.models.load()
    checks.check_clip_skip(state.options.get("CLIP_stop_at_last_layers"))
    conditioning.load_networks(p, state, p.all_prompts[indices[0]])
    checks.check_steps(p)
    conditioning.encode_prompts(p, state, indices)
    _note_noise_schedule(p, state)
    check_seeds(p.all_seeds)
    pictures = sample_batch(p, context.state, context.job, plan, indices)
    if (method := state.options.get("sd_vae_decode_method")) != "Full":
        p.extra_generation_params["VAE Decoder"] = method
    return pictures


def _note_noise_schedule(p: Processing, state: WebUIState) -> None:
    """Note settings that change the noise that the model was trained with."""
    get, notes = state.options.get, p.extra_generation_params
    if get("use_downcasted_alpha_bar"):
        notes["Downcast alphas_cumprod"] = get("use_downcasted_alpha_bar")
    if get("sd_noise_schedule") == "Zero Terminal SNR":
        notes["Noise Schedule"] = get("sd_noise_schedule")


def _add_grid(
    p: Processing, state: WebUIState, pictures: list[Picture], infotexts: list[str]
) -> bool:
    """Put the grid before the pictures where one is wanted; return whether it was."""
    get = state.options.get
    unwanted = len(pictures) < 2 and get("grid_only_if_multiple")
    if p.do_not_save_grid or unwanted or not pictures:
        return False
    if not (get("return_grid") or get("grid_save")):
        return False
    shape = grid_shape(
        len(pictures), p.batch_size, get("n_rows"), full=get("grid_prevent_empty_spots")
    )
    images = [picture.image for picture in pictures]
    text = infotext(p, state, 0, main=True)
    grid = Picture(image_grid(images, shape, get("grid_background_color")))
    if get("enable_pnginfo"):
        grid = grid.with_info(parameters=text)
    if get("grid_save"):
        grid = saving.save_grid(p, state, grid)
    if get("return_grid"):
        pictures.insert(0, grid)
        infotexts.insert(0, text)
    return bool(get("return_grid"))
