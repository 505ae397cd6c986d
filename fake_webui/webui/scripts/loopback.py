"""The script "Loopback": each result is the init image of the next round."""

import math
from typing import Any, NamedTuple

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.images import Picture
from fake_webui.webui.limits import check_many
from fake_webui.webui.processing import GenerationContext, Processed, Processing, process_images
from fake_webui.webui.processing.init_images import ORIGINAL
from fake_webui.webui.scripts.common import fix_seeds, grid_of, save_grid, with_one_infotext

TOO_FEW_CHANNELS = (
    "OpenCV(4.11.0) /io/opencv/modules/imgproc/src/color.simd_helpers.hpp:92: error: "
    "(-15:Bad number of channels) in function 'cv::impl::{{anonymous}}::CvtHelper<VScn, VDcn, "
    "VDepth, sizePolicy>::CvtHelper(cv::InputArray, cv::OutputArray, int) [with VScn = "
    "cv::impl::{{anonymous}}::Set<3, 4>; VDcn = cv::impl::{{anonymous}}::Set<3>; VDepth = "
    "cv::impl::{{anonymous}}::Set<0, 5>; cv::impl::{{anonymous}}::SizePolicy sizePolicy = "
    "cv::impl::<unnamed>::NONE; cv::InputArray = const cv::_InputArray&; cv::OutputArray = "
    "const cv::_OutputArray&]'\n> Invalid number of channels in input image:\n>     "
    "'VScn::contains(scn)'\n> where\n>     'scn' is {}\n"
)


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    loops: Any
    final_denoising_strength: Any
    denoising_curve: Any
    append_interrogation: Any


def run(p: Processing, context: GenerationContext, asked: Arguments) -> Processed:
    """Generate `loops` times, the denoising strength going to `final_denoising_strength`."""
    fix_seeds(p, context)
    check_colours(p.init_images[0])
    check_many(len(range(asked.loops)) * p.n_iter)
    p.extra_generation_params = {
        "Final denoising strength": asked.final_denoising_strength,
        "Denoising curve": asked.denoising_curve,
    }
    if asked.append_interrogation != "None":
        caption = context.state.config.caption or ""
        p.prompt = f"{p.prompt}, {caption}" if p.prompt else caption
    batches, p.n_iter, p.batch_size, p.do_not_save_grid = p.n_iter, 1, 1, True
    context.state.progress.job_count = asked.loops * batches
    start, strength, fill = p.init_images, p.denoising_strength, p.inpainting_fill
    made, first = list[Processed](), None
    for batch in range(1, batches + 1):
        p.init_images, p.denoising_strength, p.inpainting_fill = start, strength, fill
        rounds = _rounds(p, context, asked, f"batch {batch}/{batches}")
        made += rounds if batches == 1 else rounds[-1:]
        first = first or next(iter(rounds), None)
        if context.state.progress.interrupted:
            break
    results = [processed.images[0] for processed in made]
    return with_one_infotext(p, context, [*_grid(p, context, results), *results], first)


def check_colours(image: Image.Image) -> None:
    """Refuse an image that its colours can't be taken from: one of less than three channels.

    Raises:
        HandlerError: error, as OpenCV calls all of its own.
    """
    channels = len(image.getbands())
    if channels < 3:
        raise HandlerError("error", TOO_FEW_CHANNELS.format(channels))


def _rounds(
    p: Processing, context: GenerationContext, asked: Arguments, batch: str
) -> list[Processed]:
    """Return the results of one batch, each of which was the start of the next."""
    progress, made = context.state.progress, list[Processed]()
    initial = float(p.denoising_strength or 0)
    for loop in range(1, asked.loops + 1):
        progress.job = f"Iteration {loop}/{asked.loops}, {batch}"
        processed = process_images(p, context)
        if progress.interrupted or progress.skipped:
            break
        share = _curve(asked.denoising_curve, loop, asked.loops)
        p.denoising_strength = initial + (asked.final_denoising_strength - initial) * share
        p.seed = processed.seed + 1
        p.init_images, p.inpainting_fill = [processed.images[0].image], ORIGINAL
        made.append(processed)
    return made


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


def _grid(p: Processing, context: GenerationContext, results: list[Picture]) -> list[Picture]:
    """Return the grid of all rounds, if there are several and the options want one."""
    if len(results) < 2:
        return []
    grid = Picture(grid_of(context, [picture.image for picture in results], rows=1))
    grid = save_grid(p, context, grid)
    return [grid] if context.state.options.get("return_grid") else []
