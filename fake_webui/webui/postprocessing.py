"""Extras: enlarging pictures and mending faces, without a prompt."""

import html
from collections.abc import Sequence
from typing import Any

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.image_input import load
from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import upscale
from fake_webui.webui.infotext import write_pairs
from fake_webui.webui.limits import check_memory
from fake_webui.webui.pnginfo import read_info
from fake_webui.webui.state import WebUIState

RESIZE_TO_SIZE = 1


def run_extras(
    images: Sequence[Image.Image], asked: dict[str, Any], state: WebUIState
) -> tuple[list[Picture], str]:
    """Return the pictures and the HTML that says what was done to the last of them.

    Raises:
        HandlerError: AssertionError, for an upscaler that isn't there.
    """
    results, text = [], ""
    with state.queued("extras") as progress:
        progress.job_count = len(images)
        for image in images:
            progress.next_job()
            load(image)
            picture, text = _improve(image, asked, state)
            results.append(picture)
    return results, as_html(text)


def _improve(image: Image.Image, asked: dict[str, Any], state: WebUIState) -> tuple[Picture, str]:
    if image.mode not in ("RGB", "RGBA"):
        info = image.info
        image = image.convert("RGB")
        image.info = info
    parameters, texts = read_info(image, state.catalog)
    if parameters:
        texts["parameters"] = parameters
    image, notes = _upscaled(image, asked, state.catalog)
    image = _with_faces(image, asked)
    notes |= _face_notes(asked)
    text = write_pairs(notes)
    if state.options.get("enable_pnginfo"):
        if state.policy.notes_postprocessing:
            texts["postprocessing"] = text
        return Picture(image, {k: v for k, v in texts.items() if isinstance(v, str)}), text
    return Picture(image), text


def _upscaled(
    image: Image.Image, asked: dict[str, Any], catalog: Catalog
) -> tuple[Image.Image, dict[str, Any]]:
    """Return the enlarged image and what to note of it; nothing happens without an upscaler."""
    first = _upscaler_name(asked["upscaler_1"], catalog)
    if first is None:
        return image, {}
    second = _upscaler_name(asked["upscaler_2"], catalog)
    result, notes = _resize(image, first, asked)
    notes["Postprocess upscaler"] = first
    visibility = asked["extras_upscaler_2_visibility"]
    if second and visibility > 0:
        other, _ = _resize(image, second, asked)
        result = Image.blend(result, other.convert(result.mode), visibility)
        notes["Postprocess upscaler 2"] = second
    return result, notes


def _upscaler_name(name: str | None, catalog: Catalog) -> str | None:
    """Return the name of an upscaler, None for none.

    Raises:
        HandlerError: AssertionError, if it isn't there.
    """
    if name in (None, "None"):
        return None
    if catalog.find_upscaler(str(name)) is None:
        raise HandlerError("AssertionError", f"could not find upscaler named {name}")
    return name


def _resize(
    image: Image.Image, upscaler: str, asked: dict[str, Any]
) -> tuple[Image.Image, dict[str, Any]]:
    if asked["resize_mode"] != RESIZE_TO_SIZE:
        factor = asked["upscaling_resize"]
        return _enlarge(image, upscaler, factor), {"Postprocess upscale by": factor}
    width, height = asked["upscaling_resize_w"], asked["upscaling_resize_h"]
    notes = {"Postprocess upscale to": f"{width}x{height}"}
    image = _enlarge(image, upscaler, max(width / image.width, height / image.height))
    if asked["upscaling_crop"]:
        image = _cropped(image, width, height)
        notes["Postprocess crop to"] = f"{image.width}x{image.height}"
    return image, notes


def _enlarge(image: Image.Image, upscaler: str, factor: float) -> Image.Image:
    check_memory(int(image.width * factor), int(image.height * factor))
    try:
        return upscale(image, upscaler, factor)
    except ValueError as error:
        raise HandlerError("ValueError", str(error)) from None


def _cropped(image: Image.Image, width: int, height: int) -> Image.Image:
    canvas = Image.new("RGB", (width, height))
    canvas.paste(image, (width // 2 - image.width // 2, height // 2 - image.height // 2))
    return canvas


def _with_faces(image: Image.Image, asked: dict[str, Any]) -> Image.Image:
    """Return an image with its faces mended: without transparency, and there are no faces.

    Raises:
        HandlerError: ValueError, where a transparent image was to be mixed with the result.
    """
    for share in (asked["gfpgan_visibility"], asked["codeformer_visibility"]):
        if image.mode != "RGB" and 0 < share < 1:
            raise HandlerError("ValueError", "images do not match")
        if share:
            image = image.convert("RGB")
    return image


def _face_notes(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what mended faces leave in the text."""
    notes = {}
    if asked["gfpgan_visibility"]:
        notes["GFPGAN visibility"] = round(asked["gfpgan_visibility"], 3)
    if asked["codeformer_visibility"]:
        notes["CodeFormer visibility"] = round(asked["codeformer_visibility"], 3)
        notes["CodeFormer weight"] = round(asked["codeformer_weight"], 3)
    return notes


def as_html(text: str) -> str:
    """Return plain text as the paragraph of HTML that the page shows."""
    return "<p>" + "<br>\n".join(html.escape(line) for line in text.split("\n")) + "</p>"
