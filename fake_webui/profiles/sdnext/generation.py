"""txt2img and img2img as SD.Next has them."""

import io
from typing import Any, Final

from fake_webui.contract import Parsed
from fake_webui.errors import HandlerError, HttpError
from fake_webui.profiles.sdnext.infotext import write, write_for_grid
from fake_webui.profiles.sdnext.job import GenerationJob, Start
from fake_webui.profiles.sdnext.matrix import BACKGROUND, read_matrix
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.profiles.sdnext.options import overridden
from fake_webui.profiles.sdnext.prompts import loras_in, read_prompts
from fake_webui.profiles.sdnext.rendering import draw, preview_of
from fake_webui.profiles.sdnext.result import grid_shape, info_json, sendable
from fake_webui.profiles.sdnext.scripts import check_always_on, check_script
from fake_webui.profiles.sdnext.start import multiple_of_8, plan_hires, read_start
from fake_webui.profiles.sdnext.tables import table
from fake_webui.webui.generation import TRIPPED_OVER, Generated
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import image_grid
from fake_webui.webui.limits import LARGEST_PICTURE_PX, MOST_PIXELS, check_many, check_memory
from fake_webui.webui.processing.saving import save_in
from fake_webui.webui.processing.seeds import batch_seeds, fixed_seed
from fake_webui.webui.state import Interference, Job, WebUIState

DEFAULT_SAMPLERS: Final = ("Default", "Same as primary")
DEFAULT_SCHEDULER: Final = "EulerAncestralDiscreteScheduler"
GRADING: Final = "grading_"
KEPT: Final = "latent_history"
PILLOW_FORMATS: Final = {"bmp": "BMP", "tiff": "TIFF", "gif": "GIF"}
PICTURE_FORMATS: Final = frozenset({"jpg", "jpeg", "png", "webp"})
# What the recorded version makes no picture with from a model of Stable Diffusion 1.5.
FAILING_SAMPLERS: Final = frozenset({"DPM++ Cosine", "PNDM"})


def txt2img(parsed: Parsed, state: WebUIState, interference: Interference) -> Generated:
    """Make pictures from a prompt.

    Raises:
        ApiError: as the real server refuses it; what fails in the pipeline has no pictures.
    """
    return _answer(parsed.values, state, interference, "txt2img")


def img2img(parsed: Parsed, state: WebUIState, interference: Interference) -> Generated:
    """Make pictures from pictures and a prompt.

    Raises:
        ApiError: as the real server refuses it; what fails in the pipeline has no pictures.
    """
    if "init_images" not in parsed.given:
        raise HttpError(400, "Init image not found")
    return _answer(parsed.values, state, interference, "img2img")


def _answer(
    p: dict[str, Any], state: WebUIState, interference: Interference, kind: str
) -> Generated:
    sampler, scheduler = find_sampler(p["sampler_name"], state)
    start = read_start(p) if kind == "img2img" else None
    job = memory_of(state).generation(f"API-{kind[:3].upper()}")
    with state.generating(None, kind, _nothing, interference) as turn, job:
        check_always_on(p["alwayson_scripts"], state)
        check_script(p, state)
        images, info = _tripping(p, state, turn, sampler, scheduler, start)
    files = [encode_picture(image, state) for image in images] if p["send_images"] else []
    echoed = dict(p)
    if kind == "img2img" and not p["include_init_images"]:
        echoed |= {"init_images": None, "mask": None}
    return Generated(files, sendable(echoed), info, [])


def _nothing() -> None:
    """Do nothing: images were read before the turn."""


def find_sampler(name: str, state: WebUIState) -> tuple[str, str]:
    """Return a sampler's name as it is listed, whatever its case, and its scheduler's class.

    Raises:
        HttpError: 404, if there is none.
    """
    if name in DEFAULT_SAMPLERS:
        return name, DEFAULT_SCHEDULER
    for row in state.policy.table("samplers"):
        if row["name"].lower() == name.lower():
            return row["name"], row["scheduler"]
    raise HttpError(404, "Sampler not found")


def _tripping(*asked: Any) -> tuple[list[Picture], str]:
    """Generate, and fail on values of the wrong kind as Python does.

    Raises:
        HandlerError: with the class and text of the exception.
    """
    try:
        return _generate(*asked)
    except TRIPPED_OVER as error:
        raise HandlerError(type(error).__name__, str(error)) from error


