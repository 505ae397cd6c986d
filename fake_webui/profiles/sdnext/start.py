"""Where img2img starts, and the second pass of hires."""

import hashlib
from typing import Any, Final

from PIL import Image

from fake_webui.errors import HandlerError, HttpError
from fake_webui.profiles.sdnext.job import Hires, Start
from fake_webui.webui.image_input import decode_image
from fake_webui.webui.images.resizing import floor8

RESIZE_MODES: Final = ("None", "Fixed", "Crop", "Fill", "Outpaint", "Context aware")
UPLOAD: Final = "upload:"
LATENT: Final = "latent"
SAME_SAMPLER: Final = "Same as primary"
DEFAULT_SIZE_PX: Final = 1024
HASH_DIGITS: Final = 8


def read_image(text: Any) -> Image.Image:
    """Return an image of a request.

    Raises:
        HttpError: 400 for a file that was not uploaded, 500 for what is not an image.
    """
    if isinstance(text, str) and text.startswith(UPLOAD):
        raise HttpError(400, f"Upload reference not found: {text}")
    try:
        return decode_image(text)
    except HandlerError:
        raise HttpError(500, "Invalid encoded image") from None


def read_start(p: dict[str, Any]) -> Start | None:
    """Return what img2img starts from, None where no images were given.

    Raises:
        ApiError: as `read_image`; HandlerError for a mask that is an empty text.
    """
    images = [None if text is None else read_image(text) for text in p["init_images"]]
    mask = read_image(p["mask"]) if p["mask"] else None
    if p["mask"] == "":
        raise HandlerError("AttributeError", "'str' object has no attribute 'shape'")
    if not images:
        return None
    first = images[0]
    if first is None:
        return Start(images, mask, _asked_size(p, None), {})
    return _start_from(first, images, mask, p)


def _start_from(
    first: Image.Image,
    images: list[Image.Image | None],
    mask: Image.Image | None,
    p: dict[str, Any],
) -> Start:
    asked, mode = _asked_size(p, first.size), p["resize_mode"] or 0
    own = floor8(first.width) or DEFAULT_SIZE_PX, floor8(first.height) or DEFAULT_SIZE_PX
    resized = mode != 0 and asked != first.size and -len(RESIZE_MODES) <= mode < len(RESIZE_MODES)
    notes = {
        "Init image size": f"{first.width}x{first.height}",
        "Init image hash": hashlib.sha256(first.tobytes()).hexdigest()[:HASH_DIGITS],
        "Denoising strength": p["denoising_strength"],
        "Resize mode": RESIZE_MODES[mode] if resized else None,
    }
    return Start(images, mask, asked if mode >= 1 else own, notes)


def _asked_size(p: dict[str, Any], own: tuple[int, int] | None) -> tuple[int, int]:
    """Return the size asked for; what is left out is that of the image."""
    width, height = own or (DEFAULT_SIZE_PX, DEFAULT_SIZE_PX)
    return multiple_of_8(p["width"] or width), multiple_of_8(p["height"] or height)


def multiple_of_8(pixels: int | None) -> int:
    """Return a side that the model can have; nothing, or too little, is the default."""
    return floor8(pixels or 0) or DEFAULT_SIZE_PX


def plan_hires(p: dict[str, Any], size: tuple[int, int]) -> Hires:
    """Return the second pass that a request asks for.

    Raises:
        HandlerError: AttributeError, for a resize mode without an upscaler.
    """
    if not p["enable_hr"]:
        return Hires({})
    mode, upscaler = p["hr_resize_mode"] or 0, p["hr_upscaler"]
    if mode > 0 and upscaler is None:
        raise HandlerError("AttributeError", "'NoneType' object has no attribute 'lower'")
    upscales = mode > 0 and upscaler != "None"
    latent = (upscaler or "").lower().startswith(LATENT)
    samples = bool(p["hr_force"]) or (latent and (p["denoising_strength"] or 0) > 0)
    if not upscales and not samples:
        return Hires({})
    target = _target_size(p, size)
    notes: dict[str, Any] = {"Refine": True}
    if upscales:
        notes |= {"HiRes mode": mode, "Hires upscaler": upscaler, **_size_notes(p, target)}
    if samples:
        notes |= _sampling_notes(p)
    resized = upscales and upscaler.lower() != LATENT  # a kind of latent upscaler has more words
    return Hires(notes, target if resized else None, samples)


def _target_size(p: dict[str, Any], size: tuple[int, int]) -> tuple[int, int]:
    x, y = p["hr_resize_x"] or 0, p["hr_resize_y"] or 0
    width, height = size
    if x > 0 or y > 0:
        target: tuple[float, float] = (x or y * width / height, y or x * height / width)
    else:
        target = (width * p["hr_scale"], height * p["hr_scale"])
    return floor8(target[0]), floor8(target[1])


def _size_notes(p: dict[str, Any], target: tuple[int, int]) -> dict[str, Any]:
    x, y = p["hr_resize_x"] or 0, p["hr_resize_y"] or 0
    asked = {"Hires fixed": f"{x}x{y}"} if x or y else {"Hires scale": p["hr_scale"]}
    return {**asked, "Hires size": f"{target[0]}x{target[1]}"}


def _sampling_notes(p: dict[str, Any]) -> dict[str, Any]:
    sampler = p["hr_sampler_name"]
    return {
        "Hires force": "True",
        "Hires steps": p["hr_second_pass_steps"],
        "Hires strength": p["hr_denoising_strength"],
        "Hires sampler": sampler if sampler != SAME_SAMPLER else None,
    }
