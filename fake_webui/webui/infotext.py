"""Infotexts: the text that pictures carry, written and read as the WebUI does.

An infotext is the prompt, `Negative prompt: …`, and one line of `Name: value` pairs.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

NEGATIVE_PREFIX = "Negative prompt:"
FEWEST_PAIRS = 3  # fewer on the last line, and that line belongs to the prompt

TakeStylesOut = Callable[[str, str], tuple[str, str, list[str]]]

# A name starts where no other character of a name stands before it, which keeps the search linear.
_NAME = r"(?<![\w /-])[ /-]*+(\w[\w /-]++)"
_VALUE = r'("(?:[^"\\]|\\.)++"|[^,]*+)'
_PAIR = re.compile(rf"{_NAME}:\s*{_VALUE}(?:,|$)")
_SIZE = re.compile(r"(\d+)x(\d+)")
_EMPHASIS = re.compile(r"\\.|[()\[\]]|BREAK")
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-(\d+))?")

# What the WebUI fills in for values that an infotext leaves out, in the order it does so.
_BEFORE_OLD_HIRES: tuple[tuple[str, Any], ...] = (
    ("Clip skip", "1"),
    ("Hires resize-1", 0),
    ("Hires resize-2", 0),
    ("Hires sampler", "Use same sampler"),
    ("Hires schedule type", "Use same scheduler"),
    ("Hires checkpoint", "Use same checkpoint"),
    ("Hires prompt", ""),
    ("Hires negative prompt", ""),
    ("Mask mode", "Inpaint masked"),
    ("Masked content", "original"),
    ("Inpaint area", "Whole picture"),
    ("Masked area padding", 32),
)
_AFTER_OLD_HIRES: tuple[tuple[str, Any], ...] = (
    ("RNG", "GPU"),
    ("Schedule type", "Automatic"),
    ("Schedule max sigma", 0),
    ("Schedule min sigma", 0),
    ("Schedule rho", 0),
    ("VAE Encoder", "Full"),
    ("VAE Decoder", "Full"),
    ("FP8 weight", "Disable"),
)


def write_infotext(prompt: str, negative_prompt: str, pairs: Mapping[str, Any]) -> str:
    """Return the infotext of a picture; pairs without a value are left out."""
    negative = f"\n{NEGATIVE_PREFIX} {negative_prompt}" if negative_prompt else ""
    return f"{prompt}{negative}\n{write_pairs(pairs)}".strip()


def write_pairs(pairs: Mapping[str, Any]) -> str:
    """Return `Name: value, …`; a name that equals its value stands alone."""
    return ", ".join(
        name if name == value else f"{name}: {quote(value)}"
        for name, value in pairs.items()
        if value is not None
    )


def quote(value: Any) -> Any:
    """Return `value` in quotation marks where a comma, colon or line break needs them."""
    text = str(value)
    if "," in text or ":" in text or "\n" in text:
        return json.dumps(value, ensure_ascii=False)
    return value


def unquote(text: str) -> Any:
    """Return what `quote` was given, or `text` itself where it is not quoted."""
    if len(text) < 2 or not (text[0] == text[-1] == '"'):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_infotext(text: str, take_styles_out: TakeStylesOut | None = None) -> dict[str, Any]:
    """Return the values of an infotext, with what the WebUI fills in for missing ones.

    `take_styles_out` takes both prompts and returns them without the styles in them, and those.
    """
    prompt, negative, last_line = split_infotext(text)
    values = _read_pairs(last_line)
    if take_styles_out:
        prompt, negative = _read_styles(values, prompt, negative, take_styles_out)
    values["Prompt"], values["Negative prompt"] = prompt + _hypernetwork(values), negative
    _fill_in(values, _BEFORE_OLD_HIRES)
    _restore_old_hires(values)
    _fill_in(values, _AFTER_OLD_HIRES)
    if values["FP8 weight"] != "Disable":
        values.setdefault("Cache FP16 weight for LoRA", False)
    if uses_emphasis(prompt) or uses_emphasis(negative):
        values.setdefault("Emphasis", "Original")
    values.setdefault("Refiner switch by sampling steps", False)
    _mark_old_behaviour(values)
    return values


def _hypernetwork(values: Mapping[str, Any]) -> str:
    """Return the tag of a hypernetwork that old versions named apart from the prompt."""
    if "Hypernet" not in values:
        return ""
    return f"<hypernet:{values['Hypernet']}:{values.get('Hypernet strength', '1.0')}>"


def _read_styles(
    values: dict[str, Any], prompt: str, negative: str, take_styles_out: TakeStylesOut
) -> tuple[str, str]:
    """Return the prompts without styles, unless those of the second pass have other ones."""
    rest, negative_rest, found = take_styles_out(prompt, negative)
    if "Hires prompt" in values or "Hires negative prompt" in values:
        hires = values.get("Hires prompt", prompt), values.get("Hires negative prompt", negative)
        hires_rest, hires_negative_rest, hires_found = take_styles_out(*hires)
        if hires_found != found:
            return prompt, negative
        values["Hires prompt"] = "" if hires_rest == rest else hires_rest
        same = hires_negative_rest == negative_rest
        values["Hires negative prompt"] = "" if same else hires_negative_rest
    if found:
        values["Styles array"] = found
    return rest, negative_rest


def split_infotext(text: str) -> tuple[str, str, str]:
    """Return prompt, negative prompt and the line of pairs, which may be empty."""
    *lines, last_line = text.strip().split("\n")
    if len(_PAIR.findall(last_line)) < FEWEST_PAIRS:
        lines.append(last_line)
        last_line = ""
    stripped = [line.strip() for line in lines]
    start = next(
        (n for n, line in enumerate(stripped) if line.startswith(NEGATIVE_PREFIX)), len(stripped)
    )
    negative = [line.removeprefix(NEGATIVE_PREFIX).strip() for line in stripped[start:]]
    return _join(stripped[:start]), _join(negative), last_line


def uses_emphasis(prompt: str) -> bool:
    """Return whether a prompt weighs any of its words with brackets."""
    return any(mark[0] in "()[]" for mark in _EMPHASIS.findall(prompt))


def _join(lines: list[str]) -> str:
    """Return the lines as one text; empty ones at the start are dropped."""
    joined = ""
    for line in lines:
        joined += line if joined == "" else f"\n{line}"
    return joined


def _read_pairs(line: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in _PAIR.findall(line):
        if not text:
            continue
        value = unquote(text)
        size = _SIZE.match(value) if isinstance(value, str) else None
        if size:
            values[f"{name}-1"], values[f"{name}-2"] = size.groups()
        else:
            values[name] = value
    return values


def _fill_in(values: dict[str, Any], defaults: tuple[tuple[str, Any], ...]) -> None:
    for name, default in defaults:
        values.setdefault(name, default)


def _restore_old_hires(values: dict[str, Any]) -> None:
    """Read the first-pass size of old versions: it is the size, and the size is the hires one."""
    first = values.get("First pass size-1"), values.get("First pass size-2")
    if None in first:
        return
    width, height = int(values.get("Size-1", 512)), int(values.get("Size-2", 512))
    values["Hires resize-1"], values["Hires resize-2"] = width, height
    values["Size-1"], values["Size-2"] = map(int, first)  # type: ignore[arg-type]
    if 0 in (values["Size-1"], values["Size-2"]):
        values["Size-1"], values["Size-2"] = old_first_pass_size(width, height)


def old_first_pass_size(width: int, height: int) -> tuple[int, int]:
    """Return the first-pass size that old versions derived: the area of 512 by 512 pixels."""
    scale = (512 * 512 / (width * height)) ** 0.5
    return _round_up_64(width * scale), _round_up_64(height * scale)


def _round_up_64(pixels: float) -> int:
    return int(-(-pixels // 64) * 64)


def _mark_old_behaviour(values: dict[str, Any]) -> None:
    """Note how older versions behaved, so that the picture can be made again."""
    found = _VERSION.match(str(values.get("Version", "")))
    if not found:
        return
    version = tuple(int(part or 0) for part in found.groups())
    if version < (1, 6, 0, 0):
        if "[" in values["Prompt"]:
            values["Old prompt editing timelines"] = True
        if values.get("Sampler") in ("DDIM", "PLMS"):
            values["Pad conds v0"] = True
    if version < (1, 7, 0, 225):
        values["Downcast alphas_cumprod"] = True
    if version < (1, 8, 0, 0) and values.get("Refiner"):
        values["Refiner switch by sampling steps"] = True
