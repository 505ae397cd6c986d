"""What a job will send, before it is queued: the same payloads that the stages make when it runs.

Images that do not exist yet stand as "(image 1 of txt2img)". The id by which a request is asked
about later is added when it is sent.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from app.jobs.models import JobSpec
from app.stages import StageImage, StageRequest, stages_of
from app.storage.artifacts import without_images
from app.storage.inputs import path_of, read_reference, size_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRequest:
    """One request that a job will send."""

    stage: str
    path: str
    payload: Mapping[str, Any]


def preview(spec: JobSpec) -> list[PlannedRequest]:
    """Return what the job will send, in order."""
    images = _inputs(spec)
    planned: list[PlannedRequest] = []
    for stage in stages_of(spec.config):
        requests = stage.requests(spec, images)
        planned += [_planned(stage.name, request) for request in requests]
        images = list(_images_of(stage.name, requests, spec))
    return planned


def _inputs(spec: JobSpec) -> list[StageImage]:
    reference = spec.config.pipeline.input_image
    if reference is None:
        return []
    path = path_of(reference)
    width, height = size_of(read_reference(reference), path)
    seed = spec.config.txt2img.seed
    return [StageImage(data=f"({path})".encode(), width=width, height=height, seed=seed)]


def _planned(stage: str, request: StageRequest) -> PlannedRequest:
    payload = without_images(request.payload, _label_of)
    return PlannedRequest(stage=stage, path=request.path, payload=payload)


def _label_of(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


def _images_of(stage: str, requests: Sequence[StageRequest], spec: JobSpec) -> Iterator[StageImage]:
    """Yield stand-ins for the images that a stage will make, of the right sizes and seeds."""
    numbers = count(1)
    for request in requests:
        width, height = request.expected.size
        for index in range(request.expected.images):
            yield StageImage(
                data=f"(image {next(numbers)} of {stage})".encode(),
                width=width,
                height=height,
                seed=request.seed + (0 if spec.config.txt2img.subseed_strength else index),
            )
