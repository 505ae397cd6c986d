"""What waits and runs, and changing it."""

import os
import socket
from typing import Any, Literal

from flask.typing import ResponseReturnValue
from pydantic import Field

from app.config.pipeline_config import find_problems
from app.engine.preflight import refuse_unfit
from app.errors import RefusedError
from app.gui.change_watch import progress_json
from app.gui.context import gui
from app.gui.endpoints import API, Body, Endpoints, Query
from app.gui.rows import job_row
from app.gui.views.connections import runner_row
from app.jobs.job_history import HistoryFilter
from app.jobs.models import JobRecord, JobStatus
from app.jobs.workers import WorkerRecord

queue = Endpoints("queue")
MANY_JOBS = 50


class QueueQuery(Query):
    """How many waiting jobs to list."""

    limit: int = Field(default=500, ge=0, le=10_000)


class PauseBody(Body):
    """Why it is paused."""

    reason: str = "paused by hand"


class IdsBody(Body):
    """Which jobs are meant."""

    ids: list[str]


class IdBody(Body):
    """Which job is meant."""

    id: str


class BeforeBody(Body):
    """The waiting job before which others go."""

    before: str


class MoveBody(Body):
    """Which waiting jobs go where."""

    ids: list[str]
    to: Literal["top", "bottom"] | BeforeBody


class ChangesBody(Body):
    """What is different; what is not named stays."""

    prompt: str | None = None
    negative_prompt: str | None = None
    config: dict[str, Any] | None = None

    def as_said(self) -> dict[str, Any]:
        """Return the changes that were named.

        Raises:
            RefusedError: if there are none, or a setting is wrong; names the field.
        """
        if problems := find_problems(self.config or {}):
            raise RefusedError(problems[0].sentence, f"changes.config.{problems[0].key}")
        if changes := self.model_dump(exclude_none=True):
            return changes
        raise RefusedError("nothing is changed", "changes")


class EditBody(Body):
    """Which job, and what is different."""

    id: str
    changes: ChangesBody


class RetryBody(Body):
    """Which past jobs: by their ids, or all of a status."""

    ids: list[str] = Field(default_factory=list)
    status: Literal["failed", "interrupted", "cancelled"] = "failed"
    yes: bool = False


@queue.get("/queue", QueueQuery)
def look(query: QueueQuery) -> ResponseReturnValue:
    """Answer with the running jobs, and the waiting ones in the order in which they will run."""
    app, pause = gui().application, gui().application.queue.pause_state()
    live = app.queue.list_jobs(limit=query.limit)
    return {
        "running": [_running(job) for job in live if job.status is JobStatus.RUNNING],
        "queued": [job_row(job) for job in live if job.status is JobStatus.QUEUED],
        "counts": app.queue.counts(),
        "paused": pause.paused,
        "reason": pause.reason,
        "runners": [runner_row(runner) for runner in app.runners],
        "workers": [_worker(worker) for worker in app.registry.workers()],
    }


@queue.post("/queue/pause", PauseBody)
def pause(body: PauseBody) -> ResponseReturnValue:
    """Let no QUEUE job start; the running one goes on, DIRECT ones run."""
    gui().application.job_service.pause(body.reason)
    return {}


@queue.post("/queue/resume")
def resume() -> ResponseReturnValue:
    """Let QUEUE jobs start again."""
    gui().application.job_service.resume()
    return {}


@queue.post("/queue/cancel", IdsBody)
def cancel(body: IdsBody) -> ResponseReturnValue:
    """Cancel jobs, all or none; a running one is interrupted on its WebUI."""
    cancelled = gui().application.job_service.cancel(dict.fromkeys(body.ids))
    return {"jobs": [job_row(job) for job in cancelled]}


@queue.post("/queue/skip", IdBody)
def skip(body: IdBody) -> ResponseReturnValue:
    """Skip the image that a running job is making; it goes on with its next."""
    gui().application.job_service.skip(body.id)
    return {}


@queue.post("/queue/move", MoveBody)
def move(body: MoveBody) -> ResponseReturnValue:
    """Put waiting jobs first, last, or before another one, in the order given."""
    service, to = gui().application.job_service, body.to
    if to == "top":
        service.move_to_front(body.ids)
    else:
        service.move_before(body.ids, to.before if isinstance(to, BeforeBody) else None)
    return {}


@queue.post("/queue/edit", EditBody)
def edit(body: EditBody) -> ResponseReturnValue:
    """Queue a job again with something changed; a waiting one is replaced where it stands."""
    service = gui().application.job_service
    edits = service.plan_edit([body.id], body.changes.as_said())
    refuse_unfit([spec for _, spec in edits], gui().webuis.inventories())
    return {"job_ids": service.replace(edits)}, 201


@queue.post("/queue/retry", RetryBody)
def retry(body: RetryBody) -> ResponseReturnValue:
    """Queue past jobs again, those that were made again already left out.

    Many are only counted until the order comes with `yes`.
    """
    app = gui().application
    ids = body.ids or _newest_first(JobStatus(body.status))
    again = app.history.made_again(ids)
    chosen = [job_id for job_id in reversed(ids) if job_id not in again]
    if len(chosen) > MANY_JOBS and not body.yes:
        return {"job_ids": [], "count": len(chosen), "left_out": len(again), "asks": True}
    specs = app.job_service.plan_retry(chosen)
    refuse_unfit(specs, gui().webuis.inventories())
    job_ids = app.job_service.submit(specs)
    return {"job_ids": job_ids, "count": len(chosen), "left_out": len(again), "asks": False}, 201


def _newest_first(status: JobStatus) -> list[str]:
    every = gui().application.history.every_job(HistoryFilter(status=status))
    return [job.job_id for job in every]


def _worker(worker: WorkerRecord) -> dict[str, Any]:
    """Return a worker of whatever process and host; `here` where it is one of this page's."""
    host = socket.gethostname()
    return {
        "name": worker.webui or worker.worker,
        "host": worker.host,
        "process": worker.process,
        "job_id": worker.job_id,
        "started_at": worker.started_at,
        "alive": worker.alive,
        "here": (worker.host, worker.process) == (host, os.getpid()),
    }


def _running(job: JobRecord) -> dict[str, Any]:
    """Return a running job with how far it is, where this process runs it."""
    runner = gui().runner_of(job.job_id)
    progress = runner.progress if runner else None
    return {
        **job_row(job),
        "progress": progress_json(progress) if progress else None,
        "worker": runner.node.name if runner else None,
        "preview_url": f"{API}/previews/{job.job_id}" if runner else None,
    }
