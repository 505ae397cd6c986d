"""Counting, finding and waiting: what the journal says to a test's expectations."""

import threading
from typing import Any

import pytest

from fake_webui import FakeWebUI
from fake_webui.journal.expectation import CLIENT_POLL_S
from tests.fake_webui.controlling import OPTIONS, SAMPLERS, post, send
from tests.fake_webui.raw import PING, talk

TXT2IMG = "/sdapi/v1/txt2img"


@pytest.mark.parametrize(
    ("match", "count"),
    [
        ({}, 3),
        ({"path": OPTIONS}, 2),
        ({"path": f"{OPTIONS}?x=1"}, 0),
        ({"method": "get"}, 1),
        ({"payload": {"jpeg_quality": 70}}, 1),
        ({"payload": {"jpeg_quality": 70.0}}, 1),
        ({"payload": {"samples_save": 1}}, 0),
        ({"payload": {"samples_save": True}}, 1),
        ({"payload": {"nested": {"list": [1, 2]}}}, 1),
        ({"payload": {"nested.list.1": 2, "nested.deep.er": None}}, 1),
        ({"payload": {"nested": {"list": [1]}}}, 0),
        ({"payload": {"a.b": "literal"}}, 1),
    ],
)
def test_a_match_means_part_of_the_request(fake: FakeWebUI, match: Any, count: int) -> None:
    """Path is exact, payload is a part that must be equal, and dotted keys reach inside."""
    send(fake)
    send(fake, OPTIONS, "POST", json={"jpeg_quality": 70, "a.b": "literal"})
    nested = {"list": [1, 2], "deep": {"er": None, "other": 1}}
    send(fake, OPTIONS, "POST", json={"samples_save": True, "nested": nested})
    assert post(fake, "requests/count", {"match": match}).json() == {"count": count}


def test_a_failed_expectation_shows_what_came_nearest(fake: FakeWebUI) -> None:
    """The sentence names the nearest entry and how it differs; the facts are beside it."""
    send(fake)
    send(fake, OPTIONS, "POST", json={"jpeg_quality": 70, "samples_format": "png"})
    match = {"path": OPTIONS, "payload": {"jpeg_quality": 80, "samples_format": "png"}}
    answer = post(fake, "requests/count", {"match": match, "exactly": 1})
    assert answer.status_code == 409
    body = answer.json()
    assert "expected exactly 1 request" in body["error"]
    assert "#2 POST /sdapi/v1/options: payload.jpeg_quality is 70, not 80" in body["error"]
    assert [entry["n"] for entry in body["nearest"]] == [2, 1]
    difference = {"where": "payload.jpeg_quality", "expected": 80, "got": 70}
    assert body["nearest"][0]["differences"] == [difference]


def test_the_nearest_of_a_mistyped_path_is_the_one_like_it(fake: FakeWebUI) -> None:
    """A slip in the path is shown against the path that was really called."""
    send(fake)
    send(fake, "/sdapi/v1/sd-models")
    send(fake)
    answer = post(fake, "requests/find", {"match": {"path": "/sdapi/v1/sd-model"}, "at_least": 1})
    assert answer.json()["nearest"][0]["path"] == "/sdapi/v1/sd-models"


def test_what_is_nearest_is_looked_for_among_the_newest_thousand(fake: FakeWebUI) -> None:
    """What came before them is not, however near it is."""
    send(fake, "/sdapi/v1/sd-models")
    talk(fake, PING * 999, 999)
    asked = {"match": {"path": "/sdapi/v1/sd-model"}, "at_least": 1}
    assert post(fake, "requests/find", asked).json()["nearest"][0]["n"] == 1
    talk(fake, PING)
    assert 1 not in {one["n"] for one in post(fake, "requests/find", asked).json()["nearest"]}


def test_too_many_matches_are_listed(fake: FakeWebUI) -> None:
    """Where there are more than expected, their numbers are told."""
    for _ in range(3):
        send(fake)
    answer = post(fake, "requests/count", {"match": {"path": SAMPLERS}, "exactly": 1})
    assert (answer.status_code, answer.json()["requests"]) == (409, [1, 2, 3])


def test_an_empty_journal_says_so(fake: FakeWebUI) -> None:
    """With nothing recorded there is nothing near."""
    answer = post(fake, "requests/find", {"at_least": 1})
    assert "nothing was recorded" in answer.json()["error"]


@pytest.mark.parametrize("after_s", [0.1, 2 * CLIENT_POLL_S])
def test_waiting_returns_when_the_request_comes(fake: FakeWebUI, after_s: float) -> None:
    """The waiter gets its answer with the request, also when it was looked after meanwhile."""
    timer = threading.Timer(after_s, send, [fake])
    timer.start()
    entries = fake.wait(path=SAMPLERS)
    timer.join()
    assert [entry["path"] for entry in entries] == [SAMPLERS]


def test_waiting_for_several_goes_on_after_the_first(fake: FakeWebUI) -> None:
    """As many as were asked for."""
    send(fake)
    timer = threading.Timer(0.1, send, [fake])
    timer.start()
    entries = fake.wait(path=SAMPLERS, at_least=2)
    timer.join()
    assert [entry["n"] for entry in entries] == [1, 2]


def test_what_was_recorded_is_told_with_how_often_it_was(fake: FakeWebUI) -> None:
    """Addresses, outcomes, fields that nobody knows, and findings."""
    asked = {"prompt": "<lora:nope:1>", "steps": 1, "width": 8, "height": 8, "cfgScale": 7}
    for _ in range(2):
        send(fake, TXT2IMG, "POST", json=asked)
    send(fake)
    error = post(fake, "requests/count", {"match": {"path": OPTIONS}, "exactly": 1}).json()["error"]
    lines = [line.split() for line in error.splitlines()]
    row = ["POST", TXT2IMG, "2", "200", "unknown", "fields", "cfgScale"]
    assert row in lines
    [finding] = [line for line in lines if "nope" in "".join(line)]
    assert finding[-1] == "(x2)"


def test_waiting_in_vain_says_what_came_instead(fake: FakeWebUI) -> None:
    """At its timeout the waiter is told what came nearest."""
    send(fake)
    answer = post(fake, "requests/wait", {"match": {"path": TXT2IMG}, "timeout_s": 0.05})
    assert answer.status_code == 409
    assert "expected at least 1 request" in answer.json()["error"]
    assert answer.json()["nearest"][0]["path"] == SAMPLERS


def test_waiting_for_an_exact_number_fails_as_soon_as_it_is_passed(fake: FakeWebUI) -> None:
    """Too many can't become right again, so there is no waiting for the timeout."""
    send(fake)
    send(fake)
    answer = post(fake, "requests/wait", {"exactly": 1, "timeout_s": 600})
    assert answer.status_code == 409


def test_a_reset_ends_a_wait(fake: FakeWebUI) -> None:
    """Whoever waits when the server is reset is told at once."""
    timer = threading.Timer(0.1, fake.reset)
    timer.start()
    answer = post(fake, "requests/wait", {"match": {"path": TXT2IMG}, "timeout_s": 600})
    timer.join()
    assert (answer.status_code, "was reset" in answer.json()["error"]) == (409, True)


def test_a_path_may_be_short(fake: FakeWebUI) -> None:
    """Without a slash it is one of the API's, wherever a path is asked for."""
    fake.fault("status", "samplers", when="first")
    send(fake)
    assert [entry["fault"] for entry in fake.requests("samplers")] == ["status"]
    assert fake.count("samplers", exactly=1) == 1
