"""The control endpoints, over HTTP."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI
from fake_webui.faults.actions import ACTIONS
from tests.conftest import StartFake
from tests.fake_webui.controlling import OPTIONS, SAMPLERS, post, send
from tests.fake_webui.pictures import png
from tests.support import control, duration_s

TXT2IMG = "/sdapi/v1/txt2img"


def test_health_says_what_runs(fake: FakeWebUI) -> None:
    """Version, emulated version, process and a token that stays the same."""
    health = fake.health()
    assert health["emulated_version"] == "v1.10.1"
    assert health["pid"] > 0
    assert len(health["instance_token"]) >= 16
    assert fake.health() == health


@pytest.mark.parametrize("path", ["", "/", "/v1/health", "/v1/health/"])
def test_a_slash_at_the_end_changes_nothing(fake: FakeWebUI, path: str) -> None:
    """Control paths answer with and without one, as people type both."""
    assert requests.get(f"{fake.url}/__fake{path}", timeout=60).status_code == 200


def test_the_journal_has_every_fact_of_a_request(fake: FakeWebUI) -> None:
    """Method, path, query, headers, payload, status and time are all there, oldest first."""
    send(fake, f"{SAMPLERS}?a=1", headers={"X-Client": "mine"})
    send(fake, OPTIONS, "POST", json={"jpeg_quality": 70})
    first, second = fake.requests()
    assert (first["n"], first["method"], first["path"]) == (1, "GET", SAMPLERS)
    assert first["query"] == {"a": "1"}
    assert first["headers"]["X-Client"] == "mine"
    assert (first["payload"], first["status"], first["matched"]) == (None, 200, True)
    assert (first["fault"], first["mark"], first["findings"]) == (None, None, [])
    assert duration_s(first) >= 0
    assert second["payload"] == {"jpeg_quality": 70}


def test_control_requests_are_never_recorded(fake: FakeWebUI) -> None:
    """Looking at the journal leaves no trace in it."""
    fake.requests()
    fake.health()
    assert fake.requests() == []


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"path": SAMPLERS}, [1, 3]),
        ({"method": "post"}, [2]),
        ({"since": 2}, [3, 4]),
        ({"limit": 2}, [1, 2]),
        ({"since": 1, "limit": 1}, [2]),
        ({"unmatched": "true"}, [4]),
        ({"mark": "late"}, [3, 4]),
        ({"mark": "never"}, []),
    ],
)
def test_the_journal_can_be_filtered(fake: FakeWebUI, filters: Any, numbers: list[int]) -> None:
    """Each filter keeps what it names, in order."""
    send(fake)
    send(fake, OPTIONS, "POST", json={})
    fake.mark("late")
    send(fake)
    send(fake, "/sdapi/v1/nowhere")
    assert [entry["n"] for entry in fake.requests(**filters)] == numbers


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=x", 'since must be a whole number, not "x"'),
        ("limit=-1", "limit must be a whole number"),
        ("unmatched=maybe", "unmatched must be true or false"),
        ("pth=/x", 'no filter "pth"; there are path, method, mark, since, unmatched or limit'),
    ],
)
def test_a_bad_filter_is_refused(fake: FakeWebUI, query: str, sentence: str) -> None:
    """A mistyped filter is a 422, not a list of everything."""
    answer = requests.get(f"{fake.url}/__fake/v1/requests?{query}", timeout=60)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]


def test_images_are_replaced_by_what_they_are(fake: FakeWebUI) -> None:
    """The payload shows each image's hash, format, size and parameters; the bytes are at hand."""
    picture = png("a cat\nSteps: 2")
    body = {"init_images": [f"data:image/png;base64,{base64.b64encode(picture).decode()}"]}
    send(fake, "/sdapi/v1/png-info", "POST", json=body)
    (entry,) = fake.requests()
    assert entry["payload"]["init_images"] == [
        {
            "sha256": hashlib.sha256(picture).hexdigest(),
            "format": "PNG",
            "width": 40,
            "height": 24,
            "parameters": "a cat\nSteps: 2",
        }
    ]
    full = fake.request(1)
    assert full["images"][0]["where"] == "init_images.0"
    assert full["images"][0]["direction"] == "sent"
    image = requests.get(f"{fake.url}/__fake/v1/requests/1/images/0", timeout=60)
    assert (image.content, image.headers["Content-Type"]) == (picture, "image/png")
    small = requests.get(f"{fake.url}/__fake/v1/requests/1/images/0?thumbnail=20", timeout=60)
    assert Image.open(io.BytesIO(small.content)).size == (20, 12)


