"""Several WebUIs that work on one queue."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.jobs.models import JobStatus, RunMode
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import SHORT, BuildApp, boat, overlaps
from tests.support import wait_until

TXT2IMG = "/sdapi/v1/txt2img"
NOBODY = "http://127.0.0.1:9"  # the discard port
PACK = "name: Hero\nportrait of a [[job]] in [[place]]\nneg: fog\n"
MATRIX = """{"pack_data": {"matrix": {"mode": "fanout", "slots": [
  {"name": "job", "values": ["knight", "mage", "smith", "monk", "bard", "cook", "king", "page"]},
  {"name": "place", "values": ["a wood", "a town", "a cave", "a ship", "a keep"]}]}},
  "preset_data": {"txt2img": {"width": 64, "height": 64, "steps": 2}}}"""
RARE = f"""[[checkpoints]]\nname = "rare.safetensors"\nsha256 = "{"0a" * 32}"\n"""

NEEDY = boat(config={"txt2img": {"checkpoint": "rare.safetensors"}})


@pytest.fixture
def rare(start_fake: StartFake, tmp_path: Path) -> FakeWebUI:
    """A WebUI with a checkpoint that no other has, and with no other."""
    (tmp_path / "rare.toml").write_text(RARE)
    return start_fake("rare", "--config", str(tmp_path / "rare.toml"))


def test_a_pack_of_forty_jobs_is_drained_over_two_webuis(
    build: BuildApp, fake: FakeWebUI, second_fake: FakeWebUI, tmp_path: Path
) -> None:
    """Each job runs once, on one of them, and each of them does one at a time."""
    application = build(fake.url, second_fake.url)
    packs = tmp_path / "home" / "packs"
    packs.mkdir(exist_ok=True)
    (packs / "forty.txt").write_text(PACK)
    (packs / "forty.json").write_text(MATRIX)
    application.state.job_draft.pack_id = "forty"
    job_ids = application.controller.on_add_job_to_queue_v2()
    assert len(job_ids) == 40
    with application:
        jobs = [application.job_service.wait(job_id, 60) for job_id in job_ids]
    assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}
    shares = [len(node.requests(path=TXT2IMG)) for node in (fake, second_fake)]
    assert sum(shares) == 40
    assert min(shares) > 0
    assert not overlaps(fake.requests(path=TXT2IMG))
    assert not overlaps(second_fake.requests(path=TXT2IMG))
    assert {job.meta["webui"] for job in jobs} == {fake.url, second_fake.url}


def test_a_webui_without_the_model_is_passed_over_with_the_reason(
    build: BuildApp, rare: FakeWebUI, fake: FakeWebUI
) -> None:
    """The job waits for the one that has it."""
    application = build(fake.url, rare.url)
    job_ids = application.job_service.submit([NEEDY] * 4)
    application.runners[0].run_pending()
    waiting = application.queue.list_jobs()
    assert len(waiting) == 4
    [(webui, reason)] = waiting[0].meta["passed_over"].items()
    assert webui.rpartition(":")[2] == fake.url.rpartition(":")[2]
    assert "it has no checkpoint 'rare.safetensors'" in reason
    assert application.runner.run_pending() == 4
    assert {application.history.get(job_id).meta["webui"] for job_id in job_ids} == {rare.url}
    assert fake.requests(path=TXT2IMG) == []


def test_a_job_is_left_to_the_process_whose_webui_has_the_model(
    build: BuildApp, rare: FakeWebUI, fake: FakeWebUI
) -> None:
    """As to another WebUI of the same one, however often the others look before it does."""
    here, there = build(fake.url), build(rare.url)
    here.runner.start()
    with there.registry.registered(rare.url):
        job_ids = here.job_service.submit([NEEDY] * 3)
        wait_until(lambda: here.runners[0].waits_for)
        assert "leaves jobs to another WebUI" in str(here.runners[0].waits_for)
        there.runner.start()
        jobs = [here.job_service.wait(job_id, 60) for job_id in job_ids]
    assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}
    assert {job.meta["webui"] for job in jobs} == {rare.url}


def test_a_job_that_no_process_can_run_fails_with_the_reason(
    build: BuildApp, fake: FakeWebUI, second_fake: FakeWebUI
) -> None:
    """Nobody waits for another who can't run it either."""
    here, there = build(fake.url), build(second_fake.url)
    [job_id] = here.job_service.submit([NEEDY])
    with here, there:
        failed = here.job_service.wait(job_id, 60)
    assert failed.status is JobStatus.FAILED
    assert "it has no checkpoint 'rare.safetensors'" in (failed.error or "")


