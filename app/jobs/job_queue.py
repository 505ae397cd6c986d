"""The queued and running jobs: adding, claiming, ordering, pausing, ending."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from app.config.requirements import Needs
from app.errors import TransitionError, UnknownJobError
from app.jobs.models import ControlRequest, JobRecord, JobSpec, JobStatus
from app.jobs.order import (
    IN_ORDER,
    index_of,
    next_job,
    place,
    place_of,
    queued_needs,
    slot,
)
from app.jobs.rows import insert_jobs, read_needs, records, select, write_needs
from app.jobs.transitions import (
    PauseState,
    end_job,
    find_job,
    find_own,
    join_line,
    note_meta,
    pause_state,
    set_pause,
    start_job,
    to_request,
)
from app.store.job_store import Connection, JobStore, Row

P = ParamSpec("P")
Result = TypeVar("Result")
_END = 2**31
"""A place behind the last in any line."""


class JobQueue:
    """What waits and what runs, in order.

    Each change is one transaction. Threads that wait for a change are woken by those of this
    process.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._changed = threading.Condition()
        store.subscribe(self.wake)

    def add(self, specs: Sequence[JobSpec]) -> list[str]:
        """Queue jobs, all or none; return their ids in the same order."""
        return self._announce(insert_jobs, specs)

    def replace(self, edits: Sequence[tuple[JobRecord, JobSpec]]) -> list[str]:
        """Queue new jobs, each in the place of an old one that is still queued, all or none.

        Args:
            edits: the old job and the new one; an old one that waits is then `edited`, one that
                is done stays as it is.

        Raises:
            TransitionError: if an old one is running.
        """
        return self._announce(_replace, edits)

    def has_next(self) -> bool:
        """Return whether `claim` would find a job."""
        return self._store.read(_has_next)

    def claim(
        self, worker: str, unable: Collection[Needs] = (), *, direct_only: bool = False
    ) -> JobRecord | None:
        """Make the next job a running one of `worker` and return it, or None if none may run.

        Args:
            worker: a registered worker.
            unable: what some jobs need and this worker's WebUI lacks.
            direct_only: leave QUEUE jobs where they are, as a pause does.
        """
        claimed = self._store.change(_claim, worker, unable, direct_only=direct_only)
        if claimed is not None:
            self.wake()
        return claimed

    def get(self, job_id: str) -> JobRecord:
        """Return a job.

        Raises:
            UnknownJobError: if there is none with this id.
        """
        found = records(self._store, "WHERE job_id = ?", [job_id])
        if not found:
            raise UnknownJobError(f"there is no job {job_id}")
        return found[0]

    def claimed_by(self, worker: str) -> JobRecord | None:
        """Return the job that a worker runs, if the store has one that it may not know of."""
        rest = "WHERE status = 'running' AND worker = ? ORDER BY n DESC LIMIT 1"
        found = records(self._store, rest, [worker])
        return found[0] if found else None

    def note(self, job_id: str, worker: str, **meta: Any) -> None:
        """Add to what is known of a job that `worker` runs, so that it outlasts a crash.

        Raises:
            UnknownJobError: if there is none.
            JobLostError: if it was taken off the worker.
        """
        self._store.change(note_meta, job_id, worker, meta)

    def finish(
        self, job_id: str, worker: str, status: JobStatus, meta: Mapping[str, Any]
    ) -> JobRecord:
        """End a job that `worker` runs; one that was to be cancelled does not succeed any more.

        To be repeated until it is answered: an end that is recorded already is recorded once.

        Raises:
            UnknownJobError, TransitionError: if it is not running.
            JobLostError: if it was taken off the worker.
        """
        return self._change(_finish, job_id, worker, status, meta)

    def cancel(self, job_ids: Iterable[str]) -> list[JobRecord]:
        """Cancel queued jobs at once and ask running ones to stop; return them as they then are.

        Raises:
            UnknownJobError, TransitionError: if one is unknown or already done; then none is
                cancelled.
        """
        return self._announce(_cancel_all, list(job_ids))

    def withdraw(self, job_ids: Iterable[str]) -> None:
        """Cancel those of the jobs that have not ended."""
        self._announce(_withdraw, list(job_ids))

    def clear(self) -> int:
        """Cancel everything that is queued; return how many that were."""
        return self._announce(_clear)

    def ask_to_skip(self, job_id: str) -> None:
        """Ask for the image that a running job is making to be skipped.

        Raises:
            UnknownJobError, TransitionError: if the job is not running.
        """
        self._announce(_ask_to_skip, job_id)

    def control_request(self, job_id: str, worker: str) -> ControlRequest | None:
        """Return what is asked of a job that `worker` runs, or None.

        It is LOST where the job was taken off the worker.
        """
        return self._store.read(_asked_of, job_id, worker)

    def control_done(self, job_id: str, request: ControlRequest) -> None:
        """Forget a request that was carried out."""
        self._store.change(_forget_request, job_id, request)

    def move(self, job_id: str, position: int) -> None:
        """Put a queued job at a place in the line; 1 is next, past the end is last.

        Raises:
            UnknownJobError, TransitionError: if it is not queued.
        """
        self._announce(_move, job_id, position)

    def move_before(self, job_ids: Sequence[str], before: str | None) -> None:
        """Put queued jobs before another one, in the order given; None is the end of the line.

        Raises:
            UnknownJobError, TransitionError: if one is not queued; then none is moved.
        """
        self._announce(_move_before, list(dict.fromkeys(job_ids)), before)

    def reorder(self, job_ids: Sequence[str]) -> None:
        """Give queued jobs the places that they have among themselves, in the order given.

        Raises:
            UnknownJobError, TransitionError: if one is not queued; then none is moved.
        """
        self._announce(_reorder, list(job_ids))

    def move_to_front(self, job_ids: Sequence[str]) -> None:
        """Put queued jobs before all others, in the order given.

        Raises:
            UnknownJobError, TransitionError: if one is not queued; then none is moved.
        """
        self._announce(_move_to_front, list(dict.fromkeys(job_ids)))

    def pause(self, reason: str = "") -> None:
        """Let no QUEUE job start; the running one goes on, DIRECT ones run."""
        self._announce(set_pause, paused=True, reason=reason)

    def resume(self) -> None:
        """Let QUEUE jobs start again."""
        self._announce(set_pause, paused=False)

    def pause_state(self) -> PauseState:
        """Return whether the queue is paused, and why."""
        return self._store.read(pause_state)

    def running_jobs(self) -> list[JobRecord]:
        """Return the jobs that run, whichever process runs them."""
        return records(self._store, "WHERE status = 'running' ORDER BY n")

    def left_of_batch(self, batch_id: str, *, but: str) -> set[JobStatus]:
        """Return in which states jobs of a batch are that have not ended, `but` one left out."""
        rows = self._store.rows(
            "SELECT DISTINCT status FROM jobs WHERE batch_id = ? AND job_id != ?"
            " AND status IN ('queued', 'running')",
            [batch_id, but],
        )
        return {JobStatus(status) for (status,) in rows}

    def list_jobs(self, limit: int = 1000) -> list[JobRecord]:
        """Return the running jobs, then the queued ones in the order in which they will run.

        A queued job that some WebUI can't run has `meta["passed_over"]`: the reason by WebUI.
        """
        running = self.running_jobs()
        left = [max(limit - len(running), 0)]
        queued = records(self._store, f"WHERE status = 'queued' {IN_ORDER} LIMIT ?", left)
        return running + self._with_reasons(queued)

    def counts(self) -> dict[JobStatus, int]:
        """Return how many jobs are queued and running."""
        sql = "SELECT count(*) FROM jobs WHERE status = '{}'"
        live = (JobStatus.QUEUED, JobStatus.RUNNING)
        return {status: self._store.rows(sql.format(status))[0][0] for status in live}

    def fingerprint(self) -> tuple[Any, ...]:
        """Return what is different after every change of what waits, runs or is paused."""
        line = "SELECT count(*), max(n), sum(priority), sum(rank) FROM jobs"
        return (
            *self._store.rows("SELECT paused, reason FROM queue_state"),
            *self._store.rows(f"{line} WHERE status = 'queued'"),
            *self._store.rows("SELECT job_id FROM jobs WHERE status = 'running' ORDER BY n"),
        )

    def waiting_needs(self) -> list[Needs]:
        """Return the different needs of queued jobs."""
        return [read_needs(needs) for needs in self._store.read(queued_needs)]

    def webuis_without(self, needs: Needs) -> list[str]:
        """Return the WebUIs of which is recorded that they can't meet these needs."""
        sql = "SELECT webui FROM passed_over WHERE needs = ?"
        return [webui for (webui,) in self._store.rows(sql, [write_needs(needs)])]

    def pass_over(self, webui: str, reasons: Mapping[Needs, str]) -> None:
        """Record which needs a WebUI can't meet, and why, in place of what was known of it."""
        written = {write_needs(needs): reason for needs, reason in reasons.items()}
        known = self._store.rows("SELECT needs, reason FROM passed_over WHERE webui = ?", [webui])
        if dict(known) == written:
            return
        self._store.change(_pass_over, webui, written)

    def wait_for_change(self, timeout_s: float) -> None:
        """Return when this process changes the queue, or after `timeout_s` seconds."""
        with self._changed:
            self._changed.wait(timeout_s)

    def wake(self) -> None:
        """Wake every thread that waits for a change."""
        with self._changed:
            self._changed.notify_all()

    def _change(
        self, work: Callable[Concatenate[Connection, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Change the queue in one transaction, and wake who waits for it in this process."""
        result = self._store.change(work, *args, **kwargs)
        self.wake()
        return result

    def _announce(
        self, work: Callable[Concatenate[Connection, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Change the queue in one transaction, and wake who waits for it in any process."""
        return self._change(_announced, lambda connection: work(connection, *args, **kwargs))

    def _with_reasons(self, jobs: list[JobRecord]) -> list[JobRecord]:
        rows = self._store.rows(
            "SELECT job_id, webui, reason FROM passed_over JOIN jobs USING (needs)"
            " WHERE status = 'queued'"
        )
        reasons: dict[str, dict[str, str]] = {}
        for job_id, webui, reason in rows:
            reasons.setdefault(job_id, {})[webui] = reason
        return [
            replace(job, meta={**job.meta, "passed_over": reasons[job.job_id]})
            if job.job_id in reasons
            else job
            for job in jobs
        ]


def _announced(connection: Connection, work: Callable[[Connection], Result]) -> Result:
    result = work(connection)
    connection.dialect.announce(connection)
    return result


def _replace(connection: Connection, edits: Sequence[tuple[JobRecord, JobSpec]]) -> list[str]:
    connection.dialect.hold_line(connection)
    new_ids = insert_jobs(connection, [spec for _, spec in edits])
    for (old, _), new_id in zip(edits, new_ids, strict=True):
        _take_over(connection, old.job_id, new_id)
    return new_ids


def _take_over(connection: Connection, old_id: str, new_id: str) -> None:
    """Put a new job in the place of a queued one, which is over."""
    old = find_job(connection, old_id)
    if old.status is JobStatus.RUNNING:
        raise TransitionError(f"job {old_id} is running; cancel it before it is edited")
    if old.status is JobStatus.QUEUED:
        place(connection, new_id, *place_of(connection, old_id))
        end_job(connection, old, JobStatus.EDITED, {"error": f"edited as {new_id}"})


def _has_next(connection: Connection) -> bool:
    paused = pause_state(connection).paused
    return next_job(connection, (), direct_only=paused) is not None


def _claim(
    connection: Connection, worker: str, unable: Collection[Needs], *, direct_only: bool
) -> JobRecord | None:
    paused = join_line(connection).paused
    held = direct_only or paused
    found = next_job(connection, unable, direct_only=held, to_claim=True)
    return start_job(connection, found, worker) if found else None


def _finish(
    connection: Connection, job_id: str, worker: str, status: JobStatus, meta: Mapping[str, Any]
) -> JobRecord:
    job, asked = find_own(connection, job_id, worker)
    if status is JobStatus.SUCCEEDED and asked is ControlRequest.CANCEL:
        status = JobStatus.CANCELLED
    if job.status in {status, JobStatus.CANCELLED}:  # recorded, and not answered
        return job
    return end_job(connection, job, status, meta)


def _cancel_all(connection: Connection, job_ids: Sequence[str]) -> list[JobRecord]:
    connection.dialect.hold_line(connection)
    return [_cancel(connection, job_id) for job_id in job_ids]


def _withdraw(connection: Connection, job_ids: Sequence[str]) -> None:
    connection.dialect.hold_line(connection)
    for job_id in job_ids:
        if not find_job(connection, job_id).status.is_terminal:
            _cancel(connection, job_id)


def _clear(connection: Connection) -> int:
    connection.dialect.hold_line(connection)
    queued = select(connection, "WHERE status = 'queued'")
    return len(_cancel_all(connection, [job.job_id for job in queued]))


def _cancel(connection: Connection, job_id: str) -> JobRecord:
    job = find_job(connection, job_id)
    if job.status is not JobStatus.RUNNING:
        return end_job(connection, job, JobStatus.CANCELLED, {})
    _ask(connection, job_id, ControlRequest.CANCEL)
    return job


def _ask(connection: Connection, job_id: str, request: ControlRequest | None) -> None:
    connection.execute("UPDATE jobs SET control_request = ? WHERE job_id = ?", [request, job_id])


def _ask_to_skip(connection: Connection, job_id: str) -> None:
    job = find_job(connection, job_id)
    if job.status is not JobStatus.RUNNING:
        raise TransitionError(f"job {job_id} is {job.status}; only a running one can skip")
    _ask(connection, job_id, ControlRequest.SKIP)


def _forget_request(connection: Connection, job_id: str, request: ControlRequest) -> None:
    if _asked(connection, job_id) is request:
        _ask(connection, job_id, None)


def _move(connection: Connection, job_id: str, position: int) -> None:
    connection.dialect.hold_line(connection)
    _refuse_unless_queued(find_job(connection, job_id))
    place(connection, job_id, *slot(connection, job_id, max(position, 1) - 1))


def _move_before(connection: Connection, job_ids: Sequence[str], before: str | None) -> None:
    connection.dialect.hold_line(connection)
    for job_id in (*job_ids, *filter(None, [before])):
        _refuse_unless_queued(find_job(connection, job_id))
    for job_id in job_ids:
        if job_id == before:
            continue
        index = _END if before is None else index_of(connection, before, without=job_id)
        place(connection, job_id, *slot(connection, job_id, index))


def _reorder(connection: Connection, job_ids: Sequence[str]) -> None:
    for job_id in job_ids:
        _refuse_unless_queued(find_job(connection, job_id))
    places = sorted((place_of(connection, job_id) for job_id in job_ids), key=_in_line)
    for job_id, (priority, rank) in zip(job_ids, places, strict=True):
        place(connection, job_id, priority, rank)


def _in_line(place: tuple[int, float]) -> tuple[int, float]:
    priority, rank = place
    return -priority, rank


def _move_to_front(connection: Connection, job_ids: Sequence[str]) -> None:
    for job_id in reversed(job_ids):
        _move(connection, job_id, 1)


def _pass_over(connection: Connection, webui: str, reasons: Mapping[str, str]) -> None:
    connection.execute("DELETE FROM passed_over WHERE webui = ?", [webui])
    rows = [(webui, needs, reason) for needs, reason in reasons.items()]
    connection.executemany("INSERT INTO passed_over VALUES (?, ?, ?)", rows)


def _asked(connection: Connection, job_id: str) -> ControlRequest | None:
    sql = "SELECT control_request FROM jobs WHERE job_id = ?"
    return _request_in(connection.execute(sql, [job_id]).fetchone())


def _asked_of(connection: Connection, job_id: str, worker: str) -> ControlRequest | None:
    sql = "SELECT control_request FROM jobs WHERE job_id = ? AND worker = ? AND status = 'running'"
    found = connection.execute(sql, [job_id, worker]).fetchone()
    return _request_in(found) if found else ControlRequest.LOST


def _request_in(row: Row | None) -> ControlRequest | None:
    return to_request(row[0]) if row else None


def _refuse_unless_queued(job: JobRecord) -> None:
    if job.status is not JobStatus.QUEUED:
        raise TransitionError(f"job {job.job_id} is {job.status}; only queued jobs can be changed")
