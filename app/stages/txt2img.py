"""The first stage: images from a prompt, with hires fix and refiner."""

from collections.abc import Sequence
from typing import Any

from app.config.pipeline_config import StageName, Txt2ImgConfig
from app.config.samplers import split_sampler
from app.stages.base import (
    StageImage,
    StageInput,
    StageRequest,
    common,
    overrides,
    sampled,
    sampling,
    scripts,
    whole_blocks,
    with_scripts,
)
from app.webui.endpoints import TXT2IMG


class Txt2ImgStage:
    """One request for all images of the job."""

    name: StageName = "txt2img"

    def requests(self, job: StageInput, images: Sequence[StageImage]) -> list[StageRequest]:  # noqa: ARG002 - the first stage has none
        """Return the one request."""
        payload = self.payload(job)
        base = job.config.txt2img
        expected = sampled(
            payload,
            job.config,
            final_size(base),
            images=base.batch_size * base.n_iter,
            generation_params={"Hires upscaler": base.hires_upscaler} if base.hires_enabled else {},
            refiner=payload.get("refiner_checkpoint"),
        )
        expected = with_scripts(expected, base)
        return [
            StageRequest(path=TXT2IMG, payload=payload, expected=expected, seed=payload["seed"])
        ]

    def payload(self, job: StageInput) -> dict[str, Any]:
        """Return the JSON of `/sdapi/v1/txt2img`."""
        config, base = job.config, job.config.txt2img
        return {
            **common(self.name, config, job.prompt, job.negative_prompt),
            "width": base.width,
            "height": base.height,
            **sampling(config),
            "seed": base.seed,
            "batch_size": base.batch_size,
            "n_iter": base.n_iter,
            **_variation(base),
            **_hires(base),
            **_refiner(base),
            **overrides(config),
            **scripts(base),
        }


def final_size(config: Txt2ImgConfig) -> tuple[int, int]:
    """Return the width and height of the images, after hires fix."""
    width, height = config.width, config.height
    if config.hires_enabled:
        width, height = _hires_size(config)
    return whole_blocks(width), whole_blocks(height)


def _hires_size(config: Txt2ImgConfig) -> tuple[int, int]:
    """Return the size that hires fix aims at; one side given leaves the other in proportion."""
    x, y = config.hires_resize_x, config.hires_resize_y
    if not x and not y:
        return int(config.width * config.hires_scale), int(config.height * config.hires_scale)
    return x or y * config.width // config.height, y or x * config.height // config.width


def _variation(config: Txt2ImgConfig) -> dict[str, Any]:
    if not config.subseed_strength:
        return {}
    return {"subseed": config.subseed, "subseed_strength": config.subseed_strength}


def _hires(config: Txt2ImgConfig) -> dict[str, Any]:
    if not config.hires_enabled:
        return {}
    fields = {
        "enable_hr": True,
        "hr_upscaler": config.hires_upscaler,
        "hr_scale": config.hires_scale,
        "hr_resize_x": config.hires_resize_x,
        "hr_resize_y": config.hires_resize_y,
        "hr_second_pass_steps": config.hires_steps,
        "denoising_strength": config.hires_denoising_strength,
        "hr_cfg": config.hires_cfg_scale,
        "hr_checkpoint_name": config.hires_checkpoint,
        **_hires_sampling(config),
    }
    return {key: value for key, value in fields.items() if value is not None}


def _hires_sampling(config: Txt2ImgConfig) -> dict[str, Any]:
    if config.hires_sampler_name is None:
        return {"hr_scheduler": config.hires_scheduler}
    scheduler = config.hires_scheduler or config.scheduler
    sampler, schedule = split_sampler(config.hires_sampler_name, scheduler)
    return {"hr_sampler_name": sampler, "hr_scheduler": schedule}


def _refiner(config: Txt2ImgConfig) -> dict[str, Any]:
    if not config.refiner_enabled:
        return {}
    return {
        "refiner_checkpoint": config.refiner_checkpoint,
        "refiner_switch_at": config.refiner_switch_at,
    }