def _generate(
    p: dict[str, Any],
    state: WebUIState,
    turn: Job,
    sampler: str,
    scheduler: str,
    start: Start | None,
) -> tuple[list[Picture], str]:
    """Return the pictures and the JSON of `info`, which is empty where no model is loaded."""
    settings = dict(p["override_settings"] or {})
    if p["sd_model_checkpoint"] is not None:
        settings["sd_model_checkpoint"] = p["sd_model_checkpoint"]
    if p["return_grid"] is not None:
        settings["return_grid"] = p["return_grid"]
    restore = p["override_settings_restore_afterwards"] is not False
    with overridden(state, settings, restore=restore):
        if memory_of(state).has_no_model:
            _get_stuck(state, p)
            return [], ""
        state.models.load()
        job = _resolve(p, state, sampler, scheduler, start)
        return _run(job, state, turn)


def _get_stuck(state: WebUIState, p: dict[str, Any]) -> None:
    memory_of(state).stuck = "API-IMG" if "include_init_images" in p else "API-TXT"


def _resolve(
    p: dict[str, Any], state: WebUIState, sampler: str, scheduler: str, start: Start | None
) -> GenerationJob:
    if min(p["batch_size"] or 0, p["n_iter"] or 0) < 1:
        raise HandlerError("IndexError", "list index out of range")
    if p["cfg_scale"] is None:
        message = "'>' not supported between instances of 'NoneType' and 'int'"
        raise HandlerError("TypeError", message)
    check_many(p["batch_size"] * p["n_iter"])
    memory, get, matrix = memory_of(state), state.options.get, read_matrix(p, state)
    if matrix:
        p = {**p, **matrix.fields(p["batch_size"])}
    with memory.job("styles"):
        prompts = read_prompts(p, state, matrix)
    count = len(prompts.prompts)
    seed, subseed = fixed_seed(p["seed"], state.rng), fixed_seed(p["subseed"], state.rng)
    seeds, subseeds = batch_seeds(seed, subseed, p["subseed_strength"] or 0, count)
    size = _shown_size(p, start)
    loras = loras_in(prompts.prompts[0], state)
    memory.loras = loras
    detailers = (p["detailer_models"] or get("detailer_models")) if p["detailer_enabled"] else []
    return GenerationJob(
        p=p,
        size=size,
        sampler=sampler,
        scheduler=scheduler,
        prompts=prompts.prompts,
        negative_prompts=prompts.negative_prompts,
        templates=prompts.templates,
        negative_templates=prompts.negative_templates,
        seeds=matrix.seeds(seed) if matrix else seeds,
        subseeds=subseeds,
        styles=prompts.styles,
        checkpoint=state.models.checkpoint,
        vae=memory.vae,
        hires=plan_hires(p, size),
        start=start,
        comment=prompts.comment,
        notes=_extra_notes(p, loras),
        detailers=[str(name) for name in detailers],
        grades=_is_graded(p),
        matrix=matrix,
    )


def _shown_size(p: dict[str, Any], start: Start | None) -> tuple[int, int]:
    """Return the size that infotexts show: what was asked for, or that of the init image."""
    if start and None in (p["width"], p["height"]):
        return start.size
    return multiple_of_8(p["width"]), multiple_of_8(p["height"])


def _is_graded(p: dict[str, Any]) -> bool:
    """Return whether any of the fields that change colours afterwards is set."""
    fields = table("StableDiffusionProcessingTxt2Img").fields
    return any(p[field.name] != field.default for field in fields if field.name.startswith(GRADING))


def _extra_notes(p: dict[str, Any], loras: list[str]) -> dict[str, Any]:
    notes = {}
    if loras:
        notes["LoRA networks"] = ", ".join(loras)
    if p["hidiffusion"]:
        notes["HiDiffusion"] = "True/True/True:8"
    return notes


def _run(job: GenerationJob, state: WebUIState, turn: Job) -> tuple[list[Picture], str]:
    """Sample batch after batch; what fails on the way leaves no pictures."""
    pictures: list[Picture] = []
    try:
        with memory_of(state).job("process"):
            _check_model(state)
            texts = _sample_all(job, state, turn, pictures)
    except HandlerError:
        pictures, texts = [], [write(job, state.policy.version, 0)]
        _get_stuck(state, job.p)
    _save(job, state, pictures)
    first = _put_grid_first(job, state, pictures, texts)
    return pictures, info_json(job, state, texts, first)