def test_a_webui_that_is_away_stops_nobody_elsewhere(build: BuildApp, fake: FakeWebUI) -> None:
    """Its process neither fails DIRECT jobs nor pauses the queue while another process works."""
    here, there = build("http://127.0.0.1:9"), build(fake.url)
    with there.registry.registered(fake.url) as other:
        here.runner.start()
        job_ids = here.job_service.submit([boat(run_mode=RunMode.DIRECT), boat()])
        away = wait_until(lambda: [one.outage for one in there.registry.elsewhere() if one.outage])
        assert "can't be reached" in away[0]
        silent_since = time.monotonic()
        wait_until(lambda: time.monotonic() > silent_since + SHORT.patience_s)
        assert not here.queue.pause_state().paused
        with there:
            jobs = [there.job_service.wait(job_id, 60) for job_id in job_ids]
        assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}
        more = there.job_service.submit([boat()])
        there.registry.note_outage(other, "sick")
        wait_until(lambda: here.queue.pause_state().paused)
        there.job_service.withdraw(more)


def test_the_job_of_a_webui_that_dies_is_interrupted_and_the_others_take_the_rest(
    build: BuildApp, start_fake: StartFake, fake: FakeWebUI
) -> None:
    """Nothing is sent again by itself."""
    dying = start_fake("dying")
    dying.hold(TXT2IMG, at_step=1)
    application = build(fake.url, dying.url)
    application.runners[1].start()
    [doomed] = application.job_service.submit([boat()])
    dying.wait(path=TXT2IMG)
    others = application.job_service.submit([boat() for _ in range(5)])
    os.kill(dying.health()["pid"], signal.SIGKILL)
    assert application.job_service.wait(doomed, 60).status is JobStatus.INTERRUPTED
    application.runners[0].start()
    jobs = [application.job_service.wait(job_id, 60) for job_id in others]
    assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}
    assert {job.meta["webui"] for job in jobs} == {fake.url}
    assert not application.queue.pause_state().paused
    wait_until(lambda: "can't be reached" in (application.runners[1].node.outage or ""))


def test_a_webui_that_cant_be_reached_leaves_the_jobs_to_others(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """The queue is not paused: what waits can run elsewhere."""
    application = build(fake.url, NOBODY)
    [job_id] = application.job_service.submit([boat()])
    assert application.runners[1].run_pending() == 0
    assert application.history.get(job_id).status is JobStatus.QUEUED
    assert not application.queue.pause_state().paused
    assert application.runners[0].run_pending() == 1


def test_a_webui_that_fails_again_after_its_cooldown_is_set_aside_at_once(
    build: BuildApp, fake: FakeWebUI, second_fake: FakeWebUI
) -> None:
    """It gets one job to show that it is well, not as many as at first."""
    application = build(fake.url, second_fake.url, limits=replace(SHORT, cooldown_s=1.0))
    second_fake.fault("out-of-memory", TXT2IMG, when="every")
    application.job_service.submit([boat() for _ in range(9)])
    sick = application.runners[1]
    assert sick.run_pending() == SHORT.pause_after
    assert wait_until(sick.run_pending) == 1
    assert second_fake.count(TXT2IMG) == SHORT.pause_after + 1
