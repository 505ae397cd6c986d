"""The picture that a unit looks at, with its mask as opacity, from all the forms it may have."""

from typing import Any

from PIL import Image

from fake_webui.errors import ApiError
from fake_webui.extensions.controlnet.dropping import UnitDroppedError
from fake_webui.extensions.controlnet.unit import Unit
from fake_webui.webui.image_input import decode_image
from fake_webui.webui.processing import Processing


def picture_of(unit: Unit, p: Processing) -> Image.Image:
    """Return the unit's own picture, or the one that img2img starts from.

    Raises:
        UnitDroppedError: if there is none, or it can't be read.
    """
    image, mask = _image_and_mask(unit)
    if image is not None:
        picture = _decoded(image, "image")
        return _with_mask(picture, None if mask is None else _decoded(mask, "mask"))
    if mask is not None:
        raise UnitDroppedError("it has a mask and no image")
    if not p.init_images:
        raise UnitDroppedError("it has no image, and txt2img has none to take instead")
    return _with_mask(p.init_images[0], p.mask if isinstance(p.mask, Image.Image) else None)


def _image_and_mask(unit: Unit) -> tuple[Any, Any]:
    """Return what stands for both: an image, {image, mask}, [image, mask], or a list of pairs."""
    image, mask = unit["image"], unit["mask"]
    if isinstance(image, list):
        if not image:
            raise UnitDroppedError("its image is an empty list")
        if not isinstance(image[0], dict):
            if len(image) != 2:
                raise UnitDroppedError("its image is a list that is not [image, mask]")
            return image[0], image[1]
        image = image[0]
    if isinstance(image, dict):
        if image.get("image") is None:
            raise UnitDroppedError("its image is an object without an image")
        return image["image"], image.get("mask")
    return image, mask


def _decoded(text: Any, what: str) -> Image.Image:
    if not isinstance(text, str):
        raise UnitDroppedError(f"its {what} is not text")
    try:
        return decode_image(text)
    except ApiError:
        raise UnitDroppedError(f"its {what} is not a base64 image") from None


def _with_mask(image: Image.Image, mask: Image.Image | None) -> Image.Image:
    picture = image.convert("RGB")
    if mask is not None:
        if mask.size != image.size:
            raise UnitDroppedError(f"its mask is {mask.size}, its image {image.size}")
        picture.putalpha(mask.convert("L"))
    return picture
