"""Where two answers differ, as far as a client could tell.

What a server draws at random is compared by relation: a seed that is drawn must be the same
number wherever it shows. What differs from machine to machine is compared by type.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fake_webui.upstream.captures import Capture, is_page

ABSENT = "<absent>"
IMAGE_KEYS = ("format", "mode", "width", "height", "pnginfo", "data_uri_prefix")
DRAWN = (None, -1, "", "-1")
SMALLEST_DRAWN = 1000  # smaller numbers are as likely sizes or steps
SMALLEST_STEP = 1e-6  # between numbers that differ
TEXT_SHOWN = 120
PLAIN_UPSCALERS = (None, "None", "Lanczos", "Nearest")  # every machine makes the same pixels
MODEL_FIELDS = ("gfpgan_visibility", "codeformer_visibility", "upscaler_2")

# Dotted places, as regular expressions, whose values depend on machine, clock or installation.
BY_TYPE = {
    r".*": (r"(info\.)?job_timestamp", r".*\.job_timestamp", r"eta_relative"),
    r".*/(memory|cmd-flags|extensions)": (r".*",),
    r"/internal/sysinfo.*|/adetailer/v1/.*": (r".*",),
    r".*/(sd-models|loras)": (r".*\.(filename|config|path)",),
    r".*/sd-vae": (r".*\.filename",),
    r".*/(upscalers|realesrgan-models)": (r".*\.(model_path|model_url|path)",),
    r".*/options": (r".*_explanation", r"settings_in_ui", r"ad_.*"),
    r".*/script-info": (r".*\.choices.*", r".*\.value"),
    r".*/interrogate": (r"caption",),
    r"/app_id": (r"app_id",),
    r".*/progress": (r"id",),
    r".*/status": (r"timestamp", r"id", r"total", r"uptime", r"elapsed"),
    r".*/modules": (r"size", r"mtime", r"modules\[\d+\]\.(params|modules)"),
    r".*/extra-network-details?": (r"(items\[\d+\]\.)?(mtime|size)",),
}
LEGENDS = r"images\[\d+\]\.height"  # of a script's grids: they depend on the fonts


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers are not alike."""

    where: str
    real: Any
    here: Any


@dataclass(frozen=True, slots=True)
class Terms:
    """What is compared less strictly, or more: places by type alone, images to the pixel."""

    by_type: re.Pattern[str]
    pixels: bool


def compare(capture: Capture, here: Mapping[str, Any]) -> list[Difference]:
    """Return where an answer differs from the captured one: status, headers, body."""
    real = capture.response
    found = [
        Difference(name, one, other) for name, one, other in envelope(real, here) if one != other
    ]
    if "omitted" in real:
        return found
    if "json" not in real or "json" not in here:
        return found + list(text_differences(real, here))
    return found + list(body_differences(capture, real["json"], here["json"]))


