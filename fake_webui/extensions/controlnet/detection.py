"""Maps and poses that are drawn outside of a generation, as files in base64."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.extensions.controlnet.annotators import annotate, needs_weights
from fake_webui.extensions.controlnet.models import has_weights
from fake_webui.extensions.controlnet.modules import Module
from fake_webui.extensions.controlnet.poses import draw_people
from fake_webui.webui.generation import encode_picture
from fake_webui.webui.image_input import decode_image
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import flatten
from fake_webui.webui.state import WebUIState

NO_NETWORK = "<urlopen error [Errno -2] Name or service not known>"
GREY_MASK = "too many indices for array: array is 2-dimensional, but 3 were indexed"


def detect(
    state: WebUIState,
    module: Module,
    settings: Sequence[float],
    images: Iterable[tuple[str, str | None]],
) -> dict[str, Any]:
    """Return a module's maps of some images, each with its mask, if it has any.

    Raises:
        HttpError: 500, for an image that can't be read.
        HandlerError: URLError, if the weights of the module are not there.
    """
    drawn = []
    for image, mask in images:
        picture = decode_image(image)
        if module.is_inpaint:
            picture = _with_mask(picture, decode_image(mask))
        else:
            picture = flatten(picture, "white")
        if needs_weights(module) and not has_weights(state.config, module):
            raise HandlerError("URLError", NO_NETWORK)
        drawn.append(annotate(module, picture, settings))
    poses = {"poses": [_nobody(picture) for picture in drawn]} if module.is_pose else {}
    return {"info": "Success", **poses, "images": [_encoded(picture, state) for picture in drawn]}


def render(state: WebUIState, poses: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the bodies of OpenPose documents, each on its canvas.

    Raises:
        HandlerError: for a body without all joints, and for a canvas without pixels.
    """
    images = []
    for pose in poses:
        people = [person["pose_keypoints_2d"] for person in pose["people"]]
        canvas = draw_people(people, (pose["canvas_width"], pose["canvas_height"]))
        images.append(_encoded(canvas, state))
    return {"images": images, "info": "Success"}


def _with_mask(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """Return a picture with its mask as opacity.

    Raises:
        HandlerError: IndexError, for a mask in grey; ValueError, for one of another size.
    """
    if len(mask.getbands()) == 1:
        raise HandlerError("IndexError", GREY_MASK)
    if mask.size != picture.size:
        raise HandlerError("ValueError", f"the mask is {mask.size}, the image {picture.size}")
    masked = picture.convert("RGB")
    masked.putalpha(mask.getchannel(0))
    return masked


def _encoded(picture: Image.Image, state: WebUIState) -> str:
    return base64.b64encode(encode_picture(Picture(picture), state)).decode()


def _nobody(picture: Image.Image) -> dict[str, Any]:
    """Return the document of a picture in which no body was found."""
    size = {"canvas_height": picture.height, "canvas_width": picture.width}
    return {"people": [], "animals": [], **size}
