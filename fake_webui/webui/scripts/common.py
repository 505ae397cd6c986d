"""What several scripts do alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import grid_shape, image_grid
from fake_webui.webui.limits import check_many, check_memory
from fake_webui.webui.processing import GenerationContext, Processed, Processing, collect, saving
from fake_webui.webui.processing.seeds import fixed_seed

Place = tuple[int, int]


def fix_seeds(p: Processing, context: GenerationContext) -> None:
    """Draw the seeds that are left open, so that all parts of a script share them."""
    p.seed = fixed_seed(p.seed, context.state.rng)
    p.subseed = fixed_seed(p.subseed, context.state.rng)


def seed_of(p: Processing) -> int:
    """Return the seed of a processing, -1 where none is fixed."""
    return -1 if p.seed is None else p.seed


def with_one_infotext(
    p: Processing, context: GenerationContext, pictures: Sequence[Picture], first: Processed | None
) -> Processed:
    """Return the result of a script whose pictures all have the infotext of the first part."""
    infotext = first.infotexts[0] if first else None
    return collect(
        p,
        list(pictures),
        context.state,
        infotexts=[infotext] * len(pictures),
        seed=first.seed if first else -1,
    )


def grid_of(
    context: GenerationContext, images: Sequence[Image.Image], rows: int | None = None
) -> Image.Image:
    """Return a grid of `rows`, or of as many as the options say."""
    get = context.state.options.get
    wanted, full = (
        (get("n_rows"), get("grid_prevent_empty_spots")) if rows is None else (rows, False)
    )
    shape = grid_shape(len(images), 1, wanted, full=full)
    return image_grid(images, shape, get("grid_background_color"))


def save_grid(p: Processing, context: GenerationContext, grid: Picture) -> Picture:
    """Save the grid of a script where grids are saved; return it as it is then."""
    if not context.state.options.get("grid_save"):
        return grid
    return saving.save_grid(p, context.state, grid)


def save_result(p: Processing, context: GenerationContext, picture: Picture, seed: int) -> Picture:
    """Save what a script put together, whether or not its parts are saved; return it as saved."""
    if not context.state.options.get("samples_save"):
        return picture
    return saving.save_result(p, context.state, picture, seed)


@dataclass(frozen=True, slots=True)
class Tiling:
    """An image cut into overlapping tiles of one size."""

    size: tuple[int, int]
    places: tuple[Place, ...]

    @classmethod
    def of(cls, whole: tuple[int, int], tile: tuple[int, int], overlap: int) -> "Tiling":
        """Spread tiles evenly over an image, at least `overlap` pixels over each other."""
        columns = _starts(whole[0], tile[0], overlap)
        rows = _starts(whole[1], tile[1], overlap)
        check_many(len(columns) * len(rows))
        check_memory(*tile, len(columns) * len(rows))
        return cls(tile, tuple((x, y) for y in rows for x in columns))

    def cut(self, image: Image.Image) -> list[Image.Image]:
        """Return the tiles of an image, row by row."""
        width, height = self.size
        return [image.crop((x, y, x + width, y + height)) for x, y in self.places]

    def join(self, whole: tuple[int, int], tiles: Sequence[Image.Image]) -> Image.Image:
        """Return the tiles in their places."""
        canvas = Image.new("RGB", whole)
        for place, tile in zip(self.places, tiles, strict=False):
            canvas.paste(tile, place)
        return canvas


def _starts(whole: int, tile: int, overlap: int) -> list[int]:
    count = math.ceil((whole - overlap) / (tile - overlap))
    check_many(count)
    last = whole - tile  # less than 0 where one tile is more than the image
    return [min(index * last // max(count - 1, 1), last) for index in range(count)]
