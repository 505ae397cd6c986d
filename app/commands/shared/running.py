"""Running jobs in the foreground: bars while they run, a line when one ends, Ctrl-C in good order.

`run` and `history replay` run their own jobs, `work` whatever is queued.
"""

import os
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress

from app.bootstrap import Application
from app.commands.shared.interrupts import Interrupts, interrupts
from app.commands.shared.job_rows import shown_json, summary_of, took_s
from app.commands.shared.output import count, duration, notice, print_json, say, shortened
from app.commands.shared.pausing import say_if_paused
from app.commands.shared.progress_bars import WorkBars
from app.commands.shared.reaching import require_webui
from app.errors import HomeError, TransitionError, WebUIUnreachableError
from app.jobs.models import JobRecord, JobSpec, JobStatus

LOOK_S = 0.1  # between two looks at what runs
REMEMBERED = 1000  # jobs that have ended, where there is no end to them
SAY_AFTER_S = 2.0  # a wait that lasts as long is said where no bars are drawn
ABANDONED = (
    "stopped by a second Ctrl-C before the WebUI had answered; it may still be working on this job"
)
_MARKS = {
    JobStatus.SUCCEEDED: ("✓", "green"),
    JobStatus.FAILED: ("✗", "red"),
    JobStatus.CANCELLED: ("-", "yellow"),
    JobStatus.INTERRUPTED: ("!", "magenta"),
    JobStatus.EDITED: ("-", "dim"),
}


def run_jobs(app: Application, specs: Sequence[JobSpec], *, as_json: bool) -> int:
    """Submit jobs, run them, and print what came of them; return the exit status.

    Printed are the paths of the last stage's images, or the records as JSON, newest first.

    Raises:
        AppError: if no WebUI can be used; nothing was submitted then.
    """
    require_webui([runner.node for runner in app.runners], app.limits)
    job_ids = app.job_service.submit(specs)
    status = Foreground(app, job_ids).go()
    jobs = [app.history.get(job_id) for job_id in job_ids]
    if as_json:
        print_json([shown_json(job, app.files) for job in reversed(jobs)])
    else:
        _print_images(app, jobs)
        _say_waiting(app, jobs)
    return status or int(any(job.status is not JobStatus.SUCCEEDED for job in jobs))


def _print_images(app: Application, jobs: Sequence[JobRecord]) -> None:
    for job in jobs:
        for image in job.images:
            if image.get("stage") in job.stages[-1:]:
                say(app.files / image["path"])


def _say_waiting(app: Application, jobs: Sequence[JobRecord]) -> None:
    waiting = [job for job in jobs if not job.status.is_terminal]
    if waiting:
        say_if_paused(app)
        notice(f"{count(len(waiting), 'job')} not run.", "yellow")


class AwaitedJobs:
    """Jobs that are waited for, by the runners' threads and the main one.

    Args:
        app: whose jobs they are.
        job_ids: in the order in which they were added, or None when it is not about certain jobs.
    """

    def __init__(self, app: Application, job_ids: Sequence[str] | None) -> None:
        self._history, self._lock = app.history, threading.Lock()
        self._rest = deque(job_ids or ())
        self._ended: list[JobRecord] = []
        self.are_certain = job_ids is not None
        """Whether certain jobs are waited for."""

    def are_done(self) -> bool:
        """Return whether all have ended; they do in about their order, so the front is asked."""
        with self._lock:
            while self._rest and (job := self._history.get(self._rest[0])).status.is_terminal:
                self._rest.popleft()
                self._ended.append(job)
            return self.are_certain and not self._rest

    def rest(self) -> list[str]:
        """Return those that may not have ended yet."""
        with self._lock:
            return list(self._rest)

    def among(self, jobs: Iterable[JobRecord]) -> list[str]:
        """Return the ids of those of the jobs that are waited for."""
        with self._lock:
            return [job.job_id for job in jobs if job.job_id in self._rest]

    def take_ended(self) -> list[JobRecord]:
        """Return those that have ended since this was last asked."""
        with self._lock:
            ended, self._ended = self._ended, []
        return ended


