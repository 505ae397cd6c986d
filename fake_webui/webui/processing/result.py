"""What a generation made, and the JSON that says so."""

import copy
import json
from dataclasses import dataclass
from typing import Any

from fake_webui.webui.images import Picture
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.state import WebUIState

WITH_NULLS = json.JSONEncoder(default=lambda _: None)  # for what JSON does not have


@dataclass(slots=True)
class Processed:
    """Pictures and their infotexts, with the parameters as they were at the end.

    Scripts put several of these together, so that the lists need not be of one length.
    """

    p: Processing
    images: list[Picture]
    seed: int
    subseed: int
    infotexts: list[str]
    all_prompts: list[str]
    all_negative_prompts: list[str]
    all_seeds: list[int]
    all_subseeds: list[int]
    job_timestamp: str
    clip_skip: Any
    face_restoration_model: str | None
    version: str
    index_of_first_image: int = 0

    def js(self) -> str:
        """Return the JSON text of `info`, its 32 keys in the real order."""
        return WITH_NULLS.encode(self._facts())

    def _facts(self) -> dict[str, Any]:
        p = self.p
        return {
            "prompt": self.all_prompts[0],
            "all_prompts": self.all_prompts,
            "negative_prompt": self.all_negative_prompts[0],
            "all_negative_prompts": self.all_negative_prompts,
            "seed": self.seed,
            "all_seeds": self.all_seeds,
            "subseed": self.subseed,
            "all_subseeds": self.all_subseeds,
            "subseed_strength": p.subseed_strength,
            "width": p.width,
            "height": p.height,
            "sampler_name": p.sampler_name,
            "cfg_scale": p.cfg_scale,
            "steps": p.steps,
            "batch_size": p.batch_size,
            "restore_faces": p.restore_faces,
            "face_restoration_model": self.face_restoration_model,
            "sd_model_name": p.checkpoint.stem if p.checkpoint else None,
            "sd_model_hash": p.checkpoint.hash if p.checkpoint else None,
            "sd_vae_name": p.vae_name,
            "sd_vae_hash": p.vae_hash,
            "seed_resize_from_w": p.seed_resize_from_w,
            "seed_resize_from_h": p.seed_resize_from_h,
            "denoising_strength": p.denoising_strength,
            "extra_generation_params": p.extra_generation_params,
            "index_of_first_image": self.index_of_first_image,
            "infotexts": self.infotexts,
            "styles": p.styles,
            "job_timestamp": self.job_timestamp,
            "clip_skip": self.clip_skip,
            "is_using_inpainting_conditioning": False,
            "version": self.version,
        }


def collect(p: Processing, images: list[Picture], state: WebUIState, **known: Any) -> Processed:
    """Return the result of `p`; what isn't `known` is taken from `p`, or stands as asked for."""
    seed = known.get("seed", -1 if p.seed is None else p.seed)
    subseed = known.get("subseed", -1)
    get = state.options.get
    return Processed(
        p=copy.copy(p),
        images=images,
        seed=seed,
        subseed=subseed,
        infotexts=known.get("infotexts", []),
        all_prompts=known.get("all_prompts") or p.all_prompts or [p.prompt],
        all_negative_prompts=(
            known.get("all_negative_prompts") or p.all_negative_prompts or [p.negative_prompt]
        ),
        all_seeds=known.get("all_seeds") or p.all_seeds or [seed],
        all_subseeds=known.get("all_subseeds") or p.all_subseeds or [subseed],
        job_timestamp=state.progress.job_timestamp,
        clip_skip=get("CLIP_stop_at_last_layers"),
        face_restoration_model=get("face_restoration_model") if p.restore_faces else None,
        version=state.policy.version,
        index_of_first_image=known.get("index_of_first_image", 0),
    )
