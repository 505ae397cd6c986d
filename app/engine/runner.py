"""Runs jobs on one WebUI, one at a time, from the queue that all share."""

import hashlib
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from enum import Enum, auto
from typing import Any

from app.cleaning import clean
from app.engine.circuit_breaker import CircuitBreaker
from app.engine.failure_kinds import failure_kind
from app.engine.foreign_work import ForeignWork
from app.engine.listeners import Listeners
from app.engine.node_pool import NodePool
from app.engine.overviews import Overviews
from app.engine.pipeline_runner import PipelineRunner
from app.engine.request_monitor import JobHooks
from app.errors import (
    AppError,
    HomeError,
    JobCancelledError,
    JobLostError,
    JobStoppedError,
    OutcomeUnknownError,
    RunnerError,
)
from app.jobs.job_queue import JobQueue
from app.jobs.models import ControlRequest, JobRecord, JobStatus, Progress
from app.jobs.workers import Worker, WorkerRegistry
from app.limits import Limits
from app.storage.artifacts import SavedImage
from app.webui.node import WebUINode

Listener = Callable[[Progress], None]
EndListener = Callable[[JobRecord], None]
RECOVERY_INTERVAL_S = 5.0


def _never() -> bool:
    return False


class Turn(Enum):
    """What came of one look at the queue."""

    RAN = auto()
    NOTHING = auto()
    BUSY = auto()  # another runner has this WebUI


