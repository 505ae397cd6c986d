"""Generation parameters in images: reading them out, and making settings of them again.

A1111 writes them as text: the prompt, a line "Negative prompt: …", and a last line of
"Key: value" pairs. PNG has it in a text chunk, JPEG and WebP in EXIF's UserComment. SD.Next repeats
the prompts under "Template: …" and "Negative template: …" before the last line.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from app.config.infotext_detailers import SKIPPED_PASS, detailer_settings, is_skipped_pass
from app.config.samplers import split_sampler
from app.errors import ImageFileError

_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_NEGATIVE = "Negative prompt:"
_TEMPLATES = ("Template:", "Negative template:")
# A key starts where no other character of a key stands before it, which keeps the search linear.
_KEY = r"(?<![\w /.+-])[ /.+-]*+(?P<key>\w[\w /.+-]*+)"
_VALUE = r'(?P<value>"(?:[^"\\]|\\.)*+"|[^,]*+)'
_PAIR = re.compile(rf"{_KEY}:\s*{_VALUE}(?:,|$)")
_MODULE = re.compile(r"Module \d+")
_MIN_PAIRS = 3
UNNAMED_SCHEDULER = "Automatic"
"""What a sampler ran with where the parameters name no schedule type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Infotext:
    """Generation parameters, taken apart; `fields` keeps A1111's own labels."""

    prompt: str
    negative_prompt: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportedSettings:
    """What a job takes over: a layer of settings, and the labels that it has no place for.

    Without a size of its own, the picture's is the one.
    """

    layer: Mapping[str, Mapping[str, Any]]
    ignored: tuple[str, ...]
    has_own_size: bool = True


def read_parameters(path: Path) -> str:
    """Return the generation parameters of a PNG, JPEG or WebP file.

    Raises:
        ImageFileError: if the file is missing, is not an image, or carries no parameters.
    """
    with _opened(path) as image:
        text = image.info.get("parameters") or _user_comment(image)
    if not isinstance(text, str) or not text.strip():
        raise ImageFileError(
            f"{path}: carries no generation parameters; was it saved again by another program?"
        )
    return text


def read_size(path: Path) -> tuple[int, int]:
    """Return the width and height of a picture, in pixels.

    Raises:
        ImageFileError: if the file is missing or is not an image.
    """
    with _opened(path) as image:
        return image.size


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
            image.load()
            yield image
    except FileNotFoundError as error:
        raise ImageFileError(f"{path}: there is no such file") from error
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise ImageFileError(f"{path}: not an image that can be read") from error


def _user_comment(image: Image.Image) -> str:
    raw = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT, b"")
    return raw if isinstance(raw, str) else _decode_comment(bytes(raw))


def _decode_comment(raw: bytes) -> str:
    charset, body = raw[:8], raw[8:]
    if charset == b"UNICODE\0":
        return min((body.decode(code, "replace") for code in ("utf-16-be", "utf-16-le")), key=_odd)
    return body.rstrip(b"\0").decode("utf-8", "replace")


def _odd(text: str) -> int:
    """Count the letters that the wrong byte order would make: nothing plain in a plain text."""
    return sum(ord(letter) % 256 == 0 or letter == "\ufffd" for letter in text)


def parse_infotext(text: str) -> Infotext:
    """Take generation parameters apart; a text without a line of pairs is all prompt."""
    lines = text.strip().splitlines()
    fields = _pairs(lines[-1]) if lines else {}
    body = lines[:-1] if fields else lines
    cut = next((i for i, line in enumerate(body) if line.startswith(_NEGATIVE)), len(body))
    end = _end_of_negative(body, cut) if fields.get("App") == "SD.Next" else len(body)
    negative = "\n".join(body[cut:end]).removeprefix(_NEGATIVE)
    return Infotext(
        prompt="\n".join(body[:cut]).strip(), negative_prompt=negative.strip(), fields=fields
    )


def _end_of_negative(body: list[str], start: int) -> int:
    """Return where the prompts are repeated, which is behind the last of them."""
    found = (i for i in range(start, len(body)) if body[i].startswith(_TEMPLATES))
    return next(found, len(body))


def _pairs(line: str) -> dict[str, str]:
    pairs = {found["key"]: _unquote(found["value"].strip()) for found in _PAIR.finditer(line)}
    return pairs if len(pairs) >= _MIN_PAIRS or "Steps" in pairs else {}


