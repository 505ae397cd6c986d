"""The stages of a job, in the order in which they run."""

from collections.abc import Mapping

from app.config.pipeline_config import STAGE_NAMES, PipelineConfig, StageName
from app.stages.adetailer import ADetailerStage
from app.stages.base import Expected, Stage, StageImage, StageInput, StageRequest
from app.stages.img2img import Img2ImgStage
from app.stages.txt2img import Txt2ImgStage
from app.stages.upscale import UpscaleStage

_BY_NAME: Mapping[StageName, Stage] = {
    stage.name: stage
    for stage in (Txt2ImgStage(), Img2ImgStage(), ADetailerStage(), UpscaleStage())
}
STAGES: tuple[Stage, ...] = tuple(_BY_NAME[name] for name in STAGE_NAMES)

__all__ = ["STAGES", "Expected", "Stage", "StageImage", "StageInput", "StageRequest", "stages_of"]


def stages_of(config: PipelineConfig) -> list[Stage]:
    """Return the stages that a configuration switches on, in order."""
    return [_BY_NAME[name] for name in config.stages()]
