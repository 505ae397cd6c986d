"""The store's file: opening, migrating, refusing, and what workers leave behind."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.config.pipeline_config import merge
from app.errors import HomeError, StoreVersionError
from app.jobs.copying import copy_store
from app.jobs.job_history import HistoryFilter, JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobSpec, JobStatus
from app.jobs.rows import insert_rows, new_row
from app.jobs.workers import WorkerRegistry
from app.store.job_store import JobStore, Row
from app.store.schema import MIGRATIONS
from app.store.sqlite_dialect import SqliteDialect
from app.store.sqlite_store import SqliteStore
from tests.support import ROOT, wait_until

BOAT = JobSpec(prompt="a boat", config=merge())

DIE_WHILE_RUNNING = """
import pathlib, sys, os
from app.jobs.job_queue import JobQueue
from app.limits import DEFAULT_LIMITS
from app.store.opening import open_store
from app.jobs.workers import WorkerRegistry
url = os.environ.get("APP_STORE")
store = open_store(pathlib.Path(sys.argv[1]), url, DEFAULT_LIMITS, read_only=False)
with WorkerRegistry(store).registered() as worker:
    JobQueue(store).claim(worker.name)
    print("claimed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def registry(store: JobStore) -> WorkerRegistry:
    """The workers of the store."""
    return WorkerRegistry(store)


@pytest.fixture
def other_process(queue: JobQueue, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has claimed the first of two jobs and goes on living."""
    queue.add([BOAT, BOAT])
    command = [sys.executable, "-c", DIE_WHILE_RUNNING, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


@pytest.mark.sqlite
def test_a_committed_change_is_synced_to_the_disk(store: JobStore) -> None:
    """WAL for readers beside a writer, FULL for power cuts."""
    assert store.rows("PRAGMA journal_mode") == [("wal",)]
    assert store.rows("PRAGMA synchronous") == [(2,)]


class Looking(list[str]):
    """Steps to a schema; whoever takes them looks how private the files in a folder are."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MIGRATIONS)
        self.folder, self.seen = folder, list[int]()

    def __iter__(self) -> Iterator[str]:
        self.seen += [path.stat().st_mode & 0o777 for path in self.folder.glob(".*")]
        return super().__iter__()


@pytest.mark.sqlite
def test_a_new_file_is_private_before_anything_is_in_it(tmp_path: Path) -> None:
    """Whoever could open it for a moment could read it for ever."""
    steps = Looking(tmp_path)
    SqliteStore(tmp_path / "jobs.db", steps).close()
    assert steps.seen == [0o600]


@pytest.mark.sqlite
def test_an_older_file_is_backed_up_and_brought_up_to_date(tmp_path: Path) -> None:
    """The backup is the file as it was; the jobs are in both."""
    path = tmp_path / "jobs.db"
    old = SqliteStore(path)
    [job_id] = JobQueue(old).add([BOAT])
    old.close()
    newer = SqliteStore(
        path, [*MIGRATIONS, "CREATE TABLE later (x); INSERT INTO later VALUES (7);"]
    )
    assert newer.rows("SELECT x FROM later") == [(7,)]
    assert JobHistoryStore(newer).get(job_id).prompt == "a boat"
    newer.close()
    backup = SqliteStore(tmp_path / f"jobs.db.v{len(MIGRATIONS)}.bak")
    assert JobHistoryStore(backup).get(job_id).prompt == "a boat"
    backup.close()


@pytest.mark.sqlite
def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """A step is taken whole or not at all."""
    path = tmp_path / "jobs.db"
    SqliteStore(path).close()
    with pytest.raises(HomeError):
        SqliteStore(path, [*MIGRATIONS, "CREATE TABLE later (x); SELECT nonsense;"])
    store = SqliteStore(path)
    assert store.rows("SELECT name FROM sqlite_master WHERE name = 'later'") == []
    store.close()


@pytest.mark.sqlite
def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    """The sentence says what to do."""
    path = tmp_path / "jobs.db"
    SqliteStore(path, [*MIGRATIONS, "CREATE TABLE later (x)"]).close()
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match="newer version of the app"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.sqlite
def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """The sentence names the file."""
    path = tmp_path / "jobs.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(HomeError, match=r"jobs\.db: file is not a database"):
        SqliteStore(path)


def test_opening_beside_a_live_worker_disturbs_nothing(
    other_process: subprocess.Popen[str],
    registry: WorkerRegistry,
    queue: JobQueue,
) -> None:
    """Its job is running, and the queue is not paused."""
    assert other_process.poll() is None
    assert registry.recover() == []
    assert [job.status for job in queue.list_jobs()] == [JobStatus.RUNNING, JobStatus.QUEUED]
    assert not queue.pause_state().paused


def test_the_job_of_a_killed_worker_is_interrupted_and_the_queue_says_why(
    other_process: subprocess.Popen[str],
    registry: WorkerRegistry,
    queue: JobQueue,
    history: JobHistoryStore,
) -> None:
    """Nothing is repeated by itself: the rest waits for the user."""
    running = queue.list_jobs()[0]
    other_process.kill()
    [orphan] = wait_until(registry.recover)
    assert orphan == running.job_id
    assert history.get(orphan).status is JobStatus.INTERRUPTED
    assert "stopped while this job was running" in (history.get(orphan).error or "")
    assert queue.pause_state().paused
    assert orphan in queue.pause_state().reason
    assert [job.status for job in queue.list_jobs()] == [JobStatus.QUEUED]


def test_a_worker_killed_between_two_jobs_leaves_the_queue_paused(
    other_process: subprocess.Popen[str], registry: WorkerRegistry, queue: JobQueue
) -> None:
    """An unclean stop is noticed even when no job ran."""
    job = queue.running_jobs()[0]
    [worker] = registry.workers()
    queue.finish(job.job_id, worker.worker, JobStatus.SUCCEEDED, {})
    other_process.kill()
    wait_until(lambda: registry.recover() == [] and queue.pause_state().paused)
    assert queue.pause_state().reason == "the app did not stop cleanly"


def test_the_others_go_on_when_one_of_several_workers_dies(
    other_process: subprocess.Popen[str], registry: WorkerRegistry, queue: JobQueue
) -> None:
    """Its job is interrupted; with a worker alive the queue is not paused."""
    with registry.registered() as me:
        other_process.kill()
        wait_until(registry.recover)
        assert not queue.pause_state().paused
        assert queue.claim(me.name) is not None


def test_a_clean_stop_leaves_nothing_to_recover(
    registry: WorkerRegistry, queue: JobQueue, tmp_path: Path
) -> None:
    """No pause, and no lock file."""
    queue.add([BOAT])
    with registry.registered():
        pass
    assert registry.recover() == []
    assert not queue.pause_state().paused
    assert not list(tmp_path.glob("locks/*"))


def test_a_job_whose_end_was_not_recorded_is_recovered_later(
    registry: WorkerRegistry, queue: JobQueue, history: JobHistoryStore
) -> None:
    """A worker that leaves a running job behind is treated like one that died."""
    [job_id] = queue.add([BOAT])
    with registry.registered() as me:
        queue.claim(me.name)
    assert wait_until(registry.recover) == [job_id]
    assert history.get(job_id).status is JobStatus.INTERRUPTED


def test_a_worker_that_left_stays_away(registry: WorkerRegistry) -> None:
    """Nobody registers it again."""
    with registry.registered():
        pass
    registry.recover()
    assert registry.workers() == []


def test_a_worker_that_was_taken_for_dead_is_registered_again(
    registry: WorkerRegistry, store: JobStore
) -> None:
    """It was away and works on, so others are to see it."""
    with registry.registered("http://a") as me:
        store.change(lambda connection: connection.execute("DELETE FROM workers"))
        registry.recover()
        assert [(one.worker, one.alive) for one in registry.workers()] == [(me.name, True)]


class BusyStore(SqliteStore):
    """One that gets another job when its jobs were copied and its pause is looked at."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a SELECT finds."""
        if "queue_state" in sql:
            JobQueue(self).add([BOAT])
        return super().rows(sql, values)


@pytest.mark.sqlite
def test_a_store_that_is_changed_while_it_is_copied_is_not_copied(tmp_path: Path) -> None:
    """Rather nothing than not all."""
    source, target = BusyStore(tmp_path / "busy.db"), SqliteStore(tmp_path / "empty.db")
    with closing(source), closing(target):
        JobQueue(source).add([BOAT])
        with pytest.raises(HomeError, match=r"busy\.db was changed while it was copied"):
            copy_store(source, target)
        assert target.rows("SELECT * FROM jobs") == []


@pytest.mark.sqlite
def test_search_works_without_full_text_search(
    store: JobStore, queue: JobQueue, history: JobHistoryStore
) -> None:
    """A Python whose SQLite has no FTS5 scans instead."""
    assert isinstance(store, SqliteStore)
    with store.transaction() as connection:
        connection.execute("DROP TABLE words")
        connection.dialect = SqliteDialect(has_full_text_search=False)
        connection.dialect.create_words(connection)
    job_ids = queue.add([BOAT, JobSpec(prompt="a ship", config=merge())])
    queue.cancel(job_ids)
    assert [job.prompt for job in history.search("prompt:boat")] == ["a boat"]
    assert len(history.search("a")) == 2
    assert history.search("") == []


@pytest.mark.sqlite
def test_a_file_that_another_process_holds_is_waited_for_and_then_named(tmp_path: Path) -> None:
    """A foreign transaction that never ends is an error, not a hang for ever."""
    path = tmp_path / "jobs.db"
    store = SqliteStore(path, busy_timeout_s=0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HomeError, match="locked"):
        JobQueue(store).add([BOAT])
    other.execute("ROLLBACK")
    JobQueue(store).add([BOAT])
    other.close()
    store.close()


def an_older_file(path: Path) -> str:
    """Make a store as it was when favourites were a column of jobs; return a favourite's id."""
    old = SqliteStore(path, MIGRATIONS[:2])
    row = new_row(BOAT, 1, "2025-01-02T03:04:05+00:00")
    ended = {**row, "status": "succeeded", "completed_at": row["created_at"], "favourite": 1}
    old.change(insert_rows, [ended])
    old.close()
    return str(row["job_id"])


@pytest.mark.parametrize("read_only", [False, True])
def test_favourites_of_an_older_file_are_favourites(tmp_path: Path, read_only: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The marks are carried over, also where the file itself can't be changed."""
    path = tmp_path / "jobs.db"
    job_id = an_older_file(path)
    before = path.read_bytes()
    store = SqliteStore(path, read_only=read_only)
    [found] = JobHistoryStore(store).list_jobs(where=HistoryFilter(favourite=True))
    assert (found.job_id, found.favourite) == (job_id, True)
    store.close()
    assert (path.read_bytes() == before) is read_only
