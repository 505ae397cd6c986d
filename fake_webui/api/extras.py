"""Pictures without a prompt: enlarging, reading what they say, describing them."""

import base64
from typing import TYPE_CHECKING, Any

from flask import Response

from fake_webui.api import pictures
from fake_webui.api.answering import dump_json
from fake_webui.api.noting import note_findings
from fake_webui.contract import Family, Parsed, answers, tables
from fake_webui.contract.endpoint import Work
from fake_webui.errors import HandlerError, HttpError
from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.webui.images import Picture

endpoints = Family()

NO_MODEL_CAPTION = "<error>"
INTERROGATORS = ("clip", "deepdanbooru")


@endpoints.post(
    "/sdapi/v1/extra-single-image",
    name="extras_single_image_api",
    body=tables.EXTRA_SINGLE,
    answer=answers.EXTRAS_SINGLE,
    work=Work.EXTRAS,
)
def extra_single_image(state: WebUIState, asked: Parsed) -> Response:
    """Enlarge one picture."""
    note_findings(state.policy.hooks.extras_findings(asked.values, state))
    image = pictures.image_input.decode_image(asked.values["image"])
    results, text = pictures.of(state, "postprocessing").run_extras([image], asked.values, state)
    return _spliced(b'{"html_info":%s,"image":%s}', text, _quoted(results[0], state))


@endpoints.post(
    "/sdapi/v1/extra-batch-images",
    name="extras_batch_images_api",
    body=tables.EXTRA_BATCH,
    answer=answers.EXTRAS_BATCH,
    work=Work.EXTRAS,
)
def extra_batch_images(state: WebUIState, asked: Parsed) -> Response:
    """Enlarge several pictures."""
    note_findings(state.policy.hooks.extras_findings(asked.values, state))
    texts = [entry["data"] for entry in asked.values["imageList"]]
    images = pictures.image_input.decode_images(texts)
    results, text = pictures.of(state, "postprocessing").run_extras(images, asked.values, state)
    listed = b",".join(_quoted(result, state) for result in results)
    return _spliced(b'{"html_info":%s,"images":[%s]}', text, listed)


def _quoted(picture: "Picture", state: WebUIState) -> bytes:
    return b'"%s"' % base64.b64encode(
        pictures.of(state, "generation").encode_picture(picture, state)
    )


def _spliced(shape: bytes, text: str, images: bytes) -> Response:
    return Response(shape % (dump_json(text), images), content_type="application/json")


@endpoints.post(
    "/sdapi/v1/png-info",
    name="pnginfoapi",
    body=tables.PNG_INFO,
    answer=answers.PNG_INFO,
    work=Work.PNG_INFO,
)
def png_info(state: WebUIState, asked: Parsed) -> Any:
    """Read what a picture says of its making."""
    return pictures.of(state, "pnginfo").png_info(asked.values["image"], state)


@endpoints.post(
    "/sdapi/v1/interrogate", name="interrogateapi", body=tables.INTERROGATE, work=Work.INTERROGATION
)
def interrogate(state: WebUIState, asked: Parsed) -> Any:
    """Describe a picture."""
    pictures.image_input.load(pictures.image_input.decode_image(asked.values["image"]))
    model, caption = asked.values["model"], state.config.caption
    with state.lock:
        if model not in INTERROGATORS:
            raise HttpError(404, "Model not found")
        if caption is None and model == "deepdanbooru":
            raise HandlerError("IndexError", "list index out of range")
    return {"caption": NO_MODEL_CAPTION if caption is None else caption}
