"""A job's life beside a WebUI that takes its time: cancel, skip, stop, pause, progress."""

import os
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import requests

from app.bootstrap import Application
from app.jobs.models import JobStatus, Progress, RunMode
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import SHORT, TIGHT, BuildApp, boat, overlaps
from tests.support import control, payloads, wait_until

TXT2IMG, INTERRUPT, SKIP = "/sdapi/v1/txt2img", "/sdapi/v1/interrupt", "/sdapi/v1/skip"
SAMPLERS, PROGRESS = "/sdapi/v1/samplers", "/sdapi/v1/progress"
TASK_PROGRESS = "/internal/progress"
TAKE_OFF = """UPDATE jobs SET status = 'interrupted', worker = NULL, completed_at = created_at
WHERE job_id = ?"""
REFUSE_SUCCESS = """CREATE TRIGGER refuse BEFORE UPDATE ON jobs WHEN NEW.status = 'succeeded'
BEGIN SELECT RAISE(ABORT, 'no room'); END"""
NOBODY = "http://127.0.0.1:9"


def count(fake: FakeWebUI, path: str) -> int:
    """Return how many requests a path got."""
    return len(fake.requests(path=path))


def wait_for_steps(application: Application) -> Progress:
    """Wait until the running job has done a step."""
    return wait_until(lambda: p if (p := application.runners[0].progress) and p.step else None)


def test_cancel_interrupts_the_running_job_and_leaves_the_next_unharmed(
    application: Application, fake: FakeWebUI
) -> None:
    """One interrupt, status cancelled, and the next job has its images."""
    first, second = application.job_service.submit([boat(), boat()])
    with fake.hold(TXT2IMG, at_step=1), application:
        wait_for_steps(application)
        application.job_service.cancel([first])
        assert application.job_service.wait(first, 60).status is JobStatus.CANCELLED
        assert application.job_service.wait(second, 60).status is JobStatus.SUCCEEDED
    assert count(fake, INTERRUPT) == 1
    assert count(fake, TXT2IMG) == 2


