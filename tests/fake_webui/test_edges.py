"""Values at an edge and one beyond it, and orders that are decided by a single comparison."""

import base64
import http.client
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI, create_app
from fake_webui.journal.recorder import Recorder, Scope
from tests.conftest import StartFake
from tests.fake_webui.controlling import SAMPLERS, post, send
from tests.fake_webui.generating import SMALL, encoded, failure, img2img
from tests.fake_webui.generating import post as ask

TXT2IMG = "/sdapi/v1/txt2img"
OPTIONS = "/sdapi/v1/options"
EVIL, GOOD = "http://evil.example", "http://good.example"


@pytest.fixture(scope="module")
def open_to_all(start_fake: StartFake) -> FakeWebUI:
    """A server that asks for credentials and lets every origin in."""
    return start_fake("all", "--api-auth", "user:pw", "--cors-allow-origins", "*")


@pytest.mark.parametrize("credentials", ["nobody:", "nobody:pw", "user:", ":", ":pw"])
def test_an_unknown_user_has_no_password_that_is_right(
    open_to_all: FakeWebUI, credentials: str
) -> None:
    """Not even none."""
    header = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    answer = requests.get(open_to_all.url + SAMPLERS, headers={"Authorization": header}, timeout=60)
    assert failure(answer) == (401, "HTTPException", "Incorrect username or password")


@pytest.mark.parametrize(
    ("headers", "allowed"), [({}, "*"), ({"Cookie": "a=b"}, GOOD)], ids=["bare", "with a cookie"]
)
def test_an_origin_is_named_to_a_browser_that_sent_a_cookie(
    open_to_all: FakeWebUI, headers: dict[str, str], allowed: str
) -> None:
    """Where all are allowed, browsers take no star for an answer to a cookie."""
    answer = requests.get(
        f"{open_to_all.url}/internal/ping", headers={"Origin": GOOD, **headers}, timeout=30
    )
    assert answer.headers["access-control-allow-origin"] == allowed


@pytest.mark.parametrize(
    "host",
    ["localhost.evil.com", "evil-localhost", "[127.0.0.1]evil.com", "evil.com#.localhost",
     "127.0.0.1@evil.com", "localhost:80.evil.com", "[::1].evil.com", "[::1",
     "evil.com/.localhost"],
)  # fmt: skip
def test_a_host_that_only_holds_a_loopback_name_is_another(fake: FakeWebUI, host: str) -> None:
    """Names are compared and not searched, as a page of another site may choose its own."""
    with closing(http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=60)) as connection:
        connection.request("GET", "/__fake/v1/health", headers={"Host": host})
        assert connection.getresponse().status == 400


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 403), ("DELETE", 403)])
def test_a_link_of_another_site_may_show_and_not_steer(
    fake: FakeWebUI, method: str, status: int
) -> None:
    """Following a link is a GET; a form that is sent off is not."""
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
    path = "health" if method == "GET" else "reset" if method == "POST" else "requests"
    answer = requests.request(method, f"{fake.url}/__fake/v1/{path}", headers=headers, timeout=60)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://10.0.0.1/a.png", "Request to local resource not allowed"),
        ("http://[::1]/a.png", "Request to local resource not allowed"),
        ("http://localhost/a.png", "Request to local resource not allowed"),
        ("http://8.8.8.8/a.png", "Invalid image url"),
        ("http://example.com/a.png", "Invalid image url"),
    ],
)
def test_an_address_is_not_fetched_and_a_local_one_is_called_so(
    fake: FakeWebUI, url: str, words: str
) -> None:
    """As the real server says it."""
    answer = ask(fake, "img2img", {**SMALL, "init_images": [url]})
    assert failure(answer) == (500, "HTTPException", words)


@pytest.mark.parametrize(
    ("seed", "status"), [(2**64 - 1, 200), (2**64, 500), (-(2**63), 200), (-(2**63) - 1, 500)]
)
def test_a_seed_has_64_bits(fake: FakeWebUI, seed: int, status: int) -> None:
    """With a sign or without."""
    assert ask(fake, "txt2img", SMALL | {"seed": seed}).status_code == status


@pytest.mark.parametrize(("height", "status"), [(16_384, 200), (16_392, 500)])
def test_a_batch_has_a_largest_size(fake: FakeWebUI, height: int, status: int) -> None:
    """Exactly 2**28 pixels can be made."""
    size = {"width": 16_384, "height": height, "send_images": False}
    assert ask(fake, "txt2img", SMALL | size).status_code == status


@pytest.mark.parametrize(("count", "status"), [(1000, 200), (1001, 500)])
def test_a_request_has_a_largest_number_of_styles(fake: FakeWebUI, count: int, status: int) -> None:
    """A thousand can be named."""
    assert ask(fake, "txt2img", SMALL | {"styles": ["nope"] * count}).status_code == status


