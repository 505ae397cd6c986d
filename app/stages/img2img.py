"""A second pass over each image, at its own size."""

from collections.abc import Sequence
from typing import Any

from app.config.pipeline_config import StageName
from app.stages.base import (
    StageImage,
    StageInput,
    StageRequest,
    common,
    overrides,
    sampled,
    sampling,
    scripts,
    source,
    with_scripts,
)
from app.webui.endpoints import IMG2IMG


class Img2ImgStage:
    """One request for each image."""

    name: StageName = "img2img"

    def requests(self, job: StageInput, images: Sequence[StageImage]) -> list[StageRequest]:
        """Return a request for each image."""
        return [self._request(job, image) for image in images]

    def _request(self, job: StageInput, image: StageImage) -> StageRequest:
        payload, config = self.payload(job, image), job.config
        expected = sampled(
            payload,
            config,
            image.made_size,
            checkpoint=config.img2img.checkpoint or config.txt2img.checkpoint,
            vae=config.img2img.vae or config.txt2img.vae,
        )
        expected = with_scripts(expected, config.img2img)
        return StageRequest(path=IMG2IMG, payload=payload, expected=expected, seed=payload["seed"])

    def payload(self, job: StageInput, image: StageImage) -> dict[str, Any]:
        """Return the JSON of `/sdapi/v1/img2img` for one image."""
        config, own = job.config, job.config.img2img
        prompt = job.prompt if own.prompt is None else own.prompt
        negative = job.negative_prompt if own.negative_prompt is None else own.negative_prompt
        return {
            **common(self.name, config, prompt, negative),
            **source(image, image.size),
            "denoising_strength": own.denoising_strength,
            **sampling(
                config,
                steps=own.steps,
                cfg_scale=own.cfg_scale,
                sampler_name=own.sampler_name,
                scheduler=own.scheduler,
            ),
            "seed": image.seed if own.seed is None else own.seed,
            **overrides(config, checkpoint=own.checkpoint, vae=own.vae),
            **scripts(own),
        }
