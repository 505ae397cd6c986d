"""Control input that is odd in every way: a sentence and a 422, and the server goes on."""

import json
import random
import select
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from fake_webui import FakeWebUI
from tests.fake_webui.controlling import SAMPLERS, post, send
from tests.fake_webui.generating import SMALL, encoded, failure, gradient
from tests.fake_webui.generating import post as ask
from tests.support import control, wait_until

DEEP = 100_000
MANY = 1_000_001
TXT2IMG = "/sdapi/v1/txt2img"
COUNT = "requests/count"


def post_text(fake: FakeWebUI, path: str, text: str | bytes) -> requests.Response:
    """Post a body that no client library would make."""
    return requests.post(f"{fake.url}/__fake/v1/{path}", data=text, timeout=60)


def rule(action: str, **settings: Any) -> dict[str, Any]:
    """Return a fault rule."""
    return {"action": action, "with": settings}


@pytest.mark.parametrize("path", [COUNT, "requests/find", "requests/wait", "faults", "mark"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * DEEP, "the body is nested deeper than 100 levels"),
        ('{"match":' * DEEP, "the body is nested deeper than 100 levels"),
        ("[" * 101 + "]" * 101, "the body is nested deeper than 100 levels"),
        ("9" * 5000, "the body has a number of too many digits"),
        ('{"exactly": ' + "9" * 5000 + "}", "the body has a number of too many digits"),
        ("[" + "[]," * MANY, "the body has more than 1,000,000 values"),
        ("{", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
    ],
    ids=[
        "brackets",
        "objects",
        "closed",
        "digits",
        "a number of digits",
        "many",
        "half",
        "no text",
    ],
)
def test_a_body_that_nobody_means_is_refused(
    fake: FakeWebUI, path: str, text: str | bytes, sentence: str
) -> None:
    """Whichever endpoint it is for."""
    answer = post_text(fake, path, text)
    assert (answer.status_code, answer.json()["error"].startswith(sentence)) == (422, True)
    assert len(answer.json()["error"]) < 200
    assert fake.health()["pid"]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("mark", {"name": "\ud800"}, "a mark has no halves of surrogate pairs"),
        ("faults", rule("status", body="\ud800"), "text without halves of surrogate pairs"),
        ("faults", rule("wrong-content-type", content_type="a\r\nX: y"), "of one line"),
        ("faults", rule("wrong-content-type", content_type="a\n"), "of one line"),
        ("faults", rule("wrong-content-type", content_type="text/☃"), "letters of Latin-1"),
        ("faults", rule("wrong-content-type", content_type="\udc80"), "letters of Latin-1"),
        ("faults", rule("wrong-content-type", content_type="a\0"), "of one line"),
    ],
)
def test_text_that_can_not_be_sent_is_refused(
    fake: FakeWebUI, path: str, body: dict[str, Any], sentence: str
) -> None:
    """When it is set, and not when a request meets it."""
    answer = post(fake, path, body)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]


def test_an_error_may_have_half_a_surrogate_pair_inside_json(fake: FakeWebUI) -> None:
    """Which some WebUIs answer with; JSON can say it in ASCII."""
    fake.fault("status", SAMPLERS, body={"errors": "bad \ud800 name"})
    answer = requests.get(fake.url + SAMPLERS, timeout=60)
    assert answer.json() == {"errors": "bad \ud800 name"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "-1", "1e400", "601", '"1"'])
def test_a_time_to_wait_is_a_finite_number_of_seconds(fake: FakeWebUI, number: str) -> None:
    """Neither for ever nor for no time that there is."""
    answer = post_text(fake, "requests/wait", f'{{"exactly": 7, "timeout_s": {number}}}')
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("timeout_s ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
@pytest.mark.parametrize("action", ["delay", "dribble", "slow-load", "stalled-progress"])
def test_a_time_of_a_fault_is_a_finite_number_of_seconds(
    fake: FakeWebUI, action: str, number: str
) -> None:
    """A day at most."""
    text = f'{{"action": "{action}", "with": {{"seconds": {number}}}}}'
    answer = post_text(fake, "faults", text)
    assert (answer.status_code, "from 0 to 86400" in answer.json()["error"]) == (422, True)


@pytest.mark.parametrize("name", ["since", "limit"])
def test_a_number_of_a_query_has_few_digits(fake: FakeWebUI, name: str) -> None:
    """Python would not read it."""
    answer = requests.get(f"{fake.url}/__fake/v1/requests", params={name: "9" * 5000}, timeout=60)
    assert answer.status_code == 422
    assert answer.json()["error"] == f"{name} must be a whole number of at most 15 digits"


def test_a_number_of_the_inspector_has_few_digits(fake: FakeWebUI) -> None:
    """Others are passed over."""
    send(fake)
    answer = requests.get(f"{fake.url}/__fake/feed", params={"open": "1," + "9" * 5000}, timeout=60)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["requests/{}", "requests/1/images/{}", "requests/{}/images/0"])
def test_a_number_of_an_address_has_few_digits(fake: FakeWebUI, path: str) -> None:
    """There is nothing under any other."""
    send(fake)
    url = f"{fake.url}/__fake/v1/{path.format('9' * 5000)}"
    answer = requests.get(url, timeout=60)
    assert (answer.status_code, bool(answer.json()["error"])) == (404, True)


def nested(levels: int) -> str:
    """Return a payload that is nested so deep in arrays, or objects, by turns."""
    return '{"prompt": ' + '[{"a": ' * levels + "1" + "}]" * levels + "}"