@pytest.mark.parametrize(
    ("version", "is_old"),
    [("v1.7.0", True), ("v1.7.0-224", True), ("v1.7.0-225", False), ("v1.7.1", False)],
)
def test_an_infotext_is_old_up_to_a_version(fake: FakeWebUI, version: str, is_old: bool) -> None:  # noqa: FBT001 (a case)
    """What came later behaves as today."""
    text = f"a cat\nSteps: 2, Sampler: Euler, Seed: 1, Version: {version}"
    answer = ask(fake, "txt2img", {"infotext": text, "send_images": False, "width": 64})
    settings = answer.json()["parameters"]["override_settings"]
    assert ("use_downcasted_alpha_bar" in settings) == is_old


def test_a_narrow_picture_is_filled_at_its_sides(fake: FakeWebUI) -> None:
    """It keeps its height, and its edges are drawn out."""
    narrow = Image.new("RGB", (32, 64), "green")
    narrow.paste("red", (0, 0, 6, 64))
    narrow.paste("blue", (26, 0, 32, 64))
    answer = img2img(
        fake, init_images=[encoded(narrow)], resize_mode=2, denoising_strength=0, height=64
    )
    [image] = answer.images
    bottom = image.crop((0, 60, 64, 61)).quantize(3).convert("RGB")
    shades = [bottom.getpixel((x, 0)) for x in range(64)]
    assert [shades.count(shades[x]) for x in (0, 32, 63)] == [22, 20, 22]


def test_an_option_that_does_not_change_waits_for_nobody(fake: FakeWebUI) -> None:
    """The checkpoint that is loaded is not loaded again when the generation is over."""
    title = requests.get(fake.url + OPTIONS, timeout=60).json()["sd_model_checkpoint"]
    with ThreadPoolExecutor() as threads, fake.hold("txt2img", at_step=1) as held:
        generation = threads.submit(ask, fake, "txt2img", SMALL)
        held.wait()
        same = {"sd_model_checkpoint": title}
        assert requests.post(fake.url + OPTIONS, json=same, timeout=60).status_code == 200
        assert not generation.done()
        held.release()
        assert generation.result().status_code == 200


def test_a_picture_takes_nobodys_place(start_fake: StartFake, tmp_path: Path) -> None:
    """Where one was deleted, or another server saves too, the number goes on."""
    server = start_fake("gaps", "--output-dir", str(tmp_path))
    asked = SMALL | {"save_images": True}
    for _ in range(2):
        assert ask(server, "txt2img", asked).status_code == 200
    first, second = sorted(tmp_path.glob("txt2img-images/*/*"))
    kept = second.read_bytes()
    first.unlink()
    assert ask(server, "txt2img", asked | {"prompt": "a dog"}).status_code == 200
    names = sorted(path.name for path in second.parent.iterdir())
    assert names == ["00001-42.png", "00002-42.png"]
    assert second.read_bytes() == kept


def test_a_fault_of_the_connection_needs_no_socket() -> None:
    """In a test client, which has none, it is an exception of the connection."""
    client = create_app().test_client()
    rule = {"action": "reset", "match": {"path": SAMPLERS}}
    assert client.post("/__fake/v1/faults", json=rule).status_code == 200
    with pytest.raises(ConnectionError):
        client.get(SAMPLERS)


def test_of_those_that_are_as_near_the_newest_comes_first(fake: FakeWebUI) -> None:
    """By path, then by the number of differences, then by age."""
    for payload in ({"steps": 1}, {"steps": 5, "seed": 1}, {"steps": 2}, {"steps": 3}):
        send(fake, TXT2IMG, "POST", json=payload)
    send(fake, "/sdapi/v1/img2img", "POST", json={"steps": 5, "seed": 7})
    match = {"path": TXT2IMG, "payload": {"steps": 5, "seed": 7}}
    answer = post(fake, "requests/count", {"match": match, "exactly": 1})
    assert [entry["n"] for entry in answer.json()["nearest"]] == [2, 4, 3]


def filled(recorder: Recorder, count: int) -> None:
    """Record so many requests of 100 bytes."""
    for _ in range(count):
        recorder.finish(recorder.begin("POST", TXT2IMG, body=b"x" * 100), 200)


def test_marks_outlast_the_entries_before_them() -> None:
    """Whatever has given way, and been counted together, is not theirs."""
    recorder = Recorder(capacity_bytes=8_192)
    for mark in ("first", "second", "third"):
        recorder.mark(mark)
        filled(recorder, 5_000)
    recorder.mark("last")
    filled(recorder, 3)
    assert recorder.evicted(Scope(mark="last")) == 0
    assert [one.n for one in recorder.entries(Scope(mark="last"))] == [15_001, 15_002, 15_003]
    third = [one.n for one in recorder.entries(Scope(mark="third"))]
    assert third == list(range(third[0], 15_001))
    kept = len(list(recorder.entries()))
    assert recorder.evicted() == 15_003 - kept
    assert recorder.evicted(Scope(since=15_000)) == 0
    assert recorder.evicted(Scope(mark="first")) > 0, "nobody knows how many were its"
