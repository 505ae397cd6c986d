"""Generations that take time: progress, previews, interrupt, skip, queueing, reset."""

import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from fake_webui import FakeWebUI
from tests.fake_webui.generating import (
    OTHER_CHECKPOINT,
    SMALL,
    Answer,
    answered,
    decoded,
    encoded,
    gradient,
    post,
)
from tests.support import SLOW_STEP_S, wait_until

LONG = {**SMALL, "width": 128, "height": 128, "steps": 1000}  # of 20 s
AT_STEP = 20
INIT = [encoded(gradient(64, 64))]
STATE = ("job", "job_count", "job_no", "sampling_step", "sampling_steps")
IDLE_TASK = {"progress": None, "eta": None, "live_preview": None, "id_live_preview": -1}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads to send requests in that take time."""
    with ThreadPoolExecutor(8) as executor:
        yield executor


def progress(fake: FakeWebUI, query: str = "") -> dict[str, Any]:
    """Return what /sdapi/v1/progress says."""
    answer: dict[str, Any] = requests.get(f"{fake.url}/sdapi/v1/progress{query}", timeout=60).json()
    return answer


def state(fake: FakeWebUI) -> dict[str, Any]:
    """Return the state in it."""
    facts: dict[str, Any] = progress(fake)["state"]
    return facts


def task(fake: FakeWebUI, task_id: str | None, **more: Any) -> dict[str, Any]:
    """Return what /internal/progress says of a task."""
    body = {"id_task": task_id, **more}
    response = requests.post(f"{fake.url}/internal/progress", json=body, timeout=60)
    answer: dict[str, Any] = response.json()
    return answer


def started(
    fake: FakeWebUI, threads: ThreadPoolExecutor, name: str = "txt2img", **changes: Any
) -> Future[requests.Response]:
    """Send a long generation and return when it stands at a step; an end, or a skip, lets it go."""
    held = fake.hold(name, at_step=AT_STEP)
    future = threads.submit(post, fake, name, LONG | changes)
    held.wait()
    return future


def interrupted(fake: FakeWebUI, future: Future[requests.Response]) -> Answer:
    """Interrupt a generation and return its answer."""
    assert post(fake, "interrupt", None).json() == {}
    return answered(future.result(60))


def test_idle_progress_is_zero(slow: FakeWebUI) -> None:
    """Nothing is going on and nothing was."""
    answer = progress(slow)
    assert (answer["progress"], answer["eta_relative"]) == (0, 0)
    assert [answer["state"][name] for name in STATE] == ["", 0, 0, 0, 0]
    assert answer["state"]["job_timestamp"] == "0"
    assert list(answer) == ["progress", "eta_relative", "state", "current_image", "textinfo"]


def test_progress_follows_the_steps(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """A hundredth to start with, and each step its share; the ETA goes with it."""
    future = started(slow, threads)
    answer = progress(slow)
    facts = answer["state"]
    assert answer["progress"] == pytest.approx(0.01 + AT_STEP / 1000)
    assert answer["eta_relative"] > 0
    assert [facts[name] for name in STATE] == ["scripts_txt2img", 1, 0, AT_STEP, 1000]
    interrupted(slow, future)


def test_what_is_left_of_the_last_job_stays(slow: FakeWebUI) -> None:
    """Job number, steps and timestamp are stale when all is idle again."""
    answered(post(slow, "txt2img", SMALL | {"n_iter": 2}))
    facts = state(slow)
    assert [facts[name] for name in STATE] == ["", 0, 2, 0, 2]
    assert facts["job_timestamp"].isdigit()


@pytest.mark.parametrize(
    ("name", "changes", "jobs", "steps"),
    [
        ("txt2img", {"n_iter": 3}, 3, 1000),
        ("txt2img", {"enable_hr": True, "denoising_strength": 0.5}, 2, 1000),
        ("txt2img", {"enable_hr": True, "denoising_strength": 0.5, "n_iter": 2}, 4, 1000),
        ("img2img", {"init_images": INIT}, 1, 751),
        ("img2img", {"init_images": INIT, "denoising_strength": 0.1}, 1, 101),
    ],
)
def test_jobs_and_steps_are_counted_as_they_are(
    slow: FakeWebUI,
    threads: ThreadPoolExecutor,
    name: str,
    changes: dict[str, Any],
    jobs: int,
    steps: int,
) -> None:
    """Hires fix is two jobs; img2img does the share of its steps that the strength says."""
    future = started(slow, threads, name, **changes)
    facts = state(slow)
    assert (facts["job_count"], facts["sampling_steps"]) == (jobs, steps)
    interrupted(slow, future)


def is_doing(fake: FakeWebUI, job: str) -> bool:
    """Whether it says that this is what it does."""
    return bool(state(fake)["job"] == job)


def test_batches_are_named(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """One after the other, where there are several."""
    future = threads.submit(post, slow, "txt2img", LONG | {"n_iter": 3})
    for number in (1, 2, 3):
        wait_until(partial(is_doing, slow, f"Batch {number} out of 3"))
        post(slow, "skip", None)
    assert len(answered(future.result(60)).images) == 3


def test_previews_come_every_tenth_step_at_a_quarter(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """And not where they are not wanted."""
    future = started(slow, threads)
    image = progress(slow)["current_image"]
    assert decoded(base64.b64decode(image)).size == (32, 32)
    assert progress(slow, "?skip_current_image=true")["current_image"] is None
    interrupted(slow, future)
    assert progress(slow)["current_image"] is None


def test_the_preview_of_a_batch_is_a_grid(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """All its pictures side by side."""
    future = started(slow, threads, batch_size=2)
    image = progress(slow)["current_image"]
    assert decoded(base64.b64decode(image)).size == (64, 32)
    interrupted(slow, future)


def test_an_interrupt_ends_all_batches_with_what_there_is(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """The picture under way is answered; seeds are those that were asked for."""
    answer = interrupted(slow, started(slow, threads, n_iter=3))
    assert (len(answer.images), len(answer.infotexts)) == (1, 1)
    assert answer.info["all_seeds"] == [42, 43, 44]
    assert state(slow)["interrupted"] is True


def test_an_interrupt_in_the_second_batch_leaves_two(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """The first, as far as it got, and the one under way."""
    future = started(slow, threads, n_iter=3)
    post(slow, "skip", None)
    wait_until(lambda: state(slow)["job"] == "Batch 2 out of 3")
    assert len(interrupted(slow, future).images) == 2


def test_an_interrupted_first_pass_is_answered_small(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """The second pass of hires fix doesn't happen."""
    future = started(slow, threads, enable_hr=True, denoising_strength=0.5)
    assert interrupted(slow, future).sizes == [(128, 128)]


