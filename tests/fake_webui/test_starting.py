"""A WebUI that is still starting: refused, the page, first routes, no extensions, all."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.support import ROOT, free_port, wait_until

SMALL = {"prompt": "x", "width": 8, "height": 8, "steps": 1}
NOT_FOUND = (404, {"detail": "Not Found"})
REFUSED, PAGE, FIRST_ROUTES, CORE, ALL = "refused", "page", "first routes", "core", "all"
# Which of these paths answer in which phase.
PROBES = ("/", "/sdapi/v1/progress", "/sdapi/v1/samplers", "/sdapi/v1/loras")
PHASES = {
    (200, 404, 404, 404): PAGE,
    (200, 200, 404, 404): FIRST_ROUTES,
    (200, 200, 200, 404): CORE,
    (200, 200, 200, 200): ALL,
    (404, 200, 200, 200): ALL,  # without the page
}
STARTS_S = (4, 30)  # for all phases; on a busy machine one can be over between two looks
IN_ORDER = [REFUSED, PAGE, FIRST_ROUTES, CORE, ALL]


def status(url: str) -> int:
    """Return the status of a GET."""
    return requests.get(url, timeout=60).status_code


def phase(url: str) -> str:
    """Return what a server seems to be doing; the probes must fall in one phase."""
    try:
        page, progress, samplers, loras = (status(url + path) for path in PROBES)
    except requests.ConnectionError:
        return REFUSED
    return PHASES.get((page, progress, samplers, loras), "between")


def phases(url: str, end: Callable[[str], bool]) -> list[str]:
    """Watch a server until it is in a phase; return those that it went through."""
    seen: list[str] = []

    def has_ended() -> bool:
        seen.append(phase(url))
        return end(seen[-1])

    wait_until(has_ended)
    return [one for one, _ in groupby(seen) if one != "between"]


@pytest.fixture
def begin() -> Iterator[Callable[..., str]]:
    """Start servers with flags and return their address without waiting for them."""
    started: list[subprocess.Popen[bytes]] = []

    def begin_one(*flags: str) -> str:
        port = free_port()
        words = [sys.executable, "-m", "fake_webui", "--port", str(port), *flags]
        started.append(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL))
        return f"http://127.0.0.1:{port}"

    yield begin_one
    for process in started:
        process.kill()
        process.wait()


def test_a_start_goes_through_its_phases_in_order(begin: Callable[..., str]) -> None:
    """Connections are refused at first; then more and more of it is there."""
    for seconds in STARTS_S:
        seen = phases(begin("--startup-seconds", str(seconds)), lambda now: now == ALL)
        if len(seen) == len(IN_ORDER):
            break
    assert seen == IN_ORDER


def test_without_its_page_all_is_there_at_once(begin: Callable[..., str]) -> None:
    """After connections were refused for as long."""
    url = begin("--startup-seconds", "1.5", "--nowebui")
    assert phases(url, lambda now: now == ALL) == [REFUSED, ALL]


def test_without_the_flag_all_is_there_when_it_listens(begin: Callable[..., str]) -> None:
    """Nothing is refused to those who saw the ready line."""
    assert phases(begin(), lambda now: now == ALL) == [REFUSED, ALL]


def answers(fake: FakeWebUI, *paths: str) -> list[int]:
    """Return the statuses of GETs."""
    return [status(fake.url + path) for path in paths]


def generate(fake: FakeWebUI, kind: str = "txt2img", **fields: Any) -> tuple[int, Any]:
    """Return status and JSON of a generation."""
    answer = requests.post(f"{fake.url}/sdapi/v1/{kind}", json=SMALL | fields, timeout=60)
    return answer.status_code, answer.json()


def test_a_test_can_let_it_start_anew(fake: FakeWebUI) -> None:
    """From the first request that matches on, which meets the page alone."""
    assert phase(fake.url) == ALL
    for seconds in STARTS_S:
        fake.reset()
        fake.fault("starting", "/sdapi/v1/txt2img", when="every", seconds=seconds)
        assert generate(fake) == NOT_FOUND
        seen = phases(fake.url, lambda now: now == ALL)
        if len(seen) == len(IN_ORDER[1:]):
            break
    assert seen == IN_ORDER[1:]
    assert generate(fake)[0] == 200


def test_with_the_first_routes_nothing_can_be_generated(fake: FakeWebUI) -> None:
    """The API does not know yet what its scripts want; validation comes before that."""
    fake.fault("starting", "/sdapi/v1/samplers", seconds=600, phase="page")
    assert answers(fake, "/sdapi/v1/samplers", "/internal/ping", "/config") == [404, 404, 200]
    fake.reset()
    fake.fault("starting", "/sdapi/v1/samplers", seconds=600, phase="first-routes")
    paths = ("/sdapi/v1/samplers", "/internal/ping", "/sdapi/v1/options", "/sdapi/v1/cmd-flags")
    assert answers(fake, *paths) == [404, 200, 200, 404]
    for kind in ("txt2img", "img2img"):
        message = f"'Api' object has no attribute 'default_script_arg_{kind}'"
        error = {"error": "AttributeError", "detail": "", "body": "", "errors": message}
        assert generate(fake, kind) == (500, error)
    assert generate(fake, steps="x")[0] == 422


def test_extensions_come_last(fake: FakeWebUI) -> None:
    """LoRAs are one too, built in or not; a slash too many does not lead to what is not there."""
    fake.fault("starting", "/", seconds=600, phase="page")
    assert answers(fake, "/", "/sdapi/v1/samplers/") == [200, 404]
    fake.reset()
    fake.fault("starting", "/", seconds=600, phase="core")
    assert answers(fake, "/", "/adetailer/v1/version", "/sdapi/v1/cmd-flags") == [200, 404, 200]
    fake.reset()
    assert answers(fake, "/adetailer/v1/version") == [200]


def test_the_journal_says_that_it_was_starting(fake: FakeWebUI) -> None:
    """Such requests went to known addresses; only the one that began it has the fault."""
    fake.fault("starting", "/sdapi/v1/samplers", seconds=60)
    assert answers(fake, "/sdapi/v1/samplers", "/sdapi/v1/samplers", "/nope") == [404, 404, 404]
    first, second, unknown = fake.requests()
    assert (first["fault"], second["fault"]) == ("starting", None)
    assert second["findings"] == ["the WebUI was still starting"]
    assert (first["matched"], second["matched"], unknown["matched"]) == (True, True, False)


def test_a_reset_ends_a_start(fake: FakeWebUI) -> None:
    """The next test does not meet it."""
    fake.fault("starting", "/sdapi/v1/samplers", seconds=3600)
    assert answers(fake, "/sdapi/v1/samplers") == [404]
    fake.reset()
    assert answers(fake, "/sdapi/v1/samplers") == [200]
