"""Where img2img starts: the init images brought to size, and masks that limit what changes."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageFilter, ImageOps

from fake_webui.errors import HandlerError
from fake_webui.webui.images.resizing import JUST_RESIZE, LATENT, RESIZE_AND_FILL, fit, flatten
from fake_webui.webui.limits import check_memory
from fake_webui.webui.options import Options
from fake_webui.webui.policy import Policy
from fake_webui.webui.processing.checks import check_encodable
from fake_webui.webui.processing.parameters import Processing

Box = tuple[int, int, int, int]

FILL, ORIGINAL, LATENT_NOISE, LATENT_NOTHING = range(4)
MASKED_CONTENT = {FILL: "fill", LATENT_NOISE: "latent noise", LATENT_NOTHING: "latent nothing"}
OPAQUE_ENOUGH = 128


@dataclass(slots=True)
class Mask:
    """What may change: white in `overlay`, which has the size of the whole picture.

    `crop` is the part of the picture that is worked on when only the masked area is.
    """

    overlay: Image.Image
    crop: Box | None = None


@dataclass(slots=True)
class Start:
    """The images that sampling starts from, and what is laid over the results.

    `overlays` are the unmasked parts of the init images, `paste_to` (x, y, width, height) where a
    result belongs in the whole picture.
    """

    images: list[Image.Image] = field(default_factory=list)
    overlays: list[Image.Image] = field(default_factory=list)
    mask: Mask | None = None
    paste_to: Box | None = None

    def image(self, index: int) -> Image.Image:
        """Return the image that picture `index` of a batch starts from."""
        return self.images[index % len(self.images)]

    def overlay(self, index: int) -> Image.Image | None:
        """Return what is laid over picture `index` of a batch."""
        return self.overlays[index % len(self.overlays)] if self.overlays else None


def prepare_start(p: Processing, options: Options, policy: Policy) -> Start:
    """Return what img2img starts from, and note in `p` how.

    Raises:
        HandlerError: as the real server fails on images or masks it can't work with.
    """
    p.extra_generation_params["Denoising strength"] = p.denoising_strength
    mask = _prepare_mask(p) if p.mask is not None else None
    start = Start(mask=mask)
    if mask and mask.crop:
        x1, y1, x2, y2 = mask.crop
        start.paste_to = (x1, y1, x2 - x1, y2 - y1)
    if mask and p.latent_mask is not None:
        raise HandlerError("AttributeError", "'str' object has no attribute 'convert'")
    for image in p.init_images:
        if options.get("save_init_img"):
            p.init_img_hash = hashlib.md5(image.tobytes(), usedforsecurity=False).hexdigest()
        background = options.get("img2img_background_color")
        _add_image(start, p, flatten(image, background))
    _check_number(p, len(start.images), policy)
    if mask and p.inpainting_fill == FILL:
        p.extra_generation_params["Masked content"] = MASKED_CONTENT[FILL]
    if options.get("sd_vae_encode_method") != "Full":
        p.extra_generation_params["VAE Encoder"] = options.get("sd_vae_encode_method")
    if mask and p.inpainting_fill in (LATENT_NOISE, LATENT_NOTHING):
        p.extra_generation_params["Masked content"] = MASKED_CONTENT[p.inpainting_fill]
    check_encodable(p.width, p.height)
    return start


def _add_image(start: Start, p: Processing, image: Image.Image) -> None:
    """Bring an init image to size, and keep its unmasked part.

    Raises:
        HandlerError: ValueError, where the mask is to be filled in an image of another size.
    """
    size = (p.width, p.height)
    mask = start.mask
    crop = mask.crop if mask else None
    if crop is None and p.resize_mode != LATENT:
        image = _fit(image, p.resize_mode, size)
    if mask:
        start.overlays.append(_unmasked_part(image, mask, p.resize_mode))
    if crop is not None:
        image = _fit(image.crop(crop), RESIZE_AND_FILL, size)
    if mask and p.inpainting_fill != ORIGINAL:
        if image.size != size:
            raise HandlerError("ValueError", "images do not match")
        image = image.resize((1, 1), Image.Resampling.BOX).resize(image.size)
    start.images.append(image)


def _fit(image: Image.Image, mode: int, size: tuple[int, int]) -> Image.Image:
    if mode != JUST_RESIZE and size[1] == 0:
        raise HandlerError("ZeroDivisionError", "division by zero")
    if min(size) <= 0:
        raise HandlerError("ValueError", "height and width must be > 0")
    check_memory(*size)
    return fit(image, mode, size)


def _unmasked_part(image: Image.Image, mask: Mask, resize_mode: int) -> Image.Image:
    """Return what stays as it was, transparent where the mask is white."""
    if mask.overlay.size != image.size:
        mask.overlay = fit(mask.overlay, resize_mode, image.size)
    part = image.convert("RGBA")
    part.putalpha(ImageOps.invert(mask.overlay.convert("L")))
    return part


def _check_number(p: Processing, count: int, policy: Policy) -> None:
    if count > 1:
        if count > p.batch_size:
            message = f"bad number of images passed: {count}; expecting {p.batch_size} or less"
            raise HandlerError("RuntimeError", message)
        p.batch_size = count
    if count == 0:
        raise policy.failure(
            "no init images",
            "RuntimeError",
            "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [0]",
        )


def _prepare_mask(p: Processing) -> Mask | None:
    """Return the mask, None where it is blank and only the masked area was to be worked on."""
    if isinstance(p.mask, str):
        raise HandlerError("AttributeError", "'str' object has no attribute 'mode'")
    notes = p.extra_generation_params
    mask = _binary(p.mask, rounded=p.mask_round)
    if p.inpainting_mask_invert:
        mask = ImageOps.invert(mask)
        notes["Mask mode"] = "Inpaint not masked"
    blur = max(p.mask_blur_x, 0), max(p.mask_blur_y, 0)
    if any(blur):
        mask = mask.filter(ImageFilter.GaussianBlur(blur))
        notes["Mask blur"] = p.mask_blur
    if not p.inpaint_full_res:
        mask = _fit(mask, p.resize_mode, (p.width, p.height))
        return Mask(mask.convert("L").point(lambda value: min(255, 2 * value)))
    box = mask.getbbox()
    if box is None:
        p.inpaint_full_res = False
        return None
    notes["Inpaint area"] = "Only masked"
    notes["Masked area padding"] = p.inpaint_full_res_padding
    padded = _pad(box, p.inpaint_full_res_padding, mask.size)
    return Mask(mask, crop=_shape_like(padded, (p.width, p.height), mask.size))


def _binary(mask: Any, *, rounded: bool) -> Image.Image:
    """Return a mask in grey; a transparent image's opacity is the mask."""
    if mask.mode == "RGBA" and mask.getextrema()[-1] != (255, 255):
        alpha: Image.Image = mask.getchannel("A")
        return alpha.point(lambda value: 255 * (value > OPAQUE_ENOUGH)) if rounded else alpha
    grey: Image.Image = mask.convert("L")
    return grey


