"""Holds: generations that stand still until they are let go."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.errors import ControlError, ExpectationError
from fake_webui.faults.holds import Holds
from fake_webui.journal.matching import Match
from tests.fake_webui import controlling
from tests.fake_webui.generating import SMALL, answered, encoded, gradient, post
from tests.support import SLOW_STEP_S, control, wait_until

MOST_HOLDS = 1000
TEN_STEPS = {**SMALL, "steps": 10}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads to send requests in that are held."""
    with ThreadPoolExecutor(4) as executor:
        yield executor


def progress(fake: FakeWebUI) -> dict[str, Any]:
    """Return what /sdapi/v1/progress says."""
    answer: dict[str, Any] = requests.get(f"{fake.url}/sdapi/v1/progress", timeout=60).json()
    return answer


@pytest.mark.parametrize("at_step", [0, 5, 9])
def test_progress_stands_at_the_step(
    fake: FakeWebUI, threads: ThreadPoolExecutor, at_step: int
) -> None:
    """A server without step times stands where it was told, until it is let go."""
    with fake.hold("txt2img", at_step=at_step) as held:
        future = threads.submit(post, fake, "txt2img", TEN_STEPS)
        assert held.wait()["request"] == 1
        facts = progress(fake)
        assert (facts["state"]["sampling_step"], facts["state"]["sampling_steps"]) == (at_step, 10)
        assert facts["progress"] == pytest.approx(0.01 + at_step / 10)
        assert not future.done()
        held.release()
        assert len(answered(future.result(60)).images) == 1
    assert progress(fake)["progress"] == 0