def test_an_image_can_be_matched_by_its_content(fake: FakeWebUI) -> None:
    """A match may ask for the hash or the size of a picture that was sent."""
    picture = png("a cat")
    body = {"init_images": [base64.b64encode(picture).decode()]}
    send(fake, "/nowhere", "POST", json=body)
    sha256 = hashlib.sha256(picture).hexdigest()
    for payload, count in (
        ({"init_images.0.sha256": sha256}, 1),
        ({"init_images": [{"sha256": sha256, "width": 40}]}, 1),
        ({"init_images.0.sha256": "0" * 64}, 0),
    ):
        answer = post(fake, "requests/count", {"match": {"payload": payload}})
        assert answer.json() == {"count": count}


@pytest.mark.parametrize("path", ["requests/7", "requests/1/images/3"])
def test_what_is_not_there_is_a_404(fake: FakeWebUI, path: str) -> None:
    """Asking for an entry or image that never was says so."""
    send(fake)
    answer = requests.get(f"{fake.url}/__fake/v1/{path}", timeout=60)
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_a_deleted_entry_is_gone(fake: FakeWebUI) -> None:
    """Deleting empties the journal alone: numbers, marks and faults stay."""
    send(fake)
    fake.fault("status", SAMPLERS, when="first")
    assert requests.delete(f"{fake.url}/__fake/v1/requests", timeout=60).json() == {}
    assert requests.get(f"{fake.url}/__fake/v1/requests/1", timeout=60).status_code == 410
    send(fake)
    (entry,) = fake.requests()
    assert (entry["n"], entry["fault"]) == (2, "status")


@pytest.mark.parametrize("body", [b"a=1", b"{", b"\xff\xfe", b"[1, 2", b"null", b""])
def test_a_body_that_is_no_json_is_kept_as_text(fake: FakeWebUI, body: bytes) -> None:
    """The payload is null and the text is shown, except where there is nothing to show."""
    send(fake, TXT2IMG, "POST", data=body, headers={"Content-Type": "text/plain"})
    (entry,) = fake.requests()
    assert entry["payload"] is None
    assert ("text" in entry) == (body not in (b"null", b""))


def test_not_a_number_does_not_break_the_journal(fake: FakeWebUI) -> None:
    """NaN, which JSON does not have, is shown as text."""
    send(fake, TXT2IMG, "POST", data=b'{"cfg_scale": NaN, "steps": 1, "width": 64, "height": 64}')
    assert fake.requests()[0]["payload"]["cfg_scale"] == "NaN"


def test_bodyless_posts_are_taken(fake: FakeWebUI) -> None:
    """count, find and mark work without any body, as does reset."""
    send(fake)
    assert post(fake, "requests/count").json() == {"count": 1}
    assert len(post(fake, "requests/find").json()["requests"]) == 1
    assert post(fake, "mark").json() == {"mark": None}
    assert post(fake, "reset").json() == {}


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("requests/count", {"match": {"pth": "/"}}, 'match has no key "pth"; it takes path,'),
        ("requests/count", {"match": []}, "match must be an object"),
        ("requests/count", {"match": {"payload": "x"}}, "match.payload must be an object"),
        ("requests/count", {"exact": 1}, "the body is an object with any of match, exactly,"),
        ("requests/count", {"exactly": -1}, "exactly must be a whole number, 0 or more, not -1"),
        ("requests/count", {"at_least": True}, "at_least must be a whole number"),
        ("requests/find", {"at_least": 1, "exactly": 1}, "give exactly or at_least, not both"),
        ("requests/wait", {"timeout_s": 1e6}, "timeout_s is at most 600 seconds"),
        ("requests/wait", {"timeout_s": "1"}, "timeout_s must be a number, 0 or more"),
        ("mark", {"nme": "x"}, 'the body is {"name": "…"}'),
        ("mark", {"name": 1}, 'the body is {"name": "…"}'),
        ("faults", {"action": "explode"}, 'there is no action "explode"'),
        ("faults", None, "a rule has no null"),
    ],
)
def test_a_bad_question_is_a_422_that_says_what_is_allowed(
    fake: FakeWebUI, path: str, body: Any, sentence: str
) -> None:
    """Every control endpoint checks what it is given."""
    answer = post(fake, path, body)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]


