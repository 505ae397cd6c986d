"""FakeWebUI: the server as a child, for tests, notebooks and scripts."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.errors import (
    ControlError,
    ExpectationError,
    StartError,
    StrictError,
    UnreachableError,
)
from tests.fake_webui.pictures import png
from tests.support import ROOT, wait_until

TXT2IMG = "/sdapi/v1/txt2img"
SAMPLERS = "/sdapi/v1/samplers"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeWebUI]:
    """One server for the tests of this module."""
    with FakeWebUI(seed=1) as webui:
        yield webui


@pytest.fixture
def webui(server: FakeWebUI) -> FakeWebUI:
    """The server, as fresh as at its start."""
    server.reset()
    return server


def get(webui: FakeWebUI, path: str = SAMPLERS) -> requests.Response:
    """Send a GET."""
    return requests.get(webui.url + path, timeout=60)


def generate(webui: FakeWebUI, **fields: object) -> requests.Response:
    """Ask for a small picture."""
    body = {"prompt": "a cat", "width": 64, "height": 64, "steps": 1, **fields}
    return requests.post(webui.url + TXT2IMG, json=body, timeout=60)


def test_it_runs_for_as_long_as_the_block(webui: FakeWebUI) -> None:
    """The server is there inside the block and gone after it."""
    with FakeWebUI() as another:
        assert another.url != webui.url
        assert get(another).ok
        pid = another.health()["pid"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(requests.ConnectionError):
        requests.get(another.url or "http://127.0.0.1:9", timeout=60)


def test_options_are_those_of_the_command_line() -> None:
    """A number, a switch, a list and whole words become flags."""
    rules = ["samplers:status:first:status=503", "samplers:status:first:status=504"]
    with FakeWebUI("--api-auth", "user:pw", nowebui=True, step_seconds=0.01, fault=rules) as webui:
        assert [get(webui).status_code for _ in "abc"] == [503, 504, 401]
        assert get(webui, "/").status_code == 404


def test_what_was_sent_can_be_asked_for(webui: FakeWebUI) -> None:
    """Entries, the last payload, counts and whole exchanges."""
    get(webui)
    generate(webui, steps=2)
    generate(webui, steps=3)
    assert [entry["path"] for entry in webui.requests()] == [SAMPLERS, TXT2IMG, TXT2IMG]
    assert [entry["n"] for entry in webui.requests(TXT2IMG, limit=1)] == [2]
    assert webui.last(TXT2IMG)["steps"] == 3
    assert webui.count(TXT2IMG) == 2
    assert webui.count(payload={"steps": 2}) == 1
    (entry,) = webui.find(method="POST", payload={"steps": 3}, exactly=1)
    assert entry["n"] == 3
    assert webui.request(3)["answer"]["parameters"]["steps"] == 3


def test_the_image_of_one_stage_can_be_followed_to_the_next(webui: FakeWebUI) -> None:
    """What txt2img returned and what was sent on have the same hash and the same bytes."""
    image = generate(webui).json()["images"][0]
    body = {"image": image, "upscaler_1": "Lanczos", "upscaling_resize": 2}
    requests.post(f"{webui.url}/sdapi/v1/extra-single-image", json=body, timeout=60)
    (made,) = webui.request(1)["images"]
    assert webui.last("/sdapi/v1/extra-single-image")["image"]["sha256"] == made["sha256"]
    assert webui.image(2, 0) == webui.image(1, 0) == base64.b64decode(image)


def test_a_failed_expectation_is_an_assertion_that_explains(webui: FakeWebUI) -> None:
    """To pytest it is a failure; its text has what came nearest and how it differs."""
    generate(webui, steps=2)
    with pytest.raises(AssertionError, match=r"payload\.steps is 2, not 5") as caught:
        webui.count(TXT2IMG, payload={"steps": 5}, exactly=1)
    assert isinstance(caught.value, ExpectationError)
    assert caught.value.facts["nearest"][0]["n"] == 1
    with pytest.raises(AssertionError, match="expected at least 1 request"):
        webui.last("/sdapi/v1/img2img")


def test_waiting_takes_no_polling(webui: FakeWebUI) -> None:
    """`wait` returns with the request, and says what came instead when it gives up."""
    words = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"
    with subprocess.Popen([sys.executable, "-c", words, webui.url + SAMPLERS]):
        (entry,) = webui.wait(SAMPLERS)
    assert entry["path"] == SAMPLERS
    with pytest.raises(ExpectationError, match="nearest:"):
        webui.wait(TXT2IMG, timeout_s=0.05)


def test_faults_are_added_and_removed(webui: FakeWebUI) -> None:
    """A fault is one call; its settings are keywords; a slip lists what there is."""
    rule = webui.fault("status", SAMPLERS, times=1, status=503)
    assert (rule["id"], rule["with"]) == (1, {"status": 503, "body": None})
    assert [get(webui).status_code for _ in "ab"] == [503, 200]
    webui.fault("reset", match={"method": "GET"})
    webui.clear_faults()
    assert get(webui).ok
    with pytest.raises(ControlError, match='there is no action "explode"; there are out-of-memory'):
        webui.fault("explode")


def test_marks_and_clearing(webui: FakeWebUI) -> None:
    """Entries carry the mark of their time; clearing empties the journal alone."""
    webui.mark("first")
    get(webui)
    webui.mark("second")
    get(webui)
    assert webui.count(mark="second", exactly=1) == 1
    webui.clear()
    assert webui.requests() == []
    get(webui)
    assert webui.requests()[0]["mark"] == "second"


def test_a_handle_on_a_running_server_leaves_it_running(webui: FakeWebUI) -> None:
    """`at` neither starts nor stops anything, and notices when nobody is there."""
    other = FakeWebUI.at(webui.url + "/")
    assert other.health() == webui.health()
    other.stop()
    assert get(webui).ok
    with pytest.raises(UnreachableError, match="no fake WebUI answers"):
        FakeWebUI.at("http://127.0.0.1:9")


def test_another_server_is_not_taken_for_a_fake(webui: FakeWebUI) -> None:
    """A WebUI without control endpoints is said to be none of ours."""
    with pytest.raises(UnreachableError, match="is not a fake WebUI"):
        FakeWebUI.at(f"{webui.url}/sdapi/v1")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sede": 1}, "No such option"),
        ({"fault": "txt2img:explode"}, 'there is no action "explode"'),
        ({"host": "192.0.2.1"}, "is not a loopback address"),
    ],
)
def test_a_server_that_does_not_start_says_why(options: dict[str, Any], words: str) -> None:
    """The error has the exit status and the server's own words."""
    with pytest.raises(StartError, match=rf"(?s)exit status 2: .*{words}"):
        FakeWebUI(**options).start()


