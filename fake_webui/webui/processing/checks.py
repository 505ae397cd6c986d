"""What the real server trips over, as the errors it answers with."""

import math
from typing import Any

from fake_webui.errors import HandlerError, nans
from fake_webui.webui.catalog import Catalog, Checkpoint
from fake_webui.webui.images.resizing import floor8
from fake_webui.webui.limits import check_many
from fake_webui.webui.processing.parameters import Processing

TOO_SMALL = (
    "Calculated padded input size per channel: ({height} x {width}). Kernel size: (3 x 3). "
    "Kernel size can't be greater than actual input size"
)
WRAPPED = "Padding value causes wrapping around more than once."
HALVINGS = 3  # of an image, until it is a latent


def check_prompt(p: Processing) -> None:
    """Refuse a null prompt.

    Raises:
        HandlerError: AssertionError without a word.
    """
    if p.prompt is None:
        raise HandlerError("AssertionError", "")


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


def check_latent_size(width: int, height: int, *, tiling: Any = False) -> None:
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
        if tiling:
            raise HandlerError("RuntimeError", WRAPPED)
        raise HandlerError("RuntimeError", TOO_SMALL.format(height=rows + 2, width=columns + 2))


def check_encodable(width: int, height: int) -> None:
    """Refuse images of which the encoder leaves nothing, as it halves them three times.

    Raises:
        HandlerError: RuntimeError.
    """
    for _ in range(HALVINGS):
        if min(width, height) < 2:
            raise HandlerError("RuntimeError", TOO_SMALL.format(height=height + 1, width=width + 1))
        width, height = width // 2, height // 2


def require_checkpoint(name: str, catalog: Catalog) -> Checkpoint:
    """Return the checkpoint that comes closest to `name`.

    Raises:
        HandlerError: Exception, if none does.
    """
    checkpoint = catalog.closest_checkpoint(name)
    if checkpoint is None:
        raise HandlerError("Exception", f"Could not find checkpoint with name {name}")
    return checkpoint