def _pad(box: Box, padding: int, size: tuple[int, int]) -> Box:
    x1, y1, x2, y2 = box
    return (
        max(x1 - padding, 0),
        max(y1 - padding, 0),
        min(x2 + padding, size[0]),
        min(y2 + padding, size[1]),
    )


def _shape_like(box: Box, shape: tuple[int, int], size: tuple[int, int]) -> Box:
    """Return `box` widened to the proportions of `shape`, as far as a picture of `size` has room.

    Raises:
        HandlerError: ZeroDivisionError, for a shape without height.
    """
    if 0 in shape:
        raise HandlerError("ZeroDivisionError", "division by zero")
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    ratio = shape[0] / shape[1]
    if width / height > ratio:
        y1, y2 = _widen(y1, y2, int(width / ratio - height), size[1])
    else:
        x1, x2 = _widen(x1, x2, int(height * ratio - width), size[0])
    return x1, y1, x2, y2


def _widen(low: int, high: int, by: int, limit: int) -> tuple[int, int]:
    low, high = low - by // 2, high + by - by // 2
    if high >= limit:
        low, high = low - (high - limit), limit
    if low < 0:
        low, high = 0, high - low
    return low, min(high, limit)


def lay_over(image: Image.Image, start: Start, index: int) -> tuple[Image.Image, Image.Image]:
    """Return a result under the unmasked part of its init image, and the result by itself.

    The result keeps its size where the init image, which need not be a multiple of 8, is larger.
    """
    overlay = start.overlay(index)
    if overlay is None:
        return image, image
    if start.paste_to:
        x, y, width, height = start.paste_to
        whole = Image.new("RGBA", overlay.size)
        whole.paste(fit(image, 1, (width, height)), (x, y))
        image = whole
    result = image.convert("RGBA")
    result.alpha_composite(overlay)
    return result.convert("RGB"), image
