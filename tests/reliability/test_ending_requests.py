"""A request that is to end early, on a WebUI that is slow to do it, does not, or is not seen."""

from dataclasses import replace

import pytest

from app.bootstrap import Application
from app.jobs.models import JobStatus, Progress
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import SHORT, BuildApp, boat
from tests.reliability.hostile_webui import answer, hostile_webui
from tests.support import wait_until

TXT2IMG, INTERRUPT = "/sdapi/v1/txt2img", "/sdapi/v1/interrupt"
PROGRESS, TASK = "/sdapi/v1/progress", "/internal/progress"
STEP_S = 0.5


@pytest.fixture(scope="module")
def sluggish(start_fake: StartFake) -> FakeWebUI:
    """A WebUI that heeds an interrupt at the end of a step, which is many looks later."""
    return start_fake("sluggish", "--step-seconds", str(STEP_S))


def step_of(application: Application) -> Progress:
    """Wait until the running job has done a step."""
    return wait_until(lambda: p if (p := application.runners[0].progress) and p.step else None)


@pytest.mark.parametrize("is_stopped_too", [False, True])
def test_an_interrupt_is_sent_once_and_the_users_word_is_the_last(
    build: BuildApp, sluggish: FakeWebUI, *, is_stopped_too: bool
) -> None:
    """However often the job is looked at until the WebUI has ended it, stopped app or not."""
    sluggish.reset()
    application = build(sluggish.url)
    [job_id] = application.job_service.submit([boat(steps=20)])
    with application:
        step_of(application)
        application.job_service.cancel([job_id])
        if not is_stopped_too:
            application.job_service.wait(job_id, 20)
    assert application.history.get(job_id).status is JobStatus.CANCELLED
    assert sluggish.count(INTERRUPT) == 1


def test_a_webui_that_never_answers_is_left_after_a_while(build: BuildApp, fake: FakeWebUI) -> None:
    """The grace after a cancel counts from the cancel, not from the last look."""
    application = build(fake.url, limits=replace(SHORT, stop_grace_s=0.5))
    fake.fault("hang", TXT2IMG)
    [job_id] = application.job_service.submit([boat()])
    with application:
        fake.wait(TXT2IMG)
        application.job_service.cancel([job_id])
        assert application.job_service.wait(job_id, 20).status is JobStatus.CANCELLED
        fake.reset()


def test_progress_keeps_what_it_had_when_the_task_is_not_seen(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """A look that comes too early or too late takes nothing back."""
    with hostile_webui(fake.url) as door, fake.hold(TXT2IMG, at_step=2):
        application = build(door.url)
        application.job_service.submit([boat(steps=5)])
        with application:
            before = step_of(application)
            door.always[TASK] = answer('{"active": false, "queued": false, "completed": false}')
            seen = len(door.seen)
            wait_until(lambda: door.seen[seen:].count(TASK) > 2)
            after = application.runners[0].progress
            door.always.clear()
    assert after is not None
    assert (after.step, after.fraction) == (before.step, before.fraction)
