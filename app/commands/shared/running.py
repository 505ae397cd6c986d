"""Running jobs in the foreground: bars while they run, a line when one ends, Ctrl-C in good order.

`run` and `history replay` run their own jobs, `work` whatever is queued.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from textwrap import shorten

import click

from app.bootstrap import Application
from app.commands.shared.interrupts import Interrupts, interrupts
from app.commands.shared.job_rows import job_json, summary_of, took_s
from app.commands.shared.output import count, duration, notice, print_json
from app.commands.shared.pausing import say_if_paused
from app.commands.shared.progress_bars import WorkBars
from app.commands.shared.reaching import require_webui
from app.errors import TransitionError, WebUIUnreachableError
from app.jobs.models import JobRecord, JobSpec, JobStatus, RunMode

LOOK_S = 0.1  # between two looks at what runs
_MARKS = {
    JobStatus.SUCCEEDED: ("✓", "green"),
    JobStatus.FAILED: ("✗", "red"),
    JobStatus.CANCELLED: ("-", "yellow"),
    JobStatus.INTERRUPTED: ("!", "magenta"),
}


def run_jobs(app: Application, specs: Sequence[JobSpec], *, as_json: bool) -> int:
    """Submit jobs, run them, and print what came of them; return the exit status.

    Printed are the paths of the last stage's images, or the records as JSON, newest first.

    Raises:
        AppError: if no WebUI can be used; nothing was submitted then.
    """
    require_webui([runner.node.client for runner in app.runners])
    job_ids = app.job_service.submit(specs)
    status = Foreground(app, job_ids).go()
    jobs = [app.history.get(job_id) for job_id in job_ids]
    if as_json:
        print_json([job_json(job) for job in reversed(jobs)])
    else:
        _print_images(app, jobs)
        _say_waiting(app, jobs)
    return status or int(any(job.status is not JobStatus.SUCCEEDED for job in jobs))


def _print_images(app: Application, jobs: Sequence[JobRecord]) -> None:
    for job in jobs:
        last = job.config.stages()[-1]
        for image in job.images:
            if image["stage"] == last:
                click.echo(app.home / image["path"])


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
        self._is_any = job_ids is not None

    def are_done(self) -> bool:
        """Return whether all have ended; they do in about their order, so the front is asked."""
        with self._lock:
            while self._rest and self._history.get(self._rest[0]).status.is_terminal:
                self._rest.popleft()
            return self._is_any and not self._rest

    def rest(self) -> list[str]:
        """Return those that may not have ended yet."""
        with self._lock:
            return list(self._rest)


class Foreground:
    """One foreground run.

    Args:
        app: whose runners do the work.
        mine: the jobs to wait for; None means until nothing more can run.
    """

    def __init__(self, app: Application, mine: Sequence[str] | None = None) -> None:
        self.ended: list[JobRecord] = []
        self._app = app
        self._mine = AwaitedJobs(app, mine)
        self._total = len(mine or ())
        self._is_stopped = False
        self._cancelled: set[str] = set()
        self._started = time.monotonic()

    def go(self) -> int:
        """Run until done; return what the command ends with."""
        with interrupts() as caught, WorkBars() as bars:
            end_telling = self._app.runner.subscribe_to_ends(lambda job: self._note(job, bars))
            self._app.runner.start(enough=lambda: caught.asked.is_set() or self._mine.are_done())
            try:
                self._watch(caught, bars)
            finally:
                self._app.runner.stop()
                end_telling()
        return caught.status or self._status()

    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self._started

    def _watch(self, caught: Interrupts, bars: WorkBars) -> None:
        while not self._is_done(caught):
            if caught.asked.is_set():
                self._stop_all(bars)
            self._draw(bars)
            self._app.queue.wait_for_change(LOOK_S)

    def _is_done(self, caught: Interrupts) -> bool:
        """Return whether nothing more is to run, asked before whether something does."""
        over = caught.asked.is_set() and self._is_stopped
        over = over or self._mine.are_done() or not self._app.queue.has_next()
        return over and not any(runner.is_busy for runner in self._app.runners)

    def _stop_all(self, bars: WorkBars) -> None:
        """Let nothing more start, and cancel what runs here, each job once."""
        if not self._is_stopped:
            bars.say("Stopping: the running job is cancelled, the queue is paused.", "yellow")
            self._app.job_service.pause("stopped by hand (Ctrl-C)")
            self._cancel(job_id for job_id in self._mine.rest() if self._waits_directly(job_id))
            self._is_stopped = True
        jobs = [runner.job for runner in self._app.runners]
        running = {job.job_id for job in jobs if job}
        self._cancel(running - self._cancelled)
        self._cancelled |= running

    def _cancel(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            with suppress(TransitionError):  # it has ended meanwhile
                self._app.job_service.cancel([job_id])

    def _waits_directly(self, job_id: str) -> bool:
        """Return whether a paused queue would still run it."""
        job = self._app.history.get(job_id)
        return job.status is JobStatus.QUEUED and job.run_mode is RunMode.DIRECT

    def _draw(self, bars: WorkBars) -> None:
        progresses = [runner.progress for runner in self._app.runners]
        running = [progress for progress in progresses if progress]
        waiting = self._app.queue.counts()
        total = self._total or len(self.ended) + sum(waiting.values())
        bars.show(len(self.ended), total, running, self.seconds())

    def _note(self, job: JobRecord, bars: WorkBars) -> None:
        self.ended.append(job)
        mark, style = _MARKS[job.status]
        told = shorten(summary_of(job), 300 if job.error else 60, placeholder=" …")
        bars.say(f"{mark} {job.job_id}  {duration(took_s(job)):>8}  {told}", style)

    def _status(self) -> int:
        bad = [job for job in self.ended if job.status in {JobStatus.FAILED, JobStatus.INTERRUPTED}]
        silent = any(
            isinstance(runner.node.why_not_ready(), WebUIUnreachableError)
            for runner in self._app.runners
            if bad or self._app.queue.pause_state().paused
        )
        return WebUIUnreachableError.exit_status if silent else int(bool(bad))