def test_a_broken_body_is_a_422_with_its_line(fake: FakeWebUI) -> None:
    """A mistake in the JSON is told by line and column."""
    url = f"{fake.url}/__fake/v1/faults"
    answer = requests.post(url, data=b'{"action":\n oops}', timeout=60)
    assert answer.status_code == 422
    assert "line 2 column 2" in answer.json()["error"]


def test_reset_brings_back_the_start(fake: FakeWebUI) -> None:
    """Journal, numbers, marks, faults and options are as at start."""
    before = requests.get(fake.url + OPTIONS, timeout=60).json()
    fake.mark("x")
    fake.fault("status", SAMPLERS, when="every")
    send(fake, OPTIONS, "POST", json={"jpeg_quality": 1})
    fake.reset()
    send(fake)
    (entry,) = fake.requests()
    assert (entry["n"], entry["mark"], entry["fault"]) == (1, None, None)
    assert control(fake, "GET", "faults")["rules"] == []
    assert requests.get(fake.url + OPTIONS, timeout=60).json() == before


def test_a_reset_may_say_what_comes_after(fake: FakeWebUI) -> None:
    """A mark, settings and faults are in force from the first request on, until the next reset."""
    fake.reset(
        mark="x", settings={"step_seconds": 0.5, "seed": 7}, faults=["samplers:status:first"]
    )
    send(fake)
    (entry,) = fake.requests()
    assert (entry["n"], entry["mark"], entry["fault"]) == (1, "x", "status")
    settings = control(fake, "GET", "settings")
    assert (settings["step_seconds"], settings["seed"]) == (0.5, 7)
    fake.reset()
    assert control(fake, "GET", "settings")["step_seconds"] == 0
    assert control(fake, "GET", "faults")["rules"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"marks": "x"}, 'a reset has no "marks"; its keys are mark, settings or faults'),
        ([], "the body is an object with any of mark, settings or faults"),
        ({"mark": 1}, "the body is"),
        ({"settings": {"step_seconds": "1"}}, "step_seconds is a number of seconds"),
        ({"settings": None}, "settings are an object"),
        ({"faults": "nan"}, "faults is a list of rules"),
        ({"faults": [{"action": "nothing"}]}, 'there is no action "nothing"'),
    ],
)
def test_a_wrong_reset_resets_nothing(fake: FakeWebUI, body: Any, words: str) -> None:
    """What is wrong with it is said, and everything stays as it is."""
    send(fake)
    answer = requests.post(f"{fake.url}/__fake/v1/reset", json=body, timeout=60)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert fake.count() == 1


def test_faults_are_listed_with_every_setting(fake: FakeWebUI) -> None:
    """`GET faults` tells each action's symptom, endpoints and settings."""
    fake.fault("delay", SAMPLERS, when="every", seconds=0.01)
    listed = control(fake, "GET", "faults")
    (rule,) = listed["rules"]
    assert (rule["id"], rule["action"], rule["with"]) == (1, "delay", {"seconds": 0.01})
    assert listed["actions"]["proxy-timeout"]["with"]["seconds"]["default"] == 60.0
    assert listed["actions"]["slow-load"]["with"]["seconds"]["default"] == 163.0
    assert set(ACTIONS) == set(listed["actions"])


def test_one_rule_can_be_removed(fake: FakeWebUI) -> None:
    """Removing by number leaves the others, and an unknown number is a 404."""
    fake.fault("delay", SAMPLERS, when="first")
    fake.fault("reset", SAMPLERS, when="first")
    assert control(fake, "DELETE", "faults/1") == {"removed": 1}
    assert [rule["id"] for rule in control(fake, "GET", "faults")["rules"]] == [2]
    assert requests.delete(f"{fake.url}/__fake/v1/faults/9", timeout=60).status_code == 404
    assert control(fake, "DELETE", "faults") == {"removed": 1}


