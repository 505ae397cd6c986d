"""What has been made: lists, and one job whole."""

from datetime import datetime

from flask.typing import ResponseReturnValue
from pydantic import Field

from app.gui.context import gui
from app.gui.endpoints import Endpoints, Query
from app.gui.rows import job_page, job_row
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
    return {"jobs": [job_row(job) for job in found], "cursor": cursor, **more}


@history.get("/history/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    """Answer with all that is known of a job."""
    return job_page(gui().application.history.get(job_id))
