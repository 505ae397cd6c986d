"""What a job does: the settings of every stage, with their defaults and ranges.

The field defaults of these models are the only defaults there are. A setting comes from the last
layer that names it: defaults < preset < pack < user.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from app.cleaning import clean_json
from app.config.refusals import OWN_WORDS, Problem, problem_of
from app.errors import ConfigurationError
from app.storage.names import check_template

RANDOM_SEED = -1
"""Stands for "draw one"; a submitted job never has it."""
MAX_SEED = 2**63 - 1

StageName = Literal["txt2img", "img2img", "adetailer", "upscale"]
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)


def _no_switch(value: object) -> object:
    """Keep true and false from passing as the numbers 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a switch is not a number")  # noqa: TRY004 - pydantic collects ValueError
    return value


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _each_has_args(scripts: dict[str, Any]) -> dict[str, Any]:
    for script in scripts.values():
        if not isinstance(script, dict) or not isinstance(script.get("args"), list):
            raise ValueError("a script without a list of args")  # noqa: TRY004 - as above
    return scripts


def _names_files(template: str) -> str:
    try:
        return check_template(template) if template else template
    except ConfigurationError as error:
        raise PydanticCustomError(OWN_WORDS, "{words}", {"words": str(error)}) from error


Number = BeforeValidator(_no_switch)
Name = Annotated[str | None, BeforeValidator(_blank_is_none)]
Size = Annotated[int, Number, Field(ge=64, le=4096, multiple_of=8)]
Steps = Annotated[int, Number, Field(ge=1, le=150)]
StepsOrNone = Annotated[int | None, Field(ge=1, le=150), Number]
CfgScale = Annotated[float, Number, Field(ge=0, le=30)]
CfgScaleOrNone = Annotated[float | None, Field(ge=0, le=30), Number]
Fraction = Annotated[float, Number, Field(ge=0, le=1)]
Seed = Annotated[int, Number, Field(ge=RANDOM_SEED, le=MAX_SEED)]
FileName = Annotated[str, AfterValidator(_names_files)]
Scripts = Annotated[dict[str, Any], AfterValidator(_each_has_args)]
ScriptArgs = tuple[Any, ...]
Pixels = Annotated[int, Number, Field(ge=0, le=4096)]


