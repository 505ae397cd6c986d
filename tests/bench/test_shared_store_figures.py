"""How many jobs a second several workers claim and end, on a home's store and on a server's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import pytest

from app.config.pipeline_config import merge
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobSpec
from app.limits import DEFAULT_LIMITS
from app.store.opening import open_store
from tests.bench.measuring import LINES
from tests.support import ROOT

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from tests.bench.server_shares import ServerShares
from tests.postgres_server import a_server

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

ROWS = 20_000
SECONDS = 4.0


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """A database by its name, and where it is; it syncs its commits, as in earnest."""
    with ExitStack() as stack:
        if request.param == "SQLite":
            yield "SQLite", str(tmp_path_factory.mktemp("home"))
        else:
            yield "PostgreSQL", stack.enter_context(a_server(fsync="on")).url


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_claims_and_ends(place: tuple[str, str], workers: int) -> None:
    """Each worker is a process; a job is a claim and an end, two commits."""
    name, where = place
    fill(where)
    watching = ServerShares(where) if name == "PostgreSQL" else None
    ended, used_s = work_together(where, workers, watching or nullcontext())
    jobs = sum(ended)
    line = f"claims and ends over {ROWS:,} rows, {name}, {workers} workers"
    LINES.append(f"{line:<60}{jobs / SECONDS:8.0f} jobs a second")
    shares = f"  a job: {used_s / jobs * 1000:.2f} ms of the workers' processor"
    if watching:
        shares += f", {watching.used_s / jobs * 1000:.2f} of the server's"
        shares += f"; sessions wait for {watching.waits()}"
    LINES.append(shares)
    assert min(ended) > 0


def fill(where: str) -> None:
    """See that so many jobs wait."""
    url = where if "://" in where else None
    store = open_store(Path(where), url, DEFAULT_LIMITS, read_only=False)
    waiting = store.rows("SELECT count(*) FROM jobs WHERE status = 'queued'")[0][0]
    JobQueue(store).add([JobSpec(prompt="a boat", config=merge())] * (ROWS - waiting))
    store.close()


def work_together(
    where: str, workers: int, watching: AbstractContextManager[object]
) -> tuple[list[int], float]:
    """Let workers begin at one moment, when all are connected; `watching` is entered meanwhile.

    Returns how many jobs each has ended, and the processor's seconds that all have used.
    """
    command = [sys.executable, "-m", "tests.bench.claiming", where, f"{SECONDS}"]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            for _ in range(workers)
        ]
        for one in started:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        with watching:
            told = [one.communicate()[0].split() for one in _told(started)]
        return [int(ended) for ended, _ in told], sum(float(used_s) for _, used_s in told)


def _told(started: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return started