def test_a_skip_goes_on_with_the_next_batch(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """All three are answered, the first as far as it got."""
    future = started(slow, threads, n_iter=2, steps=AT_STEP + 1)
    assert post(slow, "skip", None).json() is None
    assert len(answered(future.result(60)).images) == 2
    assert state(slow)["skipped"] is False


@pytest.mark.parametrize("name", ["interrupt", "skip"])
def test_flags_set_while_idle_change_nothing_later(slow: FakeWebUI, name: str) -> None:
    """The next generation starts without them."""
    post(slow, name, None)
    answer = answered(post(slow, "txt2img", SMALL | {"n_iter": 2}))
    assert len(answer.images) == 2


def has_pending(fake: FakeWebUI, size: int) -> bool:
    """Whether so many tasks wait or run."""
    return bool(pending(fake)["size"] == size)


def test_generations_take_their_turns(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """First come, first served; /internal/progress tells each where it is."""
    first = started(slow, threads, force_task_id="task(a)")
    waiting = []
    for number, name in enumerate(("task(b)", "task(c)"), 1):
        short = {**SMALL, "force_task_id": name}
        waiting.append(threads.submit(post, slow, "txt2img", short))
        wait_until(partial(has_pending, slow, number))
    assert pending(slow)["tasks"] == ["task(b)", "task(c)"]
    running, queued = task(slow, "task(a)"), task(slow, "task(c)")
    assert (running["active"], running["queued"], running["textinfo"]) == (True, False, None)
    assert 0 < running["progress"] < 1
    assert queued == {**IDLE_TASK, "active": False, "queued": True, "completed": False,
                      "textinfo": "In queue: 2/2"}  # fmt: skip
    interrupted(slow, first)
    for future in waiting:
        answered(future.result(60))
    done = task(slow, "task(a)")
    assert (done["active"], done["completed"], done["textinfo"]) == (False, True, "Waiting...")


def pending(fake: FakeWebUI) -> dict[str, Any]:
    """Return what waits."""
    answer: dict[str, Any] = requests.get(f"{fake.url}/internal/pending-tasks", timeout=60).json()
    return answer


def test_task_progress_sends_each_preview_once(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """As a data URI, with the id that the client sends back."""
    future = started(slow, threads, force_task_id="task(p)")
    first = wait_until(lambda: (found := task(slow, "task(p)"))["live_preview"] and found)
    assert first["live_preview"].startswith("data:image/png;base64,")
    again = task(slow, "task(p)", id_live_preview=first["id_live_preview"])
    assert again["live_preview"] is None or again["id_live_preview"] > first["id_live_preview"]
    assert task(slow, "task(p)", live_preview=False)["live_preview"] is None
    interrupted(slow, future)


def test_a_failed_task_stays_active_until_the_next(slow: FakeWebUI) -> None:
    """The real server forgets to say that it is over."""
    post(slow, "txt2img", SMALL | {"steps": 0, "force_task_id": "task(f)"})
    assert task(slow, "task(f)")["active"] is True
    assert state(slow)["job_count"] == 0
    answered(post(slow, "txt2img", SMALL | {"force_task_id": "task(g)"}))
    assert task(slow, "task(f)")["active"] is False
    assert task(slow, "task(g)")["completed"] is True


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "sdapi/v1/progress", None),
        ("GET", "sdapi/v1/options", None),
        ("GET", "sdapi/v1/sd-models", None),
        ("GET", "sdapi/v1/memory", None),
        ("POST", "sdapi/v1/options", {"n_rows": 2}),
        ("POST", "sdapi/v1/png-info", {"image": encoded(gradient(8, 8))}),
        ("POST", "sdapi/v1/refresh-loras", None),
        ("POST", "sdapi/v1/img2img", {}),
        ("POST", "sdapi/v1/txt2img", {"steps": "x"}),
        ("GET", "internal/ping", None),
    ],
)
def test_what_needs_no_turn_is_answered_at_once(
    slow: FakeWebUI, threads: ThreadPoolExecutor, method: str, path: str, body: Any
) -> None:
    """While a generation stands still."""
    with slow.hold("txt2img", at_step=1) as held:
        future = threads.submit(post, slow, "txt2img", SMALL | {"steps": 3})
        held.wait()
        requests.request(method, f"{slow.url}/{path}", json=body, timeout=60)
        assert not future.done()
    answered(future.result(60))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("options", {"sd_model_checkpoint": OTHER_CHECKPOINT}),
        ("options", {"sd_vae": "sdxl_vae.safetensors"}),
        ("refresh-checkpoints", None),
        ("extra-single-image", {"image": encoded(gradient(8, 8))}),
        ("interrogate", {"image": encoded(gradient(8, 8))}),
    ],
)
def test_what_needs_a_turn_waits_for_the_generation(
    slow: FakeWebUI, threads: ThreadPoolExecutor, name: str, body: Any
) -> None:
    """It is answered after it, and the generation is unharmed."""
    with slow.hold("txt2img", at_step=1) as held:
        generation = threads.submit(post, slow, "txt2img", SMALL)
        held.wait()
        other = threads.submit(post, slow, name, body)
        slow.wait(name)
    answer = answered(generation.result(60))
    assert other.result(60).status_code == 200
    assert answer.info["sd_model_name"] == "sd_xl_base_1.0"