def test_cancel_keeps_the_pictures_that_went_through_both_passes_of_hires_fix(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """Of three the third is in its first pass."""
    fake.fault("stalled-progress", TXT2IMG, at=0.75)
    application = build(fake.url)
    hires = {"hires_enabled": True, "hires_upscaler": "Latent", "hires_scale": 2.0, "n_iter": 3}
    [job_id] = application.job_service.submit([boat(config={"txt2img": hires})])
    with application:
        wait_until(lambda: (p := application.runners[0].progress) and p.fraction > 0.66)
        application.job_service.cancel([job_id])
        job = application.job_service.wait(job_id, 60)
    assert job.status is JobStatus.CANCELLED
    assert [image["width"] for image in job.images] == [128, 128]


def test_cancel_from_another_process_reaches_the_running_job(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """The request is in the store; whoever runs the job carries it out."""
    worker, other = build(fake.url), build(fake.url)
    [job_id] = worker.job_service.submit([boat()])
    with fake.hold(TXT2IMG, at_step=1), worker:
        wait_for_steps(worker)
        other.job_service.cancel([job_id])
        assert other.job_service.wait(job_id, 60).status is JobStatus.CANCELLED


def test_cancel_never_interrupts_somebody_elses_generation(
    application: Application, fake: FakeWebUI
) -> None:
    """A job that waits in the WebUI's line is interrupted when its own turn comes."""
    payload = {"prompt": "theirs", "width": 64, "height": 64, "steps": 2, "n_iter": 2}
    fake.hold(TXT2IMG, at_step=1, payload={"prompt": "a boat"})
    with ThreadPoolExecutor(1) as pool, fake.hold(TXT2IMG, at_step=1) as held:
        theirs = pool.submit(requests.post, f"{fake.url}{TXT2IMG}", json=payload, timeout=60)
        held.wait()
        [job_id] = application.job_service.submit([boat()])
        with application:
            fake.wait(at_least=2, path=TXT2IMG)
            application.job_service.cancel([job_id])
            fake.wait(at_least=count(fake, TASK_PROGRESS) + 5, path=TASK_PROGRESS)
            held.release()
            assert application.job_service.wait(job_id, 60).status is JobStatus.CANCELLED
        assert len(theirs.result(60).json()["images"]) == 2
    assert count(fake, INTERRUPT) == 1


def test_cancelling_a_queued_job_sends_nothing(application: Application, fake: FakeWebUI) -> None:
    """It never reaches the WebUI."""
    [job_id] = application.job_service.submit([boat()])
    application.job_service.cancel([job_id])
    assert application.runner.run_pending() == 0
    assert fake.requests() == []


def test_skip_goes_on_with_the_next_image_of_the_job(
    application: Application, fake: FakeWebUI
) -> None:
    """One skip is sent, and only while this job's own request runs."""
    [job_id] = application.job_service.submit([boat(config={"txt2img": {"n_iter": 2}})])
    with fake.hold(TXT2IMG, at_step=1), application:
        wait_for_steps(application)
        application.job_service.skip(job_id)
        application.job_service.wait(job_id, 60)
    assert count(fake, SKIP) == 1
    assert count(fake, INTERRUPT) == 0
    assert count(fake, TXT2IMG) == 1


def test_stopping_the_app_interrupts_its_job_and_keeps_the_queue(
    application: Application, fake: FakeWebUI
) -> None:
    """A clean stop pauses nothing: the next start goes on with the next job."""
    first, second = application.job_service.submit([boat(), boat()])
    with fake.hold(TXT2IMG, at_step=1), application:
        wait_for_steps(application)
    assert application.history.get(first).status is JobStatus.INTERRUPTED
    assert application.history.get(second).status is JobStatus.QUEUED
    assert not application.queue.pause_state().paused
    assert count(fake, INTERRUPT) == 1


def test_a_direct_job_goes_next_and_not_at_once(application: Application, fake: FakeWebUI) -> None:
    """The running job is not pre-empted; the queued ones wait."""
    running, queued = application.job_service.submit([boat(), boat()])
    with fake.hold(TXT2IMG, at_step=1) as held, application:
        wait_for_steps(application)
        [direct] = application.job_service.submit([boat(run_mode=RunMode.DIRECT)])
        held.release()
        jobs = [application.job_service.wait(job_id, 60) for job_id in (running, direct, queued)]
    started = [job.started_at for job in jobs if job.started_at]
    assert started == sorted(started)
    assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}


def test_pause_finishes_the_running_job_and_starts_no_other(
    application: Application, fake: FakeWebUI
) -> None:
    """Resume goes on."""
    first, second = application.job_service.submit([boat(), boat()])
    with fake.hold(TXT2IMG, at_step=1) as held, application:
        wait_for_steps(application)
        application.job_service.pause("lunch")
        held.release()
        assert application.job_service.wait(first, 60).status is JobStatus.SUCCEEDED
        assert application.job_service.wait(second, 0.3).status is JobStatus.QUEUED
        application.job_service.resume()
        assert application.job_service.wait(second, 60).status is JobStatus.SUCCEEDED


def test_progress_names_stage_step_and_time_left(build: BuildApp, slow: FakeWebUI) -> None:
    """Asked for by task id, so that it is this job's own."""
    application = build(slow.url)
    seen: list[Progress] = []
    application.runner.subscribe(seen.append)
    [job_id] = application.job_service.submit(
        [boat(steps=30, config={"img2img": {"enabled": True}})]
    )
    with ThreadPoolExecutor(1) as pool, slow.hold(TXT2IMG, at_step=15):
        ran = pool.submit(application.runner.run_pending)
        wait_until(lambda: any(p.eta_s for p in seen))
    assert ran.result(60) == 1
    assert {(p.job_id, p.stage_count) for p in seen} == {(job_id, 2)}
    assert [p.stage for p in seen] == sorted((p.stage for p in seen), reverse=True)
    steps = [p.step for p in seen if p.stage == "txt2img" and p.step]
    assert steps == sorted(steps)
    assert steps
    fractions = [p.job_fraction for p in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert count(slow, TASK_PROGRESS) > 0


def test_progress_falls_back_where_there_are_no_tasks(
    build: BuildApp, start_fake: StartFake
) -> None:
    """A WebUI without its page has no /internal; it is asked once and then no more."""
    bare = start_fake("bare", "--nowebui")
    application = build(bare.url)
    seen: list[Progress] = []
    application.runner.subscribe(seen.append)
    application.job_service.submit([boat()])
    with ThreadPoolExecutor(1) as pool, bare.hold(TXT2IMG, at_step=1):
        ran = pool.submit(application.runner.run_pending)
        wait_until(lambda: any(p.step for p in seen))
    assert ran.result(60) == 1
    assert count(bare, TASK_PROGRESS) == 1


def test_a_stalled_generation_is_warned_of_and_given_up_at_the_ceiling(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """It is interrupted, so that the WebUI is free for the next job."""
    application = build(fake.url, limits=TIGHT)
    seen: list[Progress] = []
    application.runner.subscribe(seen.append)
    fake.fault("stalled-progress", TXT2IMG, when="first")
    first, second = application.job_service.submit([boat(), boat()])
    application.runner.run_pending()
    assert any(p.stall_warning for p in seen)
    assert "took longer than 5 s" in (application.history.get(first).error or "")
    assert application.history.get(second).status is JobStatus.SUCCEEDED
    assert count(fake, INTERRUPT) == 1


def test_failures_that_the_next_job_would_meet_pause_the_queue(
    application: Application, fake: FakeWebUI
) -> None:
    """After three in a row, with the reason; the other jobs are not burned."""
    fake.fault("out-of-memory", TXT2IMG, when="every")
    application.job_service.submit([boat() for _ in range(10)])
    assert application.runner.run_pending() == 3
    assert application.queue.counts()[JobStatus.QUEUED] == 7
    reason = application.queue.pause_state().reason
    assert reason.startswith("3 failures in a row, the last one: out of memory")
    control(fake, "DELETE", "faults")
    application.job_service.resume()
    assert application.runner.run_pending() == 7


@pytest.mark.parametrize(
    ("action", "settings", "words"),
    [
        ("status", {"status": 500, "body": {"detail": "no such script"}}, "no such script"),
        ("missing-images", {}, "no images"),
        ("ignored-options", {}, "asked for checkpoint"),
    ],
)
def test_the_same_failure_again_and_again_pauses_the_queue(
    application: Application, fake: FakeWebUI, action: str, settings: dict[str, Any], words: str
) -> None:
    """Whatever it is, the third job in a row that it fails is the last."""
    fake.fault(action, TXT2IMG, when="every", **settings)
    other = {"txt2img": {"checkpoint": "juggernautXL_v9"}}
    application.job_service.submit([boat(config=other) for _ in range(6)])
    assert application.runner.run_pending() == 3
    reason = application.queue.pause_state().reason
    assert reason.startswith("3 failures in a row")
    assert words in reason


def test_failures_count_whatever_their_words(application: Application, fake: FakeWebUI) -> None:
    """A Ray ID or an address in the words makes no failure another one."""
    for number in range(6):
        said = {"detail": f"Ray ID {number}"}
        fake.fault("status", TXT2IMG, when="every", times=1, status=500, body=said)
    application.job_service.submit([boat() for _ in range(6)])
    assert application.runner.run_pending() == 3
    assert "Ray ID 2" in application.queue.pause_state().reason


def test_two_failures_in_turn_pause_the_queue(application: Application, fake: FakeWebUI) -> None:
    """What fails in two ways fails all the same."""
    for action in ("out-of-memory", "missing-images", "out-of-memory"):
        fake.fault(action, TXT2IMG, when="every", times=1)
    application.job_service.submit([boat() for _ in range(6)])
    assert application.runner.run_pending() == 3
    assert application.queue.pause_state().paused


def test_a_fault_of_a_jobs_own_settings_neither_counts_nor_resets(
    application: Application, fake: FakeWebUI
) -> None:
    """Refused before sending, or with a 422: the next job may be another one altogether."""
    lost = {"txt2img": {"checkpoint": "nope"}}
    fake.fault("status", TXT2IMG, when="first", status=422, body={"detail": "wrong"})
    fake.fault("out-of-memory", TXT2IMG, when="every", times=2)
    specs = [boat(), boat(), boat(config=lost), boat(config=lost), boat(config=lost), boat()]
    application.job_service.submit(specs)
    assert application.runner.run_pending() == 6
    assert not application.queue.pause_state().paused
    fake.fault("out-of-memory", TXT2IMG, when="every", times=1)
    application.job_service.submit([boat(), boat()])
    assert application.runner.run_pending() == 1
    assert application.queue.pause_state().paused


def test_a_success_in_between_starts_the_count_again(
    application: Application, fake: FakeWebUI
) -> None:
    """Only failures in a row pause the queue."""
    for nth in (1, 2, 4, 5):
        fake.fault("out-of-memory", TXT2IMG, when={"nth": nth})
    application.job_service.submit([boat() for _ in range(6)])
    assert application.runner.run_pending() == 6
    assert not application.queue.pause_state().paused


def test_jobs_wait_for_a_webui_that_cant_be_reached(build: BuildApp) -> None:
    """No queued job is burned: the queue pauses and says why. A DIRECT one fails and says why."""
    application = build(NOBODY)
    queued, direct = application.job_service.submit([boat(), boat(run_mode=RunMode.DIRECT)])
    application.runner.run_pending()
    assert application.history.get(queued).status is JobStatus.QUEUED
    failed = application.history.get(direct)
    assert failed.status is JobStatus.FAILED
    assert "can't be reached" in (failed.error or "")
    assert "can't be reached" in application.queue.pause_state().reason


def test_a_runner_waits_for_a_webui_that_is_starting_up(
    build: BuildApp, start_fake: StartFake
) -> None:
    """Jobs are queued before the WebUI is there, and run when it is."""
    fake = start_fake("late")
    port = int(fake.url.rpartition(":")[2])
    fake.reset()
    application = build(f"http://127.0.0.1:{port}", limits=replace(SHORT, patience_s=30))
    fake.fault("reset", "/sdapi/v1/samplers", when="every")
    [job_id] = application.job_service.submit([boat()])
    with application:
        wait_until(lambda: "(since " in (application.runners[0].waits_for or ""))
        assert application.history.get(job_id).status is JobStatus.QUEUED
        control(fake, "DELETE", "faults")
        assert application.job_service.wait(job_id, 60).status is JobStatus.SUCCEEDED


def test_a_runner_that_waits_asks_now_and_then(build: BuildApp, fake: FakeWebUI) -> None:
    """Not all the time."""
    application = build(fake.url, limits=replace(SHORT, idle_poll_s=3600, patience_s=3600))
    fake.fault("reset", SAMPLERS, when="every")
    application.job_service.submit([boat()])
    with application:
        wait_until(lambda: application.runners[0].waits_for)
        assert_is_quiet(fake)


def test_a_runner_without_a_thread_waits_for_others_work_as_quietly(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """Until something changes, here a second job."""
    application = build(fake.url, limits=replace(SHORT, idle_poll_s=3600, patience_s=3600))
    theirs = {"prompt": "theirs", "width": 64, "height": 64, "steps": 5}
    application.job_service.submit([boat()])
    with ThreadPoolExecutor(2) as pool:
        with fake.hold(TXT2IMG, at_step=1):
            pool.submit(requests.post, fake.url + TXT2IMG, json=theirs, timeout=60)
            fake.wait(TXT2IMG)
            ran = pool.submit(application.runner.run_pending)
            wait_until(lambda: "busy" in (application.runners[0].waits_for or ""))
            assert_is_quiet(fake)
        wait_until(lambda: all(entry["status"] for entry in fake.requests(TXT2IMG)))
        application.job_service.submit([boat()])
        assert ran.result(60) == 2


def assert_is_quiet(fake: FakeWebUI) -> None:
    """See that nobody asks a WebUI anything while the control plane answers some questions."""
    seen = len(fake.requests())
    for _ in range(5):
        fake.health()
    assert len(fake.requests()) == seen


def test_two_apps_on_one_home_never_use_a_webui_at_the_same_time(
    build: BuildApp, slow: FakeWebUI
) -> None:
    """The execution lock is one for each WebUI, across processes."""
    one, two = build(slow.url), build(slow.url)
    job_ids = one.job_service.submit([boat() for _ in range(12)])
    with one, two:
        jobs = [one.job_service.wait(job_id, 60) for job_id in job_ids]
    assert {job.status for job in jobs} == {JobStatus.SUCCEEDED}
    assert count(slow, TXT2IMG) == 12
    assert not overlaps(slow.requests(path=TXT2IMG))


def test_a_checkpoint_that_the_webui_lacks_fails_before_anything_is_sent(
    application: Application, fake: FakeWebUI
) -> None:
    """The WebUI would ignore it and use whatever is loaded."""
    [job_id] = application.job_service.submit([boat(config={"txt2img": {"checkpoint": "nope"}})])
    application.runner.run_pending()
    assert "it has no checkpoint 'nope'" in (application.history.get(job_id).error or "")
    assert count(fake, TXT2IMG) == 0


def test_retry_and_edit_make_new_rows_and_leave_the_old_ones(
    application: Application, fake: FakeWebUI
) -> None:
    """A retry sends the same payload again; an edit what was changed."""
    fake.fault("garbage", TXT2IMG, when="first")
    [failed] = application.job_service.submit([boat()])
    application.runner.run_pending()
    [again] = application.job_service.retry([failed])
    [edited] = application.job_service.edit([failed], {"config": {"txt2img": {"steps": 3}}})
    application.runner.run_pending()
    assert application.history.get(failed).status is JobStatus.FAILED
    assert application.history.get(again).parent_id == failed
    assert application.history.get(edited).parent_id == failed
    first, second, third = (
        {key: value for key, value in payload.items() if key != "force_task_id"}
        for payload in payloads(fake, TXT2IMG)
    )
    assert first == second
    assert third == {**first, "steps": 3}


def test_a_webui_that_dies_costs_one_job_and_holds_the_rest(
    build: BuildApp, start_fake: StartFake
) -> None:
    """The job says what is known, the queue says why it waits, and nothing is sent again."""
    dying = start_fake("mortal")
    dying.hold(TXT2IMG, at_step=1)
    application = build(dying.url)
    doomed, waiting = application.job_service.submit([boat(), boat()])
    with application:
        wait_for_steps(application)
        os.kill(dying.health()["pid"], signal.SIGKILL)
        failed = application.job_service.wait(doomed, 60)
        wait_until(lambda: application.queue.pause_state().paused)
    assert failed.status is JobStatus.INTERRUPTED
    assert "connection to the WebUI was lost" in (failed.error or "")
    assert "can't be reached" in (failed.error or "")
    assert application.history.get(waiting).status is JobStatus.QUEUED
    assert "can't be reached" in application.queue.pause_state().reason


@pytest.mark.sqlite
def test_a_job_that_was_taken_off_its_worker_keeps_the_end_that_it_was_given(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """The worker leaves it as it is and goes on with the next."""
    application = build(fake.url)
    lost, following = application.job_service.submit([boat(), boat()])
    with fake.hold(TXT2IMG, at_step=1), application:
        wait_for_steps(application)
        with closing(sqlite3.connect(application.home / "jobs.db")) as database, database:
            database.execute(TAKE_OFF, [lost])
        assert application.job_service.wait(following, 60).status is JobStatus.SUCCEEDED
    job = application.history.get(lost)
    assert (job.status, job.images) == (JobStatus.INTERRUPTED, [])


@pytest.mark.sqlite
def test_an_end_that_can_not_be_recorded_yet_is_recorded_later(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """The job that went well is not lost to a disk that was full for a while."""
    application = build(fake.url, limits=replace(SHORT, patience_s=60.0))
    [job_id] = application.job_service.submit([boat()])
    with closing(sqlite3.connect(application.home / "jobs.db")) as database:
        database.execute(REFUSE_SUCCESS)
        with application:
            wait_until(lambda: "no room" in (application.runners[0].waits_for or ""))
            database.execute("DROP TRIGGER refuse")
            assert application.job_service.wait(job_id, 60).status is JobStatus.SUCCEEDED


def test_credentials_of_the_url_are_used_and_never_written(
    build: BuildApp, start_fake: StartFake
) -> None:
    """Neither the record nor the manifest has the password."""
    guarded = start_fake("guarded", "--api-auth", "user:geheim")
    application = build(guarded.url.replace("://", "://user:geheim@"))
    [job_id] = application.job_service.submit([boat()])
    assert application.runner.run_pending() == 1
    job = application.history.get(job_id)
    assert job.status is JobStatus.SUCCEEDED, job.error
    assert job.meta["webui"] == guarded.url
    written = [path.read_bytes() for path in application.home.rglob("*") if path.is_file()]
    assert not [content for content in written if b"geheim" in content]


def test_a_webui_is_asked_again_after_an_answer_without_images(
    application: Application, fake: FakeWebUI
) -> None:
    """Whether it takes jobs, before it gets the next."""
    fake.fault("missing-images", TXT2IMG, when="first")
    application.job_service.submit([boat(), boat()])
    application.runner.run_pending()
    paths = [entry["path"] for entry in fake.requests()]
    first, second = (n for n, path in enumerate(paths) if path == TXT2IMG)
    assert SAMPLERS in paths[first:second]


def test_a_webui_that_tells_nothing_of_its_work_gets_jobs_at_once(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """It is not taken for busy with somebody else's."""
    application = build(fake.url, limits=replace(SHORT, patience_s=600.0))
    fake.fault("status", PROGRESS, when="every", status=500)
    [job_id] = application.job_service.submit([boat()])
    with application:
        assert application.job_service.wait(job_id, 60).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("action", "known"),
    [
        ("reset-mid-body", "the WebUI finished it, but the images are lost"),
        ("reset", "the WebUI is not working on it"),
    ],
)
def test_a_job_whose_answer_was_lost_says_what_the_webui_knows_of_it(
    action: str, known: str, application: Application, fake: FakeWebUI
) -> None:
    """It was asked again, by the task's id."""
    fake.fault(action, TXT2IMG, when="first")
    [job_id] = application.job_service.submit([boat()])
    application.runner.run_pending()
    assert (application.history.get(job_id).error or "").endswith(f"asked again: {known}")


def test_wrong_credentials_hold_the_queue(build: BuildApp, start_fake: StartFake) -> None:
    """Every job would meet them; none is burned."""
    guarded = start_fake("guarded-too", "--api-auth", "user:geheim")
    application = build(guarded.url)
    application.job_service.submit([boat(), boat()])
    assert application.runner.run_pending() == 0
    assert "401" in application.queue.pause_state().reason
    assert application.queue.counts()[JobStatus.QUEUED] == 2


def test_a_generation_that_somebody_else_interrupted_is_no_success(
    application: Application, fake: FakeWebUI
) -> None:
    """Three images were asked for; what came is kept, and the job says how many."""
    [job_id] = application.job_service.submit([boat(config={"txt2img": {"n_iter": 3}})])
    with fake.hold(TXT2IMG, at_step=1), application:
        wait_for_steps(application)
        requests.post(f"{fake.url}{INTERRUPT}", timeout=60)
        job = application.job_service.wait(job_id, 60)
    assert job.status is JobStatus.FAILED
    assert "asked for 3 images, the WebUI returned 1" in (job.error or "")
    assert len(job.images) == 1
