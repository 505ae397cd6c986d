"""The pictures themselves: what they are of, and how far they got, written on them."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from PIL import Image

from fake_webui.errors import ConfigError
from fake_webui.webui.images import Drawing, Picture, open_image
from fake_webui.webui.images.caption import captioned, tinted
from fake_webui.webui.images.resizing import fit, floor8
from fake_webui.webui.processing.parameters import Processing

COMPACT, REALISTIC = "compact", "realistic"
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
TINT = 0.4  # of the colour that stands for the prompt, at full denoising strength
PREVIEW_SCALES = {"Approx cheap": 1, "Approx NN": 2, "TAESD": 8, "Full": 8}


def size_made(width: int, height: int) -> tuple[int, int]:
    """Return the size that comes out where `width` and `height` are asked for."""
    return floor8(width), floor8(height)


def picture_lines(p: Processing, size: tuple[int, int], seed: int) -> tuple[str, ...]:
    """Return what is written on a picture."""
    return (p.name, f"{size[0]}x{size[1]}", f"seed {seed}")


def draw(images: str, size: tuple[int, int], key: str, lines: tuple[str, ...]) -> Picture:
    """Return a picture that follows from `key`; `images` is the server's choice of pictures."""
    if images in (COMPACT, REALISTIC):
        return Picture(Drawing(size, key, lines, realistic=images == REALISTIC))
    return Picture(captioned(fit(_picked(images, key), 1, size), lines, key))


def redraw(image: Image.Image, strength: float, key: str, lines: Sequence[str]) -> Picture:
    """Return a picture that starts from `image` and changes with `strength`, 0 to 1."""
    changed = tinted(image, TINT * strength, key)
    return Picture(captioned(changed, lines, key))


def preview_of(
    p: Processing, size: tuple[int, int], key: str, kind: str
) -> Callable[[int], Picture]:
    """Return what makes the preview at a step; `kind` is the option show_progress_type."""
    scale = PREVIEW_SCALES.get(kind, 2)
    small = max(1, size[0] // 8 * scale), max(1, size[1] // 8 * scale)

    def preview(step: int) -> Picture:
        return Picture(Drawing(small, f"{key} {step}", (f"{p.name} {step}",)))

    return preview


def _picked(folder: str, key: str) -> Image.Image:
    files = _files(folder)
    number = int.from_bytes(hashlib.sha256(key.encode(errors="replace")).digest()[:8], "big")
    return open_image(files[number % len(files)].read_bytes()).convert("RGB")


@cache
def _files(folder: str) -> list[Path]:
    """Return the picture files of a folder.

    Raises:
        ConfigError: if there are none.
    """
    files = [path for path in Path(folder).iterdir() if path.suffix.lower() in PICTURE_SUFFIXES]
    if not files:
        raise ConfigError(f"--images {folder}: there are no pictures in this folder")
    return sorted(files)
