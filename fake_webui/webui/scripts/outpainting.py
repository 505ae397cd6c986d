"""The two outpainting scripts: an image made larger on some of its sides."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.images import Picture
from fake_webui.webui.limits import check_memory
from fake_webui.webui.processing import GenerationContext, Processed, Processing, process_images
from fake_webui.webui.processing.init_images import ORIGINAL
from fake_webui.webui.scripts.common import (
    Tiling,
    grid_of,
    save_grid,
    save_result,
    with_one_infotext,
)

SIZE_STEP_PX = 64
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Margins:
    """How many pixels are added on each side, and the size of the result."""

    left: int
    right: int
    up: int
    down: int
    size: tuple[int, int]

    @classmethod
    def of(cls, size: tuple[int, int], pixels: int, sides: Any) -> "Margins":
        """Return margins of about `pixels` that make both sides multiples of 64."""
        left, right, up, down = (
            pixels if side in sides else 0 for side in ("left", "right", "up", "down")
        )
        larger = _round_up(size[0] + left + right), _round_up(size[1] + up + down)
        wide, high = larger[0] - size[0], larger[1] - size[1]
        check_memory(*larger)
        left = left * wide // (left + right) if left else 0
        up = up * high // (up + down) if up else 0
        return cls(left, wide - left if right else 0, up, high - up if down else 0, larger)


def _round_up(pixels: int) -> int:
    return math.ceil(pixels / SIZE_STEP_PX) * SIZE_STEP_PX


def _mask(size: tuple[int, int], kept: Box) -> Image.Image:
    mask = Image.new("L", size, "white")
    mask.paste("black", kept)
    return mask


class PoorMansArguments(NamedTuple):
    """What the page asks for, in its order."""

    pixels: Any
    mask_blur: Any
    inpainting_fill: Any
    direction: Any


def run_poor_mans(p: Processing, context: GenerationContext, asked: PoorMansArguments) -> Processed:
    """Generate the tiles of the enlarged image that lie outside the old one."""
    p.mask_blur_x = p.mask_blur_y = asked.mask_blur * 2
    p.inpainting_fill, p.inpaint_full_res = asked.inpainting_fill, False
    old = p.init_images[0]
    margins = Margins.of(old.size, asked.pixels, asked.direction)
    size = margins.size
    image = Image.new("RGB", size)
    image.paste(old, (margins.left, margins.up))
    kept = _kept_box(margins, asked.mask_blur * 2)
    tiling = Tiling.of(size, (p.width, p.height), asked.pixels)
    tiles = tiling.cut(image)
    masks = tiling.cut(_mask(size, kept))
    work = [index for index, mask in enumerate(masks) if mask.getbbox()]
    p.n_iter = p.batch_size = 1
    p.do_not_save_grid = p.do_not_save_samples = True
    progress = context.state.progress
    progress.job_count = len(work)
    first = None
    for number, index in enumerate(work):
        p.init_images, p.mask = [tiles[index]], masks[index]
        progress.job = f"Batch {number + 1} out of {len(work)}"
        processed = process_images(p, context)
        first = first or processed
        p.seed = processed.seed + 1
        if processed.images:
            tiles[index] = processed.images[0].image
    result = Picture(tiling.join(size, tiles))
    result = save_result(p, context, result, first.seed if first else -1)
    return with_one_infotext(p, context, [result], first)


def _kept_box(margins: Margins, blur: int) -> Box:
    """Return the part that stays, smaller by the blur where something is added."""
    return (
        margins.left + blur * (margins.left > 0),
        margins.up + blur * (margins.up > 0),
        margins.size[0] - margins.right - blur * (margins.right > 0),
        margins.size[1] - margins.down - blur * (margins.down > 0),
    )


class Mk2Arguments(NamedTuple):
    """What the page asks for, in its order."""

    note: Any
    pixels: Any
    mask_blur: Any
    direction: Any
    noise_q: Any
    color_variation: Any


def run_mk2(p: Processing, context: GenerationContext, asked: Mk2Arguments) -> Processed:
    """Generate one side after the other, each from what there is by then."""
    margins = Margins.of(p.init_images[0].size, asked.pixels, asked.direction)
    p.inpaint_full_res, p.inpainting_fill = False, ORIGINAL
    p.do_not_save_grid = p.do_not_save_samples = True
    p.mask_blur_x = 4 * asked.mask_blur if margins.left or margins.right else 0
    p.mask_blur_y = 4 * asked.mask_blur if margins.up or margins.down else 0
    area = (p.width, p.height)
    sides = [(margins.left, (1, 0)), (margins.right, (-1, 0))]
    sides += [(margins.up, (0, 1)), (margins.down, (0, -1))]
    sides = [side for side in sides if side[0] > 0]
    batches, p.n_iter = p.n_iter, 1
    progress = context.state.progress
    progress.job_count = batches * len(sides)
    results, first, start = list[Picture](), None, p.init_images[0]
    for batch in range(batches):
        progress.job = f"Batch {batch + 1} out of {batches}"
        images = [start] * p.batch_size
        for added, towards in sides:
            images, processed = _expand(p, context, images, added, towards, area)
            first = first or processed
        results += [Picture(image) for image in images]
    return with_one_infotext(p, context, [*_grid(p, context, results), *results], first)


def _expand(
    p: Processing,
    context: GenerationContext,
    images: list[Image.Image],
    added: int,
    towards: tuple[int, int],
    area: tuple[int, int],
) -> tuple[list[Image.Image], Processed]:
    """Return the images larger by `added` pixels on one side.

    `towards` is where the old image moves: (1, 0) right, so that the left side is new. The work is
    done at multiples of 64 pixels, of which what stands over is cut off in the end.

    Raises:
        HandlerError: ValueError, where more is added than the part that is worked on has room for.
    """
    old = images[0].size
    size = old[0] + added * abs(towards[0]), old[1] + added * abs(towards[1])
    rounded = _round_up(size[0]), _round_up(size[1])
    place = added * (towards[0] > 0), added * (towards[1] > 0)
    window = (
        min(size[0], area[0]) if towards[0] else rounded[0],
        min(size[1], area[1]) if towards[1] else rounded[1],
    )
    _check_room(window, added, towards, p.mask_blur_x or p.mask_blur_y)
    corner = (
        0 if towards[0] > 0 else rounded[0] - window[0],
        0 if towards[1] > 0 else rounded[1] - window[1],
    )
    box = (*corner, corner[0] + window[0], corner[1] + window[1])
    canvases = []
    for image in images:
        canvas = Image.new("RGB", rounded)
        canvas.paste(image, place)
        canvases.append(canvas)
    p.width, p.height = window
    p.mask = _mask(rounded, (*place, place[0] + old[0], place[1] + old[1])).crop(box)
    p.init_images = [canvas.crop(box) for canvas in canvases]
    processed = process_images(p, context)
    for canvas, picture in zip(canvases, processed.images, strict=False):
        canvas.paste(picture.image, corner)
    return [canvas.crop((0, 0, *size)) for canvas in canvases], processed


def _check_room(window: tuple[int, int], added: int, towards: tuple[int, int], blur: int) -> None:
    """Refuse a new right or lower side that is wider, with its blur, than the part worked on."""
    for axis, side, direction in zip("xy", window, towards, strict=True):
        if direction < 0 and side - added - blur // 2 < 0:
            words = f"{axis}1 must be greater than or equal to {axis}0"
            raise HandlerError("ValueError", words)


def _grid(p: Processing, context: GenerationContext, results: list[Picture]) -> list[Picture]:
    get = context.state.options.get
    if not results or (len(results) < 2 and get("grid_only_if_multiple")):
        return []
    grid = Picture(grid_of(context, [picture.image for picture in results]))
    grid = save_grid(p, context, grid)
    return [grid] if get("return_grid") else []
