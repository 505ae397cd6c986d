"""A job that failed, once more from the stage where it did, with the pictures that it had."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.config.pipeline_config import merge
from app.errors import ImageFileError
from app.jobs.job_service import respecified
from app.jobs.models import JobRecord, JobSpec
from app.storage.home_files import HomeFiles
from app.storage.inputs import path_of, reference_to

SOURCE = "retry_stage"


def resumed(job: JobRecord, files: HomeFiles) -> list[JobSpec]:
    """Return what makes the rest of a job: a job for each picture of its last whole stage.

    None where no stage was whole, or all were: such a job is made again from its start.

    Raises:
        ImageFileError: if a picture is gone, or another one by now.
    """
    stage = _last_whole(job)
    if stage is None or stage == job.stages[-1]:
        return []
    done = job.stages[1 : job.stages.index(stage) + 1]
    return [_begun(job, image, done, files) for image in job.images if image["stage"] == stage]


def _last_whole(job: JobRecord) -> str | None:
    """Return the last stage that made all its pictures."""
    base, found = job.config.txt2img, None
    wanted = 1 if job.config.pipeline.input_image else base.batch_size * base.n_iter
    for stage in job.stages:
        if sum(image.get("stage") == stage for image in job.images) < wanted:
            break
        found = stage
    return found


def _begun(job: JobRecord, image: Any, done: Sequence[str], files: HomeFiles) -> JobSpec:
    reference = reference_to(files / image["path"])
    if not reference.endswith(image["sha256"]):
        raise ImageFileError(f"{path_of(reference)}: has been changed since it was made")
    seed = {} if image.get("seed") is None else {"seed": image["seed"]}
    layer = {
        "pipeline": {"input_image": reference},
        "txt2img": seed,
        **{name: {"enabled": False} for name in done},
    }
    return replace(respecified(job, SOURCE), config=merge(job.config_snapshot, layer))
