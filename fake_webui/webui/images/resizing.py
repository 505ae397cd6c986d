"""Sizes: resize modes, upscalers and grids, with the rounding of the real WebUI."""

import math
from collections.abc import Sequence

from PIL import Image

from fake_webui.webui.limits import check_memory

LANCZOS = Image.Resampling.LANCZOS
NEAREST = Image.Resampling.NEAREST
JUST_RESIZE, CROP_AND_RESIZE, RESIZE_AND_FILL, LATENT = range(4)
LATENT_FACTOR = 8


def floor8(pixels: float) -> int:
    """Return the multiple of 8 that fits into `pixels`."""
    return int(pixels // LATENT_FACTOR * LATENT_FACTOR)


def upscale(image: Image.Image, upscaler: str, factor: float) -> Image.Image:
    """Return `image` enlarged by an upscaler: sides are rounded down to a multiple of 8.

    Nearest enlarges by its own filter first; what is left to do is always Lanczos.
    """
    target = floor8(image.width * factor), floor8(image.height * factor)
    too_small = image.width < target[0] or image.height < target[1]
    if too_small or factor == 1:
        between = int(image.width * factor), int(image.height * factor)
        if upscaler == "Nearest":
            image = image.resize(between, NEAREST)
        elif upscaler == "Lanczos":
            image = image.resize(between, LANCZOS)
    return image if image.size == target else image.resize(target, LANCZOS)


def fit(image: Image.Image, mode: int, size: tuple[int, int]) -> Image.Image:
    """Return `image` brought to `size`: 0 stretches, 1 crops, anything else fills the rest."""
    if mode == JUST_RESIZE:
        return image.resize(size, LANCZOS)
    if mode == CROP_AND_RESIZE:
        covering = _covering(image.size, size)
        check_memory(*covering)
        return _centred(image.resize(covering, LANCZOS), size)
    return _filled(image.resize(_contained(image.size, size), LANCZOS), size)


def _covering(inner: tuple[int, int], outer: tuple[int, int]) -> tuple[int, int]:
    """Return the size with the shape of `inner` that covers `outer`."""
    wider = outer[0] / outer[1] > inner[0] / inner[1]
    if wider:
        return outer[0], inner[1] * outer[0] // inner[0]
    return inner[0] * outer[1] // inner[1], outer[1]


def _contained(inner: tuple[int, int], outer: tuple[int, int]) -> tuple[int, int]:
    """Return the size with the shape of `inner` that fits into `outer`."""
    wider = outer[0] / outer[1] >= inner[0] / inner[1]
    if wider:
        return inner[0] * outer[1] // inner[1], outer[1]
    return outer[0], inner[1] * outer[0] // inner[0]


def _centred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    canvas = Image.new("RGB", size)
    canvas.paste(image, (size[0] // 2 - image.width // 2, size[1] // 2 - image.height // 2))
    return canvas


def _filled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return `image` centred on `size`, its edges drawn out over what is left."""
    canvas = _centred(image, size)
    left, top = size[0] // 2 - image.width // 2, size[1] // 2 - image.height // 2
    right, bottom = size[0] - left - image.width, size[1] - top - image.height
    for edge, box, place in (
        ((left, size[1]), (0, 0, 1, image.height), (0, 0)),
        ((right, size[1]), (image.width - 1, 0, *image.size), (left + image.width, 0)),
        ((size[0], top), (0, 0, image.width, 1), (0, 0)),
        ((size[0], bottom), (0, image.height - 1, *image.size), (0, top + image.height)),
    ):
        if min(edge) > 0 and (edge[0] < size[0] or edge[1] < size[1]):
            canvas.paste(image.resize(edge, box=box), place)
    return canvas


def flatten(image: Image.Image, background: str) -> Image.Image:
    """Return `image` without transparency, on the colour `background`."""
    if image.mode == "RGBA":
        canvas = Image.new("RGBA", image.size, background)
        canvas.paste(image, mask=image)
        image = canvas
    return image.convert("RGB")


def grid_shape(
    count: int, batch_size: int, rows_wanted: float, *, full: bool = False
) -> tuple[int, int]:
    """Return (columns, rows) of a grid of `count` pictures.

    `rows_wanted` is the option n_rows: 0 takes the batch size, a negative number a square.
    `full` is the option grid_prevent_empty_spots.
    """
    if rows_wanted > 0:
        rows = int(rows_wanted)
    elif rows_wanted == 0:
        rows = batch_size
    elif full:
        rows = next(rows for rows in range(math.isqrt(count), 0, -1) if count % rows == 0)
    else:
        rows = round(math.sqrt(count))
    rows = max(1, min(rows, count))
    return math.ceil(count / rows), rows


def image_grid(images: Sequence[Image.Image], shape: tuple[int, int], colour: str) -> Image.Image:
    """Return the pictures in rows on `colour`, centred in cells as large as the largest."""
    columns, rows = shape
    width = max(image.width for image in images)
    height = max(image.height for image in images)
    canvas = Image.new("RGB", (columns * width, rows * height), colour)
    for index, image in enumerate(images):
        left = index % columns * width + (width - image.width) // 2
        top = index // columns * height + (height - image.height) // 2
        canvas.paste(image, (left, top))
    return canvas