def _unquote(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value


def settings_from(infotext: Infotext) -> ImportedSettings:
    """Return settings that ask for the same again, as far as a job of this app can.

    Of a pass that sampled nothing, steps, sampler and size are left out, as they are no picture's.

    Raises:
        ImageFileError: if a number in it is not one.
    """
    is_skipped = is_skipped_pass(infotext.fields)
    left_out = SKIPPED_PASS if is_skipped else ()
    fields = {label: value for label, value in infotext.fields.items() if label not in left_out}
    used = set(_FACTS)
    layer: dict[str, dict[str, Any]] = {}
    for label, place in _PLACES.items():
        if label in fields and (not place.needs or place.needs & fields.keys()):
            used |= {label}
            section = layer.setdefault(place.section, {})
            section.update(_convert(label, fields[label], place.convert))
    detailers, labels = detailer_settings(fields, _convert)
    used |= labels
    if detailers:
        layer["adetailer"] = detailers
    if "sampler_name" in (sampling := layer.get("txt2img", {})):
        sampling.setdefault("scheduler", UNNAMED_SCHEDULER)
    if modules := modules_of(fields):
        layer.setdefault("txt2img", {})["additional_modules"] = modules
    used |= {label for label in fields if _MODULE.fullmatch(label)}
    ignored = tuple(label for label in infotext.fields if label in left_out or label not in used)
    return ImportedSettings(layer, ignored, has_own_size=not is_skipped)


def modules_of(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the modules that Forge gave its checkpoint, without their endings."""
    return tuple(name for label, name in fields.items() if _MODULE.fullmatch(label))


def _convert(label: str, value: str, convert: Callable[[str], Any]) -> Any:
    try:
        return convert(value)
    except ValueError as error:
        raise ImageFileError(
            f"generation parameters: {label} is {value!r}, not a number"
        ) from error


def _sampler(value: str) -> dict[str, Any]:
    sampler, scheduler = split_sampler(value, "")
    return {"sampler_name": sampler} | ({"scheduler": scheduler} if scheduler else {})


def _size(value: str) -> dict[str, Any]:
    width, _, height = value.partition("x")
    return {"width": int(width) // 8 * 8, "height": int(height) // 8 * 8}


def _refiner(value: str) -> dict[str, Any]:
    return {"refiner_enabled": True, "refiner_checkpoint": re.sub(r" \[\w+\]$", "", value)}


def _hires(value: str) -> dict[str, Any]:
    return {"hires_enabled": True, "hires_scale": float(value)}


def _as(kind: Callable[[str], Any], key: str) -> Callable[[str], dict[str, Any]]:
    return lambda value: {key: kind(value)}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a label goes in a config, and the labels of which it needs one to make sense."""

    section: str
    convert: Callable[[str], dict[str, Any]]
    needs: frozenset[str] = frozenset()


_FACTS = (
    "Version", "Model hash", "VAE hash", "Lora hashes", "TI hashes", "TI", "LoRA networks",
    "App", "Pipeline", "Operations", "Scheduler",
)  # fmt: skip
"""What is said of the picture and asks for nothing."""
_HIRES = frozenset(["Hires upscale", "Hires scale"])  # A1111's, SD.Next's

_PLACES = {
    "Steps": _Place("txt2img", _as(int, "steps")),
    "Sampler": _Place("txt2img", _sampler),
    "Schedule type": _Place("txt2img", _as(str, "scheduler")),
    "CFG scale": _Place("txt2img", _as(float, "cfg_scale")),
    "Seed": _Place("txt2img", _as(int, "seed")),
    "Variation seed": _Place("txt2img", _as(int, "subseed")),
    "Variation seed strength": _Place("txt2img", _as(float, "subseed_strength")),
    "Size": _Place("txt2img", _size),
    "Model": _Place("txt2img", _as(str, "checkpoint")),
    "VAE": _Place("txt2img", _as(str, "vae")),
    "Clip skip": _Place("txt2img", _as(int, "clip_skip")),
    "CLiP-skip": _Place("txt2img", _as(int, "clip_skip")),
    "Sampler sigma": _Place("txt2img", _as(str, "scheduler")),
    "Distilled CFG Scale": _Place("txt2img", _as(float, "distilled_cfg_scale")),
    "Denoising strength": _Place("txt2img", _as(float, "hires_denoising_strength"), _HIRES),
    "Hires upscale": _Place("txt2img", _hires),
    "Hires scale": _Place("txt2img", _hires),
    "Hires strength": _Place("txt2img", _as(float, "hires_denoising_strength"), _HIRES),
    "Hires steps": _Place("txt2img", _as(int, "hires_steps"), _HIRES),
    "Hires upscaler": _Place("txt2img", _as(str, "hires_upscaler"), _HIRES),
    "Hires CFG Scale": _Place("txt2img", _as(float, "hires_cfg_scale"), _HIRES),
    "Refiner": _Place("txt2img", _refiner),
    "Refiner switch at": _Place("txt2img", _as(float, "refiner_switch_at"), frozenset(["Refiner"])),
}