class Section(BaseModel):
    """Base of all sections: can't be changed, knows every one of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Txt2ImgConfig(Section):
    """The first stage: a picture from a prompt. Sizes in pixels, None leaves it to the WebUI."""

    checkpoint: Name = None
    vae: Name = None
    width: Size = 1024
    height: Size = 1024
    steps: Steps = 30
    cfg_scale: CfgScale = 6.0
    sampler_name: str = "DPM++ 2M"
    scheduler: str = "Karras"
    seed: Seed = RANDOM_SEED
    subseed: Seed = RANDOM_SEED
    subseed_strength: Fraction = 0.0
    batch_size: Annotated[int, Number, Field(ge=1, le=16)] = 1
    n_iter: Annotated[int, Number, Field(ge=1, le=100)] = 1
    clip_skip: Annotated[int | None, Field(ge=1, le=12), Number] = None
    distilled_cfg_scale: CfgScaleOrNone = None  # Forge, for Flux
    additional_modules: tuple[str, ...] = ()  # Forge: text encoders, and VAEs
    styles: tuple[str, ...] = ()
    hires_enabled: bool = False
    hires_upscaler: str = "Latent"
    hires_scale: Annotated[float, Number, Field(ge=1, le=4)] = 2.0
    hires_resize_x: Pixels = 0
    hires_resize_y: Pixels = 0
    hires_steps: Annotated[int, Number, Field(ge=0, le=150)] = 0
    hires_denoising_strength: Fraction = 0.5
    hires_cfg_scale: CfgScaleOrNone = None  # Forge
    hires_checkpoint: Name = None
    hires_sampler_name: Name = None
    hires_scheduler: Name = None
    refiner_enabled: bool = False
    refiner_checkpoint: Name = None
    refiner_switch_at: Fraction = 0.8
    alwayson_scripts: Scripts = {}  # by their names, each with `args`, as the WebUI takes them
    script_name: Name = None
    script_args: ScriptArgs = ()

    @model_validator(mode="after")
    def _refiner_has_a_checkpoint(self) -> "Txt2ImgConfig":
        if self.refiner_enabled and self.refiner_checkpoint is None:
            raise ValueError("refiner_enabled needs a refiner_checkpoint")
        return self


class Img2ImgConfig(Section):
    """A second pass over the picture. None takes what txt2img has."""

    enabled: bool = False
    denoising_strength: Fraction = 0.3
    steps: StepsOrNone = None
    cfg_scale: CfgScaleOrNone = None
    sampler_name: Name = None
    scheduler: Name = None
    checkpoint: Name = None
    vae: Name = None
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED), Number] = None
    prompt: Name = None
    negative_prompt: Name = None
    alwayson_scripts: Scripts = {}
    script_name: Name = None
    script_args: ScriptArgs = ()


class ADetailerUnit(Section):
    """One detector and how what it finds is painted again. None takes what txt2img has."""

    enabled: bool = True
    model: str
    confidence: Fraction = 0.3
    denoising_strength: Fraction = 0.4
    prompt: str = ""
    negative_prompt: str = ""
    steps: StepsOrNone = None
    cfg_scale: CfgScaleOrNone = None
    sampler_name: Name = None
    scheduler: Name = None
    mask_filter_method: Literal["Area", "Confidence"] = "Area"
    mask_k_largest: Annotated[int, Number, Field(ge=0, le=10)] = 0
    mask_min_ratio: Fraction = 0.0
    mask_max_ratio: Fraction = 1.0
    mask_merge_invert: Literal["None", "Merge", "Merge and Invert"] = "None"
    dilate_erode: Annotated[int, Number, Field(ge=-128, le=128)] = 4
    mask_blur: Annotated[int, Number, Field(ge=0, le=64)] = 4
    inpaint_only_masked: bool = True
    inpaint_padding: Annotated[int, Number, Field(ge=0, le=256)] = 32


class FaceUnit(ADetailerUnit):
    """Faces; the first unit."""

    model: str = "face_yolov8n.pt"


class HandUnit(ADetailerUnit):
    """Hands; the second unit."""

    model: str = "hand_yolov8n.pt"


class ADetailerConfig(Section):
    """The detailing stage: faces first, then hands."""

    enabled: bool = False
    face: FaceUnit = FaceUnit()
    hand: HandUnit = HandUnit()

    @model_validator(mode="after")
    def _has_a_unit(self) -> "ADetailerConfig":
        if self.enabled and not (self.face.enabled or self.hand.enabled):
            raise ValueError("enabled needs face.enabled or hand.enabled")
        return self


class UpscaleConfig(Section):
    """The last stage: a larger picture, by the extras endpoint or by img2img at the larger size."""

    enabled: bool = False
    mode: Literal["extras", "img2img"] = "extras"
    resize: Annotated[float, Number, Field(ge=1, le=8)] = 2.0
    upscaler: str = "Lanczos"
    upscaler_2: Name = None
    upscaler_2_visibility: Fraction = 0.0
    gfpgan_visibility: Fraction = 0.0
    codeformer_visibility: Fraction = 0.0
    codeformer_weight: Fraction = 0.5
    denoising_strength: Fraction = 0.2
    steps: StepsOrNone = None
    sampler_name: Name = None
    scheduler: Name = None


class PipelineOptions(Section):
    """What concerns all stages: prompts that go in front of a job's own, by stage.

    A job with no negative prompt of its own gets `default_negative_prompt` when submitted. One with
    an `input_image` begins with that picture, and makes none of its own.
    """

    input_image: Name = None
    file_name: FileName = ""  # a template of `app.storage.names`; "" is the usual one
    default_negative_prompt: str = ""
    global_prompt: str = ""
    global_prompt_stages: tuple[StageName, ...] = ("txt2img",)
    global_negative_prompt: str = ""
    global_negative_prompt_stages: tuple[StageName, ...] = ("txt2img",)

    def prompts_for(self, stage: StageName, prompt: str, negative: str) -> tuple[str, str]:
        """Return the prompt and negative prompt that `stage` sends."""
        positive = self.global_prompt if stage in self.global_prompt_stages else ""
        against = self.global_negative_prompt
        against = against if stage in self.global_negative_prompt_stages else ""
        return _joined(positive, prompt), _joined(against, negative)


def _joined(*texts: str) -> str:
    return ", ".join(text.strip() for text in texts if text.strip())


class PipelineConfig(Section):
    """The whole configuration of a job."""

    txt2img: Txt2ImgConfig = Txt2ImgConfig()
    img2img: Img2ImgConfig = Img2ImgConfig()
    adetailer: ADetailerConfig = ADetailerConfig()
    upscale: UpscaleConfig = UpscaleConfig()
    pipeline: PipelineOptions = PipelineOptions()

    def stages(self) -> tuple[StageName, ...]:
        """Return the names of the stages that run, in order."""
        first = () if self.pipeline.input_image else STAGE_NAMES[:1]
        return (*first, *(s for s in STAGE_NAMES[1:] if getattr(self, s).enabled))

    @model_validator(mode="after")
    def _something_is_done(self) -> "PipelineConfig":
        if not self.stages():
            raise ValueError("a picture needs a stage: --img2img, --adetailer or --upscale")
        return self


def setting_field(key: str) -> FieldInfo:
    """Return the field of a setting like "txt2img.steps": its default and what it takes."""
    section, name = key.split(".")
    model: Any = PipelineConfig.model_fields[section].annotation
    field: FieldInfo = model.model_fields[name]
    return field


def merge(*layers: Mapping[str, Any]) -> PipelineConfig:
    """Return the configuration that `layers` make, the last that names a setting winning.

    Raises:
        ConfigurationError: a key is unknown or a value outside its range; names all of them.
    """
    return parse_config(merge_layers(*layers))


def merge_layers(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return one nested dict of all layers, the last that names a key winning."""
    merged: dict[str, Any] = {}
    for layer in layers:
        _merge_into(merged, layer)
    return merged


def _merge_into(target: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge_into(target[key], value)
        else:
            target[key] = _copied(value)


def _copied(value: Any) -> Any:
    """Copy nested mappings, so that no layer is changed by a later one."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return value


def parse_config(values: Mapping[str, Any]) -> PipelineConfig:
    """Check one nested mapping of settings.

    Raises:
        ConfigurationError: as for `merge`.
    """
    try:
        return PipelineConfig.model_validate(clean_json(values))
    except ValidationError as error:
        raise ConfigurationError("; ".join(p.sentence for p in _problems(error))) from error


def find_problems(values: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with a layer of settings."""
    try:
        PipelineConfig.model_validate(clean_json(values))
    except ValidationError as error:
        return _problems(error)
    return []


def _problems(error: ValidationError) -> list[Problem]:
    return [problem_of(one, PipelineConfig) for one in error.errors()]
