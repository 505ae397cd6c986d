"""What a WebUI must have to run a job, read from its configuration."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.pipeline_config import PipelineConfig, Txt2ImgConfig


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One thing a WebUI must have; kind is one that `Offer` knows, "checkpoint" for one."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"


def requirements(config: PipelineConfig) -> list[Requirement]:
    """Return what `config` needs, each once, sorted."""
    return sorted({Requirement(kind, name) for kind, name in _wanted(config) if name})


def _wanted(config: PipelineConfig) -> Iterator[tuple[str, str | None]]:
    yield from _wanted_by_txt2img(config.txt2img)
    if config.img2img.enabled:
        yield "checkpoint", config.img2img.checkpoint
        yield "vae", config.img2img.vae
    if config.adetailer.enabled:
        yield "script", "adetailer"
    if config.upscale.enabled:
        yield "upscaler", config.upscale.upscaler
        yield "upscaler", config.upscale.upscaler_2


def _wanted_by_txt2img(config: Txt2ImgConfig) -> Iterator[tuple[str, str | None]]:
    yield "checkpoint", config.checkpoint
    yield "vae", config.vae
    yield from (("style", style) for style in config.styles)
    if config.hires_enabled:
        yield "hires upscaler", config.hires_upscaler
        yield "checkpoint", config.hires_checkpoint
    if config.refiner_enabled:
        yield "checkpoint", config.refiner_checkpoint
