"""The axes of an X/Y/Z plot: what each changes, and how its values are read."""

import csv
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import permutations
from math import factorial
from typing import Any

from fake_webui.errors import HandlerError
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.limits import check_many, check_text
from fake_webui.webui.processing import Processing
from fake_webui.webui.processing.seeds import fixed_seed


@dataclass(frozen=True, slots=True)
class Given:
    """What there is beside the value that is applied: all values of the axis, and the models."""

    values: Sequence[Any]
    catalog: Catalog


Apply = Callable[[Processing, Any, Given], None]

_WHOLE, _REAL = r"\d+", r"\d+(?:.\d*)?"  # any character passes for the point


def _span(number: str, last: str) -> re.Pattern[str]:
    """Return the pattern of `1-9`, with `last` in brackets after it or nothing."""
    end = rf"([+-]?\s*{number})"
    return re.compile(rf"\s*{end}\s*-\s*{end}(?:\s*{last})?\s*")


def _range(number: str) -> re.Pattern[str]:
    return _span(number, rf"\(([+-]{number})\s*\)")


def _count(number: str) -> re.Pattern[str]:
    return _span(number, rf"\[({number})\s*\]")


_WHOLE_RANGE, _WHOLE_COUNT = _range(_WHOLE), _count(_WHOLE)
_RANGE, _COUNT = _range(_REAL), _count(_REAL)
SEEDS = ("Seed", "Var. seed")
NOTHING = "Nothing"
MOST_VALUES = 1_000_000
MOST_PERMUTED = 20  # words, whose permutations fit nowhere
LONGEST_SPAN = 100  # characters of `1-9 [5]`; a search goes back over them again and again
TRUE_WORDS = ("true", "yes", "y", "1")


@dataclass(frozen=True, slots=True)
class Axis:
    """One kind of axis.

    `kind` reads a value; "labelled" shows the axis's name before it in the legend, "bare" the
    value alone, "file" its last part. `choices` says that values come from a list on the page.
    """

    label: str
    kind: Callable[[Any], Any]
    apply: Apply
    legend: str = "labelled"
    choices: bool = False
    confirm: Callable[[Sequence[Any], Catalog], None] | None = None

    def text(self, value: Any) -> str:
        """Return what the legend says of a value."""
        if self.label == NOTHING:
            return ""
        if isinstance(value, float):
            value = round(value, 8)
        if isinstance(value, tuple):
            return ", ".join(value)
        if self.legend == "file":
            return str(value).rpartition("/")[2]
        return f"{self.label}: {value}" if self.legend == "labelled" else str(value)

    def read(self, text: str, chosen: Any, *, as_text: bool, catalog: Catalog) -> list[Any]:
        """Return the values of an axis from its text, or from what was chosen in a list.

        Raises:
            ValueError, TypeError: as the real server trips over them.
            HandlerError: RuntimeError, if a value names something that isn't there.
        """
        if self.label == NOTHING:
            return [0]
        words = list(chosen) if self.choices and not as_text else split_values(text)
        values = [self.kind(value) for value in self._spread(words)]
        if self.confirm:
            self.confirm(values, catalog)
        return values

    def _spread(self, words: Sequence[Any]) -> Sequence[Any]:
        if self.kind is int:
            return [value for word in words if word.strip() for value in _whole_values(word)]
        if self.kind is float:
            return [value for word in words if word.strip() for value in _float_values(word)]
        if self.kind is tuple:
            check_many(factorial(min(len(words), MOST_PERMUTED)))
            return list(permutations(words))
        return words


def split_values(text: str) -> list[str]:
    """Return the values of a comma-separated line."""
    try:
        rows = list(csv.reader(StringIO(text), skipinitialspace=True))
    except csv.Error as error:
        raise HandlerError("Error", str(error)) from None
    return [value.strip() for row in rows for value in row]


