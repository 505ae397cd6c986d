"""Tells pages what changes in the queue and the history, whichever process changed it."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from app.bootstrap import Application
from app.errors import AppError, UnknownJobError
from app.gui.background import Background
from app.gui.event_hub import EventHub
from app.jobs.models import JobRecord, JobStatus, Progress


class ChangeWatch:
    """Compares the queue with what it was, at each change of this process and at intervals.

    Args:
        application: whose queue and history are watched.
        events: who is told.
    """

    def __init__(self, application: Application, events: EventHub) -> None:
        self._app, self._events = application, events
        self._thread = Background("changes", self._look)
        self._known: tuple[Any, ...] = ()
        self._running: set[str] = set()
        self._finished = 0
        self._end_telling = _nothing

    def start(self) -> None:
        """Begin to tell."""
        self._finished = self._app.history.count()
        self._end_telling = self._app.runner.subscribe(self._tell_progress)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._thread.stopping.set()
        self._app.queue.wake()
        self._thread.stop()
        self._end_telling()

    def _look(self) -> None:
        with suppress(AppError):  # a home that can't be read now may be soon
            self._compare()
        self._app.queue.wait_for_change(self._app.limits.idle_poll_s)

    def _compare(self) -> None:
        known = self._app.queue.fingerprint()
        if known == self._known:
            return
        self._known = known
        self._tell_jobs()
        counts, pause = self._app.queue.counts(), self._app.queue.pause_state()
        told = {"counts": counts, "paused": pause.paused, "reason": pause.reason}
        self._events.publish("queue", told)
        self._tell_history()

    def _tell_jobs(self) -> None:
        """Tell of jobs that have begun or ended to run."""
        running = {job.job_id: job for job in self._app.queue.running_jobs()}
        ended = self._running - running.keys()
        for job_id in running.keys() - self._running:
            self._events.publish("job", _job_event(running[job_id]))
        self._running = set(running)
        for job_id in ended:
            with suppress(UnknownJobError):
                self._events.publish("job", _job_event(self._app.history.get(job_id)))

    def _tell_history(self) -> None:
        finished = self._app.history.count()
        if finished != self._finished:
            self._finished = finished
            self._events.publish("history", {"total": finished})

    def _tell_progress(self, progress: Progress) -> None:
        self._events.publish("progress", progress_json(progress))


def _nothing() -> None:
    pass


def progress_json(progress: Progress) -> dict[str, Any]:
    """Return how far a job is, stages counted as equal in `job_fraction`."""
    return {**asdict(progress), "job_fraction": progress.job_fraction}


def _job_event(job: JobRecord) -> dict[str, Any]:
    is_over = job.status is not JobStatus.RUNNING
    return {"job_id": job.job_id, "status": job.status, "error": job.error if is_over else None}
