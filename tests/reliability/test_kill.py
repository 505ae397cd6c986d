"""A worker that is killed at random moments, again and again."""

import contextlib
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.bootstrap import Application, build_app
from app.jobs.job_history import HistoryFilter
from app.jobs.models import JobRecord, JobStatus
from fake_webui import FakeWebUI
from tests.reliability.conftest import BuildApp, boat
from tests.support import ROOT, payloads

TXT2IMG = "/sdapi/v1/txt2img"
INTERRUPTED = HistoryFilter(status=JobStatus.INTERRUPTED)
STARTERS = 0.2  # how many of the workers are killed while they start
START_S, WORK_S = 1.0, 0.6


@contextlib.contextmanager
def worker(home: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m app work`; it is killed at the end if it still runs."""
    command = [sys.executable, "-m", "app", "work", "--home", str(home), "--webui", url]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        yield process
        process.kill()


def kill_at_a_random_moment(home: Path, fake: FakeWebUI, rng: random.Random) -> None:
    """Let a worker live for a while: most get to their work, some die while they start."""
    sent = len(fake.requests(path=TXT2IMG))
    with worker(home, fake.url) as process, contextlib.suppress(subprocess.TimeoutExpired):
        if rng.random() < STARTERS:
            process.wait(rng.uniform(0, START_S))
        else:
            fake.wait(TXT2IMG, at_least=sent + 1, timeout_s=60)
            process.wait(rng.uniform(0, WORK_S))


def drain(home: Path, url: str) -> None:
    """Let a worker finish the queue."""
    with worker(home, url) as process:
        assert process.wait(300) in (0, 1)


def sent_by_job(fake: FakeWebUI) -> Counter[str]:
    """Return how often each job's txt2img request was sent, by the ids in the task ids."""
    return Counter(
        payload["force_task_id"].removeprefix("task(").partition("-")[0]
        for payload in payloads(fake, TXT2IMG)
    )


def check_images(job: JobRecord, home: Path) -> None:
    """See that every image of a record is there, whole."""
    assert {image["stage"] for image in job.images} == {"txt2img", "upscale"}
    for image in job.images:
        with Image.open(home / image["path"]) as opened:
            opened.load()
            assert opened.size == (image["width"], image["height"])


def kill_and_count(
    application: Application, fake: FakeWebUI, kills: int, seed: int
) -> Counter[str]:
    """Kill workers, drain the rest, and see that nothing was lost and nothing repeated."""
    rng, home = random.Random(seed), application.home  # noqa: S311 - repeatable, not secret
    spec = boat(steps=3, config={"upscale": {"enabled": True}})
    job_ids = application.job_service.submit([spec] * kills * 12)
    for _ in range(kills):
        lost = len(application.history.list_jobs(len(job_ids), where=INTERRUPTED))
        kill_at_a_random_moment(home, fake, rng)
        build_app(fake.url, home).close()
        live = application.queue.list_jobs(limit=len(job_ids))
        assert all(job.status is JobStatus.QUEUED for job in live)
        newly_lost = len(application.history.list_jobs(len(job_ids), where=INTERRUPTED)) - lost
        assert newly_lost <= 1
        assert application.queue.pause_state().paused or not newly_lost
        application.job_service.resume()
    drain(home, fake.url)
    jobs = [application.history.get(job_id) for job_id in job_ids]
    sent = sent_by_job(fake)
    assert set(sent) <= set(job_ids)
    assert not {job_id for job_id, times in sent.items() if times > 1}
    for job in jobs:
        assert job.status in {JobStatus.SUCCEEDED, JobStatus.INTERRUPTED}, job.error
        if job.status is JobStatus.SUCCEEDED:
            assert sent[job.job_id] == 1
            check_images(job, home)
    return Counter(job.status for job in jobs)


def test_a_dozen_kills_lose_nothing_and_repeat_nothing(build: BuildApp, slow: FakeWebUI) -> None:
    """Every job either succeeded once or is marked as interrupted; at most one for each kill."""
    tally = kill_and_count(build(slow.url), slow, kills=12, seed=12)
    assert 0 < tally[JobStatus.INTERRUPTED] <= 12


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_and_repeat_nothing(build: BuildApp, slow: FakeWebUI) -> None:
    """The same, a hundred times."""
    tally = kill_and_count(build(slow.url), slow, kills=100, seed=100)
    assert 0 < tally[JobStatus.INTERRUPTED] <= 100
