"""What has been made: lists, and one job whole."""

import threading
from datetime import datetime
from functools import partial
from typing import Literal

import click
from flask import request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.errors import RefusedError
from app.gui.context import gui
from app.gui.endpoints import Body, Endpoints, Query
from app.gui.pictures import picture_path
from app.gui.rows import job_page, job_row
from app.gui.safety import is_loopback
from app.jobs.image_ids import image_id
from app.jobs.job_history import HistoryFilter
from app.jobs.models import JobStatus, RunMode

history = Endpoints("history")


class HistoryQuery(Query):
    """Which finished jobs, from where on, and how many; `total` counts them too."""

    query: str = ""
    status: JobStatus | None = None
    run_mode: RunMode | None = None
    pack: str | None = None
    batch: str | None = None
    favourite: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = None
    limit: int = Field(default=60, ge=1, le=500)
    total: bool = False

    def where(self) -> HistoryFilter:
        """Return the filter that it asks for."""
        return HistoryFilter(
            status=self.status, run_mode=self.run_mode, prompt_pack_id=self.pack,
            batch_id=self.batch, favourite=self.favourite, since=self.since, until=self.until,
        )  # fmt: skip


class DeleteBody(Body):
    """Jobs with all their files, and single images, by their ids."""

    ids: list[str] = Field(default_factory=list)
    images: list[str] = Field(default_factory=list)


class RestoreBody(Body):
    """The word that a deletion was answered with."""

    undo: str


class AgainBody(Body):
    """With which seed, and whether before all that waits."""

    seed: Literal["same", "new"] = "same"
    mode: Literal["now", "queue"] = "queue"


@history.get("/history", HistoryQuery)
def look(query: HistoryQuery) -> ResponseReturnValue:
    """Answer with finished jobs, the last submitted first, and the cursor of the next page."""
    store, where, words = gui().application.history, query.where(), query.query.strip()
    if words:
        found = store.search(words, query.limit, query.cursor, where)
    else:
        found = store.list_jobs(query.limit, query.cursor, where)
    more = {"total": store.count(where, words or None)} if query.total else {}
    cursor = found[-1].job_id if len(found) == query.limit else None
    marks = store.marks([job.job_id for job in found])
    return {"jobs": [job_row(job, marks) for job in found], "cursor": cursor, **more}


@history.get("/history/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    """Answer with all that is known of a job, and with the jobs that were made from it."""
    store = gui().application.history
    job = store.get(job_id)
    children = store.children(job.job_id)
    return {**job_page(job, store.marks([job.job_id])), "children": children}


@history.post("/history/<job_id>/again", AgainBody)
def again(job_id: str, body: AgainBody) -> ResponseReturnValue:
    """Queue a job once more, with its seed or with a new one."""
    mode, new_seed = RunMode.DIRECT if body.mode == "now" else RunMode.QUEUE, body.seed == "new"
    service = gui().application.job_service
    return {"job_id": service.again(job_id, new_seed=new_seed, run_mode=mode)}, 201


@history.post("/history/<job_id>/open-folder")
def open_folder(job_id: str) -> ResponseReturnValue:
    """Show a job's pictures in the file manager of this machine."""
    job = gui().application.history.get(job_id)
    if not gui().is_local or not is_loopback(request.remote_addr or ""):
        raise RefusedError("folders open only for a page on the machine itself", status=403)
    if not job.images:
        raise RefusedError("the job has no pictures", status=404)
    show = partial(click.launch, str(picture_path(image_id(job.job_id, 0))), locate=True, wait=True)
    threading.Thread(target=show, name="file manager", daemon=True).start()
    return {}


@history.post("/history/delete", DeleteBody)
def delete(body: DeleteBody) -> ResponseReturnValue:
    """Move jobs and images to the trash, all or none, and answer with the word that undoes it."""
    if not (body.ids or body.images):
        raise RefusedError("nothing is to be deleted", "ids")
    undo = gui().application.trash.delete(body.ids, body.images)
    _tell(deleted=[*body.ids, *body.images])
    return {"undo": undo}


@history.post("/history/restore", RestoreBody)
def restore(body: RestoreBody) -> ResponseReturnValue:
    """Bring back what a deletion moved to the trash."""
    count = gui().application.trash.restore(body.undo)
    _tell(restored=count)
    return {"count": count}


@history.put("/favourites/<name>")
def like(name: str) -> ResponseReturnValue:
    """Mark an image as a favourite, for which pruning keeps its job."""
    gui().application.history.set_favourite_image(name)
    _tell(favourite=name)
    return {"id": name, "favourite": True}


@history.delete("/favourites/<name>")
def unlike(name: str) -> ResponseReturnValue:
    """Take the mark of a favourite away."""
    gui().application.history.set_favourite_image(name, favourite=False)
    _tell(favourite=name)
    return {"id": name, "favourite": False}


def _tell(**changed: object) -> None:
    """Tell pages what became of the history."""
    gui().events.publish("history", {"total": gui().application.history.count(), **changed})