def _whole_values(word: str) -> list[Any]:
    if len(word) > LONGEST_SPAN:
        return [word]
    if found := _WHOLE_RANGE.fullmatch(word):
        start, end, step = int(found[1]), int(found[2]), int(found[3] or 1)
        check_many(abs((end - start) // (step or 1)), MOST_VALUES)
        return list(range(start, end + 1, step))
    if found := _WHOLE_COUNT.fullmatch(word):
        return [int(value) for value in _spaced(float(found[1]), float(found[2]), int(found[3]))]
    return [word]


def _float_values(word: str) -> list[Any]:
    if len(word) > LONGEST_SPAN:
        return [word]
    if found := _RANGE.fullmatch(word):
        start, end, step = float(found[1]), float(found[2]), float(found[3] or 1)
        count = max(0, -int((start - end - step) // step))
        check_many(count, MOST_VALUES)
        return [start + index * step for index in range(count)]
    if found := _COUNT.fullmatch(word):
        return _spaced(float(found[1]), float(found[2]), int(float(found[3])))
    return [word]


def _spaced(start: float, end: float, count: int) -> list[float]:
    """Return `count` numbers from start to end, both included."""
    check_many(count, MOST_VALUES)
    if count < 2:
        return [start] * count
    return [start + (end - start) * index / (count - 1) for index in range(count)]


def fix_seeds(axis: Axis, values: list[Any], rng: random.Random) -> list[Any]:
    """Return the values with seeds drawn where they are left open."""
    if axis.label not in SEEDS:
        return values
    return [fixed_seed(value, rng) for value in values]


def _field(name: str) -> Apply:
    return lambda p, value, _: setattr(p, name, value)


def _override(name: str) -> Apply:
    return lambda p, value, _: p.override_settings.update({name: value})


def _override_switch(name: str) -> Apply:
    return lambda p, value, _: p.override_settings.update({name: value.lower() == "true"})


def _nothing(p: Processing, value: Any, _: Given) -> None:
    """Change nothing."""


def _search_and_replace(p: Processing, value: Any, given: Given) -> None:
    sought = given.values[0]
    for prompt in (p.prompt, p.negative_prompt):
        check_text(len(prompt) + prompt.count(sought) * len(value))
    if sought not in p.prompt and sought not in p.negative_prompt:
        message = f"Prompt S/R did not find {sought} in prompt or negative prompt."
        raise HandlerError("RuntimeError", message)
    p.prompt = p.prompt.replace(sought, value)
    p.negative_prompt = p.negative_prompt.replace(sought, value)


def _order(p: Processing, value: Any, _: Given) -> None:
    """Put the words of `value` into the places that they have in the prompt, in their order."""
    places = sorted(p.prompt.find(word) for word in value)
    parts, end = [], 0
    for place, word in zip(places, value, strict=True):
        replaced = next(one for one in value if p.prompt.find(one) == place)
        parts += [p.prompt[end:place], word]
        end = place + len(replaced)
    p.prompt = "".join([*parts, p.prompt[end:]])


def _checkpoint(p: Processing, value: Any, given: Given) -> None:
    checkpoint = given.catalog.closest_checkpoint(value)
    p.override_settings["sd_model_checkpoint"] = checkpoint.name if checkpoint else value


def _vae(p: Processing, value: Any, given: Given) -> None:
    known = {"auto": "Automatic", "automatic": "Automatic", "none": "None"}
    known |= {vae.name.lower(): vae.name for vae in given.catalog.vaes}
    p.override_settings["sd_vae"] = known.get(value.lower(), "Automatic")


def _styles(p: Processing, value: Any, _: Given) -> None:
    p.styles = [*p.styles, *value.split(",")]


def _uni_pc_order(p: Processing, value: Any, _: Given) -> None:
    p.override_settings["uni_pc_order"] = min(value, p.steps - 1)


def _face_restore(p: Processing, value: Any, _: Given) -> None:
    word = value.lower()
    p.restore_faces = word in (*TRUE_WORDS, "codeformer", "gfpgan")


def _size(p: Processing, value: Any, _: Given) -> None:
    width, _, height = value.partition("x")
    if width.strip().isdigit() and height.strip().isdigit():
        p.width, p.height = int(width), int(height)


def _confirm_samplers(values: Sequence[Any], catalog: Catalog) -> None:
    known = {word.lower() for one in catalog.samplers for word in (one.name, *one.aliases)}
    for value in values:
        if value.lower() not in known:
            raise HandlerError("RuntimeError", f"Unknown sampler: {value}")


def _confirm_checkpoints(values: Sequence[Any], catalog: Catalog) -> None:
    for value in values:
        if catalog.closest_checkpoint(value) is None:
            raise HandlerError("RuntimeError", f"Unknown checkpoint: {value}")


def _confirm_refiners(values: Sequence[Any], catalog: Catalog) -> None:
    named = [value for value in values if value not in (None, "", "None", "none")]
    _confirm_checkpoints(named, catalog)


AXES = {
    axis.label: axis
    for axis in (
        Axis(NOTHING, str, _nothing),
        Axis("Seed", int, _field("seed")),
        Axis("Var. seed", int, _field("subseed")),
        Axis("Var. strength", float, _field("subseed_strength")),
        Axis("Steps", int, _field("steps")),
        Axis("Hires steps", int, _field("hr_second_pass_steps")),
        Axis("CFG Scale", float, _field("cfg_scale")),
        Axis("Image CFG Scale", float, _field("image_cfg_scale")),
        Axis("Prompt S/R", str, _search_and_replace, "bare"),
        Axis("Prompt order", tuple, _order, "bare"),
        Axis(
            "Sampler", str, _field("sampler_name"), "bare", choices=True, confirm=_confirm_samplers
        ),
        Axis(
            "Hires sampler", str, _field("hr_sampler_name"), choices=True, confirm=_confirm_samplers
        ),
        Axis(
            "Checkpoint name", str, _checkpoint, "file", choices=True, confirm=_confirm_checkpoints
        ),
        Axis("Negative Guidance minimum sigma", float, _field("s_min_uncond")),
        Axis("Sigma Churn", float, _field("s_churn")),
        Axis("Sigma min", float, _field("s_tmin")),
        Axis("Sigma max", float, _field("s_tmax")),
        Axis("Sigma noise", float, _field("s_noise")),
        Axis("Schedule type", str, _field("scheduler"), choices=True),
        Axis("Schedule min sigma", float, _override("sigma_min")),
        Axis("Schedule max sigma", float, _override("sigma_max")),
        Axis("Schedule rho", float, _override("rho")),
        Axis("Beta schedule alpha", float, _override("beta_dist_alpha")),
        Axis("Beta schedule beta", float, _override("beta_dist_beta")),
        Axis("Eta", float, _field("eta")),
        Axis("Clip skip", int, _override("CLIP_stop_at_last_layers")),
        Axis("Denoising", float, _field("denoising_strength")),
        Axis("Initial noise multiplier", float, _field("initial_noise_multiplier")),
        Axis("Extra noise", float, _override("img2img_extra_noise")),
        Axis("Hires upscaler", str, _field("hr_upscaler"), choices=True),
        Axis("Cond. Image Mask Weight", float, _override("inpainting_mask_weight")),
        Axis("VAE", str, _vae, choices=True),
        Axis("Styles", str, _styles, choices=True),
        Axis("UniPC Order", int, _uni_pc_order),
        Axis("Face restore", str, _face_restore, "bare"),
        Axis("Token merging ratio", float, _override("token_merging_ratio")),
        Axis("Token merging ratio high-res", float, _override("token_merging_ratio_hr")),
        Axis(
            "Always discard next-to-last sigma",
            str,
            _override_switch("always_discard_next_to_last_sigma"),
            choices=True,
        ),
        Axis("SGM noise multiplier", str, _override_switch("sgm_noise_multiplier"), choices=True),
        Axis(
            "Refiner checkpoint",
            str,
            _field("refiner_checkpoint"),
            "file",
            choices=True,
            confirm=_confirm_refiners,
        ),
        Axis("Refiner switch at", float, _field("refiner_switch_at")),
        Axis("RNG source", str, _override("randn_source"), choices=True),
        Axis("FP8 mode", str, _override("fp8_storage")),
        Axis("Size", str, _size),
        Axis(
            "[Hypertile] Unet First pass Enabled",
            str,
            _override_switch("hypertile_enable_unet"),
            choices=True,
        ),
        Axis(
            "[Hypertile] Unet Second pass Enabled",
            str,
            _override_switch("hypertile_enable_unet_secondpass"),
            choices=True,
        ),
        Axis("[Hypertile] Unet Max Depth", int, _override("hypertile_max_depth_unet")),
        Axis("[Hypertile] Unet Max Tile Size", int, _override("hypertile_max_tile_unet")),
        Axis("[Hypertile] Unet Swap Size", int, _override("hypertile_swap_size_unet")),
        Axis(
            "[Hypertile] VAE Enabled", str, _override_switch("hypertile_enable_vae"), choices=True
        ),
        Axis("[Hypertile] VAE Max Depth", int, _override("hypertile_max_depth_vae")),
        Axis("[Hypertile] VAE Max Tile Size", int, _override("hypertile_max_tile_vae")),
        Axis("[Hypertile] VAE Swap Size", int, _override("hypertile_swap_size_vae")),
    )
}


def axis_of(label: str) -> Axis:
    """Return the axis of this label; those of extensions change nothing."""
    return AXES.get(label) or Axis(label, str, _nothing)
