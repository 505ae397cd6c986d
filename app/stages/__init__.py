"""The stages of a job, in the order in which they run."""

from app.config.pipeline_config import PipelineConfig
from app.stages.adetailer import ADetailerStage
from app.stages.base import Expected, Stage, StageImage, StageRequest
from app.stages.img2img import Img2ImgStage
from app.stages.txt2img import Txt2ImgStage
from app.stages.upscale import UpscaleStage

STAGES: tuple[Stage, ...] = (Txt2ImgStage(), Img2ImgStage(), ADetailerStage(), UpscaleStage())

__all__ = ["STAGES", "Expected", "Stage", "StageImage", "StageRequest", "stages_of"]


def stages_of(config: PipelineConfig) -> list[Stage]:
    """Return the stages that a configuration switches on."""
    return [stage for stage in STAGES if stage.name in config.stages()]
