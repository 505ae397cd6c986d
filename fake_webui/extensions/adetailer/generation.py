"""ADetailer in a generation: its units, their lines in the infotext, and their time.

Every unit with a known model finds one face. What a unit does is seen in the infotext, in the
progress, and on the picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fake_webui.contract.coercion import BOOLEAN, INTEGER, NUMBER, STRING, FieldType
from fake_webui.errors import InvalidRequestError
from fake_webui.extensions.adetailer.tables import DEFAULT_MODEL, MODELS, NO_MODEL, VERSION, fields
from fake_webui.webui.images import Drawing, Picture
from fake_webui.webui.images.caption import captioned
from fake_webui.webui.processing import AlwaysOn, GenerationContext, Processing
from fake_webui.webui.processing.guidance import steps_from_image
from fake_webui.webui.state import WebUIState

SUREST = 0.9  # the confidence with which a face is found
SKIPPING_STEPS, SKIPPING_SAMPLER, SKIPPING_SIZE_PX = 1, "Euler", 128
TYPES: Mapping[str, FieldType] = {
    "string": STRING,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "number": NUMBER,
}

# The infotext's names of a unit's fields, in their order.
LABELS = {
    "ad_model": "ADetailer model",
    "ad_model_classes": "ADetailer model classes",
    "ad_prompt": "ADetailer prompt",
    "ad_negative_prompt": "ADetailer negative prompt",
    "ad_confidence": "ADetailer confidence",
    "ad_mask_filter_method": "ADetailer method to decide top k masks",
    "ad_mask_k": "ADetailer mask only top k",
    "ad_mask_min_ratio": "ADetailer mask min ratio",
    "ad_mask_max_ratio": "ADetailer mask max ratio",
    "ad_x_offset": "ADetailer x offset",
    "ad_y_offset": "ADetailer y offset",
    "ad_dilate_erode": "ADetailer dilate erode",
    "ad_mask_merge_invert": "ADetailer mask merge invert",
    "ad_mask_blur": "ADetailer mask blur",
    "ad_denoising_strength": "ADetailer denoising strength",
    "ad_inpaint_only_masked": "ADetailer inpaint only masked",
    "ad_inpaint_only_masked_padding": "ADetailer inpaint padding",
    "ad_use_inpaint_width_height": "ADetailer use inpaint width height",
    "ad_inpaint_width": "ADetailer inpaint width",
    "ad_inpaint_height": "ADetailer inpaint height",
    "ad_use_steps": "ADetailer use separate steps",
    "ad_steps": "ADetailer steps",
    "ad_use_cfg_scale": "ADetailer use separate CFG scale",
    "ad_cfg_scale": "ADetailer CFG scale",
    "ad_use_checkpoint": "ADetailer use separate checkpoint",
    "ad_checkpoint": "ADetailer checkpoint",
    "ad_use_vae": "ADetailer use separate VAE",
    "ad_vae": "ADetailer VAE",
    "ad_use_sampler": "ADetailer use separate sampler",
    "ad_sampler": "ADetailer sampler",
    "ad_scheduler": "ADetailer scheduler",
    "ad_use_noise_multiplier": "ADetailer use separate noise multiplier",
    "ad_noise_multiplier": "ADetailer noise multiplier",
    "ad_use_clip_skip": "ADetailer use separate CLIP skip",
    "ad_clip_skip": "ADetailer CLIP skip",
    "ad_restore_face": "ADetailer restore face",
    "ad_controlnet_model": "ADetailer ControlNet model",
    "ad_controlnet_module": "ADetailer ControlNet module",
    "ad_controlnet_weight": "ADetailer ControlNet weight",
    "ad_controlnet_guidance_start": "ADetailer ControlNet guidance start",
    "ad_controlnet_guidance_end": "ADetailer ControlNet guidance end",
}
# What is left out of the infotext where a field has this value: itself and the others named, or
# the others alone.
KEPT: Final = frozenset({"ad_inpaint_only_masked"})
LEFT_OUT: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("ad_prompt", "", ()),
    ("ad_negative_prompt", "", ()),
    ("ad_model_classes", "", ()),
    ("ad_mask_k", 0, ("ad_mask_filter_method",)),
    ("ad_mask_min_ratio", 0.0, ()),
    ("ad_mask_max_ratio", 1.0, ()),
    ("ad_x_offset", 0, ()),
    ("ad_y_offset", 0, ()),
    ("ad_mask_merge_invert", "None", ()),
    ("ad_inpaint_only_masked", False, ("ad_inpaint_only_masked_padding",)),
    ("ad_use_inpaint_width_height", False, ("ad_inpaint_width", "ad_inpaint_height")),
    ("ad_use_steps", False, ("ad_steps",)),
    ("ad_use_cfg_scale", False, ("ad_cfg_scale",)),
    ("ad_use_checkpoint", False, ("ad_checkpoint",)),
    ("ad_use_vae", False, ("ad_vae",)),
    ("ad_use_sampler", False, ("ad_sampler", "ad_scheduler")),
    ("ad_scheduler", "Use same scheduler", ()),
    ("ad_use_noise_multiplier", False, ("ad_noise_multiplier",)),
    ("ad_use_clip_skip", False, ("ad_clip_skip",)),
    ("ad_restore_face", False, ()),
    (
        "ad_controlnet_model",
        "None",
        (
            "ad_controlnet_module",
            "ad_controlnet_weight",
            "ad_controlnet_guidance_start",
            "ad_controlnet_guidance_end",
        ),
    ),
    ("ad_controlnet_module", "None", ()),
    ("ad_controlnet_weight", 1.0, ()),
    ("ad_controlnet_guidance_start", 0.0, ()),
    ("ad_controlnet_guidance_end", 1.0, ()),
)

Unit = dict[str, Any]


def read_unit(given: Mapping[str, Any]) -> Unit:
    """Return the settings of a unit with the defaults filled in.

    Raises:
        ValueError: with what doesn't fit: an unknown field, or a value. The extension says so in
            the log alone, and leaves the unit out.
    """
    known = fields()
    unit = {name: field.get("default") for name, field in known.items()}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"it has the unknown key {name!r}")
        try:
            unit[name] = _read_field(known[name], value)
        except (InvalidRequestError, ValueError):
            raise ValueError(f"{name} can't be {value!r}") from None
    return unit


def _read_field(field: Mapping[str, Any], value: Any) -> Any:
    if value is None and "default" not in field:
        return None
    read = TYPES[field["type"]].coerce(value, ())
    if field["type"] in ("integer", "number"):
        least, most = field.get("minimum", read), field.get("maximum", read)
        fits = least <= read <= most and not read <= field.get("exclusiveMinimum", read - 1)
    else:
        fits = read in field.get("enum", [read])
    if not fits:
        raise ValueError(value)
    return read


def is_on(unit: Unit) -> bool:
    """Return whether a unit has a model and is ticked."""
    return unit["ad_model"] != NO_MODEL and unit["ad_tab_enable"] is not False


def notes_of(unit: Unit, number: int) -> dict[str, Any]:
    """Return what a unit leaves in the infotext; units after the first have their number in it."""
    shown = {name: unit[name] for name in LABELS}
    for name, value, others in LEFT_OUT:
        if name in shown and shown[name] == value:
            for gone in (*others, *({name} - KEPT)):
                shown.pop(gone, None)
    suffix = f" {_ordinal(number)}" if number > 1 else ""
    return {f"{LABELS[name]}{suffix}": value for name, value in shown.items()}


def _ordinal(number: int) -> str:
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"


@dataclass(frozen=True, slots=True)
class ADetailer(AlwaysOn):
    """The units of one request; `skip_img2img` leaves the outer img2img out."""

    units: tuple[Unit, ...]
    skip_img2img: bool
    findings: Sequence[str] = ()

    def process(self, p: Processing) -> None:
        """Note the units, and make the outer img2img as small as can be where it is skipped."""
        if self.skip_img2img and p.is_img2img:
            if p.mask is not None:
                return
            p.steps, p.sampler_name = SKIPPING_STEPS, SKIPPING_SAMPLER
            p.width = p.height = SKIPPING_SIZE_PX
        for number, unit in enumerate(self.units, 1):
            if is_on(unit):
                p.extra_generation_params.update(notes_of(unit, number))
        p.extra_generation_params["ADetailer version"] = VERSION

    def postprocess_image(
        self, p: Processing, context: GenerationContext, picture: Picture
    ) -> Picture:
        """Return the picture with what the units found done anew."""
        if self.skip_img2img and p.is_img2img:
            if p.mask is not None:
                return picture
            picture = Picture(p.init_images[0].convert("RGB"))
        for unit in self.units:
            if is_on(unit) and unit["ad_confidence"] <= SUREST and unit["ad_model"] in MODELS:
                picture = _detailed(p, context, picture, unit)
        return picture


@dataclass(frozen=True, slots=True)
class Passed(AlwaysOn):
    """A request of which no unit is left."""

    findings: Sequence[str]


def _detailed(p: Processing, context: GenerationContext, picture: Picture, unit: Unit) -> Picture:
    """Take the time that one inpainting takes, and write the model's name on the picture."""
    progress = context.state.progress
    steps = unit["ad_steps"] if unit["ad_use_steps"] else p.steps
    progress.job_count += 1
    context.job.sample(steps_from_image(steps, unit["ad_denoising_strength"], exact=False)[1])
    progress.next_job()
    line = f"+ {unit['ad_model']}"
    if isinstance(picture.content, Drawing):
        drawing = picture.content
        lines = (*drawing.lines, line)
        return Picture(replace(drawing, lines=lines, key=f"{drawing.key} {line}"))
    return Picture(captioned(picture.image, (p.name, line), f"{p.prompt} {unit}"))


def activate(arguments: Sequence[Any], state: WebUIState) -> AlwaysOn | None:  # noqa: ARG001 - as all have it
    """Take part if the first switch and one of the units say so."""
    if not arguments or arguments[0] is False:
        return None
    filled = [*arguments[:2], *_filled_units(arguments[2:])]
    given = [one for one in filled if isinstance(one, dict)]
    units, findings = [], []
    for number, one in enumerate(given, 1):
        try:
            units.append(read_unit(one))
        except ValueError as error:
            findings.append(f"ADetailer unit {number} was left out: {error}")
    if not any(map(is_on, units)):
        return Passed(findings) if findings else None
    return ADetailer(tuple(units), skip_img2img=filled[1] is True, findings=findings)


def _filled_units(units: Sequence[Any]) -> list[Any]:
    """Return the units with the page's own in place of those that a request leaves open."""
    page = [{"ad_model": DEFAULT_MODEL}] + [{"ad_model": NO_MODEL}] * len(units)
    return [own if unit is None else unit for unit, own in zip(units, page, strict=False)]
