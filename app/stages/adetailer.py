"""Faces and hands painted again, by the ADetailer extension.

It runs within an img2img request whose own sampling is skipped, so each image goes in and comes
out at its own size.
"""

from collections.abc import Sequence
from typing import Any

from app.config.pipeline_config import ADetailerConfig, ADetailerUnit, StageName
from app.config.samplers import split_sampler
from app.stages.base import (
    Expected,
    StageImage,
    StageInput,
    StageRequest,
    common,
    overrides,
    sampling,
    source,
)
from app.webui.endpoints import IMG2IMG

NO_UNIT = {"ad_model": "None"}
ENABLED, SKIP_OUTER_IMG2IMG = True, True


class ADetailerStage:
    """One request for each image."""

    name: StageName = "adetailer"

    def requests(self, job: StageInput, images: Sequence[StageImage]) -> list[StageRequest]:
        """Return a request for each image."""
        return [self._request(job, image) for image in images]

    def _request(self, job: StageInput, image: StageImage) -> StageRequest:
        config = job.config
        expected = Expected(
            size=image.made_size,
            checkpoint=config.txt2img.checkpoint,
            vae=config.txt2img.vae,
            detailers=[unit.model for unit in _units(config.adetailer) if unit.enabled],
        )
        payload = self.payload(job, image)
        return StageRequest(path=IMG2IMG, payload=payload, expected=expected, seed=image.seed)

    def payload(self, job: StageInput, image: StageImage) -> dict[str, Any]:
        """Return the JSON of `/sdapi/v1/img2img` with ADetailer for one image."""
        config = job.config
        units = [unit_args(unit, config.txt2img.scheduler) for unit in _units(config.adetailer)]
        return {
            **common(self.name, config, job.prompt, job.negative_prompt),
            **source(image, image.size),
            **sampling(config),
            "seed": image.seed,
            **overrides(config),
            "alwayson_scripts": {"ADetailer": {"args": [ENABLED, SKIP_OUTER_IMG2IMG, *units]}},
        }


def _units(config: ADetailerConfig) -> tuple[ADetailerUnit, ADetailerUnit]:
    return config.face, config.hand


def unit_args(unit: ADetailerUnit, scheduler: str) -> dict[str, Any]:
    """Return ADetailer's arguments for one unit; it skips a unit that has any field it lacks."""
    if not unit.enabled:
        return NO_UNIT
    return {
        "ad_model": unit.model,
        "ad_prompt": unit.prompt,
        "ad_negative_prompt": unit.negative_prompt,
        "ad_confidence": unit.confidence,
        "ad_mask_filter_method": unit.mask_filter_method,
        "ad_mask_k": unit.mask_k_largest,
        "ad_mask_min_ratio": unit.mask_min_ratio,
        "ad_mask_max_ratio": unit.mask_max_ratio,
        "ad_mask_merge_invert": unit.mask_merge_invert,
        "ad_dilate_erode": unit.dilate_erode,
        "ad_mask_blur": unit.mask_blur,
        "ad_denoising_strength": unit.denoising_strength,
        "ad_inpaint_only_masked": unit.inpaint_only_masked,
        "ad_inpaint_only_masked_padding": unit.inpaint_padding,
        **_own_sampling(unit, scheduler),
    }


def _own_sampling(unit: ADetailerUnit, scheduler: str) -> dict[str, Any]:
    """Return the values that the unit has of its own, each with the switch that it needs."""
    own: dict[str, Any] = {}
    if unit.steps is not None:
        own |= {"ad_use_steps": True, "ad_steps": unit.steps}
    if unit.cfg_scale is not None:
        own |= {"ad_use_cfg_scale": True, "ad_cfg_scale": unit.cfg_scale}
    if unit.sampler_name is not None:
        sampler, schedule = split_sampler(unit.sampler_name, unit.scheduler or scheduler)
        own |= {"ad_use_sampler": True, "ad_sampler": sampler, "ad_scheduler": schedule}
    return own
