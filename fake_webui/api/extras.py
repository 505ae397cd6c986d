"""Pictures without a prompt: enlarging, reading what they say, describing them.

What works on pictures is imported by the first request that brings one.
"""

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from fake_webui.api.admission import parse_request
from fake_webui.api.answering import dump_json, json_answer
from fake_webui.api.pictures import decode_image, encode_image
from fake_webui.api.services import current_config, current_state
from fake_webui.contract import tables
from fake_webui.errors import HandlerError, HttpError

if TYPE_CHECKING:
    from fake_webui.webui.images import Picture

bp = Blueprint("extras", __name__)

NO_MODEL_CAPTION = "<error>"
INTERROGATORS = ("clip", "deepdanbooru")


@bp.post("/sdapi/v1/extra-single-image")
def extra_single_image() -> Response:
    """Enlarge one picture."""
    from fake_webui.webui.postprocessing import run_extras  # noqa: PLC0415 - see above

    asked = parse_request(tables.EXTRA_SINGLE).values
    image = decode_image(asked["image"])
    pictures, text = run_extras([image], asked, current_state())
    return _spliced(b'{"html_info":%s,"image":%s}', text, _quoted(pictures[0]))


@bp.post("/sdapi/v1/extra-batch-images")
def extra_batch_images() -> Response:
    """Enlarge several pictures."""
    from fake_webui.webui.postprocessing import run_extras  # noqa: PLC0415 - see above

    asked = parse_request(tables.EXTRA_BATCH).values
    images = [decode_image(entry["data"]) for entry in asked["imageList"]]
    pictures, text = run_extras(images, asked, current_state())
    listed = b",".join(_quoted(picture) for picture in pictures)
    return _spliced(b'{"html_info":%s,"images":[%s]}', text, listed)


def _quoted(picture: "Picture") -> bytes:
    return b'"%s"' % encode_image(picture, current_state())


def _spliced(shape: bytes, text: str, images: bytes) -> Response:
    return Response(shape % (dump_json(text), images), content_type="application/json")


@bp.post("/sdapi/v1/png-info")
def png_info() -> Response:
    """Read what a picture says of its making."""
    from fake_webui.webui.pnginfo import describe  # noqa: PLC0415 - see above

    image = parse_request(tables.PNG_INFO).values["image"]
    return json_answer(describe(image, current_state()))


@bp.post("/sdapi/v1/interrogate")
def interrogate() -> Response:
    """Describe a picture."""
    asked = parse_request(tables.INTERROGATE).values
    decode_image(asked["image"])
    state = current_state()
    with state.lock:
        if asked["model"] not in INTERROGATORS:
            raise HttpError(404, "Model not found")
        caption = current_config().caption
        if caption is None and asked["model"] == "deepdanbooru":
            raise HandlerError("IndexError", "list index out of range")
    return json_answer({"caption": NO_MODEL_CAPTION if caption is None else caption})
