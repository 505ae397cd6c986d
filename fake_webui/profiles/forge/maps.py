"""What ControlNet's modules draw: as the extension's of the same name, others are networks."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PIL import Image, ImageOps

from fake_webui.errors import HandlerError
from fake_webui.extensions.controlnet.annotators import annotate, needs_weights, resized
from fake_webui.extensions.controlnet.dropping import UnitDroppedError
from fake_webui.extensions.controlnet.models import has_weights
from fake_webui.extensions.controlnet.modules import Module, find_module
from fake_webui.profiles.forge.units_table import NO_MODULE, module_names
from fake_webui.webui.generation import encode_picture
from fake_webui.webui.image_input import decode_image
from fake_webui.webui.images import Picture
from fake_webui.webui.state import WebUIState

INVERT: Final = "invert (from white bg & black line)"  # at the resolution that is asked for
USUAL_PX: Final = 512
GREY: Final = "not enough values to unpack (expected 3, got 2)"
NO_NETWORK: Final = "<urlopen error [Errno -2] Name or service not known>"


def draw(state: WebUIState, name: Any, image: Image.Image, settings: Sequence[Any]) -> Image.Image:
    """Return a module's map; `settings` are resolution and both thresholds, -1 for the usual ones.

    Raises:
        UnitDroppedError: if there is no such module, or its weights are not there.
    """
    if name == NO_MODULE:
        return image.convert("RGB")
    if name == INVERT:
        resolution = settings[0] if settings[0] > 0 else USUAL_PX
        return ImageOps.invert(resized(image.convert("RGB"), resolution))
    module = find_module(name)
    if name not in module_names():
        raise UnitDroppedError(f"there is no module {name!r}")
    if module is None or (needs_weights(module) and not has_weights(state.config, module)):
        raise UnitDroppedError(f"{name} needs weights that can't be downloaded here")
    return annotate(module, image, _bounded(module, settings)).convert("RGB")


def _bounded(module: Module, settings: Sequence[Any]) -> list[float]:
    return [one.bounded(value) for one, value in zip(module.sliders, settings, strict=True)]


def detect(state: WebUIState, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a module's maps of some pictures.

    Raises:
        HttpError: 500, for an image that can't be read.
        HandlerError: ValueError, for one in grey; URLError, if weights are not there.
    """
    names = ("processor_res", "threshold_a", "threshold_b")
    settings = [asked[f"controlnet_{name}"] for name in names]
    drawn = []
    for text in asked["controlnet_input_images"]:
        image = decode_image(text)
        if len(image.getbands()) == 1:
            raise HandlerError("ValueError", GREY)
        try:
            drawn.append(draw(state, asked["controlnet_module"], image, settings))
        except UnitDroppedError:
            raise HandlerError("URLError", NO_NETWORK) from None
    encoded = [encode_picture(Picture(image), state) for image in drawn]
    return {"images": [base64.b64encode(one).decode() for one in encoded], "info": "Success"}
