"""What else SD.Next does with pictures and words; models that it would load are not there."""

import base64
from importlib import import_module
from typing import Any, Final

from fake_webui.contract import MISSING, Family, Field, Parsed, Table
from fake_webui.contract.coercion import ANYTHING, INTEGER, MAPPING, PlainType, list_of
from fake_webui.contract.pydantic2 import Pydantic2
from fake_webui.errors import HandlerError, HttpError, PlainError
from fake_webui.profiles.sdnext.tables import parameters, query, table
from fake_webui.webui.state import WebUIState

endpoints = Family()

DIALECT: Final = Pydantic2()
BACKENDS: Final = ("openclip", "tagger", "vlm", "analyze")
TAG: Final = "'backend'"
UPLOAD: Final = "Body_post_upload_sdapi_v1_upload_post"
REMBG: Final = "Body_post_rembg_sdapi_v1_rembg_post"


def _pictures(name: str) -> Any:
    """Return a module that works on pictures; it is imported when it is first asked for."""
    return import_module(f"fake_webui.profiles.sdnext.{name}")


def _base64(picture: Any, state: WebUIState) -> str:
    return base64.b64encode(_pictures("generation").encode_picture(picture, state)).decode()


@endpoints.post("/sdapi/v1/process", body=table("ReqProcessImage"))
def process(state: WebUIState, asked: Parsed) -> Any:
    """Enlarge one picture: the newer address of extra-single-image."""
    image = _pictures("start").read_image(asked.values["image"])
    results, text = _pictures("postprocessing").run_extras([image], asked.values, state)
    return {"html_info": text, "image": _base64(results[0], state)}


@endpoints.post("/sdapi/v1/process-batch", body=table("ReqProcessBatch"))
def process_batch(state: WebUIState, asked: Parsed) -> Any:
    """Enlarge several pictures: the newer address of extra-batch-images."""
    images = [_pictures("start").read_image(one["data"]) for one in asked.values["imageList"]]
    results, text = _pictures("postprocessing").run_extras(images, asked.values, state)
    return {"html_info": text, "images": [_base64(result, state) for result in results]}


@endpoints.get("/sdapi/v1/png-info", query=query(("file", "string")))
def png_info_of_file(*_: Any) -> Any:
    """Read what a file on the server says of its making; there are no files here."""
    return {"info": "", "items": {}, "parameters": {}}


@endpoints.post("/sdapi/v1/preprocess", body=table("ReqPreprocess"))
def preprocess(state: WebUIState, asked: Parsed) -> Any:
    """Draw what a ControlNet would be shown.

    Raises:
        PlainError: 400, for a preprocessor that there is none of.
    """
    model = asked.values["model"]
    if model not in [row["name"] for row in state.policy.table("preprocessors")]:
        raise PlainError(400, {"error": f"Processor model not found: id={model}"})
    image = _pictures("start").read_image(asked.values["image"])
    drawn = _pictures("rendering").outlined(image)
    return {"model": model, "image": _base64(drawn, state)}


@endpoints.post("/sdapi/v1/mask", body=table("ReqMask"))
def mask(state: WebUIState, asked: Parsed) -> Any:
    """Return the mask of a picture: the whole of it."""
    image = _pictures("start").read_image(asked.values["image"])
    return {"mask": _base64(_pictures("rendering").outlined(image), state)}


@endpoints.post("/sdapi/v1/detect", body=table("ReqFace"))
def detect(_: WebUIState, asked: Parsed) -> Any:
    """Find faces: there are none."""
    _pictures("start").read_image(asked.values["image"])
    return {"classes": [], "labels": [], "boxes": [], "images": [], "scores": []}


@endpoints.post("/sdapi/v1/detail", body=table("ReqDetail"))
def detail(_: WebUIState, asked: Parsed) -> Any:
    """Make faces anew: there are none.

    Raises:
        PlainError: 500, always.
    """
    _pictures("start").read_image(asked.values["image"])
    raise PlainError(500, {"error": "detailer produced no result"})


IMAGE: Final = PlainType(ANYTHING.coerce, {}, kind="image")
CONTROL: Final = Table(
    "StableDiffusionProcessingControl",
    (
        Field("inputs", list_of(IMAGE), None),
        Field("steps", INTEGER, 20),
        Field("override_settings", MAPPING, None),
    ),
)


@endpoints.post("/sdapi/v1/control", body=CONTROL)
def control(*_: Any) -> Any:
    """Fail as the recorded version does.

    Raises:
        HandlerError: TypeError, always.
        InvalidRequestError: for pictures, which it takes no text for.
    """
    raise HandlerError("TypeError", "control_run() got an unexpected keyword argument 'xyz'")


@endpoints.post("/sdapi/v1/caption", body=MAPPING)
def caption(state: WebUIState, asked: Parsed) -> Any:
    """Describe a picture by one of several backends, none of which is here.

    Raises:
        InvalidRequestError: for a backend that there is none of.
    """
    given, backend = asked.values, asked.values.get("backend", MISSING)
    if backend is MISSING:
        raise DIALECT.mistake("union_tag_not_found", ("body",), given, discriminator=TAG)
    if backend not in BACKENDS:
        tags = ", ".join(map(repr, BACKENDS))
        raise DIALECT.mistake(
            "union_tag_invalid",
            ("body",),
            given,
            discriminator=TAG,
            tag=str(backend),
            expected_tags=tags,
        )
    start = _pictures("start")
    start.read_image(given.get("image", ""))
    return {"caption": state.config.caption or "", "backend": backend}


REDOC: Final = b"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>SD.Next: ReDoc</title></head>
<body><p>See <a href="/docs">what there is to call</a>.</p></body>
</html>
"""


@endpoints.get("/redocs", media="text/html; charset=utf-8", listed=False)
def redocs(*_: Any) -> bytes:
    """Point to the page with everything that there is to call."""
    return REDOC


@endpoints.get("/js")
def script_file(*_: Any) -> Any:
    """Return a script of the page, which has none.

    Raises:
        HttpError: 400, always.
    """
    raise HttpError(400, "file parameter is required")


@endpoints.post("/sdapi/v1/prompt-enhance", body=table("ReqPromptEnhance"))
def prompt_enhance(_: WebUIState, asked: Parsed) -> Any:
    """Return the prompt as it is: there is no language model."""
    return {"prompt": asked.values["prompt"], "seed": asked.values["seed"]}


@endpoints.post("/sdapi/v1/rembg", body=parameters(REMBG))
def remove_background(_: WebUIState, asked: Parsed) -> Any:
    """Return a picture without its background: as it came."""
    _pictures("start").read_image(asked.values["input_image"])
    return {"image": asked.values["input_image"]}


@endpoints.post("/sdapi/v1/upload", form=parameters(UPLOAD))
def upload(*_: Any) -> Any:
    """Take a file, which is not kept.

    Raises:
        HttpError: 400, always.
    """
    raise HttpError(400, "Uploads are not imitated")
