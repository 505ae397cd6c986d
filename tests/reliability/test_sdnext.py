"""A job's life on SD.Next, which knows no tasks: our open request is what it works on."""

import pytest

from app.jobs.models import JobStatus
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import BuildApp, boat

pytestmark = pytest.mark.profiles

TXT2IMG, INTERRUPT, SKIP = "/sdapi/v1/txt2img", "/sdapi/v1/interrupt", "/sdapi/v1/skip"


@pytest.fixture(scope="module")
def server(start_fake: StartFake) -> FakeWebUI:
    """An SD.Next."""
    return start_fake("sdnext", "--profile", "sdnext")


@pytest.fixture
def sdnext(server: FakeWebUI) -> FakeWebUI:
    """That server, as fresh as at its start."""
    server.reset()
    return server


def test_cancel_reaches_it_and_the_next_job_is_unharmed(build: BuildApp, sdnext: FakeWebUI) -> None:
    """The request ends early, as cancelled; the next one has its picture."""
    application = build(sdnext.url)
    first, second = application.job_service.submit([boat(config=MANY), boat()])
    with sdnext.hold(TXT2IMG, at_step=1) as held, application:
        held.wait()
        application.job_service.cancel([first])
        assert application.job_service.wait(first, 60).status is JobStatus.CANCELLED
        assert application.job_service.wait(second, 60).status is JobStatus.SUCCEEDED
    assert sdnext.count(path=INTERRUPT) >= 1
    assert sdnext.count(path=TXT2IMG) == 2


MANY = {"txt2img": {"n_iter": 3}}


def test_skip_reaches_it(build: BuildApp, sdnext: FakeWebUI) -> None:
    """It is sent while our request is open."""
    application = build(sdnext.url)
    [job_id] = application.job_service.submit([boat(config=MANY)])
    with sdnext.hold(TXT2IMG, at_step=1) as held, application:
        held.wait()
        application.job_service.skip(job_id)
        application.job_service.wait(job_id, 60)
    assert sdnext.count(path=SKIP) == 1
    assert sdnext.count(path=INTERRUPT) == 0


def test_cancel_reaches_it_while_it_answers_no_progress(build: BuildApp, sdnext: FakeWebUI) -> None:
    """The rate limit of one address is none of another's."""
    sdnext.fault("status", "/sdapi/v1/progress", when="every", status=429, body={"error": "slow"})
    application = build(sdnext.url)
    [job_id] = application.job_service.submit([boat()])
    with sdnext.hold(TXT2IMG, at_step=1) as held, application:
        held.wait()
        application.job_service.cancel([job_id])
        assert application.job_service.wait(job_id, 60).status is JobStatus.CANCELLED
    assert sdnext.count(path=TXT2IMG) == 1


def test_a_generation_over_the_rate_limit_is_not_sent_again(
    build: BuildApp, sdnext: FakeWebUI
) -> None:
    """The limit is told when the work is done: the job fails in its words."""
    sdnext.fault("status", TXT2IMG, when="first", status=429, body={"errors": "429: rate limit"})
    application = build(sdnext.url)
    [job_id] = application.job_service.submit([boat()])
    application.runner.run_pending()
    job = application.history.get(job_id)
    assert job.status is JobStatus.FAILED
    assert "rate limit" in (job.error or "")
    assert sdnext.count(path=TXT2IMG) == 1


def test_a_failure_inside_does_not_keep_the_next_job_waiting(
    build: BuildApp, sdnext: FakeWebUI
) -> None:
    """It answers 200 without an image, and its progress stands still afterwards."""
    sdnext.fault("out-of-memory", TXT2IMG, when="first")
    application = build(sdnext.url)
    application.job_service.submit([boat(), boat()])
    application.runner.run_pending()
    statuses = [job.status for job in application.history.list_jobs()]
    assert statuses == [JobStatus.SUCCEEDED, JobStatus.FAILED]


def test_without_a_picture_nothing_has_succeeded(build: BuildApp, sdnext: FakeWebUI) -> None:
    """A skipped single image is answered with 200 and an empty list."""
    application = build(sdnext.url)
    [job_id] = application.job_service.submit([boat()])
    with sdnext.hold(TXT2IMG, at_step=1) as held, application:
        held.wait()
        application.job_service.skip(job_id)
        job = application.job_service.wait(job_id, 60)
    assert job.status is JobStatus.FAILED
    assert "without an image" in (job.error or "")
