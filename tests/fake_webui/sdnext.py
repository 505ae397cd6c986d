"""Asking an SD.Next, and reading what it answers."""

import base64
import io
import json
from typing import Any

import requests
from PIL import Image

from fake_webui import FakeWebUI

SMALL: dict[str, Any] = {"prompt": "a boat", "width": 64, "height": 64, "steps": 2, "seed": 5}


def ask(webui: FakeWebUI, method: str, path: str, body: Any = None) -> requests.Response:
    """Send a request and return the answer, whatever it is."""
    return requests.request(method, f"{webui.url}{path}", json=body, timeout=60)


def generate(webui: FakeWebUI, **fields: Any) -> dict[str, Any]:
    """Return the answer of a small generation."""
    answer = ask(webui, "POST", "/sdapi/v1/txt2img", {**SMALL, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def infotext(answer: dict[str, Any]) -> str:
    """Return the infotext of the first picture."""
    return str(json.loads(answer["info"])["infotexts"][0])


def picture(size: tuple[int, int]) -> str:
    """Return a picture to send, in base64."""
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, format="PNG")
    return base64.b64encode(stream.getvalue()).decode()


def opened(text: str) -> Image.Image:
    """Return a picture of an answer."""
    return Image.open(io.BytesIO(base64.b64decode(text)))
