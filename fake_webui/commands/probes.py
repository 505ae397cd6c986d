"""Requests that show how a WebUI behaves, and leave nothing behind in it.

The pictures that they ask for are tiny and take one or two steps.
"""

import base64
import io
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from fake_webui.api.families import ENDPOINTS
from fake_webui.upstream.captures import Capture

API = "/sdapi/v1"
TINY = {"prompt": "a cat", "width": 64, "height": 64, "steps": 2, "seed": 1}
NOT_ASKED = (f"{API}/memory", "/internal/sysinfo", "/internal/sysinfo-download")
JSON_TYPE = {"Content-Type": "application/json"}

TXT2IMG: dict[str, tuple[str, dict[str, Any]]] = {
    "minimal": ("the fields most clients send", {}),
    "batch": ("seeds of a batch", {"batch_size": 2, "n_iter": 2}),
    "random_seed": ("a seed that the server draws", {"seed": -1}),
    "odd_size": ("a size that is no multiple of 8", {"width": 65, "height": 100}),
    "unknown_field": ("a field that the API does not have", {"stpes": 5}),
    "unknown_sampler": ("a sampler that is not there", {"sampler_name": "Nope"}),
    "unknown_script": ("a script that is not there", {"script_name": "nope"}),
    "legacy_sampler": ("sampler and scheduler in one", {"sampler_name": "DPM++ 2M Karras"}),
    "wrong_type": ("a word for a number", {"steps": "many", "width": None}),
    "number_as_text": ("a number in quotes", {"steps": "2"}),
    "no_steps": ("zero steps", {"steps": 0}),
    "override_unknown": ("an option that is not there", {"override_settings": {"nope": 1}}),
    "hires": (
        "hires fix",
        {"enable_hr": True, "hr_upscaler": "Latent", "hr_scale": 2, "denoising_strength": 0.5},
    ),
}
OVERRIDES = {"eta_ancestral": 0.5, "clip_skip": 2}
BROKEN_BODIES = {
    "no_body": ("nothing at all", ""),
    "broken_json": ("JSON that ends early", '{"prompt": "a'),
    "null": ("the JSON null", "null"),
    "array": ("an array", "[]"),
}


def picture() -> str:
    """Return a gradient of 64 by 64 pixels as base64."""
    stream = io.BytesIO()
    gradient = Image.linear_gradient("L").resize((64, 64))
    Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180))).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def image_probes() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return name, path and payload of the requests that carry a picture."""
    image = picture()
    return {
        "img2img": ("img2img", "a picture in", {**TINY, "init_images": [image]}),
        "img2img_no_image": ("img2img", "none in", TINY),
        "img2img_bad_image": ("img2img", "no base64", {**TINY, "init_images": ["nope"]}),
        "extras": (
            "extra-single-image",
            "twice the size",
            {"image": image, "upscaler_1": "Lanczos", "upscaling_resize": 2},
        ),
        "extras_none": ("extra-single-image", "no upscaler", {"image": image}),
        "extras_unknown": (
            "extra-single-image",
            "an upscaler that is not there",
            {"image": image, "upscaler_1": "Nope"},
        ),
        "png_info": ("png-info", "a picture without parameters", {"image": image}),
    }


def probes(options: Mapping[str, Any] | None = None) -> list[Capture]:
    """Return every request, still without an answer.

    One of the `options` that the WebUI lists is overridden, so that it can be put back.
    """
    return [*lists(), *txt2img(), *overrides(options), *pictures(), *mistakes()]


def lists() -> Iterator[Capture]:
    """Yield every GET of the API that needs no parameter."""
    for endpoint in ENDPOINTS:
        wanted = endpoint.method == "GET" and endpoint.path.startswith(API)
        if wanted and endpoint.path not in NOT_ASKED and not endpoint.needs:
            name = endpoint.path.removeprefix(f"{API}/").replace("-", "_")
            yield Capture(name=f"get_{name}", request=request("GET", endpoint.path))


def txt2img() -> Iterator[Capture]:
    """Yield requests for pictures, good ones and bad ones."""
    for name, (note, changes) in TXT2IMG.items():
        body = request("POST", f"{API}/txt2img", TINY | changes)
        yield Capture(name=f"t2i_{name}", note=note, request=body)
    for name, (note, text) in BROKEN_BODIES.items():
        broken = request("POST", f"{API}/txt2img") | {"raw_body": text, "headers": JSON_TYPE}
        yield Capture(name=f"t2i_{name}", note=note, request=broken)


def overrides(options: Mapping[str, Any] | None) -> Iterator[Capture]:
    """Yield a request with a setting of its own, as far as the WebUI lists one that is known."""
    for key, value in OVERRIDES.items():
        if options and key in options:
            payload = TINY | {"override_settings": {key: value}}
            body = request("POST", f"{API}/txt2img", payload)
            yield Capture(name="t2i_override", note="settings for one request", request=body)
            return


def pictures() -> Iterator[Capture]:
    """Yield requests that carry a picture."""
    for name, (path, note, payload) in image_probes().items():
        yield Capture(name=name, note=note, request=request("POST", f"{API}/{path}", payload))


def mistakes() -> Iterator[Capture]:
    """Yield requests to the wrong address or with the wrong method."""
    yield Capture(name="unknown_path", request=request("GET", f"{API}/nope"))
    yield Capture(name="wrong_method", request=request("GET", f"{API}/txt2img"))
    yield Capture(name="trailing_slash", request=request("GET", f"{API}/samplers/"))


def request(method: str, path: str, payload: Any = None) -> dict[str, Any]:
    """Return a request as a capture keeps it."""
    made = {"method": method, "path": path, "headers": {}}
    return made if payload is None else made | {"headers": JSON_TYPE, "json": payload}
