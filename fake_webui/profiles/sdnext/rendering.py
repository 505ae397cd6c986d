"""The pictures of SD.Next's generations."""

from PIL import Image

from fake_webui.profiles.sdnext.infotext import write
from fake_webui.profiles.sdnext.job import GenerationJob, Start
from fake_webui.webui.images import Drawing, Picture
from fake_webui.webui.images.resizing import fit, flatten
from fake_webui.webui.processing import rendering
from fake_webui.webui.processing.rendering import redraw
from fake_webui.webui.state import WebUIState
from fake_webui.webui.state.progress import Preview

BACKGROUND = "#ffffff"
FITTING = {1: 0, 2: 1}  # from SD.Next's resize modes to those of A1111; all others fill


def draw(job: GenerationJob, state: WebUIState, index: int) -> Picture:
    """Return picture `index` with its infotext, at the size of the last pass."""
    size = job.hires.size or (job.start.size if job.start else job.size)
    name = job.checkpoint.stem if job.checkpoint else ""
    lines = (name, f"{size[0]}x{size[1]}", f"seed {job.seeds[index]}")
    key = _key(job, index)
    init = job.start.image(index) if job.start else None
    if init is None or job.start is None:
        picture = rendering.draw(state.config.images, size, key, lines)
    else:
        image = _fitted(init, job.start, job.p["resize_mode"] or 0)
        picture = redraw(image, job.p["denoising_strength"], key, lines)
    return picture.with_info(parameters=write(job, state.policy.version, index))


def _fitted(image: Image.Image, start: Start, mode: int) -> Image.Image:
    flat = flatten(image, BACKGROUND)
    return flat if flat.size == start.size else fit(flat, FITTING.get(mode, 2), start.size)


def preview_of(job: GenerationJob, index: int) -> Preview:
    """Return what makes the preview at a step."""
    size, key = (job.start.size if job.start else job.size), _key(job, index)

    def preview(step: int) -> Picture:
        return Picture(Drawing(size, f"{key} {step}", (f"step {step}",)))

    return preview


def _key(job: GenerationJob, index: int) -> str:
    return f"{job.prompts[index]} {job.seeds[index]} {job.subseeds[index]} {job.sampler}"


def outlined(image: Image.Image) -> Picture:
    """Return what stands for the outlines of a picture: a black one of its size."""
    return Picture(Image.new("RGB", image.size))
