"""What a store on a server promises to the hosts that share it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from app.config.pipeline_config import merge
from app.errors import JobLostError, StoreError
from app.jobs.job_history import JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.models import ControlRequest, JobSpec, JobStatus, RunMode
from app.jobs.workers import WorkerRegistry
from app.store.job_store import Connection
from tests.app.conftest import IMPATIENT
from tests.reliability.cutting_proxy import CuttingProxy
from tests.support import wait_until

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from app.store.postgres_store import PostgresStore
from tests.postgres_server import a_schema

pytestmark = pytest.mark.postgres

BOAT = JobSpec(prompt="a boat", config=merge())
END_OPEN_TRANSACTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name LIKE 'webui-jobs%' AND state = 'idle in transaction'"
)
HOLDERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted ORDER BY objid"
END_HOLDERS = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
LAST_QUESTIONS = (
    "SELECT query_start FROM pg_stat_activity WHERE application_name LIKE 'webui-jobs%' ORDER BY 1"
)
Session = psycopg.Connection[tuple[Any, ...]]
OpenStore = Callable[[], PostgresStore]


@pytest.fixture
def opening(shared_store: str) -> Iterator[OpenStore]:
    """Open the shared store once more, as another host does."""
    with ExitStack() as stack:

        def open_once() -> PostgresStore:
            store = PostgresStore(shared_store, IMPATIENT)
            stack.callback(store.close)
            return store

        yield open_once


@pytest.fixture
def admin(shared_store: str) -> Iterator[Session]:
    """A session of the administrator's."""
    with psycopg.connect(shared_store, autocommit=True) as connection:
        yield connection


