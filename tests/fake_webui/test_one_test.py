"""`FakeWebUI.test`: what the pytest plugin does, for unittest and any other runner."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.errors import ControlError, ExpectationError, StartError, StrictError
from tests.support import ROOT, wait_until

SMALL = {"width": 64, "height": 64, "steps": 1}
CASES = """
import unittest
import requests
from fake_webui import FakeWebUI

class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(FakeWebUI())

    def generate(self, webui, **fields):
        body = {"width": 64, "height": 64, "steps": 1, **fields}
        requests.post(f"{webui.url}/sdapi/v1/txt2img", json=body, timeout=60)

    def test_expecting(self):
        with self.server.test(self.id()) as webui:
            self.generate(webui, prompt="a cat")
            webui.count("txt2img", exactly=1, payload={"prompt": "a dog"})

    def test_asserting(self):
        with self.server.test(self.id()) as webui:
            self.generate(webui, prompt="a cat")
            self.assertEqual(webui.last("txt2img")["prompt"], "a dog")

    def test_misspelling(self):
        with self.server.test(self.id()) as webui:
            self.generate(webui, negativ_prompt="a dog")

    def test_passing(self):
        with self.server.test(self.id(), allow=["txt2img"], step_seconds=0.01) as webui:
            self.generate(webui, negativ_prompt="a dog")
"""
ROW = "POST /sdapi/v1/txt2img  1      200"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeWebUI]:
    """One server for the tests of this module."""
    with FakeWebUI(seed=1) as webui:
        yield webui


def generate(webui: FakeWebUI, **fields: object) -> requests.Response:
    """Ask for a small picture."""
    return requests.post(f"{webui.url}/sdapi/v1/txt2img", json={**SMALL, **fields}, timeout=60)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What unittest prints of each of the cases that fail."""
    folder = tmp_path_factory.mktemp("unittest")
    (folder / "cases.py").write_text(CASES)
    words = [sys.executable, "-m", "unittest", "cases"]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    *failed, last = done.stderr.split("=" * 70)[1:]
    assert "Ran 4 tests" in last
    return {part.partition("(")[0].split()[-1]: part for part in (*failed, last)}


def test_a_case_that_fails_shows_what_was_sent(told: dict[str, str]) -> None:
    """The sentence, the table, the difference, the images; and no code of ours."""
    assert told.keys() == {"test_expecting", "test_asserting", "test_misspelling"}
    said = told["test_expecting"]
    sentence = 'expected exactly 1 request like {"path": "/sdapi/v1/txt2img", "payload": {"prompt'
    difference = '#1 POST /sdapi/v1/txt2img: payload.prompt is "a cat", not "a dog"'
    places = [said.index(part) for part in (sentence, ROW, difference, "image(1, 0)")]
    assert places == sorted(places)
    assert said.count(ROW) == 1
    assert "fake_webui/testing" not in said


def test_any_failure_shows_the_journal(told: dict[str, str]) -> None:
    """Where the journal was not asked too."""
    said = told["test_asserting"]
    assert ROW in said
    assert '#1 POST /sdapi/v1/txt2img 200: {"width": 64' in said


def test_what_the_webui_does_not_know_fails_the_case(told: dict[str, str]) -> None:
    """With the nearest name, and no more of ours than the line that says it."""
    assert told["test_misspelling"].count("fake_webui/testing") == 1
    assert "did you mean `negative_prompt`?" in told["test_misspelling"]


def test_everything_is_for_one_test(server: FakeWebUI) -> None:
    """Settings, faults, mark and journal are gone with the next."""
    with server.test("one", step_seconds=0.01, faults=["txt2img:nan:first"]) as webui:
        assert webui.settings()["step_seconds"] == 0.01
        assert generate(webui).status_code == 500
        assert webui.requests()[0]["mark"] == "one"
    with server.test("two") as webui:
        assert webui.requests() == []
        assert webui.settings()["step_seconds"] == 0
        assert generate(webui).ok


def test_strict_is_the_default(server: FakeWebUI) -> None:
    """Unless it is switched off, or the path is allowed."""
    with pytest.raises(StrictError, match="negative_prompt"), server.test() as webui:
        generate(webui, negativ_prompt="x")
    with server.test(strict=False) as webui:
        generate(webui, negativ_prompt="x")
    with server.test(allow=["txt2*"]) as webui:
        generate(webui, negativ_prompt="x")


def test_what_can_not_be_set_is_an_error(server: FakeWebUI) -> None:
    """In the server's words, before the test begins."""
    with pytest.raises(ControlError, match="step_seconds is from 0"), server.test(step_seconds=-1):
        pytest.fail("the block was entered")


@pytest.mark.parametrize("path", ["txt2img", "sdapi/v1/txt2img", "/sdapi/v1/txt2img"])
def test_short_paths_do_wherever_there_is_one(server: FakeWebUI, path: str) -> None:
    """Questions, filters, rules, holds and what is allowed."""
    with server.test(allow=[path], faults=[f"{path}:status:status=503:first"]) as webui:
        webui.fault("status", path, when="first", status=502)
        statuses = [generate(webui, negativ_prompt="x").status_code for _ in range(2)]
        assert statuses == [503, 502]
        with webui.hold(path, at_step=0):
            pass
        assert len(webui.requests(path)) == len(webui.find(path)) == webui.count(path) == 2
        assert len(webui.wait(path, at_least=2)) == 2
        assert webui.last(path)["negativ_prompt"] == "x"


def test_a_scope_is_a_webui_of_its_own(server: FakeWebUI) -> None:
    """On the same server; with a profile it is another kind."""
    with server.test() as webui, webui.scope("other", profile="forge") as other:
        assert other.health()["profile"] == "forge"
        generate(other)
        assert (webui.count(), other.count()) == (0, 1)
    assert other.exit_status is None


def test_a_difference_of_images_is_told_by_size_and_hash(server: FakeWebUI) -> None:
    """And where their bytes are."""
    with server.test() as webui:
        image = generate(webui).json()["images"][0]
        requests.post(f"{webui.url}/sdapi/v1/png-info", json={"image": image}, timeout=60)
        with pytest.raises(ExpectationError) as caught:
            webui.count("png-info", exactly=1, payload={"image": "none"})
        digest = webui.request(2)["images"][0]["sha256"]
    assert f'payload.image is "<PNG 64×64, sha256 {digest[:12]}…>", not "none"' in str(caught.value)
    assert f"sent image: PNG 64×64, sha256 {digest[:12]}…, image(2, 0)" in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't be killed like that")
def test_a_server_that_dies_in_a_test_is_told() -> None:
    """With its status; where the test fails by itself, its own failure is told."""
    with FakeWebUI() as webui:
        with pytest.raises(StartError, match="the fake WebUI ended with status -9"), webui.test():
            end(webui)
        webui.start()
        with pytest.raises(AssertionError, match="mine"), webui.test():
            end(webui, "mine")


def end(webui: FakeWebUI, failure: str = "") -> None:
    """Kill a server, and fail if that is asked for."""
    os.kill(webui.health()["pid"], signal.SIGKILL)
    wait_until(lambda: webui.exit_status is not None)
    assert not failure, failure
