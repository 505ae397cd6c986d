"""txt2img and img2img as the API has them: a request in, pictures and what they are out."""

import math
from dataclasses import dataclass
from typing import Any

from PIL import Image

from fake_webui.contract import Parsed
from fake_webui.errors import HandlerError, HttpError
from fake_webui.webui.findings import find
from fake_webui.webui.image_input import decode_image, decode_images, load
from fake_webui.webui.images import Picture
from fake_webui.webui.infotext_field import apply_infotext
from fake_webui.webui.processing import GenerationContext, Processed, Processing, process_images
from fake_webui.webui.processing.sampling import resolve
from fake_webui.webui.scripts import ScriptChoice, choose_scripts
from fake_webui.webui.state import Interference, WebUIState

# What options, script arguments and numbers of the wrong kind are in Python, here as there.
TRIPPED_OVER = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
IMAGE_FORMATS = frozenset({"png", "jpg", "jpeg", "webp"})


@dataclass(frozen=True, slots=True)
class Generated:
    """An answer: encoded pictures, the request as it was understood, and the JSON of `info`.

    `findings` say what of the request was replaced or ignored; they are no part of the answer.
    """

    images: list[bytes]
    parameters: dict[str, Any]
    info: str
    findings: list[str]


def txt2img(parsed: Parsed, state: WebUIState, interference: Interference) -> Generated:
    """Make pictures from a prompt.

    Raises:
        ApiError: as the real server fails.
    """
    values = apply_infotext(parsed, state, "txt2img")
    choice = choose_scripts(values, state, "txt2img")
    p = Processing.from_request(values, **_resolved(values, state))
    processed = _run(p, values, choice, state, interference)
    findings = [*find(parsed, values, processed.p, state), *choice.findings]
    return _answer(processed, p, values, state, findings)


def img2img(parsed: Parsed, state: WebUIState, interference: Interference) -> Generated:
    """Make pictures from pictures and a prompt.

    Raises:
        ApiError: as the real server fails.
    """
    if parsed.values["init_images"] is None:
        raise HttpError(404, "Init image not found")
    mask = decode_image(text) if (text := parsed.values["mask"]) else text
    values = apply_infotext(parsed, state, "img2img")
    choice = choose_scripts(values, state, "img2img")
    p = Processing.from_request(values, is_img2img=True, mask=mask, **_resolved(values, state))
    if p.initial_noise_multiplier is None:  # settled before any option is overridden
        p.initial_noise_multiplier = state.options.get("initial_noise_multiplier")
    processed = _run(p, values, choice, state, interference)
    findings = [*find(parsed, values, processed.p, state), *choice.findings]
    if not values["include_init_images"]:
        values["init_images"] = values["mask"] = None
    return _answer(processed, p, values, state, findings)


def _resolved(values: dict[str, Any], state: WebUIState) -> dict[str, Any]:
    """Return the fields that the API sets itself."""
    asked = values["sampler_name"] or values["sampler_index"]
    sampler, scheduler = resolve(asked, values["scheduler"], state.catalog, automatic=True)
    keep = not values["save_images"]
    return {
        "sampler_name": sampler,
        "scheduler": values["scheduler"] or (scheduler if scheduler != "Automatic" else None),
        "do_not_save_samples": keep,
        "do_not_save_grid": keep,
    }


def _run(
    p: Processing,
    values: dict[str, Any],
    choice: ScriptChoice,
    state: WebUIState,
    interference: Interference,
) -> Processed:
    """Wait for a turn and generate.

    Raises:
        ApiError: as the real server fails, on options and arguments of the wrong kind among others.
    """
    kind = "img2img" if p.is_img2img else "txt2img"

    def prepare() -> None:
        if p.is_img2img:
            p.init_images = decode_images(values["init_images"])

    with state.generating(values["force_task_id"], kind, prepare, interference) as job:
        for image in (*p.init_images, *([p.mask] if isinstance(p.mask, Image.Image) else [])):
            load(image)
        context = GenerationContext(state, job, choice.always_on)
        try:
            return choice.run(p, context) if choice.selected else process_images(p, context)
        except TRIPPED_OVER as error:
            raise HandlerError(type(error).__name__, str(error)) from error
        finally:
            if not state.options.get("persistent_cond_cache"):
                state.encoded.clear()


def _answer(
    processed: Processed,
    p: Processing,
    values: dict[str, Any],
    state: WebUIState,
    findings: list[str],
) -> Generated:
    images = []
    if values["send_images"]:
        images = encode_pictures(processed.images, state)
    if state.policy.echoes_applied_overrides and values["override_settings"] is not None:
        values["override_settings"] = p.override_settings
    if state.policy.survives_nan:
        values = {name: None if _is_nan(value) else value for name, value in values.items()}
    return Generated(images, values, processed.js(), findings)


def encode_pictures(pictures: list[Picture], state: WebUIState) -> list[bytes]:
    """Return pictures as files of the format that the options name.

    Raises:
        HttpError: 500, for a format that the API doesn't have.
        HandlerError: UnicodeEncodeError, for text that can't be encoded.
    """
    return [encode_picture(picture, state) for picture in pictures]


def encode_picture(picture: Picture, state: WebUIState) -> bytes:
    """Return a picture as a file of the format that the options name.

    Raises:
        HttpError: 500, for a format that the API doesn't have.
        HandlerError: UnicodeEncodeError, for text that can't be encoded; ValueError, for a quality
            of JPEG or WebP that is not a whole number, or a picture too large for them.
    """
    image_format = str(state.options.get("samples_format")).lower()
    if image_format not in IMAGE_FORMATS:
        raise HttpError(500, "Invalid image format")
    quality = state.options.get("jpeg_quality")
    if image_format != "png" and not isinstance(quality, int):
        raise HandlerError("ValueError", "Invalid quality setting")
    try:
        return picture.encode(image_format, quality)
    except (ValueError, OSError) as error:
        raise HandlerError(type(error).__name__, str(error)) from None


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
