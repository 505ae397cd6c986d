"""The last stage: each image larger, by the extras endpoint or by img2img at the larger size."""

from collections.abc import Sequence
from typing import Any

from app.config.pipeline_config import StageName, UpscaleConfig
from app.stages.base import (
    Expected,
    StageImage,
    StageInput,
    StageRequest,
    common,
    overrides,
    sampled,
    sampling,
    source,
    whole_blocks,
)
from app.webui.answers import encode_image
from app.webui.endpoints import EXTRAS, IMG2IMG

BY_FACTOR = 0  # extras' resize_mode
NO_UPSCALER = "None"


class UpscaleStage:
    """One request for each image."""

    name: StageName = "upscale"

    def requests(self, job: StageInput, images: Sequence[StageImage]) -> list[StageRequest]:
        """Return a request for each image."""
        by_extras = job.config.upscale.mode == "extras"
        make = self._by_extras if by_extras else self._by_img2img
        return [make(job, image) for image in images]

    def _by_extras(self, job: StageInput, image: StageImage) -> StageRequest:
        return StageRequest(
            path=EXTRAS,
            payload=extras_payload(job.config.upscale, image),
            expected=Expected(size=upscaled_size(job.config.upscale, image)),
            seed=image.seed,
            has_task_id=False,
        )

    def _by_img2img(self, job: StageInput, image: StageImage) -> StageRequest:
        payload = self.img2img_payload(job, image)
        expected = sampled(payload, job.config, upscaled_size(job.config.upscale, image))
        return StageRequest(path=IMG2IMG, payload=payload, expected=expected, seed=image.seed)

    def img2img_payload(self, job: StageInput, image: StageImage) -> dict[str, Any]:
        """Return the JSON of `/sdapi/v1/img2img` for one image at its new size."""
        config, own = job.config, job.config.upscale
        model = overrides(config)
        if own.upscaler != NO_UPSCALER:
            model["override_settings"]["upscaler_for_img2img"] = own.upscaler
        return {
            **common(self.name, config, job.prompt, job.negative_prompt),
            **source(image, upscaled_size(own, image)),
            "denoising_strength": own.denoising_strength,
            **sampling(
                config,
                steps=own.steps,
                sampler_name=own.sampler_name,
                scheduler=own.scheduler,
            ),
            "seed": image.seed,
            **model,
        }


def extras_payload(config: UpscaleConfig, image: StageImage) -> dict[str, Any]:
    """Return the JSON of `/sdapi/v1/extra-single-image` for one image."""
    return {
        "image": encode_image(image.data),
        "resize_mode": BY_FACTOR,
        "upscaling_resize": config.resize,
        "upscaler_1": config.upscaler,
        **_second_upscaler(config),
        **_face_restoration(config),
    }


def _second_upscaler(config: UpscaleConfig) -> dict[str, Any]:
    if config.upscaler_2 is None:
        return {}
    return {
        "upscaler_2": config.upscaler_2,
        "extras_upscaler_2_visibility": config.upscaler_2_visibility,
    }


def _face_restoration(config: UpscaleConfig) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if config.gfpgan_visibility:
        fields["gfpgan_visibility"] = config.gfpgan_visibility
    if config.codeformer_visibility:
        fields["codeformer_visibility"] = config.codeformer_visibility
        fields["codeformer_weight"] = config.codeformer_weight
    return fields


def upscaled_size(config: UpscaleConfig, image: StageImage) -> tuple[int, int]:
    """Return the width and height of the larger image, in pixels."""
    return whole_blocks(image.width * config.resize), whole_blocks(image.height * config.resize)