def test_a_checkpoint_switch_takes_its_time(slow: FakeWebUI) -> None:
    """Once; the second time it is loaded."""
    override = {"override_settings": {"sd_model_checkpoint": OTHER_CHECKPOINT}}
    began = time.monotonic()
    answered(post(slow, "txt2img", SMALL | override))
    assert time.monotonic() - began > 0.3
    slow.settings(load_seconds=3600)
    answered(post(slow, "txt2img", SMALL | override))


def test_a_client_that_goes_away_stops_nothing(slow: FakeWebUI) -> None:
    """Its generation goes on to the end."""
    address = urlsplit(slow.url)
    body = requests.Request("POST", f"{slow.url}/sdapi/v1/txt2img", json=LONG | {"steps": 20})
    with requests.Session() as session:
        prepared = session.prepare_request(body)
        with pytest.raises(requests.ReadTimeout):
            session.send(prepared, timeout=(60, SLOW_STEP_S * 5))
    assert address.port
    wait_until(lambda: state(slow)["job_count"] == 0 and state(slow)["job_no"] == 1)


def test_a_reset_ends_what_runs_and_what_waits(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """With an error, however much was left, and everything is as at start."""
    slow.hold("txt2img", at_step=1)
    running = threads.submit(post, slow, "txt2img", LONG)
    wait_until(lambda: state(slow)["sampling_step"] == 1)
    waiting = threads.submit(post, slow, "txt2img", SMALL)
    wait_until(lambda: pending(slow)["size"] == 1)
    slow.reset()
    assert [future.result(60).status_code for future in (running, waiting)] == [503, 503]
    assert [state(slow)[name] for name in STATE] == ["", 0, 0, 0, 0]
    answered(post(slow, "txt2img", SMALL))


def test_many_at_once_are_all_answered(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """None is lost and none overlaps another."""
    most: list[int] = []
    stop = threading.Event()
    watcher = threads.submit(watch, slow, stop, most)
    answers = list(
        threads.map(lambda seed: post(slow, "txt2img", SMALL | {"seed": seed}), range(6))
    )
    stop.set()
    watcher.result(60)
    assert sorted(answered(one).info["seed"] for one in answers) == list(range(6))
    assert max(most) == 1


def test_those_that_wait_come_in_the_order_of_arrival(
    slow: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """Seeds are drawn by whoever has its turn, so that they tell whose it was."""
    drawing: dict[str, Any] = {"seed": -1, "subseed": -1}
    slow.reset(settings={"seed": 7})
    drawn = [answered(post(slow, "txt2img", SMALL | drawing)).info["seed"] for _ in range(5)]
    slow.reset(settings={"seed": 7})
    with slow.hold("txt2img", at_step=1) as held:
        sent = [threads.submit(post, slow, "txt2img", SMALL | drawing)]
        held.wait()
        for count in range(1, 5):
            sent.append(threads.submit(post, slow, "txt2img", SMALL | drawing))
            wait_until(partial(has_pending, slow, count))
    assert [answered(one.result(60)).info["seed"] for one in sent] == drawn


def watch(fake: FakeWebUI, stop: threading.Event, counts: list[int]) -> None:
    """Note the number of jobs until told to stop."""
    while not stop.is_set():
        counts.append(state(fake)["job_count"])
