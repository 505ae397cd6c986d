"""What users do with jobs: submit, cancel, pause, move, retry, edit, wait, look."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import groupby
from typing import Any, Protocol

from app.config.pipeline_config import RANDOM_SEED, merge
from app.errors import AppError
from app.jobs.grouping import by_model
from app.jobs.job_history import JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobRecord, JobSpec, JobStatus, RunMode

Prepare = Callable[[JobSpec, Collection[str]], JobSpec]
"""Brings a job under the rules for new ones: which of its prompts are new text, and so expanded."""

PROMPTS = ("prompt", "negative_prompt")
_NEW_SEEDS = {
    "txt2img": {"seed": RANDOM_SEED, "subseed": RANDOM_SEED},
    "img2img": {"seed": None},
}
MOST = 1_000_000  # queued jobs
WAIT_POLL_S = 0.2  # other processes' changes are only seen by looking


class Nodes(Protocol):
    """The WebUIs that work on the queue, as far as it concerns the jobs of a home."""

    def return_to_service(self) -> None:
        """Give every WebUI that was set aside another chance."""


class JobService:
    """The jobs of one home.

    All that take ids raise `UnknownJobError`, and `TransitionError` where a job's state does not
    allow it; nothing is changed then.

    Args:
        queue: where they wait.
        history: where they are looked up.
        nodes: the WebUIs that run them.
        prepare: brings a job under the rules for new ones.
        failure: says why nothing here runs jobs any more, or None while something may.
    """

    def __init__(
        self,
        queue: JobQueue,
        history: JobHistoryStore,
        nodes: Nodes,
        prepare: Prepare,
        failure: Callable[[], AppError | None],
    ) -> None:
        self._queue, self._history, self._nodes = queue, history, nodes
        self._prepare, self._failure = prepare, failure

    def submit(self, specs: Sequence[JobSpec]) -> list[str]:
        """Queue jobs, all or none; return their ids in the same order."""
        return self._queue.add(specs)

    def cancel(self, job_ids: Iterable[str]) -> list[JobRecord]:
        """Cancel jobs, all or none; running ones end soon, and only their own work is stopped."""
        return self._queue.cancel(list(job_ids))

    def withdraw(self, job_ids: Iterable[str]) -> None:
        """Cancel those of the jobs that have not ended, wherever they run."""
        self._queue.withdraw(list(job_ids))

    def skip(self, job_id: str) -> None:
        """Skip the image that a running job is making."""
        self._queue.ask_to_skip(job_id)

    def clear(self) -> int:
        """Cancel everything that is queued; return how many that were."""
        return self._queue.clear()

    def pause(self, reason: str = "") -> None:
        """Let no QUEUE job start; the running one goes on, DIRECT ones run."""
        self._queue.pause(reason)

    def resume(self) -> None:
        """Let QUEUE jobs start, and give every WebUI another chance."""
        self._nodes.return_to_service()
        self._queue.resume()

    def move(self, job_id: str, position: int) -> None:
        """Put a queued job at a place in the line; 1 is next."""
        self._queue.move(job_id, position)

    def move_before(self, job_ids: Sequence[str], before: str | None) -> None:
        """Put queued jobs before another one, in the order given; None is the end of the line."""
        self._queue.move_before(job_ids, before)

    def group_by_model(self) -> int:
        """Put queued jobs of one model beside each other, within their priority.

        Returns:
            How many jobs wait.
        """
        waiting = [job for job in self._queue.list_jobs(MOST) if job.status is JobStatus.QUEUED]
        alike = groupby(waiting, lambda job: job.priority)
        self._queue.reorder([job.job_id for _, jobs in alike for job in by_model(jobs)])
        return len(waiting)

    def move_to_front(self, job_ids: Sequence[str]) -> None:
        """Put queued jobs before all others, in the order given."""
        self._queue.move_to_front(job_ids)

    def retry(self, job_ids: Iterable[str], source: str = "retry") -> list[str]:
        """Queue jobs again exactly as they were, as new rows; return the new ids.

        Raises:
            UnknownJobError: if one is unknown; then none is queued.
        """
        return self._queue.add(self.plan_retry(job_ids, source))

    def plan_retry(self, job_ids: Iterable[str], source: str = "retry") -> list[JobSpec]:
        """Return what `retry` would queue."""
        jobs = [self._history.get(job_id) for job_id in job_ids]
        return [self._prepare(respecified(job, source=source), ()) for job in jobs]

    def edit(self, job_ids: Iterable[str], changes: Mapping[str, Any]) -> list[str]:
        """Queue jobs again with changes, as new rows; return the new ids.

        A queued one is replaced where it stands in the line.

        Args:
            job_ids: the jobs.
            changes: any of `prompt`, `negative_prompt`, and `config` (nested settings).

        Raises:
            UnknownJobError, TransitionError: if one is unknown or running.
            ConfigurationError: if the changed settings are out of range.
            PackError: if a new prompt can't be expanded.
        """
        return self.replace(self.plan_edit(job_ids, changes))

    def again(self, job_id: str, *, new_seed: bool, run_mode: RunMode = RunMode.QUEUE) -> str:
        """Queue a job once more, with its seed or with another; return the new id.

        Raises:
            UnknownJobError: if it is unknown.
        """
        spec = respecified(self._history.get(job_id), source="again")
        config = merge(spec.config.model_dump(), _NEW_SEEDS) if new_seed else spec.config
        spec = replace(spec, config=config, run_mode=run_mode, priority=None)
        return self._queue.add([self._prepare(spec, ())])[0]

    def prepared(self, spec: JobSpec) -> JobSpec:
        """Return a job that comes from elsewhere, brought under the rules for new ones."""
        return self._prepare(spec, ())

    def plan_edit(
        self, job_ids: Iterable[str], changes: Mapping[str, Any]
    ) -> list[tuple[JobRecord, JobSpec]]:
        """Return each job with what `edit` would queue in its place."""
        jobs = [self._history.get(job_id) for job_id in job_ids]
        written = [name for name in PROMPTS if name in changes]
        return [(job, self._prepare(_edited(job, changes), written)) for job in jobs]

    def replace(self, edits: Sequence[tuple[JobRecord, JobSpec]]) -> list[str]:
        """Queue what `plan_edit` returned; return the new ids."""
        return self._queue.replace(edits)

    def wait(self, job_id: str, timeout_s: float | None = None) -> JobRecord:
        """Return a job as soon as it has ended, or as it is after `timeout_s` seconds.

        Raises:
            UnknownJobError: if there is none.
            AppError: why what runs the jobs here ended before its time.
        """
        deadline = time.monotonic() + (float("inf") if timeout_s is None else timeout_s)
        while not (job := self._history.get(job_id)).status.is_terminal:
            if failure := self._failure():
                raise failure
            if time.monotonic() >= deadline:
                break
            self._queue.wait_for_change(min(WAIT_POLL_S, deadline - time.monotonic()))
        return job


def respecified(job: JobRecord, source: str) -> JobSpec:
    """Return a new job that asks for exactly what `job` asked for."""
    same = {field.name: getattr(job, field.name) for field in fields(JobSpec)}
    return JobSpec(**same | {"source": source, "parent_id": job.job_id})


def _edited(job: JobRecord, changes: Mapping[str, Any]) -> JobSpec:
    texts = {key: changes[key] for key in PROMPTS if key in changes}
    config = merge(job.config_snapshot, changes.get("config", {}))
    return replace(respecified(job, source="edit"), config=config, **texts)
