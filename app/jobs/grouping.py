"""Jobs of one model beside each other, so that a WebUI loads each model once."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from app.config.pipeline_config import PipelineConfig
from app.errors import ConfigurationError


class Configured(Protocol):
    """A job, queued or to be."""

    @property
    def config(self) -> PipelineConfig: ...  # noqa: D102


Job = TypeVar("Job", bound=Configured)


def by_model(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs with those of one model together, the models and jobs as they came."""
    groups: dict[object, list[Job]] = {}
    for job in jobs:
        groups.setdefault(_model_of(job), []).append(job)
    return [job for group in groups.values() for job in group]


def _model_of(job: Configured) -> object:
    try:
        base = job.config.txt2img
    except ConfigurationError:  # the job itself will say what is wrong
        return None
    return base.checkpoint, base.vae, base.additional_modules
