"""Edges by the method of Canny, with operations on whole images so that it takes milliseconds."""

import math

from PIL import Image, ImageChops, ImageFilter

ACROSS = (-1, 0, 1, -2, 0, 2, -1, 0, 1)
DOWN = (1, 2, 1, 0, 0, 0, -1, -2, -1)  # Pillow's kernels begin with the lowest row
COARSE = 4  # what slopes are divided by where they must not run over
FLAT = math.tan(math.pi / 8)  # slopes below it count as level, above its inverse as upright
EDGE = 255


def find_edges(image: Image.Image, low: float, high: float) -> Image.Image:
    """Return white edges on black: where the slope exceeds `high`, and `low` next to those."""
    grey = image.convert("L")
    slope = ImageChops.add(_size(grey, ACROSS, 1), _size(grey, DOWN, 1))
    ridge = _ridges(grey)
    weak, strong = (_above(slope, ridge, bound) for bound in (low, high))
    return _connected(weak, strong).convert("RGB")


def _part(grey: Image.Image, kernel: tuple[int, ...], scale: int, sign: int) -> Image.Image:
    """Return the rise (sign 1) or the fall (-1) along the direction of `kernel`."""
    turned = tuple(sign * weight for weight in kernel)
    return grey.filter(ImageFilter.Kernel((3, 3), turned, scale=scale))


def _size(grey: Image.Image, kernel: tuple[int, ...], scale: int) -> Image.Image:
    return ImageChops.add(_part(grey, kernel, scale, 1), _part(grey, kernel, scale, -1))


def _ridges(grey: Image.Image) -> Image.Image:
    """Return white where the slope is at least as large as on both sides along its direction."""
    across, down = _size(grey, ACROSS, COARSE), _size(grey, DOWN, COARSE)
    slope = ImageChops.add(across, down)
    level = _more(across.point(lambda value: int(value * FLAT)), down)
    upright = _more(down.point(lambda value: int(value * FLAT)), across)
    falling = _falls(grey)
    ridge = Image.composite(_peaks(slope, -1, 1), _peaks(slope, 1, 1), falling)
    ridge = Image.composite(_peaks(slope, 0, 1), ridge, upright)
    return Image.composite(_peaks(slope, 1, 0), ridge, level)


def _more(one: Image.Image, other: Image.Image) -> Image.Image:
    """Return white where `one` is larger than `other`."""
    return ImageChops.subtract(one, other).point(lambda value: EDGE * (value > 0))


def _falls(grey: Image.Image) -> Image.Image:
    """Return white where one of both directions rises and the other falls."""
    rises = [_part(grey, kernel, COARSE, 1) for kernel in (ACROSS, DOWN)]
    falls = [_part(grey, kernel, COARSE, -1) for kernel in (ACROSS, DOWN)]
    crossed = ImageChops.add(
        ImageChops.darker(rises[0], falls[1]), ImageChops.darker(falls[0], rises[1])
    )
    return crossed.point(lambda value: EDGE * (value > 0))


def _peaks(slope: Image.Image, x: int, y: int) -> Image.Image:
    """Return white where `slope` exceeds its neighbour on one side and equals it at least here."""
    before, after = ImageChops.offset(slope, x, y), ImageChops.offset(slope, -x, -y)
    not_less = ImageChops.invert(_more(after, slope))
    return ImageChops.multiply(_more(slope, before), not_less)


def _above(slope: Image.Image, ridge: Image.Image, bound: float) -> Image.Image:
    """Return white on the ridges above `bound`; the outermost pixels have no slope."""
    found = ImageChops.multiply(slope.point(lambda value: EDGE * (value > bound)), ridge)
    inner = (1, 1, slope.width - 1, slope.height - 1)
    framed = Image.new("L", slope.size)
    if min(slope.size) > 2:
        framed.paste(found.crop(inner), inner)
    return framed


def _connected(weak: Image.Image, strong: Image.Image) -> Image.Image:
    """Return the weak pixels that a chain of weak ones joins to a strong one."""
    width, left = weak.width, bytearray(weak.tobytes())
    found = bytearray(len(left))
    open_ends = [place for place, value in enumerate(strong.tobytes()) if value]
    around = [x + y * width for x in (-1, 0, 1) for y in (-1, 0, 1)]
    while open_ends:
        place = open_ends.pop()
        if left[place]:
            left[place], found[place] = 0, EDGE
            open_ends += [place + step for step in around if left[place + step]]
    return Image.frombytes("L", weak.size, bytes(found))
