"""What the real server trips over, as the errors it answers with."""

import math
from typing import Any

from fake_webui.errors import HandlerError, nans
from fake_webui.webui.catalog import Catalog, Checkpoint
from fake_webui.webui.images.resizing import floor8
from fake_webui.webui.limits import check_many
from fake_webui.webui.processing.parameters import Processing

# Fields that may be null in a request and must not be in a generation.
NEVER_NULL = (
    "negative_prompt",
    "batch_size",
    "n_iter",
    "steps",
    "cfg_scale",
    "width",
    "height",
    "subseed_strength",
    "seed_resize_from_h",
    "seed_resize_from_w",
)
NEVER_NULL_IN_HIRES = ("hr_scale", "hr_resize_x", "hr_resize_y", "hr_prompt", "hr_negative_prompt")
NEVER_NULL_IN_IMG2IMG = (
    "resize_mode",
    "inpainting_fill",
    "mask_blur_x",
    "mask_blur_y",
    "inpaint_full_res_padding",
)
TOO_SMALL = (
    "Calculated padded input size per channel: ({height} x {width}). Kernel size: (3 x 3). "
    "Kernel size can't be greater than actual input size"
)


def check_prompt(p: Processing) -> None:
    """Refuse a null prompt.

    Raises:
        HandlerError: AssertionError without a word.
    """
    if p.prompt is None:
        raise HandlerError("AssertionError", "")


def check_nulls(p: Processing) -> None:
    """Refuse nulls that can't be computed with.

    Raises:
        HandlerError: TypeError.
    """
    names = (
        *NEVER_NULL,
        *(NEVER_NULL_IN_HIRES if p.enable_hr else ()),
        *(NEVER_NULL_IN_IMG2IMG if p.is_img2img else ()),
    )
    for name in names:
        if getattr(p, name) is None:
            raise HandlerError("TypeError", f"unsupported operand type: 'NoneType' ({name})")


def check_count(p: Processing) -> None:
    """Refuse a batch of no pictures.

    Raises:
        HandlerError: IndexError.
    """
    if p.batch_size * p.n_iter <= 0 or p.n_iter < 0:
        raise HandlerError("IndexError", "list index out of range")
    check_many(p.batch_size * p.n_iter)


def check_steps(p: Processing) -> None:
    """Refuse no steps.

    Raises:
        HandlerError: ZeroDivisionError for 0, RuntimeError for less.
    """
    if p.steps == 0:
        raise HandlerError("ZeroDivisionError", "integer division or modulo by zero")
    if p.steps < 0:
        raise HandlerError("RuntimeError", "number of steps must be non-negative")


def check_clip_skip(layers: Any) -> None:
    """Refuse a number of layers to leave out that is not a number.

    Raises:
        HandlerError: TypeError.
    """
    if not isinstance(layers, (int, float)):
        kind = type(layers).__name__
        raise HandlerError("TypeError", f"bad operand type for unary -: {kind!r}")


def check_guidance(p: Processing) -> None:
    """Refuse guidance that makes every number of the picture NaN.

    Raises:
        HandlerError: NansException.
    """
    if not math.isfinite(p.cfg_scale):
        raise nans("Unet")


def check_latent_size(width: int, height: int) -> None:
    """Refuse sizes of which no latent is left after division by 8.

    Raises:
        HandlerError: RuntimeError.
    """
    columns, rows = floor8(width) // 8, floor8(height) // 8
    if min(columns, rows) < 0:
        shape = f"[4, {rows}, {columns}]"
        negative = min(columns, rows)
        raise HandlerError(
            "RuntimeError", f"Trying to create tensor with negative dimension {negative}: {shape}"
        )
    if min(columns, rows) == 0:
        raise HandlerError("RuntimeError", TOO_SMALL.format(height=rows + 2, width=columns + 2))


def require_checkpoint(name: str, catalog: Catalog) -> Checkpoint:
    """Return the checkpoint that comes closest to `name`.

    Raises:
        HandlerError: Exception, if none does.
    """
    checkpoint = catalog.closest_checkpoint(name)
    if checkpoint is None:
        raise HandlerError("Exception", f"Could not find checkpoint with name {name}")
    return checkpoint
