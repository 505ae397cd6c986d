"""A request that is to end early, on a WebUI that is slow to do it, does not, or is not seen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests

from app.bootstrap import Application
from app.jobs.models import JobStatus, Progress
from fake_webui import FakeWebUI
from tests.reliability.conftest import SHORT, BuildApp, boat
from tests.reliability.cutting_proxy import CuttingProxy
from tests.reliability.hostile_webui import HostileWebUI, answer, hostile_webui
from tests.support import wait_until

TXT2IMG, INTERRUPT = "/sdapi/v1/txt2img", "/sdapi/v1/interrupt"
TASK = "/internal/progress"


def step_of(application: Application) -> Progress:
    """Wait until the running job has done a step."""
    return wait_until(lambda: p if (p := application.runners[0].progress) and p.step else None)


def looks(door: HostileWebUI, number: int) -> None:
    """Wait until the running job has been looked at so often."""
    seen = door.seen.count(TASK)
    wait_until(lambda: door.seen.count(TASK) >= seen + number)


@pytest.mark.parametrize("is_stopped_too", [False, True])
def test_an_interrupt_is_sent_once_and_the_users_word_holds(
    build: BuildApp, fake: FakeWebUI, *, is_stopped_too: bool
) -> None:
    """However often the job is looked at until the WebUI has ended it, the app stopped or not."""
    with hostile_webui(fake.url) as door:
        door.always[INTERRUPT] = answer("null")  # it is heard, and takes its time
        application = build(door.url)
        [job_id] = application.job_service.submit([boat(steps=5)])
        with fake.hold(TXT2IMG, at_step=2):
            application.runner.start()
            step_of(application)
            application.job_service.cancel([job_id])
            looks(door, 3)
            if is_stopped_too:
                application.runners[0].ask_to_stop()
            looks(door, 3)
        assert application.job_service.wait(job_id, 60).status is JobStatus.CANCELLED
        application.runner.stop()
    assert door.seen.count(INTERRUPT) == 1


def test_a_webui_that_never_answers_is_left_after_a_while(build: BuildApp, fake: FakeWebUI) -> None:
    """The grace after a cancel counts from the cancel, not from the last look."""
    application = build(fake.url, limits=replace(SHORT, stop_grace_s=0.5))
    fake.fault("hang", TXT2IMG)
    [job_id] = application.job_service.submit([boat()])
    with application:
        fake.wait(TXT2IMG)
        application.job_service.cancel([job_id])
        assert application.job_service.wait(job_id, 60).status is JobStatus.CANCELLED
        fake.reset()


def test_a_cancelled_job_in_the_webuis_line_is_waited_for(build: BuildApp, fake: FakeWebUI) -> None:
    """Whoever left it there would have it run later, when nobody wants it."""
    application = build(fake.url, limits=replace(SHORT, stop_grace_s=1.0, patience_s=0.05))
    theirs = {"prompt": "theirs", "width": 64, "height": 64, "steps": 5}
    with ThreadPoolExecutor(1) as pool, application, fake.hold(TXT2IMG, at_step=1):
        pool.submit(requests.post, fake.url + TXT2IMG, json=theirs, timeout=60)
        fake.wait(TXT2IMG)
        [job_id] = application.job_service.submit([boat()])
        fake.wait(TXT2IMG, at_least=2)
        application.job_service.cancel([job_id])
        assert application.job_service.wait(job_id, 2.5).status is JobStatus.RUNNING
    assert application.history.get(job_id).status is JobStatus.CANCELLED


def test_a_generation_whose_answer_is_lost_is_ended(build: BuildApp, fake: FakeWebUI) -> None:
    """Nobody wants it any more, and the next job finds the WebUI idle."""
    with CuttingProxy(urlsplit(fake.url).port or 80) as proxy:
        application = build(f"http://127.0.0.1:{proxy.port}")
        lost, following = application.job_service.submit([boat(steps=5), boat()])
        with fake.hold(TXT2IMG, at_step=2), application:
            step_of(application)
            proxy.hang_up()
            fake.wait(INTERRUPT)
        with application:
            assert application.job_service.wait(lost, 60).status is JobStatus.FAILED
            assert application.job_service.wait(following, 60).status is JobStatus.SUCCEEDED


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
            looks(door, 3)
            after = application.runners[0].progress
            door.always.clear()
    assert after is not None
    assert (after.step, after.fraction) == (before.step, before.fraction)
