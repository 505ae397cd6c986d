"""Nulls that can't be computed with, in the words of the place that trips over them."""

from typing import Any

from fake_webui.webui.images.resizing import JUST_RESIZE, LATENT
from fake_webui.webui.policy import Policy
from fake_webui.webui.processing.parameters import Processing

NOTHING, WHOLE, REAL = "'NoneType'", "'int'", "'float'"
NOT_ITERABLE = "'NoneType' object is not iterable"
NO_INTEGER = "'NoneType' object cannot be interpreted as an integer"
NO_TEXT = "expected string or bytes-like object"
NOT_SMALLER = "'<=' not supported between instances of 'NoneType' and 'int'"


def _operands(operator: str, left: str, right: str) -> str:
    return f"unsupported operand type(s) for {operator}: {left} and {right}"


# What stands first in time stands first here.
COUNTS = {
    "batch_size": _operands("*", NOTHING, WHOLE),
    "n_iter": _operands("*", WHOLE, NOTHING),
}
SIZES = {
    "width": _operands("//", NOTHING, WHOLE),
    "height": _operands("//", NOTHING, WHOLE),
}
SIZES_IN_HIRES = {
    "hr_scale": _operands("*", WHOLE, NOTHING),
    "hr_resize_x": _operands("*", NOTHING, WHOLE),
    "hr_resize_y": _operands("*", NOTHING, WHOLE),
}
IN_HIRES = {"hr_prompt": NO_TEXT, "hr_negative_prompt": NOT_ITERABLE}
LATER = {
    "steps": _operands("//", NOTHING, NOTHING),
    "negative_prompt": NOT_ITERABLE,
    "seed_resize_from_w": NOT_SMALLER,
    "seed_resize_from_h": NOT_SMALLER,
    "subseed_strength": _operands("-", REAL, NOTHING),
    "cfg_scale": _operands("*", NOTHING, REAL),
}
PLAIN = {**COUNTS, **SIZES, **LATER}
WITH_MASK = {
    "mask_blur_x": "'>' not supported between instances of 'NoneType' and 'int'",
    "mask_blur_y": "'>' not supported between instances of 'NoneType' and 'int'",
}
IN_CROPPED_MASK = {"inpaint_full_res_padding": _operands("-", WHOLE, NOTHING)}


def check_nulls(p: Processing, policy: Policy) -> None:
    """Refuse nulls that can't be computed with.

    Raises:
        HandlerError: TypeError.
    """
    for name, words in _words(p).items():
        if getattr(p, name) is None:
            raise policy.failure(f"null {name}", "TypeError", words)


def _words(p: Processing) -> dict[str, str]:
    if p.is_img2img:
        return {**COUNTS, **_mask_words(p), **_resizing_words(p), **SIZES, **LATER}
    if p.enable_hr:
        sizes = dict.fromkeys(SIZES, _operands("*", NOTHING, REAL))
        return {**COUNTS, **SIZES_IN_HIRES, **sizes, **IN_HIRES, **LATER}
    return PLAIN


def _mask_words(p: Processing) -> dict[str, str]:
    if p.mask is None:
        return {}
    return {**WITH_MASK, **(IN_CROPPED_MASK if p.inpaint_full_res else {})}


def _resizing_words(p: Processing) -> dict[str, Any]:
    """Return how resizing an init image to no size fails, which depends on the mode."""
    if p.resize_mode == JUST_RESIZE:
        return dict.fromkeys(SIZES, NO_INTEGER)
    if p.resize_mode == LATENT:
        return {}
    return {"width": _operands("/", NOTHING, WHOLE), "height": _operands("/", WHOLE, NOTHING)}