class SingleNodeJobRunner:
    """One WebUI's runner: claims a job, runs it, records what came of it.

    Args:
        node: the WebUI.
        queue: where jobs are claimed.
        registry: of the workers, this runner among them.
        pipeline: runs the stages of a job on this WebUI.
        overviews: draws the picture of a batch.
        pool: the other WebUIs.
        limits: when to look and when to give up.
    """

    def __init__(
        self,
        *,
        node: WebUINode,
        queue: JobQueue,
        registry: WorkerRegistry,
        pipeline: PipelineRunner,
        overviews: Overviews,
        pool: NodePool,
        limits: Limits,
    ) -> None:
        self.node = node
        self.progress: Progress | None = None
        """How far the running job is; None when there is none."""
        self.job: JobRecord | None = None
        """The job that runs; None when there is none."""
        self.is_busy = False
        """Whether it runs a job or is about to claim one."""
        self.waits_for: str | None = None
        """What keeps it from a job that waits, or None."""
        self._queue, self._registry, self._pipeline = queue, registry, pipeline
        self._overviews, self._pool, self._limits = overviews, pool, limits
        self._progress_listeners = Listeners[Progress]()
        self._end_listeners = Listeners[JobRecord]()
        self._enough: Callable[[], bool] = _never
        self._stays = False
        self._stopping = threading.Event()
        self._thread: ThreadPoolExecutor | None = None
        self._work_of_thread: Future[None] | None = None
        self._worker: Worker | None = None
        self._breaker = CircuitBreaker(node, pool, queue, limits)
        self._recover_at = 0.0
        self._is_claim_unanswered = False
        self._left_words: str | None = None
        self._foreign_work = ForeignWork(node, limits)

    def start(self, enough: Callable[[], bool] = _never, *, stays: bool = False) -> None:
        """Begin to run jobs in a thread, as they come.

        Args:
            enough: no job is claimed while it is true.
            stays: whether to wait for a WebUI that can't be reached as long as it takes; otherwise
                the queue pauses after `patience_s`.
        """
        self._enough, self._stays = enough, stays
        self._stopping.clear()
        self._thread = ThreadPoolExecutor(1, f"runner {self.node.name}")
        self._work_of_thread = self._thread.submit(self._work)
        self._work_of_thread.add_done_callback(lambda _: self._queue.wake())

    def failure(self) -> AppError | None:
        """Return why the thread ended before it was asked to, or None."""
        work = self._work_of_thread
        error = work.exception() if work is not None and work.done() else None
        if error is None or isinstance(error, AppError):
            return error
        return RunnerError(f"the runner for {self.node.name} can't go on: {_said(error)}")

    def ask_to_stop(self) -> None:
        """Let the thread end soon; a job that runs is interrupted and recorded as such."""
        self._stopping.set()
        self._queue.wake()

    def stop(self) -> None:
        """Ask the thread to stop, and wait until it has."""
        self.ask_to_stop()
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def abandon(self, reason: str) -> list[str]:
        """Record what runs as cancelled, and return the jobs' ids; the process is about to end.

        Raises:
            HomeError: if that can't be recorded.
        """
        return self._registry.abandon(self._worker, reason) if self._worker else []

    def run_pending(self) -> int:
        """Run what is queued, in this thread, until nothing more can run; return how many ran.

        A WebUI that can't be reached pauses the queue, with the reason.

        Raises:
            HomeError: if the store can't be written.
        """
        count = 0
        with self._registry.registered(self.node.name) as worker:
            while (turn := self._turn(worker, give_up_after_s=0)) is not Turn.NOTHING:
                count += turn is Turn.RAN
                if turn is Turn.BUSY:
                    self._queue.wait_for_change(self._limits.idle_poll_s)
        return count

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with the progress of jobs; return what ends that."""
        return self._progress_listeners.add(listener)

    def subscribe_to_ends(self, listener: EndListener) -> Callable[[], None]:
        """Have `listener` called with each job that has ended; return what ends that."""
        return self._end_listeners.add(listener)

    def _work(self) -> None:
        with self._registry.registered(self.node.name) as self._worker:
            self._take_turns(self._worker)

    def _take_turns(self, worker: Worker) -> None:
        while not self._stopping.is_set():
            if self._enough() or self._try_turn(worker) is not Turn.RAN:
                self._queue.wait_for_change(self._limits.idle_poll_s)

    def _try_turn(self, worker: Worker) -> Turn:
        """Take a turn; a home that can't be used now may be usable soon.

        Raises:
            HomeError: if it still is not after `patience_s`.
        """
        try:
            self._recover()
            return self._turn(worker, math.inf if self._stays else self._limits.patience_s)
        except HomeError as error:
            if self._breaker.trip(str(error)) > self._limits.patience_s:
                raise
            self.waits_for = self.node.outage_words()
            return Turn.NOTHING

    def _recover(self) -> None:
        """Look after the jobs of others that died while this one lives."""
        if time.monotonic() > self._recover_at:
            self._recover_at = time.monotonic() + RECOVERY_INTERVAL_S
            self._registry.recover()

    def _turn(self, worker: Worker, give_up_after_s: float) -> Turn:
        self._registry.note_outage(worker, self.node.outage)
        with worker.life.lock(self._lock_name()) as lock:
            if not lock.acquire():
                waiting = self._queue.has_next()
                self.waits_for = f"another process uses {self.node.name}" if waiting else None
                return Turn.BUSY
            self.is_busy = True
            try:
                return self._claim_and_run(worker, give_up_after_s)
            finally:
                self.is_busy, self.job, self.progress = False, None, None

    def _lock_name(self) -> str:
        """Return the name of the WebUI's execution lock, the same for all that use this WebUI."""
        identity = self._registry.identity(self.node.name)
        return f"webui-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"

    def _claim_and_run(self, worker: Worker, give_up_after_s: float) -> Turn:
        self.job = self._unanswered_claim(worker) or self._claim(worker, give_up_after_s)
        if self.job is None:
            self.waits_for = (
                self.node.outage_words() or self._foreign_work.words() or self._left_words
            )
            return Turn.BUSY if self._foreign_work.is_holding else Turn.NOTHING
        self.waits_for = None
        self._run(worker, self.job)
        self._foreign_work.job_ran()
        return Turn.RAN

    def _unanswered_claim(self, worker: Worker) -> JobRecord | None:
        """Return a job that was claimed without this worker's learning of it, so that it runs."""
        if not self._is_claim_unanswered:
            return None
        found = self._queue.claimed_by(worker.name)
        self._is_claim_unanswered = False
        return found

    def _claim(self, worker: Worker, give_up_after_s: float) -> JobRecord | None:
        try:
            return self._next_job(worker, give_up_after_s)
        except HomeError:
            self._is_claim_unanswered = True
            raise

    def _next_job(self, worker: Worker, give_up_after_s: float) -> JobRecord | None:
        self._left_words = None
        if not self._queue.has_next():
            self._foreign_work.forget()
            return None
        if silence := self.node.why_not_ready():
            self._foreign_work.forget()
            is_last = self._breaker.await_answer(silence, give_up_after_s)
            return self._queue.claim(worker.name, direct_only=True) if is_last else None
        if not self._breaker.allows_jobs() or self._foreign_work.holds_jobs_back():
            return None
        lacking = self._pool.lacking(self.node, self._queue.waiting_needs())
        self._queue.pass_over(self._registry.shared_name(self.node.name), lacking)
        left = self._pool.left_to_others(self.node, lacking)
        job = self._queue.claim(worker.name, left)
        if left and job is None:
            self._left_words = f"{self.node.name} leaves jobs to another WebUI: {lacking[left[0]]}"
        return job

    def _run(self, worker: Worker, job: JobRecord) -> None:
        status, meta, error = self._outcome(worker, job)
        if error is not None:
            meta = {**meta, "error": _said(error), "error_kind": _kind(error)}
        self._record(worker, job, status, {**meta, "webui": self.node.name})
        self._breaker.record(status, error)

    def _outcome(
        self, worker: Worker, job: JobRecord
    ) -> tuple[JobStatus, Mapping[str, Any], Exception | None]:
        try:
            return JobStatus.SUCCEEDED, self._pipeline.run(job, self._hooks(worker, job)), None
        except JobCancelledError:
            return JobStatus.CANCELLED, {}, None
        except (JobStoppedError, JobLostError) as error:
            return JobStatus.INTERRUPTED, {}, error
        except OutcomeUnknownError as error:
            return self._breaker.status_of_lost_job(error), {}, error
        except Exception as error:  # noqa: BLE001 - whatever it is, the job failed and the next runs
            return JobStatus.FAILED, {}, error

    def _record(
        self, worker: Worker, job: JobRecord, status: JobStatus, meta: Mapping[str, Any]
    ) -> None:
        """Record a job's end; a full disk may have room again in a while.

        Raises:
            HomeError: if there is none within `patience_s`, or before the runner stops.
        """
        deadline = time.monotonic() + self._limits.patience_s
        while not self._is_recorded(worker, job, status, meta):
            if time.monotonic() > deadline or self._stopping.wait(self._limits.idle_poll_s):
                raise HomeError(f"can't record that job {job.job_id} {status}: {self.node.outage}")

    def _is_recorded(
        self, worker: Worker, job: JobRecord, status: JobStatus, meta: Mapping[str, Any]
    ) -> bool:
        try:
            overview = self._overviews.place_for(job)
            named = {"overview": overview} if overview else {}
            ended = self._end(worker, job, status, {**meta, **named})
        except HomeError as error:
            self._breaker.trip(str(error))
            self.waits_for = self.node.outage_words()
            return False
        self.waits_for = None
        self._overviews.job_ended(ended)
        self._end_listeners.tell(ended)
        return True

    def _end(
        self, worker: Worker, job: JobRecord, status: JobStatus, meta: Mapping[str, Any]
    ) -> JobRecord:
        """Record a job's end and return it; one that was taken off this worker has its end."""
        try:
            return self._queue.finish(job.job_id, worker.name, status, meta)
        except JobLostError:
            return self._queue.get(job.job_id)

    def _hooks(self, worker: Worker, job: JobRecord) -> JobHooks:
        return JobHooks(
            on_progress=self._tell,
            on_images=lambda images: self._note(worker, job, images),
            on_put_back=lambda options: self._queue.note(job.job_id, worker.name, put_back=options),
            control=lambda: self._control(worker, job),
            on_skipped=lambda: self._queue.control_done(job.job_id, ControlRequest.SKIP),
        )

    def _note(self, worker: Worker, job: JobRecord, images: Sequence[SavedImage]) -> None:
        if images:
            known = [asdict(image) for image in images]
            self._queue.note(job.job_id, worker.name, images=known, webui=self.node.name)

    def _control(self, worker: Worker, job: JobRecord) -> ControlRequest | None:
        asked = self._queue.control_request(job.job_id, worker.name)
        return ControlRequest.STOP if asked is None and self._stopping.is_set() else asked

    def _tell(self, progress: Progress) -> None:
        self.progress = progress
        self._progress_listeners.tell(progress)


def _said(error: BaseException) -> str:
    """Return what an error says; one that was not foreseen says its name too."""
    name = "" if isinstance(error, AppError) else f"{type(error).__name__}: "
    return clean(f"{name}{error}")


def _kind(error: Exception) -> str:
    kind = failure_kind(error)
    return kind.name if kind else type(error).__name__
