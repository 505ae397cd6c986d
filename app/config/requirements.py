"""What a WebUI must have to run a job, and what it had better have, read from the job."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from app.config.pipeline_config import ADetailerUnit, Img2ImgConfig, PipelineConfig, Txt2ImgConfig
from app.config.samplers import split_sampler

EMBEDDINGS = "embeddings"
"""Under this name a job's `prompt_keys` list the embeddings that its prompts were written with."""

_NETWORK = re.compile(r"<(lora|lyco|hypernet):([^:<>]+)", re.IGNORECASE)
_NETWORKS: Mapping[str, str] = {"lora": "LoRA", "lyco": "LoRA", "hypernet": "hypernetwork"}

Wanted = tuple[str, str | None]
"""Kind and name; None where the WebUI's own is as good."""


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One thing a WebUI must have; kind is one that an `Inventory` knows, "checkpoint" for one.

    The kind "field" is a field of a payload that not every WebUI knows.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"


Needs = tuple[Requirement, ...]
"""All that one job needs, each once, sorted."""


class Prompted(Protocol):
    """What is read of a job that is queued, or of one that is to be."""

    @property
    def prompt(self) -> str: ...  # noqa: D102
    @property
    def negative_prompt(self) -> str: ...  # noqa: D102
    @property
    def config(self) -> PipelineConfig: ...  # noqa: D102
    @property
    def prompt_keys(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def strict(self) -> bool: ...  # noqa: D102


def needs_of(job: Prompted) -> Needs:
    """Return what a WebUI must have to get a job; a strict one needs what would be ignored too."""
    needs = requirements(job.config)
    return tuple(sorted({*needs, *references(job)})) if job.strict else needs


def requirements(config: PipelineConfig) -> Needs:
    """Return what a WebUI would replace or fail on if it lacked it, each once, sorted."""
    return _needs((*_of_txt2img(config.txt2img), *_of_later_stages(config)))


@lru_cache(maxsize=64)  # the jobs of a pack mostly need the same
def _needs(wanted: tuple[Wanted, ...]) -> Needs:
    return tuple(sorted({Requirement(kind, name) for kind, name in wanted if name}))


def references(job: Prompted) -> Needs:
    """Return what a WebUI would ignore if it lacked it: LoRAs, embeddings, styles and the like."""
    texts = "\n".join(_texts(job))
    found = [(_NETWORKS[kind.lower()], name.strip()) for kind, name in _NETWORK.findall(texts)]
    found += [("embedding", name) for name in job.prompt_keys.get(EMBEDDINGS, ())]
    found += [("style", name) for name in job.config.txt2img.styles]
    return tuple(sorted({Requirement(kind, name) for kind, name in found}))


def _texts(job: Prompted) -> Iterator[str]:
    """Give every text of a job in which a WebUI looks for networks."""
    config = job.config
    yield from (job.prompt, job.negative_prompt)
    yield from (config.pipeline.global_prompt, config.pipeline.global_negative_prompt)
    if config.img2img.enabled:
        yield from (config.img2img.prompt or "", config.img2img.negative_prompt or "")
    for unit in _units(config):
        yield from (unit.prompt, unit.negative_prompt)


def _of_txt2img(config: Txt2ImgConfig) -> Iterator[Wanted]:
    yield from (("checkpoint", config.checkpoint), ("vae", config.vae))
    yield from _sampling(config, config.sampler_name, config.scheduler)
    yield from (("module", module) for module in config.additional_modules)
    yield from _scripts(config)
    yield from (("field", name) for name, is_sent in _special_fields(config).items() if is_sent)
    if config.hires_enabled:
        yield "hires upscaler", config.hires_upscaler
        yield "checkpoint", config.hires_checkpoint
        yield from _sampling(config, config.hires_sampler_name, config.hires_scheduler)
    if config.refiner_enabled:
        yield "checkpoint", config.refiner_checkpoint


def _scripts(config: Txt2ImgConfig | Img2ImgConfig) -> Iterator[Wanted]:
    """Give the scripts that are asked for by name."""
    yield from (("script", name) for name in config.alwayson_scripts)
    yield "script", config.script_name


def _special_fields(config: Txt2ImgConfig) -> Mapping[str, bool]:
    """Return the fields that not every WebUI knows, and whether this job depends on them."""
    hires = config.hires_enabled
    return {
        "distilled_cfg_scale": config.distilled_cfg_scale is not None,
        "hr_cfg": hires and config.hires_cfg_scale is not None,
        "hr_checkpoint_name": hires and config.hires_checkpoint is not None,
        "hr_scheduler": hires and _schedule_of_hires(config) != _schedule(config),
        "refiner_checkpoint": config.refiner_enabled,
    }


def _schedule(config: Txt2ImgConfig) -> str:
    return split_sampler(config.sampler_name, config.scheduler)[1]


def _schedule_of_hires(config: Txt2ImgConfig) -> str:
    sampler = config.hires_sampler_name or config.sampler_name
    return split_sampler(sampler, config.hires_scheduler or config.scheduler)[1]


def _of_later_stages(config: PipelineConfig) -> Iterator[Wanted]:
    base, img2img, upscale = config.txt2img, config.img2img, config.upscale
    if img2img.enabled:
        yield from (("checkpoint", img2img.checkpoint), ("vae", img2img.vae))
        yield from _scripts(img2img)
        yield from _sampling(base, img2img.sampler_name, img2img.scheduler)
    if config.adetailer.enabled:
        yield "script", "adetailer"
    for unit in _units(config):
        yield "ADetailer model", unit.model
        yield from _sampling(base, unit.sampler_name, unit.scheduler)
    if upscale.enabled:
        yield from (("upscaler", upscale.upscaler), ("upscaler", upscale.upscaler_2))
    if upscale.enabled and upscale.mode == "img2img":
        yield from _sampling(base, upscale.sampler_name, upscale.scheduler)


def _sampling(base: Txt2ImgConfig, sampler: str | None, scheduler: str | None) -> Iterable[Wanted]:
    """Return sampler and scheduler as they are sent: what is None is as in txt2img."""
    parts = split_sampler(sampler or base.sampler_name, scheduler or base.scheduler)
    return zip(("sampler", "scheduler"), parts, strict=True)


def _units(config: PipelineConfig) -> list[ADetailerUnit]:
    """Return the units of ADetailer that take part."""
    both = (config.adetailer.face, config.adetailer.hand) if config.adetailer.enabled else ()
    return [unit for unit in both if unit.enabled]