@pytest.mark.parametrize("levels", [60, 200, 400, 480, 600, 5000, DEEP])
def test_the_journal_shows_payloads_however_deep_they_are(fake: FakeWebUI, levels: int) -> None:
    """Down to a hundred levels, in every question and on the inspector's page."""
    requests.post(
        fake.url + TXT2IMG,
        data=nested(levels),
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    [entry] = fake.requests()
    shown = json.dumps(entry["payload"])
    assert "<nested deeper than 100 levels>" in shown or shown == "null"
    match = {"payload": {"prompt": "x", "prompt.0.a.0.a": 1}}
    assert post(fake, COUNT, {"match": match}).json() == {"count": 0}
    assert post(fake, COUNT, {"match": match, "exactly": 1}).status_code == 409
    for path in ("v1/requests/1", "entries/1"):
        assert requests.get(f"{fake.url}/__fake/{path}", timeout=60).status_code == 200


def test_credentials_are_in_the_journal_by_their_presence_alone(fake: FakeWebUI) -> None:
    """Whoever looks at it, or has it attached to a failed test, does not learn them."""
    secrets = {"Authorization": "Basic c2VjcmV0", "Cookie": "session=secret", "X-Other": "open"}
    send(fake, headers=secrets)
    full = json.dumps(control(fake, "GET", "requests/1"))
    assert "secret" not in full
    assert "c2VjcmV0" not in full
    [entry] = fake.requests()
    assert {name: entry["headers"][name] for name in secrets} == {
        "Authorization": "<present>",
        "Cookie": "<present>",
        "X-Other": "open",
    }


def test_waiting_ends_with_whoever_waits(alone: FakeWebUI) -> None:
    """However long it was to last: nobody would get the answer."""
    process = psutil.Process(alone.health()["pid"])
    body = b'{"exactly": 7, "timeout_s": 600}'
    head = (
        b"POST /__fake/v1/requests/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    )
    address = (urlsplit(alone.url).hostname, urlsplit(alone.url).port)
    clients = [socket.create_connection(address, timeout=60) for _ in range(50)]
    for client in clients:
        client.sendall(head % len(body) + body)
    wait_until(lambda: process.num_threads() >= 50)
    assert select.select(clients, [], [], 0.5)[0] == [], "all of them wait"
    for client in clients:
        client.close()
    wait_until(lambda: process.num_threads() < 25)


def test_a_long_path_holds_nobody_up(fake: FakeWebUI) -> None:
    """A question that nothing fits looks for what is nearest by the beginnings of paths."""
    letters = "".join(map(chr, range(0xC0, 0x180)))
    draw = random.Random(1)  # noqa: S311 (the same in every run)
    wanted, sent = ("/" + "".join(draw.choices(letters, k=9_000)) for _ in range(2))
    for _ in range(30):
        send(fake, sent)
    before = sum(psutil.Process(fake.health()["pid"]).cpu_times()[:2])
    answer = post(fake, COUNT, {"match": {"path": wanted}, "exactly": 1})
    assert answer.status_code == 409
    assert sum(psutil.Process(fake.health()["pid"]).cpu_times()[:2]) < before + 5


def test_rules_look_into_a_body_once(fake: FakeWebUI) -> None:
    """However many there are, and while others are served."""
    body = json.dumps({"prompt": "x", "numbers": list(range(500_000))})
    process = psutil.Process(fake.health()["pid"])

    def cpu_s() -> float:
        before = sum(process.cpu_times()[:2])
        requests.post(f"{fake.url}/nowhere", data=body, timeout=60)
        return float(sum(process.cpu_times()[:2]) - before)

    alone_s = cpu_s()
    for number in range(200):
        fake.fault("delay", "/nowhere", match={"payload": {"prompt": str(number)}}, seconds=0)
    assert cpu_s() < 10 * max(alone_s, 0.1)


@pytest.mark.parametrize(
    ("name", "payload", "kind"),
    [
        ("txt2img", SMALL | {"override_settings": {"skip_early_cond": 1, "s_churn": []}}, None),
        ("txt2img", SMALL | {"override_settings": {"sgm_noise_multiplier": "x"}}, None),
        ("txt2img", SMALL | {"override_settings": {"img2img_extra_noise": "x"}}, None),
        ("img2img", SMALL | {"init_images": ["http://["]}, "HTTPException"),
        ("img2img", SMALL | {"override_settings": {"img2img_extra_noise": "x"}}, "TypeError"),
        ("txt2img", SMALL | {"enable_hr": True, "hr_scale": 1e308, "denoising_strength": 0.5},
         "OverflowError"),
    ],
)  # fmt: skip
def test_a_clients_mistake_is_no_bug_of_the_server(
    alone: FakeWebUI, name: str, payload: dict[str, Any], kind: str | None
) -> None:
    """It is answered as the real server does, and not printed as one."""
    if name == "img2img":
        payload = {"init_images": [encoded(gradient(8, 8))]} | payload
    answer = ask(alone, name, payload)
    assert kind is None or failure(answer)[:2] == (500, kind)
    assert alone.errors() == ""


@pytest.fixture(scope="module")
def alone() -> Iterator[FakeWebUI]:
    """A server whose standard error can be read."""
    with FakeWebUI(seed=1) as fake:
        yield fake


@pytest.mark.parametrize("value", ["[]", "{}", "0", '{"a":0}'])
def test_json_of_more_values_than_anybody_means_is_not_parsed(fake: FakeWebUI, value: str) -> None:
    """Each value takes many times its letters in memory; the entry shows how it begins."""
    before = fake.count(TXT2IMG)
    body = '{"prompt": "x", "styles": [' + f"{value}," * MANY + "0]}"
    answer = requests.post(fake.url + TXT2IMG, data=body, timeout=60)
    assert answer.status_code == 413
    assert fake.count(TXT2IMG) == before + 1
    assert fake.requests(TXT2IMG)[-1]["payload"] is None