def _put_grid_first(
    job: GenerationJob, state: WebUIState, pictures: list[Picture], texts: list[str]
) -> int:
    """Put the grid before the pictures, if there is one; return the index of the first of these."""
    if shape := grid_shape(job, state, len(pictures)):
        text = write_for_grid(job, state.policy.version, shape)
        grid = image_grid([one.image for one in pictures], shape, BACKGROUND)
    elif job.matrix and pictures:
        text, grid = texts[0], job.matrix.grid([one.image for one in pictures])
    else:
        return 0
    pictures.insert(0, Picture(grid))
    texts.insert(0, text)
    return 1


def _save(job: GenerationJob, state: WebUIState, pictures: list[Picture]) -> None:
    if not job.p["save_images"] or job.p["do_not_save_samples"]:
        return
    folder = "image" if job.start else "text"
    for picture, seed in zip(pictures, job.seeds, strict=False):  # an interrupt leaves fewer
        save_in(state, folder, picture, "", f"-{seed}")


def _sample_all(
    job: GenerationJob, state: WebUIState, turn: Job, pictures: list[Picture]
) -> list[str]:
    progress, memory, version = state.progress, memory_of(state), state.policy.version
    texts: list[str] = []
    size, skips_next = job.p["batch_size"], False
    progress.job_count = 1
    for iteration in range(job.p["n_iter"]):
        if skips_next:
            skips_next = False
            continue
        progress.skipped = False
        progress.wake.clear()
        for name, steps in _passes(job):
            _sample(job, state, turn, name, steps, iteration * size)
        if progress.skipped:
            skips_next = True
            continue
        indices = range(iteration * size, min((iteration + 1) * size, job.count))
        with memory.job("vae decode"):
            pictures += [draw(job, state, index) for index in indices]
        memory.keep(state.options.get(KEPT), is_latent=False)
        texts += [write(job, version, index) for index in indices]
        if progress.interrupted:
            return [write(job, version, 0, at=indices[0]), write(job, version, indices[0])]
    return texts


def _check_model(state: WebUIState) -> None:
    if memory_of(state).is_broken:
        raise HandlerError("RuntimeError", "the checkpoint was changed meanwhile")


def _passes(job: GenerationJob) -> list[tuple[str, int]]:
    """Return what each pass is called in the history, and its steps."""
    if min(job.size) <= 0 or job.sampler in FAILING_SAMPLERS:
        raise HandlerError("RuntimeError", "the pipeline failed")
    for size in (job.size, job.start.size if job.start else job.size, job.hires.size or job.size):
        check_memory(*size, most_px=LARGEST_PICTURE_PX)
    check_memory(*job.size, job.count, most_px=MOST_PIXELS)
    steps = max(0, job.p["steps"])
    second = ("hires", job.p["hr_second_pass_steps"] or steps)
    return [("base", steps), *[second] * job.hires.samples]


def _sample(
    job: GenerationJob, state: WebUIState, turn: Job, name: str, steps: int, index: int
) -> None:
    if state.progress.ended_early:
        return
    memory = memory_of(state)
    state.progress.job = "Inference"
    with memory.job(name):
        with memory.job("params"), memory.job("te encode"):
            pass
        with memory.job("inference"):
            turn.sample(steps, preview_of(job, index))
            _check_model(state)
    memory.keep(state.options.get(KEPT), is_latent=True)


def encode_picture(picture: Picture, state: WebUIState) -> bytes:
    """Return a picture as a file of the format that the options name.

    Raises:
        HandlerError: KeyError, for a format that there is none of.
    """
    file_format = str(state.options.get("samples_format")).lower()
    quality = state.options.get("jpeg_quality")
    if file_format in PICTURE_FORMATS:
        return picture.encode(file_format, quality if isinstance(quality, int) else 90)
    if file_format not in PILLOW_FORMATS:
        raise HandlerError("KeyError", repr(f".{file_format}"))
    buffer = io.BytesIO()
    picture.image.convert("RGB").save(buffer, format=PILLOW_FORMATS[file_format])
    return buffer.getvalue()
