"""The jobs that are done, newest first: reading, searching, favourites, pruning."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.errors import BadInputError, HomeError, UnknownJobError
from app.jobs.image_ids import parse_image_id
from app.jobs.marks import DELETED, NOT_DELETED, Marks, mark_image, mark_jobs, read_marks
from app.jobs.models import UNREADABLE, JobRecord, JobStatus, RunMode
from app.jobs.rows import delete_jobs, records
from app.jobs.search import condition
from app.store.job_store import Condition, Connection, JobStore

PAGE = 50
_STANDS = frozenset({JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED})
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which jobs to list; what is None does not matter. Since and until were they submitted."""

    status: JobStatus | None = None
    run_mode: RunMode | None = None
    prompt_pack_id: str | None = None
    batch_id: str | None = None
    favourite: bool | None = None
    has_upscale: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    ended_since: datetime | None = None

    def conditions(self) -> Iterator[Condition]:
        """Give each condition in SQL with its values."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value is None:
                continue
            if name == "favourite":
                yield _FAVOURITES[value], []
            elif isinstance(value, datetime):
                yield _MOMENTS[name], [value.astimezone(UTC).isoformat()]
            else:
                yield f"{name} = ?", [value]


_FAVOURITES = {
    True: "job_id IN (SELECT job_id FROM favourites)",
    False: "job_id NOT IN (SELECT job_id FROM favourites)",
}
_MOMENTS = {
    "since": "created_at >= ?",
    "until": "created_at < ?",
    "ended_since": "completed_at >= ?",
}


EVERYTHING = HistoryFilter()


class JobHistoryStore:
    """A view of the job store: what was submitted, and what came of it."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def latest_job(self) -> JobRecord | None:
        """Return the job that was submitted last, whatever its state, or None."""
        found = records(self._store, "ORDER BY n DESC LIMIT 1")
        return found[0] if found else None

    def get(self, job_id: str) -> JobRecord:
        """Return a job by its id or by a beginning of it that no other job has.

        Raises:
            UnknownJobError: if there is none, or more than one.
        """
        found = records(self._store, "WHERE job_id >= ? AND job_id < ? LIMIT 2", _range(job_id))
        if len(found) == 1 and job_id:
            return found[0]
        raise UnknownJobError(
            f"more than one job begins with {job_id!r}" if found else f"there is no job {job_id}"
        )

    def image(self, name: str) -> Mapping[str, Any]:
        """Return what a record says of an image; see `app.jobs.image_ids` for its name.

        Raises:
            UnknownJobError: if there is none of this name.
        """
        job_id, index = parse_image_id(name) or ("", 0)
        images = self.get(job_id).images if job_id else []
        if index >= len(images) or self.marks([job_id]).is_gone(job_id, index):
            raise UnknownJobError(f"there is no image {name}")
        return images[index]

    def marks(self, job_ids: Sequence[str]) -> Marks:
        """Return which images of some jobs are favourites, and which were deleted."""
        return self._store.read(read_marks, job_ids)

    def children(self, job_id: str) -> list[str]:
        """Return the ids of the jobs that were made from a job, the first one first."""
        rows = self._store.rows("SELECT job_id FROM jobs WHERE parent_id = ? ORDER BY n", [job_id])
        return [child for (child,) in rows]

    def job_of_image(self, sha256: str) -> JobRecord | None:
        """Return the last job that made this very file, by the hash of its bytes, or None."""
        said = f'%"sha256": "{sha256}"%'
        found = records(self._store, "WHERE meta LIKE ? ORDER BY n DESC LIMIT 1", [said])
        return found[0] if found else None

    def list_jobs(
        self, limit: int = PAGE, before: str | None = None, where: HistoryFilter = EVERYTHING
    ) -> list[JobRecord]:
        """Return finished jobs, the last submitted first.

        Args:
            limit: how many at most.
            before: the id of the last job of the page before.
            where: which ones.
        """
        return self._select(list(where.conditions()), limit, before)

    def search(
        self,
        text: str,
        limit: int = PAGE,
        before: str | None = None,
        where: HistoryFilter = EVERYTHING,
    ) -> list[JobRecord]:
        """Return finished jobs that have every word of `text`, the last submitted first.

        Searched are prompts, model names, packs and errors; `error:memory` searches in one.
        """
        found = self._store.read(condition, text)
        return self._select([found, *where.conditions()], limit, before)

    def every_job(
        self, where: HistoryFilter = EVERYTHING, text: str | None = None
    ) -> Iterator[JobRecord]:
        """Give all finished jobs, those with every word of `text` if there is one, page by page.

        The last submitted comes first.
        """
        found = [] if text is None else [self._store.read(condition, text)]
        before: str | None = None
        while page := self._select([*found, *where.conditions()], BATCH, before):
            yield from page
            before = page[-1].job_id

    def made_again(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return the jobs that need not be queued again, each with a newer one that stands for it.

        That is one made from it, by however many steps, that waits, runs or has succeeded, or is
        itself among `job_ids`.
        """
        rows = self._store.rows(
            "SELECT parent_id, job_id, status FROM jobs WHERE parent_id IS NOT NULL ORDER BY n"
        )
        children: dict[str, list[str]] = {}
        standing = set(job_ids)
        for parent, child, status in rows:
            children.setdefault(parent, []).append(child)
            if status in _STANDS:
                standing.add(child)
        found = {job_id: _newest(job_id, children, standing) for job_id in job_ids}
        return {job_id: newer for job_id, newer in found.items() if newer}

    def count(self, where: HistoryFilter = EVERYTHING, text: str | None = None) -> int:
        """Return how many finished jobs there are, of those that have every word of `text`."""
        found = [] if text is None else [self._store.read(condition, text)]
        tests = [("completed_at IS NOT NULL", []), *found, *where.conditions()]
        # All, and then the few that were deleted: each is counted by an index where there is one.
        return self._count(tests) - self._count([*tests, (DELETED, [])])

    def _count(self, tests: Sequence[Condition]) -> int:
        rest = " AND ".join(sql for sql, _ in tests)
        values = [value for _, given in tests for value in given]
        return int(self._store.rows(f"SELECT count(*) FROM jobs WHERE {rest}", values)[0][0])  # noqa: S608 - constant text

    def named_files(self) -> set[str]:
        """Return the paths of all files that records name.

        Raises:
            HomeError: if a record can't be read.
        """
        names: set[str] = set()
        for job in records(self._store, "WHERE meta != '{}'"):
            if "meta" in job.meta.get(UNREADABLE, ()):
                raise HomeError(f"job {job.job_id} can't be read, so its files are not known")
            names.update(job.files)
        return names

    def set_favourite(self, job_ids: Iterable[str], *, favourite: bool = True) -> None:
        """Mark jobs that pruning keeps, or take the marks away, those of their images too.

        Raises:
            UnknownJobError: if one is unknown; then none is changed.
        """
        ids = [self.get(job_id).job_id for job_id in job_ids]
        self._store.change(mark_jobs, ids, favourite=favourite)

    def set_favourite_image(self, name: str, *, favourite: bool = True) -> None:
        """Mark an image, for which pruning keeps its job, or take the mark away.

        Raises:
            UnknownJobError: if there is none of this name.
        """
        self.image(name)
        self._store.change(mark_image, name, favourite=favourite)

    def forget(self, job_ids: Iterable[str]) -> int:
        """Remove finished jobs from the history, favourites and live ones excepted.

        Returns:
            How many were removed. Their files are the caller's to remove.
        """
        return self._store.change(_forget, list(job_ids))

    def _select(
        self, conditions: list[Condition], limit: int, before: str | None
    ) -> list[JobRecord]:
        if limit < 0:
            raise BadInputError(f"the limit is {limit}; it must be 0 or more")
        tests = [("completed_at IS NOT NULL", []), (NOT_DELETED, []), *conditions]
        if before is not None:
            earlier = "n < (SELECT n FROM jobs WHERE job_id = ?)"
            tests.append((earlier, [self.get(before).job_id]))
        rest = f"WHERE {' AND '.join(sql for sql, _ in tests)} ORDER BY n DESC LIMIT ?"
        return records(self._store, rest, [v for _, values in tests for v in values] + [limit])


def _forget(connection: Connection, job_ids: Sequence[str]) -> int:
    may_go = f"job_id = ? AND completed_at IS NOT NULL AND {_FAVOURITES[False]}"
    found = f"SELECT job_id FROM jobs WHERE {may_go}"  # noqa: S608 - constant text
    chosen = [row for job_id in job_ids for (row,) in connection.execute(found, [job_id])]
    return delete_jobs(connection, chosen)


def _range(prefix: str) -> tuple[str, str]:
    """Return the bounds between which all ids lie that begin with `prefix`."""
    return prefix, prefix + "\uffff"


def _newest(
    job_id: str, children: Mapping[str, Sequence[str]], standing: Collection[str]
) -> str | None:
    """Return the last of a job's descendants that is among `standing`."""
    newest, waiting = None, list(children.get(job_id, ()))
    while waiting:
        child = waiting.pop(0)
        waiting += children.get(child, ())
        newest = child if child in standing else newest
    return newest
