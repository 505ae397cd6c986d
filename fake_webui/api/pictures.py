"""Pictures in and out of JSON; what works on them is imported when the first one comes by."""

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from fake_webui.webui.images import Picture
    from fake_webui.webui.state import WebUIState


def decode_image(text: str) -> "Image.Image":
    """Return the picture of a base64 text.

    Raises:
        HttpError: 500, if there is none in it.
    """
    from fake_webui.webui import image_input  # noqa: PLC0415 - see above

    return image_input.decode_image(text)


def encode_image(picture: "Picture", state: "WebUIState") -> bytes:
    """Return a picture in base64, in the format that the options ask for."""
    from fake_webui.webui.generation import encode_picture  # noqa: PLC0415 - see above

    return base64.b64encode(encode_picture(picture, state))
