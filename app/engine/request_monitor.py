"""Staying with a generation request while the WebUI works on it.

The request waits in a thread of its own. Meanwhile this one looks in at intervals: how far is it,
does the user want it cancelled or its image skipped, has it stalled, does it take too long.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TypeVar

from app.errors import (
    AppError,
    JobCancelledError,
    JobStoppedError,
    OutcomeUnknownError,
    TookTooLongError,
    WebUIError,
)
from app.jobs.models import Wish
from app.limits import Limits
from app.webui.node import IDLE, TaskState, WebUINode

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who is told and asked while a request runs.

    Args:
        on_state: gets the state of the request and the seconds since it last moved.
        wish: returns what somebody wants of the job now.
        skipped: is called when an image was skipped as wished.
    """

    on_state: Callable[[TaskState, float], None]
    wish: Callable[[], Wish | None]
    skipped: Callable[[], None]


def verdict_of(wish: Wish | None) -> AppError | None:
    """Return the error that ends a job of which somebody wants this."""
    if wish is Wish.CANCEL:
        return JobCancelledError("cancelled")
    if wish is Wish.STOP:
        return JobStoppedError("the app was stopped while this job was running")
    return None


class Attendance:
    """One request, from the moment it is sent to its answer.

    Args:
        node: the WebUI that works on it.
        task_id: by which the WebUI knows it, if it has one.
        deadline: when the job's time is up, on the monotonic clock.
        observer: who is told and asked.
        limits: how often to look, and how long to wait after an interrupt.
    """

    def __init__(
        self,
        node: WebUINode,
        task_id: str | None,
        deadline: float,
        observer: Observer,
        limits: Limits,
    ) -> None:
        self._node, self._task_id, self._deadline = node, task_id, deadline
        self._observer, self._limits = observer, limits
        self._verdict: AppError | None = None
        self._give_up_at = float("inf")
        self._interrupted = False
        self._moved_at = time.monotonic()
        self._last = IDLE

    def attend(self, send: Callable[[], Answer]) -> Answer:
        """Send the request and return its answer.

        Raises:
            JobCancelledError, JobStoppedError: if that was wished meanwhile.
            TookTooLongError: if the job's time was up.
            OutcomeUnknownError: if the connection was lost; says what the WebUI knows of it.
            AppError: what `send` raises.
        """
        with ThreadPoolExecutor(1, "generation") as pool:
            future = pool.submit(send)
            try:
                self._wait(future)
            finally:
                if not future.done():
                    self._node.client.abort()
            return self._result(future)

    def _wait(self, future: Future[Answer]) -> None:
        while not wait([future], self._limits.poll_s).done:
            if time.monotonic() > self._give_up_at:
                return
            self._look()

    def _result(self, future: Future[Answer]) -> Answer:
        try:
            answer = future.result()
        except OutcomeUnknownError as error:
            raise self._verdict or self._ask(error) from error
        if self._verdict is not None:
            raise self._verdict
        return answer

    def _ask(self, error: OutcomeUnknownError) -> OutcomeUnknownError:
        """Ask the WebUI about a request whose answer was lost; return what is known.

        What it still works on is stopped and waited for, so that the next job finds it idle.
        """
        self._node.fell_silent()
        try:
            state = self._node.task_state(self._task_id)
            known = _fate(state)
            if state.running or state.waiting:
                self._clear_away()
        except WebUIError as silence:
            known = str(silence)
        return OutcomeUnknownError(f"{error}; asked again: {known}")

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
            state = self._node.task_state(self._task_id)
            self._tell(state)
            self._obey(self._observer.wish(), state)
        except WebUIError:
            self._tell(self._last)
            self._obey(self._observer.wish(), IDLE)

    def _tell(self, seen: TaskState) -> None:
        state = _forward(self._last, seen)
        if _position(state) != _position(self._last):
            self._moved_at = time.monotonic()
        self._last = state
        self._observer.on_state(state, time.monotonic() - self._moved_at)

    def _obey(self, wish: Wish | None, state: TaskState) -> None:
        if wish is Wish.SKIP:
            self._skip(state)
        elif verdict := verdict_of(wish) or self._verdict or self._out_of_time():
            self._end(verdict, state)

    def _out_of_time(self) -> AppError | None:
        if time.monotonic() < self._deadline:
            return None
        ceiling_s = self._limits.job_ceiling_s
        return TookTooLongError(f"the job took longer than {ceiling_s:g} s and was given up")

    def _skip(self, state: TaskState) -> None:
        if state.running and self._task_id is not None:
            self._node.client.skip()
            self._observer.skipped()

    def _end(self, verdict: AppError, state: TaskState) -> None:
        """Let the request end early; one that waits in the WebUI's line is waited for."""
        now = time.monotonic()
        if self._verdict is None or state.waiting:
            self._give_up_at = now + self._limits.stop_grace_s
        self._verdict = verdict
        self._interrupt(state)

    def _interrupt(self, state: TaskState) -> None:
        """Interrupt the WebUI, once, and only while it works on this very request."""
        if state.running and self._task_id is not None and not self._interrupted:
            self._node.client.interrupt()
            self._interrupted = True


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
