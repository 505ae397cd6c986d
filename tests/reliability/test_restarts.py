"""A WebUI that dies under a job, or is started again: the job is interrupted, not failed."""

import os
import signal

import pytest

from app.bootstrap import Application
from app.jobs.models import JobRecord, JobStatus
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import BuildApp, boat
from tests.reliability.hostile_webui import hostile_webui
from tests.support import control, wait_until

TXT2IMG = "/sdapi/v1/txt2img"


def start_mortal(start_fake: StartFake, profile: str) -> FakeWebUI:
    """Start a WebUI that may be killed, and whose first generation stands still until it is."""
    fake = start_fake("mortal", "--profile", profile)
    fake.hold(TXT2IMG, at_step=1)
    return fake


def kill(fake: FakeWebUI) -> None:
    """End a WebUI as a crash does."""
    os.kill(control(fake, "GET", "health")["pid"], signal.SIGKILL)


def wait_for_a_step(application: Application) -> None:
    """Wait until the running job has done a step."""
    wait_until(lambda: (p := application.runners[0].progress) and p.step)


@pytest.mark.parametrize("webui", ["a1111", "sdnext"])
def test_a_job_whose_webui_is_back_at_the_first_look_is_interrupted(
    build: BuildApp, start_fake: StartFake, webui: str
) -> None:
    """A new process has had no job yet: that is how it is known from one that stayed up."""
    first = start_mortal(start_fake, webui)
    second = start_fake("restarted", "--profile", webui)
    with hostile_webui(first.url) as door:
        application = build(door.url)
        lost, next_one = application.job_service.submit([boat(), boat()])
        with application:
            wait_for_a_step(application)
            door.upstream = second.url.removeprefix("http://")
            kill(first)
            job = application.job_service.wait(lost, 60)
            after = application.job_service.wait(next_one, 60)
    check_interrupted(job, "the WebUI was restarted meanwhile")
    assert after.status is JobStatus.SUCCEEDED


def test_a_job_whose_webui_dies_is_interrupted(build: BuildApp, start_fake: StartFake) -> None:
    """Whether or not it comes back later."""
    fake = start_mortal(start_fake, "a1111")
    application = build(fake.url)
    [job_id] = application.job_service.submit([boat()])
    with application:
        wait_for_a_step(application)
        kill(fake)
        check_interrupted(application.job_service.wait(job_id, 60), "can't be reached")


def check_interrupted(job: JobRecord, words: str) -> None:
    """See that a job was interrupted, with these words."""
    assert job.status is JobStatus.INTERRUPTED, job.error
    assert words in (job.error or "")


def test_a_job_whose_webui_stays_up_without_it_failed(
    application: Application, fake: FakeWebUI
) -> None:
    """A lost connection alone is no restart, after other jobs as before the first."""
    fake.fault("reset", TXT2IMG, when={"nth": 1})
    fake.fault("reset", TXT2IMG, when={"nth": 2})  # of those that the first leaves alone
    job_ids = application.job_service.submit([boat(), boat(), boat()])
    application.runner.run_pending()
    jobs = [application.history.get(job_id) for job_id in job_ids]
    assert [job.status for job in jobs] == ["failed", "succeeded", "failed"]
    assert "the WebUI is not working on it" in (jobs[2].error or "")
