"""One picture of all that a batch with axes has made, drawn when the last of its jobs ends."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

from app.errors import BadInputError
from app.jobs.job_history import HistoryFilter, JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.models import AXES, JobRecord, JobStatus
from app.storage.artifacts import ArtifactStore
from app.storage.contact_sheet import Cell, Row, Table, draw_sheet
from app.storage.files import replace_file
from app.storage.home_files import HomeFiles

_MOST = 2_000  # jobs on one picture


class Overviews:
    """Draws the overviews of batches.

    Args:
        queue: says what of a batch is still to come.
        history: has what was made.
        artifacts: where the pictures are.
    """

    def __init__(self, queue: JobQueue, history: JobHistoryStore, artifacts: ArtifactStore) -> None:
        self._queue, self._history, self._artifacts = queue, history, artifacts

    def place_for(self, job: JobRecord) -> str | None:
        """Return where the overview goes if this job ends its batch, None if there is to be none.

        While other jobs of the batch run, whichever ends last draws it.

        Raises:
            HomeError: if the store can't be read.
        """
        if not _has_axes(job) or JobStatus.QUEUED in self._left(job):
            return None
        return self._path(job)

    def job_ended(self, job: JobRecord) -> None:
        """Draw the overview where this job was the last of its batch to end."""
        with suppress(BadInputError):  # nothing was made, or nothing can be written
            if job.overview and not self._left(job):
                self.draw(job)

    def draw(self, job: JobRecord) -> str:
        """Draw what a job's batch has made so far; return the path.

        Raises:
            BadInputError: if there is nothing to draw.
            HomeError: if the store can't be read or the picture not be written.
        """
        if not _has_axes(job):
            raise BadInputError(f"job {job.job_id} is of no batch with axes, so it has no overview")
        ended = self._history.every_job(HistoryFilter(batch_id=job.batch_id))
        places = _places([one for one in ended if _has_axes(one)])
        if not any(one.images for one in places):
            raise BadInputError(f"batch {job.batch_id} has no pictures yet")
        files, path = self._artifacts.files, job.overview or self._path(job)
        tables = [_table(list(alike), files) for _, alike in groupby(places[:_MOST], _prompt_of)]
        replace_file(files / path, draw_sheet(tables))
        return path

    def _path(self, job: JobRecord) -> str:
        return self._artifacts.overview_path(f"{job.batch_id}", job.created_at)

    def _left(self, job: JobRecord) -> set[JobStatus]:
        return self._queue.left_of_batch(f"{job.batch_id}", but=job.job_id)


def _has_axes(job: JobRecord) -> bool:
    return bool(job.batch_id and job.prompt_keys.get(AXES))


def _prompt_of(job: JobRecord) -> tuple[str, int, int]:
    keys = job.prompt_keys
    return str(keys.get("pack")), int(keys.get("row", 0)), int(keys.get("combination", 0))


def _places(newest_first: Sequence[JobRecord]) -> list[JobRecord]:
    """Return the newest job with pictures for each place of the batch, in the batch's order."""
    places: dict[Any, JobRecord] = {}
    for job in reversed(newest_first):
        place = (_prompt_of(job), tuple(job.prompt_keys[AXES].items()))
        if job.images or not places.setdefault(place, job).images:
            places[place] = job
    return sorted(places.values(), key=_prompt_of)


def _table(jobs: Sequence[JobRecord], files: HomeFiles) -> Table:
    """Return the pictures of one prompt: the last axis across, the others down."""
    split = {job.job_id: _split(job) for job in jobs}
    rows = dict.fromkeys(down for down, _ in split.values())
    columns = dict.fromkeys(across for _, across in split.values())
    cells = {split[job.job_id]: _cell(job, files) for job in jobs}
    return Table(
        _title(jobs[0]),
        tuple(columns),
        tuple(
            Row(row, tuple(cells.get((row, column), Cell(None)) for column in columns))
            for row in rows
        ),
    )


def _split(job: JobRecord) -> tuple[str, str]:
    *down, across = (f"{name} {value}" for name, value in job.prompt_keys[AXES].items())
    return "\n".join(down), across


def _title(job: JobRecord) -> str:
    name = job.prompt_keys.get("name")
    return " ".join((f"{name}: {job.prompt}" if name else job.prompt).split())


def _cell(job: JobRecord, files: HomeFiles) -> Cell:
    last = [image for image in job.images if image.get("stage") in job.stages[-1:]]
    return Cell(files / last[0]["path"] if last else None, str(job.status))