def envelope(real: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield status, media type and the headers that either answer has."""
    yield "status", real["status"], here["status"]
    one, other = real["headers"], here["headers"]
    yield "content-type", media_type(one), media_type(other)
    for name in sorted((one.keys() | other.keys()) - {"content-type"}):
        yield name, without_host(one.get(name, ABSENT)), without_host(other.get(name, ABSENT))


def without_host(value: str) -> str:
    """Return a header that names the server itself without that name."""
    return re.sub(r"^http://[^/]+(?=/)", "http://HOST", value)


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of an answer without its parameters."""
    return headers.get("content-type", "").partition(";")[0]


def text_differences(real: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield the difference of two bodies where one is not JSON; pages are not compared."""
    one, other = (shown_text(answer) for answer in (real, here))
    if "json" in real or (not is_page(one) and one != other):
        yield Difference("body", one[:TEXT_SHOWN], other[:TEXT_SHOWN])


def shown_text(answer: Mapping[str, Any]) -> str:
    """Return the body of an answer as text, or in a word what it is."""
    if "json" in answer:
        return "JSON"
    return str(answer.get("text", "a page"))


def body_differences(capture: Capture, real: Any, here: Any) -> Iterator[Difference]:
    """Yield where two JSON bodies differ."""
    yield from info_differences(real, here)
    if capture.loose and isinstance(real, dict) and isinstance(here, dict) and "errors" in here:
        real, here = real | {"errors": ""}, here | {"errors": ""}
    asked = capture.request.get("json")
    one, other = (comparable(body, asked) for body in (real, here))
    yield from differences(one, other, "", terms(capture))


def info_differences(real: Any, here: Any) -> Iterator[Difference]:
    """Yield that `info` is of another type, or its keys in another order."""
    if not isinstance(real, dict) or not isinstance(here, dict):
        return
    kinds = [kind(body.get("info")) for body in (real, here)]
    if kinds[0] != kinds[1]:
        yield Difference("info", f"<{kinds[0]}>", f"<{kinds[1]}>")
    one, other = parse_info(real), parse_info(here)
    if one is not None and other is not None and list(one) != list(other):
        yield Difference("info", "keys in the real order", "another order or other keys")


def parse_info(answer: Any) -> dict[str, Any] | None:
    """Return the JSON object that generation answers carry as a string in `info`, if any."""
    text = answer.get("info") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text.startswith("{"):
        return None
    try:
        parsed: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return parsed


def terms(capture: Capture) -> Terms:
    """Return how the answer to a request is compared."""
    path = str(capture.request.get("path", "")).partition("?")[0]
    places = [p for paths, group in BY_TYPE.items() if re.fullmatch(paths, path) for p in group]
    asked = capture.request.get("json")
    payload = asked if isinstance(asked, dict) else {}
    if payload.get("script_name"):
        places.append(LEGENDS)
    pixels = path.endswith("/extra-single-image") and is_plain_resizing(payload)
    return Terms(re.compile("|".join(places)), pixels)


def is_plain_resizing(payload: Mapping[str, Any]) -> bool:
    """Return whether a payload of extras asks for no model at all."""
    return payload.get("upscaler_1") in PLAIN_UPSCALERS and not any(
        payload.get(name) for name in MODEL_FIELDS
    )


def comparable(body: Any, asked: Any) -> Any:
    """Return a body with `info` parsed and the numbers that were drawn named by their relation."""
    info = parse_info(body)
    if info is None:
        return body
    body = {**body, "info": info}
    names = drawn_numbers(info, asked)
    return with_names(body, names) if names else body


def drawn_numbers(info: Mapping[str, Any], asked: Any) -> dict[int, str]:
    """Return a name for each seed that the server drew: its distance from the first one."""
    wanted = asked if isinstance(asked, dict) else {}
    names: dict[int, str] = {}
    for key in ("subseed", "seed"):
        if wanted.get(key, -1) in DRAWN:
            numbers = [n for n in info.get(f"all_{key}s") or [] if isinstance(n, int)]
            names |= {n: f"<{key}+{n - numbers[0]}>" for n in numbers if n > SMALLEST_DRAWN}
    return names


def with_names(value: Any, names: Mapping[int, str]) -> Any:
    """Return a JSON value with numbers replaced by their names, also inside strings."""
    if isinstance(value, dict):
        return {key: with_names(child, names) for key, child in value.items()}
    if isinstance(value, list):
        return [with_names(child, names) for child in value]
    if isinstance(value, str):
        return re.sub(r"\d{4,}", lambda found: names.get(int(found[0]), found[0]), value)
    return names.get(value, value) if type(value) is int else value


def differences(real: Any, here: Any, where: str, how: Terms) -> Iterator[Difference]:
    """Yield where two JSON values differ."""
    if how.by_type.fullmatch(where):
        yield from type_differences(real, here, where)
    elif is_image(real):
        yield from image_differences(real, here, where, how)
    elif isinstance(real, dict) and isinstance(here, dict):
        yield from member_differences(real, here, where, how)
    elif isinstance(real, list) and isinstance(here, list):
        yield from item_differences(real, here, where, how)
    elif not same(real, here, where):
        yield Difference(where, real, here)


def same(real: Any, here: Any, where: str) -> bool:
    """Return whether two leaves are equal; 1 and 1.0 are, but where parameters are echoed."""
    if kind(real) != kind(here):
        return False
    if kind(real) != "number":
        return bool(real == here)
    echoed = where.startswith("parameters.")
    return abs(real - here) < SMALLEST_STEP and (not echoed or type(real) is type(here))


def type_differences(real: Any, here: Any, where: str) -> Iterator[Difference]:
    """Yield that two values are of different types, or objects with different keys."""
    if kind(real) != kind(here):
        yield Difference(where, f"<{kind(real)}>", f"<{kind(here)}>")
    elif isinstance(real, dict) and real.keys() != here.keys():
        only = (sorted(one.keys() - other.keys()) for one, other in ((real, here), (here, real)))
        yield Difference(where, *(f"keys {keys}" for keys in only))


def image_differences(
    real: dict[str, Any], here: Any, where: str, how: Terms
) -> Iterator[Difference]:
    """Yield where two images differ in what a client sees, their pixels where that is wanted."""
    if not is_image(here):
        yield Difference(where, "an image", here)
        return
    keys = [*IMAGE_KEYS, *(key for key in ("exif_usercomment",) if real.get(key))]
    for key in [*keys, "pixel_sha1"] if how.pixels else keys:
        yield from differences(real.get(key), here.get(key), f"{where}.{key}", how)


def member_differences(
    real: dict[str, Any], here: dict[str, Any], where: str, how: Terms
) -> Iterator[Difference]:
    """Yield where two objects differ, key by key in the real one's order."""
    for key in [*real, *(key for key in here if key not in real)]:
        inner = f"{where}.{key}" if where else key
        if key in real and key in here:
            yield from differences(real[key], here[key], inner, how)
        else:
            yield Difference(inner, real.get(key, ABSENT), here.get(key, ABSENT))


def item_differences(
    real: list[Any], here: list[Any], where: str, how: Terms
) -> Iterator[Difference]:
    """Yield where two arrays differ, and that they do in length."""
    if len(real) != len(here):
        yield Difference(where, f"{len(real)} items", f"{len(here)} items")
    for index, pair in enumerate(zip(real, here, strict=False)):
        yield from differences(*pair, f"{where}[{index}]", how)


def is_image(value: Any) -> bool:
    """Return whether a JSON value is an image's descriptor."""
    return isinstance(value, dict) and value.get("__image__") is True


def kind(value: Any) -> str:
    """Return the JSON type of a value; every number is just a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def most_frequent(found: Iterable[Difference]) -> dict[str, int]:
    """Return the places that differ, indices left out, with how often each does."""
    counts: dict[str, int] = {}
    for one in found:
        place = re.sub(r"\[\d+\]", "[]", one.where)
        counts[place] = counts.get(place, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
