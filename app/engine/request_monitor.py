"""Staying with a generation request while the WebUI works on it.

The request waits in a thread of its own. Meanwhile this one looks in at intervals: how far is it,
does the user want it cancelled or its image skipped, has it stalled, does it take too long.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

from app.errors import (
    AppError,
    JobCancelledError,
    JobLostError,
    JobStoppedError,
    OutcomeUnknownError,
    TookTooLongError,
    WebUIAnswerError,
    WebUIError,
    WebUIGoneError,
    WebUIUnreachableError,
)
from app.jobs.models import ControlRequest, Progress
from app.limits import Limits
from app.storage.artifacts import SavedImage
from app.webui.answers import Generation
from app.webui.node import IDLE, TaskState, WebUINode

TOO_MANY_REQUESTS = 429
SLOWEST_POLL = 16  # times the usual interval, for a WebUI that is asked too often


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHooks:
    """Who is told and asked while a job runs.

    Args:
        on_progress: gets how far the job is, at the start of each request and at every look.
        on_images: gets the images so far, when there are more.
        control: returns what somebody has asked of the job.
        on_put_back: gets options that the job overrode and that were put back after it.
        on_skipped: is called when an image was skipped as asked.
    """

    on_progress: Callable[[Progress], None]
    on_images: Callable[[Sequence[SavedImage]], None]
    on_put_back: Callable[[Mapping[str, Any]], None]
    control: Callable[[], ControlRequest | None]
    on_skipped: Callable[[], None]


def error_of(asked: ControlRequest | None) -> AppError | None:
    """Return the error that ends a job of which this was asked, if it ends it."""
    if asked is ControlRequest.CANCEL:
        return JobCancelledError("cancelled")
    if asked is ControlRequest.STOP:
        return JobStoppedError("the app was stopped while this job was running")
    if asked is ControlRequest.LOST:
        return JobLostError("the job was taken off this worker, which had counted as dead")
    return None


class RequestMonitor:
    """One request, from the moment it is sent to its answer.

    Args:
        node: the WebUI that works on it.
        hooks: who is told and asked.
        limits: how often to look, and how long to wait after an interrupt.
        start: how far the job is before it.
        share: how much of its stage it is, from 0 to 1.
        task_id: by which the WebUI knows it, if it has one.
        deadline: when the job's time is up, on the monotonic clock.
    """

    def __init__(
        self,
        node: WebUINode,
        hooks: JobHooks,
        limits: Limits,
        *,
        start: Progress,
        share: float,
        task_id: str | None,
        deadline: float,
    ) -> None:
        self._node, self._hooks, self._limits = node, hooks, limits
        self._start, self._share = start, share
        self._task_id, self._deadline = task_id, deadline
        self.verdict: AppError | None = None
        """Why the request was ended early, if it was."""
        self.batches_done = 0
        """How many of its batches were whole at the last look."""
        self._give_up_at = float("inf")
        self._interrupted = False
        self._moved_at = self._looked_at = time.monotonic()
        self._poll_s = limits.poll_s
        self._last = IDLE
        self._restarts_before = node.restarts

    def run(self, send: Callable[[], Generation]) -> Generation:
        """Send the request and return its answer.

        Where `verdict` is set afterwards, the answer is what was made before the job was ended.

        Raises:
            JobCancelledError, JobStoppedError: if that was asked before, or meanwhile and no answer
                came.
            TookTooLongError: if the job's time was up, and no answer came.
            OutcomeUnknownError: if the connection was lost; says what the WebUI knows of it.
            AppError: what `send` raises.
        """
        if verdict := error_of(self._hooks.control()):
            raise verdict
        self._tell(IDLE)
        with ThreadPoolExecutor(1, "generation") as pool:
            future = pool.submit(send)
            try:
                self._wait(future)
            finally:
                if not future.done():
                    self._node.client.abort()
            answer = self._result(future)
        self._node.answered()
        return answer

    def _wait(self, future: Future[Generation]) -> None:
        while not wait([future], self._poll_s).done:
            if time.monotonic() > self._give_up_at:
                return
            self._look()

    def _result(self, future: Future[Generation]) -> Generation:
        try:
            answer = future.result()
        except OutcomeUnknownError as error:
            raise self.verdict or self._ask(error) from error
        except AppError as error:
            raise self.verdict or error from error
        return answer

    def _ask(self, error: OutcomeUnknownError) -> OutcomeUnknownError:
        """Ask the WebUI about a request whose answer was lost; return what is known.

        What it still works on is stopped and waited for, so that the next job finds it idle.
        """
        self._node.fell_silent()
        said = f"{error}; asked again: "
        try:
            if self._node.restarts_seen() > self._restarts_before:
                return WebUIGoneError(f"{said}the WebUI was restarted meanwhile")
            state = self._node.task_state(self._task_id)
            if state.running or state.waiting:
                self._clear_away()
        except WebUIUnreachableError as silence:
            return WebUIGoneError(f"{said}{silence}")
        except WebUIError as silence:
            return OutcomeUnknownError(f"{said}{silence}")
        return OutcomeUnknownError(f"{said}{_fate(state)}")

    def _clear_away(self) -> None:
        deadline = time.monotonic() + self._limits.lost_request_wait_s
        while time.monotonic() < deadline:
            state = self._node.task_state(self._task_id)
            if not state.running and not state.waiting:
                return
            self._interrupt(state)
            time.sleep(self._limits.poll_s)

    def _look(self) -> None:
        """Look in once; what can't be seen or done now is tried again at the next look."""
        try:
            state = self._node.task_state(self._task_id, is_open=True)
            self._poll_s = self._limits.poll_s
            self._tell(state)
            self._take_no_time_from_job(state)
            self._obey(self._hooks.control(), state)
        except WebUIError as error:
            if isinstance(error, WebUIAnswerError) and error.status == TOO_MANY_REQUESTS:
                self._poll_s = min(2 * self._poll_s, SLOWEST_POLL * self._limits.poll_s)
            self._tell(self._last)
            self._obey(self._hooks.control(), self._node.unseen_state())

    def _take_no_time_from_job(self, state: TaskState) -> None:
        """Move the deadline while the request waits in the WebUI's line behind somebody else's."""
        now = time.monotonic()
        if state.waiting:
            self._deadline += now - self._looked_at
        self._looked_at = now

    def _tell(self, seen: TaskState) -> None:
        state = _forward(self._last, seen)
        if _position(state) != _position(self._last):
            self._moved_at = time.monotonic()
        self._last = state
        self.batches_done = state.batch or self.batches_done
        self._hooks.on_progress(self._progress(time.monotonic() - self._moved_at))

    def _progress(self, stalled_s: float) -> Progress:
        state = self._last
        return replace(
            self._start,
            fraction=self._start.fraction + state.fraction * self._share,
            step=state.step,
            steps=state.steps,
            eta_s=state.eta_s,
            text=state.text,
            stalled_s=stalled_s,
            stall_warning=stalled_s >= self._limits.stall_warning_s,
        )

    def _obey(self, asked: ControlRequest | None, state: TaskState) -> None:
        if asked is ControlRequest.SKIP:
            self._skip(state)
        elif verdict := error_of(asked) or self.verdict or self._out_of_time():
            self._end(verdict, state)

    def _out_of_time(self) -> AppError | None:
        if time.monotonic() < self._deadline:
            return None
        ceiling_s = self._limits.job_ceiling_s
        return TookTooLongError(f"the job took longer than {ceiling_s:g} s and was given up")

    def _skip(self, state: TaskState) -> None:
        if state.running and self._task_id is not None:
            self._node.client.skip()
            self._hooks.on_skipped()

    def _end(self, verdict: AppError, state: TaskState) -> None:
        """Let the request end early; one that waits in the WebUI's line is waited for."""
        now = time.monotonic()
        if self.verdict is None or state.waiting:
            self._give_up_at = now + self._limits.stop_grace_s
        self.verdict = verdict
        self._interrupt(state)

    def _interrupt(self, state: TaskState) -> None:
        """Interrupt the WebUI, and only while it works on this very request.

        Once is enough where the WebUI says that it works on it; elsewhere the request may just have
        begun, and what was said before is forgotten.
        """
        if state.running and self._task_id is not None and not self._interrupted:
            self._node.client.interrupt()
            self._interrupted = self._node.kind().knows_tasks


def _forward(last: TaskState, seen: TaskState) -> TaskState:
    """Return what was seen; a task that has just ended, or not begun, loses nothing it had."""
    if not seen.running and not seen.waiting:
        return last
    return replace(seen, fraction=max(seen.fraction, last.fraction))


def _position(state: TaskState) -> tuple[float, int | None, str | None]:
    return state.fraction, state.step, state.text


def _fate(state: TaskState) -> str:
    """Say what the WebUI knows of a request whose answer was lost."""
    if state.running:
        return "the WebUI was still working on it"
    if state.waiting:
        return "the WebUI had it in its line"
    if state.completed:
        return "the WebUI finished it, but the images are lost"
    return "the WebUI is not working on it"
