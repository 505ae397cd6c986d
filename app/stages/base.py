"""What all stages have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from app.config.pipeline_config import Img2ImgConfig, PipelineConfig, StageName, Txt2ImgConfig
from app.config.samplers import split_sampler
from app.webui.answers import encode_image


class StageInput(Protocol):
    """What stages read of a job: one that is queued, or one that is only previewed."""

    @property
    def prompt(self) -> str: ...  # noqa: D102
    @property
    def negative_prompt(self) -> str: ...  # noqa: D102
    @property
    def config(self) -> PipelineConfig: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class StageImage:
    """An image that a stage made; `data` is the file as the WebUI sent it, sizes in pixels."""

    data: bytes
    width: int
    height: int
    seed: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    @property
    def made_size(self) -> tuple[int, int]:
        """Width and height of a picture that is made of this one at its own size."""
        return whole_blocks(self.width), whole_blocks(self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come back for a request.

    Args:
        images: how many.
        size: width and height of each, in pixels.
        info: what `info` must say, by its keys.
        scheduler: the scheduler that was asked for, or None when it does not matter.
        generation_params: what its `extra_generation_params` must say, by their keys.
        checkpoint: the checkpoint that was asked for, as it was written, or None.
        vae: the VAE that was asked for, or None.
        refiner: the refiner's checkpoint that was asked for, or None.
        modules: what the checkpoint was to be given beside the VAE.
        detailers: the ADetailer models that must have run.
        has_scripts: whether scripts run that may add pictures of their own behind these.
        is_free: whether a script decides what comes back: how many, how large, made how.
    """

    images: int = 1
    size: tuple[int, int]
    info: Mapping[str, Any] = field(default_factory=dict)
    scheduler: str | None = None
    generation_params: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: str | None = None
    vae: str | None = None
    refiner: str | None = None
    modules: Sequence[str] = ()
    detailers: Sequence[str] = ()
    has_scripts: bool = False
    is_free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRequest:
    """One request of a stage: where to, what, and what must come back. `seed` is its first."""

    path: str
    payload: Mapping[str, Any]
    expected: Expected
    seed: int
    has_task_id: bool = True


class Stage(Protocol):
    """Turns a job's prompts and configuration into requests; pure."""

    name: StageName

    def requests(self, job: StageInput, images: Sequence[StageImage]) -> list[StageRequest]:
        """Return what to send, given the images of the stage before."""
        ...


def common(stage: StageName, config: PipelineConfig, prompt: str, negative: str) -> dict[str, Any]:
    """Return the fields that every generation has: prompts, styles, and images in the answer."""
    positive, against = config.pipeline.prompts_for(stage, prompt, negative)
    return {
        "prompt": positive,
        "negative_prompt": against,
        "styles": list(config.txt2img.styles),
        "send_images": True,
        "save_images": False,
    }


def source(image: StageImage, size: tuple[int, int]) -> dict[str, Any]:
    """Return the fields of img2img that say which image, and how large it becomes."""
    width, height = size
    return {"init_images": [encode_image(image.data)], "width": width, "height": height}


def sampling(
    config: PipelineConfig,
    *,
    steps: int | None = None,
    cfg_scale: float | None = None,
    sampler_name: str | None = None,
    scheduler: str | None = None,
) -> dict[str, Any]:
    """Return the sampling fields of a payload; what is None is as in txt2img."""
    base = config.txt2img
    sampler, schedule = split_sampler(
        sampler_name or base.sampler_name, scheduler or base.scheduler
    )
    distilled = base.distilled_cfg_scale
    return {
        **({} if distilled is None else {"distilled_cfg_scale": distilled}),
        "steps": base.steps if steps is None else steps,
        "cfg_scale": base.cfg_scale if cfg_scale is None else cfg_scale,
        "sampler_name": sampler,
        "scheduler": schedule,
    }


def sampled(
    payload: Mapping[str, Any], config: PipelineConfig, size: tuple[int, int], **more: Any
) -> Expected:
    """Return what must come back for a payload that is sampled as it asks; `more` wins."""
    keys = ("steps", "cfg_scale", "sampler_name", "seed", "width", "height")
    info = {key: payload[key] for key in keys}
    if config.txt2img.clip_skip is not None:
        info["clip_skip"] = config.txt2img.clip_skip
    found = {
        "size": size,
        "info": info,
        "scheduler": payload["scheduler"],
        "checkpoint": config.txt2img.checkpoint,
        "vae": config.txt2img.vae,
        "modules": config.txt2img.additional_modules,
    }
    return Expected(**found | more)


def overrides(
    config: PipelineConfig, *, checkpoint: str | None = None, vae: str | None = None
) -> dict[str, Any]:
    """Return the fields that set model, VAE and clip skip for one request only."""
    values = {
        "sd_model_checkpoint": checkpoint or config.txt2img.checkpoint,
        "sd_vae": vae or config.txt2img.vae,
        "CLIP_stop_at_last_layers": config.txt2img.clip_skip,
        "forge_additional_modules": list(config.txt2img.additional_modules) or None,
    }
    settings = {key: value for key, value in values.items() if value is not None}
    return {"override_settings": settings, "override_settings_restore_afterwards": True}


def scripts(config: Txt2ImgConfig | Img2ImgConfig) -> dict[str, Any]:
    """Return the fields that have scripts run, as they were given."""
    fields: dict[str, Any] = {}
    if config.alwayson_scripts:
        fields["alwayson_scripts"] = config.alwayson_scripts
    if config.script_name:
        fields |= {"script_name": config.script_name, "script_args": list(config.script_args)}
    return fields


def with_scripts(expected: Expected, config: Txt2ImgConfig | Img2ImgConfig) -> Expected:
    """Return what must come back where scripts run too; a selected one may change everything."""
    if config.script_name:
        return Expected(size=expected.size, is_free=True)
    return replace(expected, has_scripts=bool(config.alwayson_scripts))


def whole_blocks(size_px: float) -> int:
    """Return a size as the WebUI makes it: rounded down to a multiple of 8."""
    return int(size_px) // 8 * 8
