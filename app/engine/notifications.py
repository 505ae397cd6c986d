"""Tells a webhook when jobs fail, when the queue pauses, and when all is done."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

from app.errors import AppError, HomeError
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobRecord, JobStatus
from app.limits import Limits
from app.webui.webhook import Webhook

_MOST_WAITING = 100  # messages; where nobody takes them, the oldest are dropped
Message = Mapping[str, Any]


class Ends(Protocol):
    """What tells of jobs that have ended."""

    def subscribe_to_ends(self, listener: Callable[[JobRecord], None]) -> Callable[[], None]:
        """Have `listener` called with each job that has ended; return what ends that."""


class Notifications:
    """As a context manager it looks at the queue and posts, in a thread of its own.

    A message has `event` (failed, paused or finished), `text` and `content`, a sentence for chats,
    and facts: `job_id` and `error`, `reason` and `waiting`, or how many jobs came to which end.

    Args:
        webhook: where to post.
        queue: whose pauses are told, and its end.
        runners: whose failures are told.
        limits: how often to look.
        on_trouble: is called with a sentence when a message was not taken.
    """

    def __init__(
        self,
        webhook: Webhook,
        queue: JobQueue,
        runners: Ends,
        limits: Limits,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._webhook, self._queue, self._runners = webhook, queue, runners
        self._limits, self._on_trouble = limits, on_trouble
        self._waiting: deque[Message] = deque(maxlen=_MOST_WAITING)
        self._tally: Counter[str] = Counter()
        self._began_at = time.monotonic()
        self._pause: str | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._end_listening: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        self._stopping.clear()
        self._end_listening = self._runners.subscribe_to_ends(self._job_ended)
        self._thread = threading.Thread(target=self._work, name="notifications")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking; what is not told yet is told first."""
        self._end_listening()
        self._stopping.set()
        self._queue.wake()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._look_and_post()
            self._queue.wait_for_change(self._limits.idle_poll_s)
        self._look_and_post()
        self._say_finished()
        self._post_all()

    def _look_and_post(self) -> None:
        try:
            self._look()
        except HomeError as error:
            self._on_trouble(f"{error}")
        self._post_all()

    def _look(self) -> None:
        state, counts = self._queue.pause_state(), self._queue.counts()
        if not state.paused:
            self._pause = None
        elif self._pause != state.reason:
            self._pause, waiting = state.reason, counts[JobStatus.QUEUED]
            text = f"The queue is paused{state.reason and f': {state.reason}'}; {waiting} waiting."
            self._say("paused", text, reason=state.reason, waiting=waiting)
        if not any(counts.values()):
            self._say_finished()

    def _job_ended(self, job: JobRecord) -> None:
        if not self._tally:
            self._began_at = time.monotonic()
        self._tally[job.status] += 1
        if job.status in {JobStatus.FAILED, JobStatus.INTERRUPTED}:
            text = f"Job {job.job_id} {job.status}: {job.error}"
            self._say("failed", text, job_id=job.job_id, status=job.status, error=job.error)

    def _say_finished(self) -> None:
        """Say what came of the jobs that ended since it was last said, if any did."""
        tally, self._tally = self._tally, Counter()
        if tally:
            seconds = round(time.monotonic() - self._began_at, 1)
            said = ", ".join(f"{number} {status}" for status, number in tally.items())
            self._say("finished", f"Finished: {said}.", **tally, seconds=seconds)

    def _say(self, event: str, text: str, **facts: Any) -> None:
        self._waiting.append({"event": event, "text": text, "content": text, **facts})

    def _post_all(self) -> None:
        while self._waiting:
            try:
                self._webhook.post(self._waiting.popleft())
            except AppError as error:
                self._on_trouble(f"{error}")
