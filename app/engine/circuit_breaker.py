"""Is a WebUI fit for the next job? Counts its failures and how long it has been silent."""

import time

from app.engine.failure_kinds import shared_trouble
from app.engine.node_pool import Fleet
from app.errors import WebUIError, WebUIUnreachableError
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobStatus
from app.limits import Limits
from app.webui.node import WebUINode

_NONE = ("", 0)
"""What was said by how many failures in a row, before there is any."""


class NodeHealth:
    """What one runner knows of its WebUI's failures, and what follows from them.

    Args:
        node: the WebUI; its `trouble` is kept here.
        fleet: the other WebUIs.
        queue: is paused when no WebUI is fit for it.
        limits: how much is borne.
    """

    def __init__(self, node: WebUINode, fleet: Fleet, queue: JobQueue, limits: Limits) -> None:
        self._node, self._fleet, self._queue, self._limits = node, fleet, queue, limits
        self._failures = 0
        self._unknown = _NONE
        self._suffering_since: float | None = None
        self._benched_until = 0.0

    def suffer(self, reason: str) -> float:
        """Be out of service until that is over; return for how many seconds it has lasted."""
        self._node.trouble = reason
        if self._suffering_since is None:
            self._suffering_since = time.monotonic()
        return time.monotonic() - self._suffering_since

    def bear(self, silence: WebUIError, patience_s: float) -> bool:
        """Wait for a WebUI that does not answer; when that takes too long, pause the queue.

        Returns:
            Whether no other WebUI can run what is waiting.
        """
        is_last = not self._fleet.others_can_run(self._node, self._queue.waiting_needs())
        if self.suffer(str(silence)) >= patience_s and is_last:
            self._pause(str(silence))
        return is_last

    def is_in_service(self) -> bool:
        """Whether a WebUI that answers may get a job; a bench comes to its end."""
        if self._suffering_since is not None:
            self._suffering_since = self._node.trouble = None
        if self._node.trouble is not None and time.monotonic() > self._benched_until:
            self._node.trouble = None
            self._failures = self._limits.pause_after - 1
        return self._node.trouble is None

    def state_of_lost_job(self) -> JobStatus:
        """Return the state of a job whose answer was lost: did its WebUI die under it?"""
        died = isinstance(self._node.why_not_ready(), WebUIUnreachableError)
        return JobStatus.INTERRUPTED if died and not self._fleet.is_single() else JobStatus.FAILED

    def reckon(self, status: JobStatus, error: Exception | None) -> None:
        """Count failures in a row that the next job would meet too; stop when there are enough."""
        if status is JobStatus.SUCCEEDED:
            self._failures, self._unknown = 0, _NONE
        if trouble := shared_trouble(error):
            self._node.fell_silent()
            self._failures += 1
            if trouble.certain or self._failures >= self._limits.pause_after:
                self._give_up(f"{trouble.kind}, {_times(self._failures)}: {error}")
        elif status is JobStatus.FAILED:
            self._reckon_unknown(str(error))

    def _reckon_unknown(self, said: str) -> None:
        """Take a failure of no known kind for a shared one when it keeps saying the same."""
        before, times = self._unknown
        self._unknown = said, times + 1 if said == before else 1
        if self._unknown[1] >= self._limits.pause_after:
            self._give_up(f"the same failure, {_times(self._unknown[1])}: {said}")

    def _give_up(self, reason: str) -> None:
        self._failures, self._unknown = 0, _NONE
        if self._fleet.has_others_in_service(self._node):
            self._node.trouble = reason
            self._benched_until = time.monotonic() + self._limits.bench_s
        else:
            self._pause(reason)

    def _pause(self, reason: str) -> None:
        if not self._queue.pause_state().paused:
            self._queue.pause(reason)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times in a row"
