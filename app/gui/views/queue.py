"""What waits and runs, and changing it."""

from typing import Any

from flask.typing import ResponseReturnValue

from app.gui.change_watch import progress_json
from app.gui.context import gui
from app.gui.endpoints import API, Body, Endpoints, Query
from app.gui.rows import job_row
from app.gui.views.connections import runner_row
from app.jobs.models import JobRecord, JobStatus

queue = Endpoints("queue")


class QueueQuery(Query):
    """How many waiting jobs to list."""

    limit: int = 500


class PauseBody(Body):
    """Why it is paused."""

    reason: str = "paused by hand"


class IdsBody(Body):
    """Which jobs are meant."""

    ids: list[str]


class IdBody(Body):
    """Which job is meant."""

    id: str


@queue.get("/queue", QueueQuery)
def look(query: QueueQuery) -> ResponseReturnValue:
    """Answer with the running jobs, and the waiting ones in the order in which they will run."""
    app, pause = gui().application, gui().application.queue.pause_state()
    live = app.queue.list_jobs(limit=max(query.limit, 0))
    return {
        "running": [_running(job) for job in live if job.status is JobStatus.RUNNING],
        "queued": [job_row(job) for job in live if job.status is JobStatus.QUEUED],
        "counts": app.queue.counts(),
        "paused": pause.paused,
        "reason": pause.reason,
        "runners": [runner_row(runner) for runner in app.runners],
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


def _running(job: JobRecord) -> dict[str, Any]:
    """Return a running job with how far it is, where this process runs it."""
    runner = next(
        (r for r in gui().application.runners if r.job and r.job.job_id == job.job_id), None
    )
    progress = runner.progress if runner else None
    return {
        **job_row(job),
        "progress": progress_json(progress) if progress else None,
        "worker": runner.node.name if runner else None,
        "preview_url": f"{API}/previews/{job.job_id}" if runner else None,
    }
