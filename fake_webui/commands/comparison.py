"""Where two answers differ, as far as a client could tell.

What a server draws at random is compared by relation: a seed that is drawn must be the same
number wherever it shows. What differs from machine to machine is compared by type.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fake_webui.upstream.captures import parse_info

ABSENT = "<absent>"
IMAGE_KEYS = (
    "format", "mode", "width", "height", "pnginfo", "data_uri_prefix", "exif_usercomment",
)  # fmt: skip
DRAWN = (None, -1, "", "-1")
SMALLEST_DRAWN = 1000  # smaller numbers are as likely sizes or steps
HTML_SHOWN = 120

# Dotted places, as regular expressions, whose values depend on machine, clock or installation.
BY_TYPE = {
    r".*": (r"(info\.)?job_timestamp", r".*\.job_timestamp", r"eta_relative"),
    r".*/(memory|cmd-flags)": (r".*",),
    r".*/extensions": (r".*",),
    r".*/(sd-models|loras)": (r".*\.(filename|config|path)",),
    r".*/sd-vae": (r".*\.filename",),
    r".*/(upscalers|realesrgan-models|face-restorers)": (r".*\.(model_|cmd_)?(path|url|dir)",),
    r".*/options": (r".*_explanation", r"settings_in_ui", r"ad_.*", r"outdir_.*"),
    r".*/script-info": (r".*\.choices.*", r".*\.value"),
    r".*/interrogate": (r"caption",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers are not alike."""

    where: str
    real: Any
    here: Any


def compare(
    request: Mapping[str, Any],
    real: Mapping[str, Any],
    here: Mapping[str, Any],
    *,
    loose: bool = False,
) -> list[Difference]:
    """Return where the answers to a request differ: status, headers, body.

    `loose` leaves the wording of an error aside.
    """
    found = [
        Difference(name, one, other) for name, one, other in envelope(real, here) if one != other
    ]
    if "json" not in real or "json" not in here:
        return found + list(text_differences(real, here))
    path = str(request.get("path", "")).partition("?")[0]
    places = [p for paths, group in BY_TYPE.items() if re.fullmatch(paths, path) for p in group]
    asked = request.get("json")
    one, other = (comparable(answer["json"], asked, loose=loose) for answer in (real, here))
    return found + list(differences(one, other, "", re.compile("|".join(places))))


def envelope(real: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield status, media type and the headers that either answer has."""
    yield "status", real["status"], here["status"]
    one, other = real["headers"], here["headers"]
    yield "content-type", media_type(one), media_type(other)
    for name in sorted((one.keys() | other.keys()) - {"content-type"}):
        yield name, without_origin(one.get(name, ABSENT)), without_origin(other.get(name, ABSENT))


def without_origin(value: str) -> str:
    """Return a header that names the server itself without that name."""
    return re.sub(r"^http://[^/]+(?=/)", "", value)


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of an answer without its parameters."""
    return headers.get("content-type", "").partition(";")[0]


def text_differences(real: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield the difference of two bodies where one is not JSON; pages are not compared."""
    one, other = real.get("text", "JSON"), here.get("text", "JSON")
    is_page = "<" in one and "<" in other
    if one != other and not is_page:
        yield Difference("body", one[:HTML_SHOWN], other[:HTML_SHOWN])


def comparable(body: Any, asked: Any, *, loose: bool) -> Any:
    """Return a body with `info` parsed and the numbers that were drawn named by their relation."""
    info = parse_info(body)
    if info is not None:
        body = {**body, "info": info}
    if loose and isinstance(body, dict) and "errors" in body:
        body = {**body, "errors": ""}
    names = drawn_numbers(info, asked)
    return with_names(body, names) if names else body


def drawn_numbers(info: Any, asked: Any) -> dict[int, str]:
    """Return a name for each seed that the server drew: its distance from the first one."""
    if not isinstance(info, dict):
        return {}
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


def differences(real: Any, here: Any, where: str, by_type: re.Pattern[str]) -> Iterator[Difference]:
    """Yield where two JSON values differ."""
    if where and by_type.fullmatch(where):
        if kind(real) != kind(here):
            yield Difference(where, f"<{kind(real)}>", f"<{kind(here)}>")
    elif is_image(real):
        yield from image_differences(real, here, where, by_type)
    elif isinstance(real, dict) and isinstance(here, dict):
        yield from member_differences(real, here, where, by_type)
    elif isinstance(real, list) and isinstance(here, list):
        yield from item_differences(real, here, where, by_type)
    elif real != here or kind(real) != kind(here):
        yield Difference(where, real, here)


def image_differences(
    real: dict[str, Any], here: Any, where: str, by_type: re.Pattern[str]
) -> Iterator[Difference]:
    """Yield where two images differ in what a client sees apart from the pixels."""
    if not is_image(here):
        yield Difference(where, "an image", here)
        return
    for key in IMAGE_KEYS:
        yield from differences(real.get(key), here.get(key), f"{where}.{key}", by_type)


def member_differences(
    real: dict[str, Any], here: dict[str, Any], where: str, by_type: re.Pattern[str]
) -> Iterator[Difference]:
    """Yield where two objects differ, key by key in the real one's order."""
    for key in [*real, *(key for key in here if key not in real)]:
        inner = f"{where}.{key}" if where else key
        if key in real and key in here:
            yield from differences(real[key], here[key], inner, by_type)
        else:
            yield Difference(inner, real.get(key, ABSENT), here.get(key, ABSENT))


def item_differences(
    real: list[Any], here: list[Any], where: str, by_type: re.Pattern[str]
) -> Iterator[Difference]:
    """Yield where two arrays differ, and that they do in length."""
    if len(real) != len(here):
        yield Difference(where, f"{len(real)} items", f"{len(here)} items")
    for index, pair in enumerate(zip(real, here, strict=False)):
        yield from differences(*pair, f"{where}[{index}]", by_type)


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
