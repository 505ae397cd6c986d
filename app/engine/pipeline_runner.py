"""A job from its first stage to its last: send, check, save, hand the images on."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.config.requirements import requirements
from app.engine.request_monitor import Attendance, Observer, verdict_of
from app.engine.results import JobResults
from app.engine.verification import check_count, check_info, check_sizes
from app.errors import AppError, MissingOnWebUIError
from app.jobs.models import JobRecord, Progress, Wish
from app.limits import Limits
from app.stages import Stage, StageImage, StageRequest, stages_of
from app.storage.artifacts import ArtifactStore
from app.webui.answers import Generation
from app.webui.inventory import Offer
from app.webui.node import TaskState, WebUINode

NO_OFFER = Offer()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHooks:
    """Who is told and asked while a job runs.

    Args:
        on_progress: gets how far the job is, at the start of each request and at every look.
        on_images: gets the `images` of the record so far, when there are more.
        wish: returns what somebody wants of the job now.
        skipped: is called when an image was skipped as wished.
    """

    on_progress: Callable[[Progress], None]
    on_images: Callable[[Sequence[Mapping[str, Any]]], None]
    wish: Callable[[], Wish | None]
    skipped: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One job while it runs."""

    job: JobRecord
    hooks: JobHooks
    results: JobResults
    deadline: float  # on the monotonic clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in its job a request is; `number` counts within its stage."""

    stage: Stage
    index: int
    number: int
    count: int

    def progress(self, job: JobRecord, state: TaskState, stalled_s: float) -> Progress:
        return Progress(
            job_id=job.job_id,
            stage=self.stage.name,
            stage_index=self.index,
            stage_count=job.stage_count,
            fraction=(self.number + state.fraction) / self.count,
            step=state.step,
            steps=state.steps,
            eta_s=state.eta_s,
            text=state.text,
            stalled_s=stalled_s,
        )


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
            JobCancelledError, JobStoppedError: if that was wished meanwhile.
            HomeError: if an image can't be written.
        """
        results = JobResults(job, self._artifacts)
        deadline = time.monotonic() + self._limits.job_ceiling_s
        run = _Run(job=job, hooks=hooks, results=results, deadline=deadline)
        self._check_needs(job)
        try:
            self._run_stages(run)
        except AppError:
            hooks.on_images(results.images)
            raise
        meta = {"images": results.images, "manifest": results.write_manifest(self._node.name)}
        return meta | self._warnings(job)

    def _warnings(self, job: JobRecord) -> dict[str, Any]:
        """Return what went as asked and yet not as meant: the WebUI ignores unknown LoRAs."""
        if "<lora:" not in job.prompt:
            return {}
        unknown = self._node.offer().unknown_loras(job.prompt)
        return {"warnings": [f"the WebUI has no LoRA {n!r} and ignored it" for n in unknown]}

    def _check_needs(self, job: JobRecord) -> None:
        needs = requirements(job.config)
        if not needs or self._node.offer().lacks(needs) is None:
            return
        if reason := self._node.offer(fresh=True).lacks(needs):
            raise MissingOnWebUIError(f"the WebUI can't run this job: {reason}")

    def _run_stages(self, run: _Run) -> None:
        images: Sequence[StageImage] = ()
        for index, stage in enumerate(stages_of(run.job.config)):
            if index:  # the last ones are recorded together with the job's end
                run.hooks.on_images(run.results.images)
            images = self._run_stage(run, stage, index, images)

    def _run_stage(
        self, run: _Run, stage: Stage, index: int, images: Sequence[StageImage]
    ) -> Sequence[StageImage]:
        requests = stage.requests(run.job, images)
        made: list[StageImage] = []
        for number, request in enumerate(requests):
            place = _Place(stage=stage, index=index, number=number, count=len(requests))
            made += self._answer(run, place, request)
        return made

    def _answer(self, run: _Run, place: _Place, request: StageRequest) -> list[StageImage]:
        """Send one request and return its images, saved and checked."""
        payload, task_id = _with_task_id(run, request)
        send = partial(self._send, run, request, payload)
        answer = self._attend(run, self._observer(run, place), task_id, send)
        if answer.info:
            check_info(request.expected, answer.info, self._offer_for(request))
        made = run.results.save(place.stage.name, request, payload, answer)
        check_sizes(request.expected, [(image.width, image.height) for image in made])
        check_count(request.expected, len(made))
        return made

    def _observer(self, run: _Run, place: _Place) -> Observer:
        def tell(state: TaskState, stalled_s: float) -> None:
            progress = place.progress(run.job, state, stalled_s)
            warning = stalled_s >= self._limits.stall_warning_s
            run.hooks.on_progress(replace(progress, stall_warning=warning))

        return Observer(on_state=tell, wish=run.hooks.wish, skipped=run.hooks.skipped)

    def _attend(
        self,
        run: _Run,
        observer: Observer,
        task_id: str | None,
        send: Callable[[], Generation],
    ) -> Generation:
        if verdict := verdict_of(run.hooks.wish()):
            raise verdict
        observer.on_state(TaskState(running=False), 0.0)
        attendance = Attendance(self._node, task_id, run.deadline, observer, self._limits)
        answer = attendance.attend(send)
        self._node.answered()
        return answer

    def _send(self, run: _Run, request: StageRequest, payload: Mapping[str, Any]) -> Generation:
        # The attendance gives up before that; it only ends a thread that nobody waits for.
        timeout_s = max(run.deadline - time.monotonic(), 0) + 2 * self._limits.stop_grace_s
        return self._node.client.send(request.path, payload, timeout_s)

    def _offer_for(self, request: StageRequest) -> Offer:
        expected = request.expected
        return self._node.offer() if expected.checkpoint or expected.refiner else NO_OFFER


def _with_task_id(run: _Run, request: StageRequest) -> tuple[Mapping[str, Any], str | None]:
    """Return the payload with an id by which the WebUI can be asked about it, and the id."""
    if not request.has_task_id:
        return request.payload, None
    task_id = f"task({run.job.job_id}-{run.results.request_count})"
    return {**request.payload, "force_task_id": task_id}, task_id