class Foreground:
    """One foreground run.

    Args:
        app: whose runners do the work.
        mine: the jobs to wait for; None means until nothing more can run.
        stays: whether to wait for further jobs, and for the WebUI, until it is told to end.
    """

    def __init__(
        self, app: Application, mine: Sequence[str] | None = None, *, stays: bool = False
    ) -> None:
        self.ended: deque[JobRecord] = deque(maxlen=REMEMBERED if stays else None)
        """The jobs that have ended, of one that stays the last ones."""
        self.tally = Counter[JobStatus]()
        """How many have ended, by their state."""
        self._stays = stays
        self._app = app
        self._mine = AwaitedJobs(app, mine)
        self._ids = frozenset(mine or ())
        self._noted: dict[str, None] = {}
        self._noting = threading.Lock()
        self._is_stopped = False
        self._cancelled: set[str] = set()
        self._waits_for, self._waits_since = "", 0.0
        self._said: set[str] = set()
        self._started = time.monotonic()

    def go(self) -> int:
        """Run until done; return what the command ends with.

        A second Ctrl-C ends the process from within.
        """
        with interrupts() as caught, WorkBars() as bars:
            end_telling = self._app.runner.subscribe_to_ends(lambda job: self._note(job, bars))
            self._app.runner.start(
                enough=lambda: caught.asked.is_set() or self._mine.are_done(), stays=self._stays
            )
            try:
                self._watch(caught, bars)
                if caught.hurried.is_set():
                    self._leave_at_once(caught, bars)
            finally:
                self._app.runner.stop()
                end_telling()
            self._note_others(bars)
        return caught.status or self._status()

    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self._started

    def _watch(self, caught: Interrupts, bars: WorkBars) -> None:
        while not caught.hurried.is_set() and not self._is_done(caught):
            if caught.asked.is_set():
                self._stop_all(bars)
            self._end_without_runner()
            self._note_others(bars)
            self._draw(bars)
            self._app.queue.wait_for_change(LOOK_S)

    def _is_done(self, caught: Interrupts) -> bool:
        """Return whether nothing more is to run, asked before whether something does."""
        over = caught.asked.is_set() and self._is_stopped
        over = over or self._mine.are_done()
        over = over or not (self._stays or self._app.queue.has_next())
        return over and not self._running_elsewhere() and not self._is_busy()

    def _end_without_runner(self) -> None:
        """End the command where a runner ended; nobody else would run what it waits for.

        Raises:
            AppError: why it ended.
        """
        for runner in self._app.runners:
            if failure := runner.failure():
                raise failure

    def _is_busy(self) -> bool:
        return any(runner.is_busy for runner in self._app.runners)

    def _running_elsewhere(self) -> list[str]:
        """Return which of the awaited jobs another process runs."""
        here = self._running_here()
        running = self._mine.among(self._app.queue.running_jobs())
        return [job_id for job_id in running if job_id not in here]

    def _running_here(self) -> set[str]:
        jobs = [runner.job for runner in self._app.runners]
        return {job.job_id for job in jobs if job}

    def _stop_all(self, bars: WorkBars) -> None:
        """Let nothing more start here, cancel what this process runs, and what it waits for."""
        if not self._is_stopped:
            bars.say(_stopping_words(is_run=self._mine.are_certain), "yellow")
            self._app.job_service.withdraw(self._mine.rest())
            self._is_stopped = True
        running = self._running_here()
        self._app.job_service.withdraw(running - self._cancelled)
        self._cancelled |= running

    def _leave_at_once(self, caught: Interrupts, bars: WorkBars) -> None:
        """Record how the running jobs end, and end the process, whatever its threads wait for."""
        for runner in self._app.runners:
            with suppress(HomeError, TransitionError):
                for job_id in runner.abandon(ABANDONED):
                    self._note(self._app.history.get(job_id), bars)
        bars.stop()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(caught.status)

    def _draw(self, bars: WorkBars) -> None:
        progresses = [runner.progress for runner in self._app.runners]
        running = [progress for progress in progresses if progress]
        waiting = self._app.queue.counts()
        done = self.tally.total()
        total = len(self._ids) or done + sum(waiting.values())
        bars.show(done, total, running, self.seconds(), self._waiting_words(bars))

    def _waiting_words(self, bars: WorkBars) -> str:
        """Return what keeps jobs waiting; where no bars are drawn, say it when it lasts."""
        reasons = [runner.waits_for for runner in self._app.runners if runner.waits_for]
        reasons += [f"another process runs job {job_id}" for job_id in self._running_elsewhere()]
        pause = self._app.queue.pause_state()
        if pause.paused and self._app.queue.counts()[JobStatus.QUEUED]:
            reasons.append(f"the queue is paused{pause.reason and f': {pause.reason}'}")
        words = "; ".join(dict.fromkeys(reasons))
        if words != self._waits_for:
            self._waits_for, self._waits_since = words, time.monotonic()
        if self._stays and not words:
            self._said.clear()  # what lasts again is said again
        lasts = words and time.monotonic() - self._waits_since >= SAY_AFTER_S
        if lasts and words not in self._said and not bars.console.is_terminal:
            self._said.add(words)
            bars.say(f"Waiting: {words}.", "yellow")
        return words

    def _note_others(self, bars: WorkBars) -> None:
        """Tell of awaited jobs that ended in another process."""
        for job in self._mine.take_ended():
            self._note(job, bars)

    def _note(self, job: JobRecord, bars: WorkBars) -> None:
        with self._noting:  # a runner's thread and the main one may tell of the same job
            if job.job_id in self._noted:
                return
            self._noted[job.job_id] = None
            if self._stays and len(self._noted) > REMEMBERED:
                del self._noted[next(iter(self._noted))]
        self.ended.append(job)
        self.tally[job.status] += 1
        mark, style = _MARKS[job.status]
        told = shortened(summary_of(job), 300 if job.error or job.warnings else 60)
        bars.say(f"{mark} {job.job_id}  {duration(took_s(job)):>8}  {told}", style)

    def _status(self) -> int:
        counted = [job for job in self.ended if job.job_id in self._ids or not self._ids]
        bad = [job for job in counted if job.status in {JobStatus.FAILED, JobStatus.INTERRUPTED}]
        silent = any(
            isinstance(runner.node.why_not_ready(), WebUIUnreachableError)
            for runner in self._app.runners
            if bad or self._app.queue.pause_state().paused
        )
        return WebUIUnreachableError.exit_status if silent else int(bool(bad))


def _stopping_words(*, is_run: bool) -> str:
    rest = "what this command added is withdrawn" if is_run else "the rest waits"
    return f"Stopping: the running job is cancelled, {rest}."
