"""A job from its first stage to its last: send, check, save, hand the images on."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.config.requirements import needs_of, references
from app.engine.option_guard import guarded_options
from app.engine.request_monitor import JobHooks, RequestMonitor, error_of
from app.engine.results import JobResults
from app.engine.verification import check_images, check_info
from app.errors import AppError, MissingOnWebUIError, WebUIAnswerError
from app.jobs.models import JobRecord, Progress
from app.limits import Limits
from app.stages import Expected, Stage, StageImage, StageRequest, stages_of
from app.storage.artifacts import ArtifactStore
from app.storage.inputs import embedded, path_of, read_reference, size_of
from app.webui.answers import Generation, was_not_taken
from app.webui.inventory import Inventory, ignored
from app.webui.node import WebUINode

_SCRIPT_KEYS = frozenset(["alwayson_scripts", "script_args"])
"""Where a payload names pictures by their files, until it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One job while it runs."""

    job: JobRecord
    hooks: JobHooks
    results: JobResults
    deadline: float  # on the monotonic clock


class PipelineRunner:
    """Runs jobs on one WebUI, one at a time.

    Args:
        node: the WebUI.
        artifacts: where images and manifests go.
        limits: the ceiling of a job, and how often to look at it.
    """

    def __init__(self, node: WebUINode, artifacts: ArtifactStore, limits: Limits) -> None:
        self._node, self._artifacts, self._limits = node, artifacts, limits

    def run(self, job: JobRecord, hooks: JobHooks) -> dict[str, Any]:
        """Run all stages of a job; return what its record's `meta` gets.

        Raises:
            WebUIError: if the WebUI did not do its part; what was saved before stays.
            JobCancelledError, JobStoppedError: if that was asked meanwhile.
            HomeError: if an image can't be written.
        """
        results = JobResults(job, self._artifacts)
        deadline = time.monotonic() + self._limits.job_ceiling_s
        run = _Run(job=job, hooks=hooks, results=results, deadline=deadline)
        self._check_requirements(job)
        images: Sequence[StageImage] = self._inputs(job)
        try:
            with guarded_options(self._node, job.config, hooks.on_put_back):
                for index, stage in enumerate(stages_of(job.config)):
                    if index:  # the last ones are recorded together with the job's end
                        hooks.on_images(results.images)
                    started = time.monotonic()
                    images = self._run_stage(run, stage, index, images)
                    results.stage_s[stage.name] = round(time.monotonic() - started, 3)
        except AppError:
            hooks.on_images(results.images)
            raise
        return {**results.meta(self._node.name), **self._warnings(job)}

    def _warnings(self, job: JobRecord) -> dict[str, Any]:
        """Return what went as asked and yet not as meant: the WebUI ignores what it lacks."""
        named = references(job)
        unknown = self._node.inventory({need.kind for need in named}).ignores(named)
        return {"warnings": [ignored(need) for need in unknown]} if unknown else {}

    def _check_requirements(self, job: JobRecord) -> None:
        needs = needs_of(job)
        kinds = {need.kind for need in needs}
        if self._node.inventory(kinds).lacks(needs) is None:
            return
        if reason := self._node.inventory(kinds, fresh=True).lacks(needs):
            raise MissingOnWebUIError(f"the WebUI can't run this job: {reason}")

    def _run_stage(
        self, run: _Run, stage: Stage, index: int, images: Sequence[StageImage]
    ) -> Sequence[StageImage]:
        requests = stage.requests(run.job, images)
        share = 1 / max(len(requests), 1)
        made: list[StageImage] = []
        for number, request in enumerate(requests):
            start = Progress(
                job_id=run.job.job_id,
                stage=stage.name,
                stage_index=index,
                stage_count=run.job.stage_count,
                fraction=number * share,
            )
            made += self._run_request(run, request, start, share)
        return made

    def _run_request(
        self, run: _Run, request: StageRequest, start: Progress, share: float
    ) -> list[StageImage]:
        """Send one request and return its images, saved and checked."""
        task_id = _task_id(run) if request.has_task_id else None
        payload = self._own_payload(request.payload, task_id)
        try:
            answer = self._send(run, request, payload, task_id, start, share)
        except WebUIAnswerError as refused:
            self._await_start(run, refused)
            answer = self._send(run, request, payload, task_id, start, share)
        if answer.info:
            answer = replace(answer, info=self._node.kind().info(answer.info))
            check_info(request.expected, answer.info, self._inventory_for(request.expected))
        return self._save(run, request, payload, answer, start.stage)

    def _save(
        self,
        run: _Run,
        request: StageRequest,
        payload: Mapping[str, Any],
        answer: Generation,
        stage: str,
    ) -> list[StageImage]:
        """Save an answer's images; return those of the stage, checked, without what scripts add."""
        count = request.expected.images if request.expected.has_scripts else len(answer.images)
        own = replace(answer, images=answer.images[:count])
        made = run.results.save(stage, request, payload, own)
        if added := answer.images[count:]:
            further = Generation(images=added, info={})
            run.results.save(f"{stage}-script", request, payload, further)
        check_images(request.expected, [image.size for image in made])
        return made

    def _inputs(self, job: JobRecord) -> list[StageImage]:
        """Return the picture that a job begins with, if it makes none itself.

        Raises:
            ImageFileError: if it is gone, or another one by now.
        """
        reference = job.config.pipeline.input_image
        if reference is None:
            return []
        data = read_reference(reference)
        width, height = size_of(data, path_of(reference))
        seed = job.config.txt2img.seed
        return [StageImage(data=data, width=width, height=height, seed=seed)]

    def _await_start(self, run: _Run, refused: WebUIAnswerError) -> None:
        """Wait for a WebUI that refused a request because it is starting, so that it can go again.

        Raises:
            WebUIAnswerError: `refused`, where it was no such refusal, or the start takes too long.
            JobCancelledError, JobStoppedError: if that was asked meanwhile.
        """
        self._node.fell_silent()
        if not was_not_taken(refused) or self._node.why_not_ready() is None:
            raise refused
        deadline = min(run.deadline, time.monotonic() + self._limits.patience_s)
        while self._node.why_not_ready() is not None:
            if verdict := error_of(run.hooks.control()):
                raise verdict
            if time.monotonic() > deadline:
                raise refused
            time.sleep(self._limits.poll_s)

    def _send(
        self,
        run: _Run,
        request: StageRequest,
        payload: Mapping[str, Any],
        task_id: str | None,
        start: Progress,
        share: float,
    ) -> Generation:
        """Send a request, stay with it, and return its answer."""
        monitor = RequestMonitor(
            self._node,
            run.hooks,
            self._limits,
            start=start,
            share=share,
            task_id=task_id,
            deadline=run.deadline,
        )
        # The monitor gives up before that, or later where the request waits in a line; this only
        # ends a thread that nobody waits for.
        timeout_s = 2 * (self._limits.job_ceiling_s + self._limits.stop_grace_s)
        sent = {**payload, **embedded({k: payload[k] for k in _SCRIPT_KEYS & payload.keys()})}
        send = partial(self._node.client.generate, request.path, sent, timeout_s)
        answer = monitor.run(send)
        if monitor.verdict is None:
            return answer
        self._keep_whole(run, request, payload, answer, start.stage, monitor.batches_done)
        raise monitor.verdict

    def _keep_whole(
        self,
        run: _Run,
        request: StageRequest,
        payload: Mapping[str, Any],
        answer: Generation,
        stage: str,
        batches: int,
    ) -> None:
        """Save what was whole before a request was ended; the last picture is half made.

        With hires fix a WebUI counts each batch twice.
        """
        passes = 2 if payload.get("enable_hr") else 1
        whole = max(int(batches) // passes, 0) * int(payload.get("batch_size", 1))
        if images := answer.images[:whole]:
            run.results.save(stage, request, payload, replace(answer, images=images))

    def _own_payload(self, payload: Mapping[str, Any], task_id: str | None) -> Mapping[str, Any]:
        """Return a payload as this kind of WebUI takes it, with the task's id if it has tasks."""
        kind = self._node.kind()
        task = {"force_task_id": task_id} if task_id and kind.knows_tasks else {}
        return {**kind.request(payload, self._node.inventory(())), **task}

    def _inventory_for(self, expected: Expected) -> Inventory:
        has_model = expected.checkpoint or expected.refiner
        return self._node.inventory(["checkpoint"] if has_model else ())


def _task_id(run: _Run) -> str:
    """Return an id by which the WebUI can be asked about the next request."""
    return f"task({run.job.job_id}-{run.results.request_count})"
