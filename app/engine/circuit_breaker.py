"""Does a WebUI get the next job? Counts its failures and how long it has been silent."""

import time

from app.engine.failure_kinds import FailureKind, counts, failure_kind
from app.engine.node_pool import NodePool
from app.errors import OutcomeUnknownError, WebUIError, WebUIGoneError
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobStatus
from app.limits import Limits
from app.webui.node import WebUINode


class CircuitBreaker:
    """Keeps jobs from a WebUI that would fail them, and pauses the queue when none is left.

    Args:
        node: the WebUI; its `outage` is kept here.
        pool: the other WebUIs.
        queue: is paused when no WebUI is fit for it.
        limits: how many failures are enough, and how long the cooldown is.
    """

    def __init__(self, node: WebUINode, pool: NodePool, queue: JobQueue, limits: Limits) -> None:
        self._node, self._pool, self._queue, self._limits = node, pool, queue, limits
        self._failures = 0
        self._silent_since: float | None = None
        self._cooldown_ends = 0.0

    def trip(self, reason: str) -> float:
        """Let no job through until the WebUI answers; return for how many seconds it has not."""
        self._node.set_aside(reason)
        if self._silent_since is None:
            self._silent_since = time.monotonic()
        return time.monotonic() - self._silent_since

    def await_answer(self, silence: WebUIError, give_up_after_s: float) -> bool:
        """Wait for a WebUI that takes no jobs; when that takes too long, pause the queue.

        Wrong credentials do not become right by waiting, and pause it at once.

        Returns:
            Whether something waits that no other WebUI can run.
        """
        waiting = self._queue.waiting_needs()  # none is left where another has just taken the last
        is_last = bool(waiting) and not self._pool.others_can_run(self._node, waiting)
        kind = failure_kind(silence)
        is_hopeless = kind is not None and kind.certain
        if (self.trip(str(silence)) >= give_up_after_s or is_hopeless) and is_last:
            self._pause(str(silence))
        return is_last

    def allows_jobs(self) -> bool:
        """Return whether a WebUI that answers may get a job; a cooldown comes to its end."""
        if self._silent_since is not None:
            self._silent_since = self._node.outage = None
        if self._node.outage is not None and time.monotonic() > self._cooldown_ends:
            self._node.outage = None
            self._failures = self._limits.pause_after - 1
        return self._node.outage is None

    def status_of_lost_job(self, error: OutcomeUnknownError) -> JobStatus:
        """Return the state of a job whose answer was lost: did its WebUI die under it?"""
        is_gone = isinstance(error, WebUIGoneError) or self._node.why_not_ready() is not None
        return JobStatus.INTERRUPTED if is_gone else JobStatus.FAILED

    def record(self, status: JobStatus, error: Exception | None) -> None:
        """Count failures since the last success, whatever their words; stop when there are enough.

        A fault of the job's own settings says nothing of the next job.
        """
        if status is JobStatus.SUCCEEDED:
            self._failures = 0
        elif error is not None and counts(error):
            self._node.fell_silent()
            self._failures += 1
            kind = failure_kind(error)
            if self._failures >= self._limits.pause_after or (kind and kind.certain):
                self._open(_reason(self._failures, kind, error))

    def _open(self, reason: str) -> None:
        """Set the WebUI aside for a while where others work on, else pause the queue."""
        self._failures = 0
        if self._pool.has_others(self._node):
            self._node.set_aside(reason)
            self._cooldown_ends = time.monotonic() + self._limits.cooldown_s
        else:
            self._pause(reason)

    def _pause(self, reason: str) -> None:
        if not self._queue.pause_state().paused:
            self._queue.pause(reason)


def _reason(failures: int, kind: FailureKind | None, error: Exception) -> str:
    said = f"{kind.name}: {error}" if kind else f"{error}"
    return said if failures == 1 else f"{failures} failures in a row, the last one: {said}"