def test_a_server_that_is_not_started_says_so() -> None:
    """Asking it is a sentence, not a riddle."""
    with pytest.raises(StartError, match="use it in a `with` statement"):
        FakeWebUI().requests()


def test_a_dead_server_can_be_started_again_at_its_address() -> None:
    """Clients keep the address that they were given."""
    with FakeWebUI() as webui:
        url = webui.url
        os.kill(webui.health()["pid"], signal.SIGTERM)
        wait_until(lambda: webui.exit_status is not None)
        with pytest.raises(UnreachableError):
            webui.requests()
        webui.start()
        assert webui.url == url
        assert get(webui).ok


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't be killed like that")
def test_no_server_outlives_its_process() -> None:
    """However a script ends, its server ends with it."""
    script = """
import os
from fake_webui import FakeWebUI
webui = FakeWebUI().start()
print(webui.health()["pid"], flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    pid = int(done.stdout)

    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    wait_until(is_gone)


def test_large_pictures_are_kept_and_given_back(webui: FakeWebUI) -> None:
    """The bytes of an image survive the journal unchanged."""
    picture = png("x" * 200_000)
    body = {"image": base64.b64encode(picture).decode()}
    requests.post(f"{webui.url}/nowhere", json=body, timeout=60)
    assert webui.image(1) == picture
    assert len(webui.last("/nowhere")["image"]["parameters"]) == 200_000


def test_a_strict_one_raises_at_the_end_of_the_block() -> None:
    """A line for each unknown address and field, with the nearest name; not for allowed paths."""

    def sloppy() -> None:
        with FakeWebUI(strict=True, allow=["/probe/*"]) as webui:
            generate(webui, stepps=3)
            generate(webui, stepps=3)
            get(webui, "/probe/1")
            get(webui, TXT2IMG)

    with pytest.raises(StrictError) as raised:
        sloppy()
    assert str(raised.value).splitlines()[1:] == [
        f"  POST {TXT2IMG}: `stepps` is not a field of the WebUI: did you mean `steps`? (x2)",
        f"  GET {TXT2IMG}: the WebUI takes POST here",
    ]


def test_a_strict_one_does_not_hide_what_went_wrong() -> None:
    """An error inside the block is the one that comes out; a clean block raises nothing."""

    def failing() -> None:
        with FakeWebUI(strict=True) as webui:
            get(webui, "/nowhere")
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    with FakeWebUI(strict=True) as webui:
        get(webui)


@pytest.mark.parametrize(("method", "unexpected"), [("POST", 0), ("PUT", 1)])
def test_a_browser_may_ask_before_it_calls(method: str, unexpected: int) -> None:
    """A question about a method that the WebUI takes is nothing unexpected."""
    origin = "http://a.page"
    asking = {"Origin": origin, "Access-Control-Request-Method": method}
    with FakeWebUI(cors_allow_origins=origin) as webui:
        requests.options(webui.url + TXT2IMG, headers=asking, timeout=60)
        assert len(webui.unexpected()) == unexpected


def test_strictness_reaches_the_scopes() -> None:
    """What was sent to one is refused at the end of the block, with the scope's name."""
    with pytest.raises(StrictError, match="scope one: GET /nope"), FakeWebUI(strict=True) as webui:
        get(webui.scope("one"), "/nope")
