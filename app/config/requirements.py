"""What a WebUI must have to run a job, read from its configuration."""

from dataclasses import dataclass

from app.config.pipeline_config import PipelineConfig, Txt2ImgConfig


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One thing a WebUI must have; kind is one that an `Inventory` knows, "checkpoint" for one."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"


Needs = tuple[Requirement, ...]
"""All that one job needs, each once, sorted."""


def requirements(config: PipelineConfig) -> Needs:
    """Return what `config` needs, each once, sorted."""
    wanted = _of_txt2img(config.txt2img)
    if config.img2img.enabled:
        wanted += [("checkpoint", config.img2img.checkpoint), ("vae", config.img2img.vae)]
    if config.adetailer.enabled:
        wanted.append(("script", "adetailer"))
    if config.upscale.enabled:
        upscalers = (config.upscale.upscaler, config.upscale.upscaler_2)
        wanted += [("upscaler", name) for name in upscalers]
    return tuple(sorted({Requirement(kind, name) for kind, name in wanted if name}))


def _of_txt2img(config: Txt2ImgConfig) -> list[tuple[str, str | None]]:
    wanted = [("checkpoint", config.checkpoint), ("vae", config.vae)]
    if config.styles:
        wanted += [("style", style) for style in config.styles]
    if config.hires_enabled:
        wanted.append(("hires upscaler", config.hires_upscaler))
        wanted.append(("checkpoint", config.hires_checkpoint))
    if config.refiner_enabled:
        wanted.append(("checkpoint", config.refiner_checkpoint))
    return wanted
