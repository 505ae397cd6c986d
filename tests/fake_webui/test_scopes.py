"""Scopes: separate WebUIs of one server."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.fake_webui.generating import SMALL, post
from tests.support import wait_until

HEADER = "X-Fake-WebUI-Scope"
IDLE_S = 3.0


@pytest.fixture(scope="module")
def server() -> Iterator[FakeWebUI]:
    """A server whose scopes these tests use, each its own names."""
    with FakeWebUI(seed=1) as webui:
        yield webui


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[FakeWebUI]:
    """A server that has room for three scopes and forgets them soon."""
    file = tmp_path / "few.toml"
    file.write_text(f"most_scopes = 3\nscope_idle_seconds = {IDLE_S}\n")
    with FakeWebUI(config=file) as webui:
        yield webui


def base(server: FakeWebUI, name: str) -> str:
    """Return the base URL of a scope."""
    return f"{server.url}/__fake/scope/{name}"


def scope(server: FakeWebUI, name: str) -> FakeWebUI:
    """Return a handle on a scope."""
    return FakeWebUI.at(base(server, name))


def put(server: FakeWebUI, name: str, body: Any = None) -> requests.Response:
    """Make a scope."""
    return requests.put(base(server, name), json=body, timeout=60)


def test_a_scope_shares_nothing(server: FakeWebUI) -> None:
    """Journal, faults, options, settings, marks and reset are its own."""
    one, two = scope(server, "nothing-1"), scope(server, "nothing-2")
    one.fault("status", "samplers")
    one.mark("mine")
    one.settings(step_seconds=0.5)
    assert post(one, "options", {"CLIP_stop_at_last_layers": 3}).ok
    assert requests.get(f"{one.url}/sdapi/v1/samplers", timeout=60).status_code == 500
    two.reset()
    for other in (two, server):
        assert requests.get(f"{other.url}/sdapi/v1/samplers", timeout=60).ok
        assert other.settings()["step_seconds"] == 0
        options = requests.get(f"{other.url}/sdapi/v1/options", timeout=60).json()
        assert options["CLIP_stop_at_last_layers"] == 1
    assert [entry["path"] for entry in one.requests()] == [
        "/sdapi/v1/options",
        "/sdapi/v1/samplers",
    ]
    assert {entry["mark"] for entry in one.requests()} == {"mine"}
    assert {entry["mark"] for entry in two.requests()} == {None}


def test_generations_of_scopes_do_not_wait_for_each_other(server: FakeWebUI) -> None:
    """One that stands still holds up nobody outside of its scope."""
    one, two = scope(server, "apart-1"), scope(server, "apart-2")
    with ThreadPoolExecutor(1) as thread, one.hold("txt2img", at_step=1) as held:
        future = thread.submit(post, one, "txt2img", SMALL | {"steps": 5})
        held.wait()
        assert post(two, "txt2img", SMALL).ok
        assert not future.done()
        held.release()
        assert future.result(60).ok


def test_the_header_is_the_same_scope(server: FakeWebUI) -> None:
    """For clients whose base URL is fixed."""
    url = f"{server.url}/sdapi/v1/samplers"
    assert requests.get(url, headers={HEADER: "by-header"}, timeout=60).ok
    (entry,) = scope(server, "by-header").requests()
    assert (entry["n"], entry["path"]) == (1, "/sdapi/v1/samplers")
    journal = f"{server.url}/__fake/v1/requests"
    answer = requests.get(journal, headers={HEADER: "by-header"}, timeout=60).json()
    assert len(answer["requests"]) == 1


def test_a_location_keeps_the_prefix(server: FakeWebUI) -> None:
    """A client that follows a redirect stays in its scope."""
    url = base(server, "moved")
    answer = requests.get(f"{url}/sdapi/v1/samplers/", timeout=60, allow_redirects=False)
    assert answer.headers["Location"] == f"{url}/sdapi/v1/samplers"
    page = requests.get(f"{url}/__fake", timeout=60, allow_redirects=False)
    assert page.headers["Location"] == "/__fake/scope/moved/__fake/"


def test_the_inspector_of_a_scope_is_its_own(server: FakeWebUI) -> None:
    """The page and its parts are there, and its feed is the scope's journal."""
    url = base(server, "looked-at")
    assert requests.get(f"{url}/sdapi/v1/samplers", timeout=60).ok
    assert "/__fake/" not in requests.get(f"{url}/__fake/", timeout=60).text
    assert requests.get(f"{url}/__fake/static/inspector.js", timeout=60).ok
    rows = requests.get(f"{url}/__fake/feed", timeout=60).json()["rows"]
    assert [row["path"] for row in rows] == ["/sdapi/v1/samplers"]


