"""A night in figures."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice

from flask.typing import ResponseReturnValue
from pydantic import Field

from app.gui.context import gui
from app.gui.endpoints import Endpoints, Query
from app.jobs.job_history import HistoryFilter
from app.jobs.statistics import summed_up

statistics = Endpoints("statistics")
MOST_JOBS = 20_000  # of the last ones submitted


class StatisticsQuery(Query):
    """How far to look back."""

    hours: float = Field(default=12, gt=0, le=24 * 366)


@statistics.get("/statistics", StatisticsQuery)
def look(query: StatisticsQuery) -> ResponseReturnValue:
    """Answer with jobs over time, failures by kind, and seconds an image by stage."""
    end = datetime.now(UTC)
    start = end - timedelta(hours=query.hours)
    jobs = gui().application.history.every_job(HistoryFilter(ended_since=start))
    return asdict(summed_up(islice(jobs, MOST_JOBS), start, end))
