"""What each module draws from a picture. Those that are networks draw what they are called."""

from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageFilter, ImageOps

from fake_webui.extensions.controlnet.canny import find_edges
from fake_webui.extensions.controlnet.modules import Module
from fake_webui.webui.images.caption import captioned, tinted
from fake_webui.webui.limits import check_memory

FIXED_PX = 512  # the shorter side, for modules whose resolution is not a setting
INPAINTING = ("inpaint", "inpaint_only")
BATCH = 4  # what an annotator needs the memory of
GRID_PX = 64  # a tile of the colour grid
TINT = 0.6
Settings = Sequence[float]  # resolution, threshold a, threshold b
Draw = Callable[[Image.Image, Settings], Image.Image]


def annotate(module: Module, image: Image.Image, settings: Settings) -> Image.Image:
    """Return what a module draws: RGB, or RGBA with the mask for inpainting.

    `image` may have the mask as its opacity; `settings` are those of the sliders.
    """
    if module.is_inpaint:
        return _with_mask(image)
    picture = _masked(image)
    if draw := DRAWN.get(module.name):
        return draw(picture, settings)
    return _named(module.label, resized(picture, settings[0]))


def needs_weights(module: Module) -> bool:
    """Return whether a module is a network, which can't draw before its weights are there."""
    return module.name not in DRAWN and module.name not in INPAINTING


def resized(image: Image.Image, shorter_px: float) -> Image.Image:
    """Return a picture whose shorter side has `shorter_px` pixels.

    Raises:
        HandlerError: OutOfMemoryError, for one that is drawn out too far.
    """
    factor = shorter_px / min(image.size)
    size = round(image.width * factor), round(image.height * factor)
    check_memory(*size, BATCH)
    return image.resize(size, Image.Resampling.LANCZOS)


def _masked(image: Image.Image) -> Image.Image:
    """Return a picture that is black outside its mask, if it has one that is not black."""
    picture = image.convert("RGB")
    if image.mode != "RGBA" or not (mask := image.getchannel("A")).getbbox():
        return picture
    return Image.composite(picture, Image.new("RGB", image.size), mask)


def _with_mask(image: Image.Image) -> Image.Image:
    """Return a picture that is half transparent where its mask is."""
    shown = image.convert("RGB")
    mask = image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size)
    shown.putalpha(mask.point(lambda value: 255 - value // 2))
    return shown


def _named(name: str, image: Image.Image) -> Image.Image:
    return captioned(tinted(image, TINT, name), (name,), name)


def _as_it_is(image: Image.Image, settings: Settings) -> Image.Image:  # noqa: ARG001 - as all do
    return image


def _canny(image: Image.Image, settings: Settings) -> Image.Image:
    return find_edges(resized(image, settings[0]), settings[1], settings[2])


def _color(image: Image.Image, settings: Settings) -> Image.Image:
    picture = resized(image, settings[0])
    grid = max(1, picture.width // GRID_PX), max(1, picture.height // GRID_PX)
    return picture.resize(grid, Image.Resampling.BICUBIC).resize(
        picture.size, Image.Resampling.NEAREST
    )


def _lines(image: Image.Image, settings: Settings) -> Image.Image:
    grey = resized(image, settings[0]).convert("L")
    drawn = ImageChops.subtract(grey.filter(ImageFilter.GaussianBlur(6)), grey)
    return ImageOps.autocontrast(drawn).convert("RGB")


def _scribble(image: Image.Image, settings: Settings) -> Image.Image:
    picture = resized(image, settings[0])
    fine, rough = (picture.filter(ImageFilter.GaussianBlur(radius)) for radius in (0.5, 5.0))
    darkest = ImageChops.subtract(rough, fine).convert("L")
    return darkest.point(lambda value: 255 * (2 * value > settings[1])).convert("RGB")


def _threshold(image: Image.Image, settings: Settings) -> Image.Image:
    return resized(image, settings[0]).point(lambda value: 255 * (value > settings[1]))


def _blur(image: Image.Image, settings: Settings) -> Image.Image:
    return resized(image, settings[0]).filter(ImageFilter.GaussianBlur(settings[1]))


def _invert(image: Image.Image, settings: Settings) -> Image.Image:  # noqa: ARG001
    return ImageOps.invert(resized(image, FIXED_PX))


def _shuffle(image: Image.Image, settings: Settings) -> Image.Image:  # noqa: ARG001
    picture = resized(image, FIXED_PX)
    return ImageChops.offset(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 128, 128)


def _tile(image: Image.Image, settings: Settings) -> Image.Image:
    if settings[1] < 1.1:
        return image
    size = round(image.width / settings[1]), round(image.height / settings[1])
    return image.resize((max(1, size[0]), max(1, size[1])), Image.Resampling.LANCZOS)


def _grey(image: Image.Image, settings: Settings) -> Image.Image:
    bright = [round(255 * (value / 255) ** settings[1]) for value in range(256)]
    return image.convert("L").point(bright).convert("RGB")


def _nobody(image: Image.Image, settings: Settings) -> Image.Image:
    return Image.new("RGB", resized(image, settings[0]).size)


DRAWN: dict[str, Draw] = {
    "none": _as_it_is,
    "blur_gaussian": _blur,
    "canny": _canny,
    "color": _color,
    "invert": _invert,
    "lineart_standard": _lines,
    "mediapipe_face": _nobody,
    "recolor_intensity": _grey,
    "recolor_luminance": _grey,
    "reference_adain": _as_it_is,
    "reference_adain+attn": _as_it_is,
    "reference_only": _as_it_is,
    "scribble_xdog": _scribble,
    "shuffle": _shuffle,
    "threshold": _threshold,
    "tile_colorfix": _as_it_is,
    "tile_colorfix+sharp": _as_it_is,
    "tile_resample": _tile,
}
