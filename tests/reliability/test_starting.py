"""A WebUI that starts, or is busy with something else: jobs wait and none is lost."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from app.bootstrap import Application
from app.jobs.models import JobStatus
from fake_webui import FakeWebUI
from tests.app.conftest import command_line
from tests.reliability.conftest import SHORT, BuildApp, boat
from tests.support import payloads, wait_until

TXT2IMG = "/sdapi/v1/txt2img"
SAMPLERS = "/sdapi/v1/samplers"
PATIENT = replace(SHORT, job_ceiling_s=60.0, patience_s=30.0)


def test_a_job_that_meets_a_restart_is_sent_once_more(build: BuildApp, fake: FakeWebUI) -> None:
    """A WebUI that starts refuses it in words of its own; it was not run, and is not lost."""
    application = build(fake.url, limits=PATIENT)
    fake.fault("starting", TXT2IMG, seconds=0.5)
    first, second = application.job_service.submit([boat(), boat()])
    assert application.runner.run_pending() == 2
    for job_id in (first, second):
        job = application.history.get(job_id)
        assert job.status is JobStatus.SUCCEEDED, job.error
    sent = [payload["force_task_id"].partition("-")[0] for payload in payloads(fake, TXT2IMG)]
    assert [sent.count(f"task({job_id}") for job_id in (first, second)] == [2, 1]


def test_the_same_words_of_a_webui_that_is_up_are_the_answer(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """A 404 while the samplers are there is the job's failure, and is not sent again."""
    application = build(fake.url, limits=PATIENT)
    fake.fault("status", TXT2IMG, when="every", status=404, body={"detail": "Not Found"})
    [job_id] = application.job_service.submit([boat()])
    application.runner.run_pending()
    assert application.history.get(job_id).status is JobStatus.FAILED
    assert fake.count(TXT2IMG) == 1


def test_a_refused_job_can_be_cancelled_while_the_webui_starts(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """Waiting for the start listens to the user."""
    application = build(fake.url, limits=PATIENT)
    fake.fault("starting", TXT2IMG, seconds=60)
    [job_id] = application.job_service.submit([boat()])
    with application:
        wait_until(lambda: fake.count(TXT2IMG) == 1)
        application.job_service.cancel([job_id])
        assert application.job_service.wait(job_id, 60).status is JobStatus.CANCELLED
    assert fake.count(TXT2IMG) == 1


def test_no_job_is_sent_before_there_are_samplers(build: BuildApp, fake: FakeWebUI) -> None:
    """Other routes answer long before a WebUI that starts can generate."""
    application = build(fake.url, limits=PATIENT)
    fake.fault("status", SAMPLERS, when="every", times=3, status=200, body=[])
    [job_id] = application.job_service.submit([boat()])
    with application:
        job = application.job_service.wait(job_id, 60)
    assert job.status is JobStatus.SUCCEEDED
    paths = [entry["path"] for entry in fake.requests()]
    assert paths[: paths.index(TXT2IMG)].count(SAMPLERS) >= 4


def test_a_command_waits_for_a_webui_that_starts(build: BuildApp, fake: FakeWebUI) -> None:
    """The page answers and the API does not yet: it is waited for, and said."""
    run = command_line(build(fake.url).home, fake.url)
    fake.fault("starting", SAMPLERS, seconds=0.5)
    done = run("run", "--prompt", "x", "--width", "64", "--height", "64", "--steps", "2")
    assert done.returncode == 0, done.stderr
    assert "Waiting for 120 s at most" in done.stderr


def test_a_command_gives_up_a_webui_without_api(build: BuildApp, fake: FakeWebUI) -> None:
    """After the patience it ends with 3 and names --api; nothing was queued."""
    run = command_line(build(fake.url).home, fake.url)
    fake.fault("status", SAMPLERS, when="every", status=404, body={"detail": "Not Found"})
    done = run("run", "--prompt", "x", APP_PATIENCE_S="0.1")
    assert done.returncode == 3
    assert "--api" in done.stderr
    assert "queue is empty" in run("queue").stderr


def wait_for_foreign_work(application: Application) -> None:
    """Return when the runner has seen what keeps the WebUI busy."""
    runner = application.runners[0]
    wait_until(lambda: "busy with a generation of somebody else" in (runner.waits_for or ""))


def test_what_a_webui_does_for_others_is_shown_and_not_booked(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """A job is claimed when the WebUI is idle, so its time is its own."""
    application = build(fake.url, limits=PATIENT)
    body = {"prompt": "theirs", "steps": 2, "width": 64, "height": 64}
    theirs = application.runners[0].node.client
    [job_id] = application.job_service.submit([boat()])
    with ThreadPoolExecutor(1) as pool, fake.hold(TXT2IMG, at_step=1) as held:
        pool.submit(theirs.generate, TXT2IMG, body, 60)
        held.wait()
        with application:
            wait_for_foreign_work(application)
            assert application.history.get(job_id).status is JobStatus.QUEUED
            held.release()
            job = application.job_service.wait(job_id, 60)
    assert job.status is JobStatus.SUCCEEDED


def test_a_job_in_the_webuis_line_does_not_use_up_its_time(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """The ceiling is for its own work; waiting behind another client is not."""
    limits = replace(SHORT, job_ceiling_s=2.0, patience_s=0.05)
    application = build(fake.url, limits=limits)
    body = {"prompt": "theirs", "steps": 2, "width": 64, "height": 64}
    theirs = application.runners[0].node.client
    [job_id] = application.job_service.submit([boat()])
    with ThreadPoolExecutor(1) as pool, fake.hold(TXT2IMG, at_step=1) as held:
        pool.submit(theirs.generate, TXT2IMG, body, 60)
        held.wait()
        with application:
            fake.wait(TXT2IMG, at_least=2)
            passed = time.monotonic() + limits.job_ceiling_s
            wait_until(lambda: time.monotonic() > passed)
            held.release()
            job = application.job_service.wait(job_id, 60)
    assert job.status is JobStatus.SUCCEEDED, job.error


def test_a_webui_that_asks_for_fewer_questions_gets_fewer(build: BuildApp, slow: FakeWebUI) -> None:
    """A 429 slows the polling down and ends no job."""
    application = build(slow.url, limits=replace(PATIENT, poll_s=0.01))
    fake = slow
    fake.fault("status", "/internal/progress", when="every", status=429, body={})
    [job_id] = application.job_service.submit([boat(steps=50)])
    application.runner.run_pending()
    assert application.history.get(job_id).status is JobStatus.SUCCEEDED
    assert fake.count(TXT2IMG) == 1
    assert fake.count("/internal/progress") < 15
