"""Workers that share a store, and what happens to them and to it: nothing lost, nothing twice."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.bootstrap import Application, build_app
from app.jobs.models import JobStatus
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import SHORT, boat
from tests.reliability.cutting_proxy import CuttingProxy
from tests.support import ROOT, payloads, wait_until

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from tests.postgres_server import PostgresServer, a_server

pytestmark = pytest.mark.postgres

TXT2IMG = "/sdapi/v1/txt2img"
WORKERS = 4
STEADY = replace(SHORT, patience_s=60.0, expire_after_s=2.0, idle_poll_s=0.05)
END_TWO_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
    " WHERE application_name LIKE 'webui-jobs%' ORDER BY random() LIMIT 2) AS two"
)
HOLDERS = (
    "SELECT pid FROM pg_locks, workers WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'"
    " AND objsubid = 1 AND granted"
)
HOW_OFTEN = pytest.mark.parametrize(
    ("times", "jobs"),
    [
        pytest.param(3, 40, id="a few times"),
        pytest.param(50, 400, id="50 times", marks=pytest.mark.slow),
    ],
)


@dataclass(frozen=True)
class Site:
    """A server, the proxy before it, several WebUIs, and the app of somebody who looks on."""

    server: PostgresServer
    proxy: CuttingProxy
    webuis: Sequence[FakeWebUI]
    looker: Application
    folder: Path

    @property
    def store(self) -> str:
        """The store's URL, through the proxy."""
        return self.server.url.replace(f":{self.server.port}/", f":{self.proxy.port}/")

    def submit(self, jobs: int) -> list[str]:
        """Queue small jobs."""
        return self.looker.job_service.submit([boat(steps=3)] * jobs)

    def disturb(self, disturb: Callable[[], object], times: int, jobs: int) -> None:
        """Do something again and again while the jobs are worked off, evenly spread."""
        for number in range(1, times + 1):
            self.wait_for(number * jobs // (times + 2))
            disturb()

    def wait_for(self, ended: int) -> None:
        """Wait until so many jobs are done."""
        wait_until(lambda: self.ended() >= ended, 120)

    def ended(self) -> int:
        """Return how many jobs are done."""
        return self.looker.history.count()

    def living(self) -> int:
        """Return how many workers give signs of life."""
        return sum(one.alive for one in self.looker.registry.workers())

    def outcome(self, job_ids: Sequence[str]) -> Counter[JobStatus]:
        """Return how the jobs ended, when all have; none was sent twice."""
        wait_until(lambda: self.ended() == len(job_ids), 180)
        sent = Counter(
            payload["force_task_id"].removeprefix("task(").partition("-")[0]
            for webui in self.webuis
            for payload in payloads(webui, TXT2IMG)
        )
        assert set(sent) <= set(job_ids)
        assert {job_id for job_id, times in sent.items() if times > 1} == set()
        assert not self.looker.queue.pause_state().paused
        return Counter(self.looker.history.get(job_id).status for job_id in job_ids)


@pytest.fixture
def site(start_fake: StartFake, tmp_path: Path) -> Iterator[Site]:
    """A server of its own, for it is restarted."""
    base = start_fake("busy", "--step-seconds", "0.01", "--seed", "1").url
    webuis = [FakeWebUI.at(f"{base}/__fake/scope/webui-{n}") for n in range(WORKERS)]
    with ExitStack() as stack:
        server = stack.enter_context(a_server())
        proxy = stack.enter_context(CuttingProxy(server.port))
        looker = build_app(webuis[0].url, tmp_path / "l", store=server.url, limits=STEADY)
        stack.callback(looker.close)
        yield Site(server, proxy, webuis, looker, tmp_path)


@pytest.fixture
def hosts(site: Site) -> Iterator[list[Application]]:
    """Four hosts at work, each with a WebUI and a home of its own."""
    with ExitStack() as stack:
        applications = []
        for number, webui in enumerate(site.webuis):
            home = site.folder / f"host-{number}"
            one = build_app(webui.url, home, store=site.store, limits=STEADY)
            stack.callback(one.close)
            stack.callback(one.runner.stop)
            one.runner.start()
            applications.append(one)
        yield applications


def interrupted_is_all(outcome: Counter[JobStatus], at_most: int = 0) -> None:
    """See that all jobs succeeded, but for some that were interrupted."""
    assert outcome.keys() <= {JobStatus.SUCCEEDED, JobStatus.INTERRUPTED}
    assert outcome[JobStatus.INTERRUPTED] <= at_most


@HOW_OFTEN
@pytest.mark.usefixtures("hosts")
def test_sessions_that_are_ended_cost_nothing(site: Site, times: int, jobs: int) -> None:
    """`pg_terminate_backend`: what was undone is made again, and workers keep their jobs."""
    job_ids = site.submit(jobs)
    with psycopg.connect(site.server.url, autocommit=True) as admin:
        site.disturb(lambda: admin.execute(END_TWO_SESSIONS), times, jobs)
        interrupted_is_all(site.outcome(job_ids))


@HOW_OFTEN
@pytest.mark.usefixtures("hosts")
def test_a_restart_of_the_server_costs_nothing(site: Site, times: int, jobs: int) -> None:
    """Workers wait for it, take up their locks again, and go on by themselves."""

    def restart() -> None:
        site.server.stop()
        site.server.start()

    job_ids = site.submit(jobs)
    site.disturb(restart, times, jobs)
    interrupted_is_all(site.outcome(job_ids))


@HOW_OFTEN
@pytest.mark.usefixtures("hosts")
def test_a_commit_whose_answer_is_lost_happened_once(site: Site, times: int, jobs: int) -> None:
    """The server is asked what became of it; no job is claimed or ended twice."""
    job_ids = site.submit(jobs)
    site.disturb(site.proxy.cut_next_commit, times, jobs)
    interrupted_is_all(site.outcome(job_ids))
    assert site.proxy.cuts == times


def test_a_worker_comes_back_before_the_server_knows_that_it_was_gone(site: Site) -> None:
    """Its new session takes its locks from the lost one, and it stays alive and works on."""
    home = site.folder / "host"
    host = build_app(site.webuis[1].url, home, store=site.store, limits=STEADY)
    with psycopg.connect(site.server.url, autocommit=True) as admin, host:
        wait_until(site.looker.registry.workers)
        before = admin.execute(HOLDERS).fetchall()
        site.proxy.hang_up()
        wait_until(lambda: (now := admin.execute(HOLDERS).fetchall()) and now != before)
        [worker] = site.looker.registry.workers()
        assert worker.alive
        [job_id] = site.submit(1)
        assert host.job_service.wait(job_id, 30).status is JobStatus.SUCCEEDED
    host.close()


@HOW_OFTEN
def test_a_killed_worker_costs_its_own_job_at_most(site: Site, times: int, jobs: int) -> None:
    """Kill -9: the others go on, and the killed one's job is interrupted, not run again."""
    rng = random.Random(7)  # noqa: S311 - repeatable, not secret
    job_ids = site.submit(jobs)
    with ExitStack() as stack:
        workers = [stack.enter_context(a_worker(site, number)) for number in range(WORKERS)]

        def kill_one() -> None:
            wait_until(lambda: site.living() > 1, 120)  # a busy machine starts them slowly
            number = rng.randrange(WORKERS)
            workers[number].kill()
            workers[number].wait()
            workers[number] = stack.enter_context(a_worker(site, number))

        site.disturb(kill_one, times, jobs)
        interrupted_is_all(site.outcome(job_ids), at_most=times)


@contextmanager
def a_worker(site: Site, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m app work` on a host until the end of the block."""
    words = ("work", "--stay", "--webui", site.webuis[number].url, "--store", site.store)
    home = ("--home", str(site.folder / f"host-{number}"))
    quick: dict[str, Any] = {"APP_EXPIRE_AFTER_S": "2", "APP_IDLE_POLL_S": "0.05"}
    with subprocess.Popen(
        [sys.executable, "-m", "app", *words, *home],
        cwd=ROOT, env={**os.environ, **quick}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