def test_a_full_disk_costs_old_entries_alone(start_fake: StartFake) -> None:
    """Each entry is whole once its request is answered, however much of it the disk takes."""
    resource = pytest.importorskip("resource", reason="file sizes can't be limited here")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux changes the limits of another process")
    fake = start_fake("full-disk")
    resource.prlimit(fake.health()["pid"], resource.RLIMIT_FSIZE, (100_000, 100_000))
    size = {"width": 256, "height": 256, "steps": 1}
    for n in range(1, 31):
        send(fake, TXT2IMG, "POST", json=size)
        (image,) = fake.request(n)["images"]
        assert (image["format"], image["width"]) == ("PNG", 256)
    assert 0 < fake.requests()[0]["n"] - 1 < 30


def test_a_count_after_eviction_is_an_error(start_fake: StartFake, tmp_path: Path) -> None:
    """With entries gone no count is given, except under a mark whose entries are all there."""
    (tmp_path / "small.toml").write_text("journal_bytes = 1_000_000")
    fake = start_fake("small", "--config", str(tmp_path / "small.toml"))
    with requests.Session() as session:
        for number in range(60):
            body = {"prompt": "x" * 20_000, "n": number}
            session.post(f"{fake.url}/nowhere", json=body, timeout=60)
    answer = post(fake, "requests/count", {"match": {"path": "/nowhere"}})
    assert answer.status_code == 410
    assert 5 < answer.json()["evicted"] < 40
    assert "entries in question were evicted" in answer.json()["error"]
    assert post(fake, "requests/find", {"exactly": 60}).status_code == 410
    found = post(fake, "requests/find", {"at_least": 20}).json()
    assert found["requests"][-1]["payload"]["n"] == 59
    assert found["evicted"] == answer.json()["evicted"] == 60 - len(found["requests"])
    assert requests.get(f"{fake.url}/__fake/v1/requests/1", timeout=60).status_code == 410
    fake.mark("later")
    send(fake)
    assert post(fake, "requests/count", {"match": {"mark": "later"}}).json() == {"count": 1}


def test_a_body_over_the_limit_is_refused_and_noted(start_fake: StartFake, tmp_path: Path) -> None:
    """413, and the entry has everything but the body."""
    (tmp_path / "tiny.toml").write_text("max_body_bytes = 1000")
    fake = start_fake("tiny", "--config", str(tmp_path / "tiny.toml"))
    send(fake, TXT2IMG, "POST", json={"prompt": "x" * 2000})
    (entry,) = fake.requests()
    assert (entry["status"], entry["payload"]) == (413, None)


def test_headers_of_any_size_are_no_trouble(start_fake: StartFake, tmp_path: Path) -> None:
    """An entry that would not fit, however its letters are written, is kept without its headers."""
    (tmp_path / "small.toml").write_text("journal_bytes = 1_000_000")
    fake = start_fake("wide", "--config", str(tmp_path / "small.toml"))
    send(fake, headers={"X-Long": "\xe9" * 60_000})
    (entry,) = fake.requests()
    assert (entry["headers"], entry["findings"]) == ({}, ["headers not kept: too large"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_other_sites_are_refused(
    fake: FakeWebUI, headers: dict[str, str], content_type: str
) -> None:
    """A page of another site can't reset the server, whatever type it gives the body."""
    send(fake)
    answer = post(fake, "reset", headers=headers | {"Content-Type": content_type})
    assert answer.status_code == 403
    assert len(fake.requests()) == 1


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_the_own_page_is_served(fake: FakeWebUI, headers: dict[str, str]) -> None:
    """The inspector itself and an address that was typed get through."""
    assert post(fake, "reset", headers=headers).ok
    assert post(fake, "reset", headers={"Origin": fake.url}).ok


def test_a_foreign_host_name_is_refused(fake: FakeWebUI) -> None:
    """A name that was made to point here does not open the journal."""
    answer = requests.get(
        f"{fake.url}/__fake/v1/requests", headers={"Host": "evil.example"}, timeout=10
    )
    assert answer.status_code == 400
