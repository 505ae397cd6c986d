"""Asking a fake WebUI for pictures, and reading what it answers."""

import base64
import io
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests
from PIL import Image

from fake_webui import FakeWebUI

SMALL = {"prompt": "a cat", "width": 64, "height": 64, "steps": 2, "seed": 42}
MODEL = "Model hash: 31e35c80fc, Model: sd_xl_base_1.0"  # the first of the built-in catalogue
OTHER_CHECKPOINT = "juggernautXL_v9"


@dataclass(frozen=True)
class Answer:
    """A generation's answer: the pictures as files and decoded, `info` as JSON."""

    body: dict[str, Any]

    @cached_property
    def files(self) -> list[bytes]:
        """The bytes of the pictures."""
        return [base64.b64decode(text) for text in self.body["images"]]

    @cached_property
    def images(self) -> list[Image.Image]:
        """The pictures."""
        return [decoded(data) for data in self.files]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Width and height of each picture."""
        return [image.size for image in self.images]

    @cached_property
    def info(self) -> dict[str, Any]:
        """What `info` holds."""
        facts: dict[str, Any] = json.loads(self.body["info"])
        return facts

    @property
    def infotexts(self) -> list[str]:
        """The infotexts in `info`."""
        texts: list[str] = self.info["infotexts"]
        return texts

    @property
    def notes(self) -> str:
        """What the first infotext says behind the model and before the version."""
        _, _, behind = self.infotexts[0].partition(MODEL)
        return behind.removeprefix(", ").partition("Version: ")[0].removesuffix(", ")


def decoded(data: bytes) -> Image.Image:
    """Return a file's picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def encoded(image: Image.Image, **options: Any) -> str:
    """Return a picture as a PNG in base64."""
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return base64.b64encode(stream.getvalue()).decode()


def gradient(width: int, height: int) -> Image.Image:
    """Return a picture in which no two columns are alike."""
    ramp = Image.linear_gradient("L").rotate(90).resize((width, height))
    return Image.merge("RGB", (ramp, ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT), ramp))


def post(fake: FakeWebUI, name: str, payload: Any) -> requests.Response:
    """Send a payload to an endpoint of the API by its last word."""
    return requests.post(f"{fake.url}/sdapi/v1/{name}", json=payload, timeout=60)


def txt2img(fake: FakeWebUI, **changes: Any) -> Answer:
    """Ask for a small picture."""
    return answered(post(fake, "txt2img", SMALL | changes))


def img2img(fake: FakeWebUI, **changes: Any) -> Answer:
    """Ask for a small picture that starts from another."""
    payload = {**SMALL, "steps": 3, "init_images": [encoded(gradient(64, 64))]} | changes
    return answered(post(fake, "img2img", payload))


def answered(response: requests.Response) -> Answer:
    """Return the answer of a request that must succeed."""
    assert response.status_code == 200, response.text
    return Answer(response.json())


def failure(response: requests.Response) -> tuple[int, str, str]:
    """Return status, error class and words of a refusal."""
    body = response.json()
    return response.status_code, body["error"], body["errors"] or body["detail"]