def test_the_preview_is_that_of_the_step(fake: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """What /progress shows is there while nothing moves, and the same when asked again."""
    with fake.hold("/sdapi/v1/txt2img", at_step=15) as held:
        threads.submit(post, fake, "txt2img", {**SMALL, "steps": 20})
        held.wait()
        first = progress(fake)["current_image"]
        assert first
        assert progress(fake)["current_image"] == first


def test_leaving_the_block_lets_it_go(fake: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """Nobody has to say so, in a test that fails either."""
    with fake.hold("txt2img", at_step=1) as held:
        future = threads.submit(post, fake, "txt2img", TEN_STEPS)
        held.wait()
    answered(future.result(60))


@pytest.mark.parametrize("word", ["interrupt", "skip"])
def test_interrupt_and_skip_end_a_hold(
    fake: FakeWebUI, threads: ThreadPoolExecutor, word: str
) -> None:
    """The generation ends with what there is, and the hold with it."""
    held = fake.hold("txt2img", at_step=3)
    future = threads.submit(post, fake, "txt2img", TEN_STEPS)
    held.wait()
    assert post(fake, word, None).ok
    answered(future.result(60))
    assert control(fake, "GET", "holds")["holds"][0]["stage"] == "released"


def test_reset_ends_a_hold(fake: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """The generation fails as any that a reset cuts off; letting go of it then is no error."""
    with fake.hold("txt2img", at_step=3) as held:
        future = threads.submit(post, fake, "txt2img", TEN_STEPS)
        held.wait()
        fake.reset()
        assert future.result(60).status_code == 503
    assert control(fake, "GET", "holds") == {"holds": []}


def test_a_hold_takes_one_request(fake: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """Others that match, and those that do not, pass."""
    held = fake.hold("txt2img", at_step=2, payload={"prompt": "held"})
    answered(post(fake, "txt2img", TEN_STEPS))
    future = threads.submit(post, fake, "txt2img", TEN_STEPS | {"prompt": "held"})
    assert held.wait()["request"] == 2
    held.release()
    answered(future.result(60))
    answered(post(fake, "txt2img", TEN_STEPS | {"prompt": "held"}))


def test_others_wait_in_line_behind_it(fake: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """A generation that stands still keeps its turn."""
    with fake.hold(at_step=2) as held:
        first = threads.submit(post, fake, "txt2img", TEN_STEPS)
        held.wait()
        second = threads.submit(post, fake, "txt2img", TEN_STEPS)
        fake.wait("txt2img", at_least=2)
        pending = f"{fake.url}/internal/pending-tasks"
        wait_until(lambda: requests.get(pending, timeout=60).json()["size"] == 1)
    answered(first.result(60))
    answered(second.result(60))


def test_img2img_is_held_too(fake: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """Its own steps count."""
    payload = {**TEN_STEPS, "init_images": [encoded(gradient(64, 64))]}
    with fake.hold("img2img", at_step=1) as held:
        future = threads.submit(post, fake, "img2img", payload)
        held.wait()
        assert progress(fake)["state"]["sampling_step"] == 1
    answered(future.result(60))


def test_a_step_that_never_comes_is_said(fake: FakeWebUI) -> None:
    """Waiting ends when the generation has, not at the timeout."""
    held = fake.hold("txt2img", at_step=10)
    answered(post(fake, "txt2img", TEN_STEPS))
    with pytest.raises(ExpectationError, match="request 1 ended without coming to step 10"):
        held.wait()


def test_a_generation_that_never_comes_is_said(fake: FakeWebUI) -> None:
    """At the timeout."""
    with pytest.raises(ExpectationError, match=r"no generation that matches .*img2img.* came"):
        fake.hold("img2img", at_step=1).wait(timeout_s=0.05)


def test_time_at_a_hold_is_none_of_the_steps(slow: FakeWebUI, threads: ThreadPoolExecutor) -> None:
    """Where steps take time, those after a hold still take theirs."""
    asked = time.monotonic()
    with slow.hold("txt2img", at_step=1) as held:
        future = threads.submit(post, slow, "txt2img", TEN_STEPS)
        held.wait()
        stood = time.monotonic()
        wait_until(lambda: progress(slow)["eta_relative"] > 40 * SLOW_STEP_S * 8)
        held_s = time.monotonic() - stood
    answered(future.result(60))
    assert time.monotonic() - asked - held_s >= 10 * SLOW_STEP_S


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "a hold is"),
        ({"match": {}}, "a hold is"),
        ({"at_step": 1, "step": 1}, "a hold is"),
        ({"at_step": -1}, "at_step must be a whole number"),
        ({"at_step": 1.5}, "at_step must be a whole number"),
        ({"at_step": True}, "at_step must be a whole number"),
        ({"at_step": 1, "match": {"paht": "txt2img"}}, 'match has no key "paht"'),
        ({"at_step": 1, "match": {"path": "options"}}, "nothing can be held on /sdapi/v1/options"),
    ],
)
def test_what_can_not_be_held_is_refused(fake: FakeWebUI, body: Any, words: str) -> None:
    """With what is allowed; nothing is placed."""
    response = controlling.post(fake, "holds", body)
    assert response.status_code == 422
    assert words in response.json()["error"]
    assert control(fake, "GET", "holds") == {"holds": []}


def test_holds_that_nobody_releases_have_a_limit() -> None:
    """One more is a 422; as soon as another is over there is room."""
    holds = Holds()
    first, second, *_ = [holds.add(Match(), at_step=0) for _ in range(MOST_HOLDS)]
    with pytest.raises(ControlError, match="there are 1000 holds already") as caught:
        holds.add(Match(), at_step=0)
    assert caught.value.status == 422
    first.hold.release()
    second.hold.release()  # is remembered as long as there is room for it
    assert holds.add(Match(), at_step=0).id == MOST_HOLDS + 1
    assert len(holds.all()) == MOST_HOLDS


def test_a_hold_over_http(fake: FakeWebUI) -> None:
    """It is made with 201 and an id; one that is not there can't be released."""
    made = controlling.post(fake, "holds", {"match": {"path": "txt2img"}, "at_step": 2})
    assert made.status_code == 201
    path = {"path": "/sdapi/v1/txt2img"}
    facts = {"match": path, "at_step": 2, "stage": "waiting", "request": None}
    assert made.json() == {"id": made.json()["id"], **facts}
    assert (
        controlling.post(fake, f"holds/{made.json()['id']}/release").json()["stage"] == "released"
    )
    assert controlling.post(fake, "holds/0/release").status_code == 404
    answered(post(fake, "txt2img", TEN_STEPS))


def test_a_released_hold_can_not_be_waited_for(fake: FakeWebUI) -> None:
    """It is said at once."""
    held = fake.hold("txt2img", at_step=2)
    held.release()
    with pytest.raises(ControlError, match="is released"):
        held.wait()