def test_each_job_goes_to_one_of_many_hosts_in_order(opening: OpenStore) -> None:
    """No claim waits for another's, none is made twice, and each host's come in order."""
    job_ids = JobQueue(opening()).add([replace(BOAT, prompt=f"{n}") for n in range(60)])
    taken: list[list[str]] = [[] for _ in range(4)]

    def drain(queue: JobQueue, mine: list[str]) -> None:
        while job := queue.claim("me"):
            mine.append(job.job_id)

    threads = [threading.Thread(target=drain, args=(JobQueue(opening()), one)) for one in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(chain.from_iterable(taken)) == sorted(job_ids)
    assert all(one == sorted(one, key=job_ids.index) for one in taken)


def test_a_job_that_another_host_is_about_to_claim_is_passed_over(
    opening: OpenStore, admin: Session
) -> None:
    """The next one is claimed; nobody waits."""
    queue = JobQueue(opening())
    first, second = queue.add([BOAT, BOAT])
    with admin.transaction():
        admin.execute("SELECT 1 FROM jobs WHERE job_id = %s FOR UPDATE", [first])
        claimed = queue.claim("me")
    assert claimed is not None
    assert claimed.job_id == second


def test_a_direct_job_of_another_host_goes_first(opening: OpenStore) -> None:
    """One line for all hosts: DIRECT before QUEUE, and a pause holds QUEUE jobs everywhere."""
    here, there = JobQueue(opening()), JobQueue(opening())
    here.add([BOAT])
    there.add([replace(BOAT, prompt="now", run_mode=RunMode.DIRECT)])
    there.pause("enough")
    claimed = here.claim("me")
    assert claimed is not None
    assert claimed.prompt == "now"
    assert here.claim("me") is None
    assert here.pause_state().reason == "enough"


def test_jobs_that_a_webui_can_t_run_cost_nothing(opening: OpenStore) -> None:
    """The line goes on behind any number of them."""
    queue = JobQueue(opening())
    needy = merge({"txt2img": {"checkpoint": "rare"}})
    queue.add([replace(BOAT, config=needy)] * 50 + [replace(BOAT, prompt="plain")])
    [unable] = [needs for needs in queue.waiting_needs() if "rare" in str(needs)]
    claimed = queue.claim("me", [unable])
    assert claimed is not None
    assert claimed.prompt == "plain"


def test_a_worker_that_is_away_for_too_long_loses_its_job(
    opening: OpenStore, admin: Session
) -> None:
    """Its job is interrupted once; what it still says of the job is refused."""
    here, there = opening(), opening()
    queue = JobQueue(here)
    [job_id] = queue.add([BOAT])
    queue.claim("gone")
    admin.execute("INSERT INTO workers VALUES ('gone', 'gpu1', 1, '', '2026-01-01T00:00:00+00:00')")
    assert wait_until(WorkerRegistry(there).recover) == [job_id]
    assert JobHistoryStore(there).get(job_id).status is JobStatus.INTERRUPTED
    assert queue.control_request(job_id, "gone") is ControlRequest.LOST
    with pytest.raises(JobLostError, match="taken off this worker"):
        queue.finish(job_id, "gone", JobStatus.SUCCEEDED, {})
    with pytest.raises(JobLostError):
        queue.note(job_id, "gone", images=[])


def test_a_worker_that_comes_back_in_time_keeps_its_job(opening: OpenStore, admin: Session) -> None:
    """A lost session is opened again, with its locks, before anybody takes the worker for dead."""
    here, there = opening(), WorkerRegistry(opening())
    queue = JobQueue(here)
    [job_id] = queue.add([BOAT])
    with WorkerRegistry(here).registered("http://a") as me, me.life.lock("webui") as lock:
        assert lock.acquire()
        queue.claim(me.name)
        before = admin.execute(HOLDERS).fetchall()
        admin.execute(END_HOLDERS)
        wait_until(lambda: (now := admin.execute(HOLDERS).fetchall()) and now != before)
        assert [one.alive for one in there.workers()] == [True]
        with there.registered() as other:
            assert not other.life.lock("webui").acquire()
        assert there.recover() == []
        queue.finish(job_id, me.name, JobStatus.SUCCEEDED, {})


def test_one_host_at_a_time_uses_a_webui(opening: OpenStore) -> None:
    """Its execution lock is the store's, and free when its holder leaves."""
    here, there = WorkerRegistry(opening()), WorkerRegistry(opening())
    with here.registered() as one, there.registered() as other:
        with one.life.lock("webui") as lock:
            assert lock.acquire()
            assert not other.life.lock("webui").acquire()
            assert other.life.lock("another webui").acquire()
        assert other.life.lock("webui").acquire()


def test_stores_in_two_schemas_of_a_server_have_locks_of_their_own(
    opening: OpenStore, postgres_url: str
) -> None:
    """Whoever works for the one holds up nobody who works for the other."""
    with a_schema(postgres_url) as url, closing(PostgresStore(url, IMPATIENT)) as elsewhere:
        here, there = WorkerRegistry(opening()), WorkerRegistry(elsewhere)
        with here.registered() as one, there.registered() as other:
            assert one.life.lock("webui").acquire()
            assert other.life.lock("webui").acquire()


def test_a_worker_is_woken_by_what_another_host_adds(opening: OpenStore) -> None:
    """It hears of it at once, and need not look every moment."""
    here, there = opening(), opening()
    queue, woken = JobQueue(here), threading.Event()
    here.subscribe(woken.set)
    with WorkerRegistry(here).registered():
        JobQueue(there).add([BOAT])
        assert woken.wait(10)
    assert queue.has_next()


def test_each_announcement_is_heard_at_once(opening: OpenStore) -> None:
    """Not at the next look at the session, which is seconds away after each."""
    here, there = opening(), opening()
    woken = threading.Event()
    here.subscribe(woken.set)

    def heard_within_a_second(prompt: str) -> bool:
        woken.clear()
        JobQueue(there).add([replace(BOAT, prompt=prompt)])
        at_once = woken.wait(1)
        return woken.wait(10) and at_once

    with WorkerRegistry(here).registered():
        assert any(heard_within_a_second(f"{n}") for n in range(5))  # a busy machine may miss some


def test_the_server_looks_whether_a_silent_host_is_still_there(opening: OpenStore) -> None:
    """All its probes fit into the time that a host may be silent."""
    settings = "SELECT setting FROM pg_settings WHERE name LIKE 'tcp_%' ORDER BY name"
    assert opening().rows(settings) == [("3",), ("10",), ("5",), ("25000",)]


def test_a_session_without_news_is_left_in_peace(opening: OpenStore, admin: Session) -> None:
    """It is looked at every few seconds, not all the time."""
    with WorkerRegistry(opening()).registered():
        asked = {tuple(admin.execute(LAST_QUESTIONS).fetchall()) for _ in range(40)}
    assert len(asked) < 20


def test_a_worker_that_came_back_was_never_missing(opening: OpenStore, admin: Session) -> None:
    """The next time that its session is lost, its time begins anew."""
    with WorkerRegistry(opening()).registered():
        admin.execute("UPDATE workers SET missing_since = '2026-01-01'")
        admin.execute(END_HOLDERS)
        wait_until(lambda: admin.execute("SELECT missing_since FROM workers").fetchone() == (None,))


def test_a_server_that_ends_a_session_with_a_lock_is_named(
    opening: OpenStore, admin: Session
) -> None:
    """Whoever needs a lock of it then is told, and the next one gets it from a new session."""
    registry = WorkerRegistry(opening())
    with registry.registered() as gone:
        pass  # nobody watches the session any longer
    assert gone.life.lock("webui").acquire()
    admin.execute(END_HOLDERS)
    wait_until(lambda: not admin.execute(HOLDERS).fetchall())
    with pytest.raises(StoreError, match="lost the store: terminating connection"):
        gone.life.lock("another webui").acquire()
    with registry.registered() as me:
        assert me.life.lock("another webui").acquire()


def test_a_store_without_its_tables_is_refused_in_the_server_s_words(
    opening: OpenStore, admin: Session
) -> None:
    """Not for a session that ended with the first attempt."""
    registry = WorkerRegistry(opening())
    admin.execute("ALTER TABLE workers RENAME TO gone")
    with pytest.raises(StoreError, match='"workers" does not exist'), registry.registered():
        pass


def test_the_first_20_000_words_of_a_job_are_searched(opening: OpenStore) -> None:
    """The server has no room for more."""
    store = opening()
    words = " ".join(f"word{n}" for n in range(1, 20_002))
    [job_id] = JobQueue(store).add([replace(BOAT, prompt=words)])
    JobQueue(store).cancel([job_id])
    history = JobHistoryStore(store)
    assert [job.job_id for job in history.search("word20000")] == [job_id]
    assert history.search("word20001") == []


def test_a_change_is_made_again_when_its_session_was_ended(
    opening: OpenStore, admin: Session
) -> None:
    """The server had undone it; the caller does not notice, and it happens once."""
    store = opening()
    ended: list[Any] = []

    def pause(connection: Connection) -> None:
        add_to_reason(connection)
        if not ended:
            ended.append(admin.execute(END_OPEN_TRANSACTIONS).fetchall())

    store.change(pause)
    assert len(ended) == 1
    assert JobQueue(store).pause_state().reason == "x"


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["conflict", "deadlock"])
def test_a_change_that_gave_way_to_another_is_made_again(opening: OpenStore, state: str) -> None:
    """The server undid one of two that could not both happen."""
    store = opening()
    attempts: list[str] = []

    def pause(connection: Connection) -> str:
        add_to_reason(connection)
        attempts.append("x")
        if len(attempts) == 1:
            connection.execute(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")
        return "made"

    assert store.change(pause) == "made"
    assert (len(attempts), JobQueue(store).pause_state().reason) == (2, "x")


def test_a_change_that_is_undone_each_time_is_given_up(shared_store: str, admin: Session) -> None:
    """After a while, with a sentence; nothing has happened."""

    def pause(connection: Connection) -> None:
        add_to_reason(connection)
        admin.execute(END_OPEN_TRANSACTIONS)

    with closing(PostgresStore(shared_store, replace(IMPATIENT, patience_s=1.0))) as store:
        with pytest.raises(StoreError, match="can't use the store"):
            store.change(pause)
        assert JobQueue(store).pause_state().reason == ""


def test_a_change_whose_answer_was_lost_is_asked_about(shared_store: str) -> None:
    """It happened, once, and the caller does not notice."""
    port = urlsplit(shared_store).port or 5432
    with CuttingProxy(port) as proxy, ExitStack() as stack:
        url = shared_store.replace(f":{port}/", f":{proxy.port}/")
        store = stack.enter_context(closing(PostgresStore(url, IMPATIENT)))
        proxy.cut_next_commit()
        store.change(add_to_reason)
        assert (proxy.cuts, JobQueue(store).pause_state().reason) == (1, "x")


def add_to_reason(connection: Connection) -> None:
    """Do what shows how often it happened."""
    connection.execute("UPDATE queue_state SET reason = reason || 'x'")


def test_two_versions_of_the_app_refuse_each_other(opening: OpenStore, admin: Session) -> None:
    """The sentence says which is older; nothing is changed."""
    opening()
    admin.execute("UPDATE store_schema SET version = version + 1")
    with pytest.raises(Exception, match="newer version of the app"):
        opening()