@pytest.mark.parametrize("name", ["a b", "a" * 65, "ä", "%2e%00", ""])
def test_a_name_that_can_not_be_is_refused(server: FakeWebUI, name: str) -> None:
    """In the address and in the header, whatever is asked for."""
    before = server.health()["scopes"]
    answer = requests.get(f"{base(server, name)}/sdapi/v1/samplers", timeout=60)
    assert answer.status_code == 422
    assert "a scope's name is" in answer.json()["error"]
    assert server.health()["scopes"] == before


def test_a_header_that_can_not_be_a_name_is_refused(server: FakeWebUI) -> None:
    """It does not fall back to what is outside of all scopes."""
    url = f"{server.url}/sdapi/v1/samplers"
    assert requests.get(url, headers={HEADER: "a/b"}, timeout=60).status_code == 422


def test_profile_and_configuration_belong_to_its_birth(server: FakeWebUI) -> None:
    """One server is several kinds of WebUI at once."""
    made = put(server, "born", {"profile": "forge"})
    assert (made.status_code, made.json()) == (201, {"scope": "born", "profile": "forge"})
    assert scope(server, "born").health()["profile"] == "forge"
    assert server.health()["profile"] == "a1111"
    config = {"loras": [{"name": "mine"}], "step_seconds": 0.25}
    assert put(server, "configured", {"config": config}).status_code == 201
    found = requests.get(f"{base(server, 'configured')}/sdapi/v1/loras", timeout=60).json()
    assert [lora["name"] for lora in found] == ["mine"]
    assert scope(server, "configured").settings()["step_seconds"] == 0.25


def test_put_makes_a_scope_anew(server: FakeWebUI) -> None:
    """What was in one of this name is gone."""
    assert requests.get(f"{base(server, 'anew')}/sdapi/v1/samplers", timeout=60).ok
    assert put(server, "anew").status_code == 201
    assert scope(server, "anew").requests() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"profil": "forge"}, "the body is"),
        ([1], "the body is"),
        ({"profile": "nope"}, "profile is a1111"),
        ({"profile": 1}, "profile is a name"),
        ({"config": {"lora": []}}, 'config: unknown key "lora"'),
        ({"config": {"step_seconds": "x"}}, "config: step_seconds is a number"),
        ({"config": []}, "config: config is a table"),
    ],
)
def test_a_birth_that_can_not_be_is_refused(server: FakeWebUI, body: Any, words: str) -> None:
    """No scope is made."""
    before = server.health()["scopes"]
    answer = put(server, "unborn", body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert server.health()["scopes"] == before


def test_unused_scopes_are_forgotten_and_counted(tiny: FakeWebUI) -> None:
    """Room is made by those that nobody used for long; until then there is none."""

    def answered(name: str) -> int:
        return requests.get(f"{base(tiny, name)}/sdapi/v1/samplers", timeout=60).status_code

    assert [answered(name) for name in ("a", "b", "c")] == [200, 200, 200]
    assert answered("d") == 503
    wait_until(lambda: answered("d") == 200)
    facts = tiny.health()
    assert facts["forgotten_scopes"] >= 1
    assert facts["scopes"] + facts["forgotten_scopes"] == 4


def test_a_scope_in_use_is_kept(tiny: FakeWebUI) -> None:
    """A request that takes longer than that is using it."""
    one = scope(tiny, "busy")
    with ThreadPoolExecutor(1) as thread, one.hold("txt2img", at_step=1) as held:
        future = thread.submit(post, one, "txt2img", SMALL | {"steps": 5})
        held.wait()
        unused = base(tiny, "unused")
        assert requests.get(f"{unused}/sdapi/v1/samplers", timeout=60).ok
        forgotten: Callable[[], bool] = lambda: made_another(tiny) > 0  # noqa: E731
        wait_until(forgotten)
        held.release()
        assert future.result(60).ok
        assert one.count("txt2img") == 1


def made_another(tiny: FakeWebUI) -> int:
    """Make a scope anew, and return how many were forgotten by then."""
    assert put(tiny, "another").status_code == 201
    return int(tiny.health()["forgotten_scopes"])


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_an_idle_scope_is_cheap(server: FakeWebUI) -> None:
    """Two hundred more cost less than 200 kB each."""
    pid = server.health()["pid"]

    def resident_kb() -> int:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0])

    def use(first: int) -> None:
        for number in range(first, first + 200):
            url = f"{base(server, f'cheap-{number}')}/sdapi/v1/samplers"
            assert requests.get(url, timeout=60).ok

    use(0)
    before = resident_kb()
    use(200)
    assert resident_kb() - before < 200 * 200


def test_a_control_path_of_a_scope_is_guarded(server: FakeWebUI) -> None:
    """A foreign name and another site are refused there as outside."""
    url = f"{base(server, 'guarded')}/__fake/v1/health"
    assert requests.get(url, headers={"Host": "evil.example"}, timeout=60).status_code == 400
    headers = {"Origin": "http://evil.example"}
    assert requests.post(f"{url}/../reset", headers=headers, timeout=60).status_code == 403
    assert requests.put(base(server, "g"), headers=headers, timeout=60).status_code == 403
