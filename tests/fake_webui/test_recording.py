"""`--record` and `--replay`: what a real WebUI answered, kept and given again."""

import base64
import gzip
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import PROFILES
from tests.fake_webui.generating import SMALL, answered, post
from tests.fake_webui.pictures import png
from tests.support import ROOT, fake_webui_cli, run_module

TXT2IMG, SAMPLERS = "/sdapi/v1/txt2img", "/sdapi/v1/samplers"
CONFORMANCE = ROOT / "tests" / "conformance"
SECRETS = ("open sesame", "s3cr3t", "b64token", "hunter2", "abc.def", "k-1234")
TIMESTAMP = re.compile(r"20\d{12}")


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return the exchanges of a recording that `--record` made, without the line on its start."""
    text = (folder / "recording.jsonl").read_text(encoding="utf-8")
    started, *exchanges = [json.loads(line) for line in text.splitlines()]
    assert list(started) == ["started"]
    return exchanges


def send(webui: FakeWebUI) -> list[Any]:
    """Send requests of every kind, and return what must be the same of the answers."""
    picture = {"image": base64.b64encode(png("x")).decode()}
    answers = [
        requests.get(webui.url + SAMPLERS, timeout=60),
        post(webui, "txt2img", SMALL | {"seed": 3, "subseed": 1, "batch_size": 2}),
        post(webui, "txt2img", {"steps": "many"}),
        post(webui, "png-info", picture),
        requests.get(f"{webui.url}/docs", timeout=60),
        requests.get(f"{webui.url}/sdapi/v1/n%C3%B6pe?b=2&a=1", timeout=60),
        requests.post(f"{webui.url}{TXT2IMG}", data=b"\xff", timeout=60),
    ]
    return [(one.status_code, one.headers.get("Content-Type"), one.content) for one in answers]


@pytest.fixture
def recorded(tmp_path: Path, fake: FakeWebUI) -> Iterator[tuple[Path, FakeWebUI]]:
    """A server that records what another one answers, and its folder."""
    folder = tmp_path / "recorded"
    with FakeWebUI(upstream=fake.url, record=folder) as front:
        yield folder, front


@pytest.mark.parametrize("profile", PROFILES)
def test_what_was_recorded_is_answered_again(tmp_path: Path, profile: str) -> None:
    """Status, type and bytes, pictures included, without the real one; a fake agrees with it."""
    with (
        FakeWebUI(seed=1, profile=profile) as real,
        FakeWebUI(upstream=real.url, record=tmp_path / "r", profile=profile) as front,
    ):
        first = send(front)
    with FakeWebUI(replay=tmp_path / "r") as again:
        assert send(again) == first
    done = fake_webui_cli("diff", "--captures", tmp_path / "r")
    assert done.stdout.splitlines()[-1] == "7 of 7 answers are alike", done.stdout


def test_anything_else_is_answered_as_usual(recorded: tuple[Path, FakeWebUI]) -> None:
    """By the imitation, or by the real WebUI where there is one."""
    folder, front = recorded
    assert answered(post(front, "txt2img", SMALL | {"seed": 3})).info["seed"] == 3
    with FakeWebUI(replay=folder) as again, FakeWebUI(replay=folder, upstream=front.url) as both:
        for webui in (again, both):
            assert answered(post(webui, "txt2img", SMALL | {"seed": 4})).info["seed"] == 4
            assert answered(post(webui, "txt2img", SMALL | {"seed": 3})).info["seed"] == 3
    seeds = [entry["payload"]["seed"] for entry in front.requests("txt2img")]
    assert seeds == [3, 4]


def test_the_same_request_gets_its_answers_in_their_order(
    recorded: tuple[Path, FakeWebUI],
) -> None:
    """The last one for ever; a reset and a new scope begin again. The order of keys is nothing."""
    folder, front = recorded
    drawn = [answered(post(front, "txt2img", SMALL | {"seed": -1})).info["seed"] for _ in "12"]
    with FakeWebUI(replay=folder) as again:

        def seeds(webui: FakeWebUI, count: int) -> list[int]:
            payload = dict(reversed((SMALL | {"seed": -1}).items()))
            return [answered(post(webui, "txt2img", payload)).info["seed"] for _ in range(count)]

        assert seeds(again, 3) == [*drawn, drawn[1]]
        assert seeds(FakeWebUI.at(f"{again.url}/__fake/scope/other"), 2) == drawn
        again.reset()
        assert seeds(again, 1) == drawn[:1]


def test_secrets_are_left_out(tmp_path: Path) -> None:
    """Headers, forms, queries, JSON in and out, command lines; the client has them all."""
    accounts = f"me:{SECRETS[0]}"
    with (
        FakeWebUI(gradio_auth=accounts, api_auth=f"u:{SECRETS[1]}") as real,
        FakeWebUI(upstream=real.url, record=tmp_path) as front,
    ):
        login = {"username": "me", "password": SECRETS[0]}
        assert requests.post(f"{front.url}/login", data=login, timeout=60).ok
        files = {"username": (None, "me"), "password": (None, SECRETS[0])}
        requests.post(f"{front.url}/login", files=files, timeout=60)
        flags = requests.get(f"{front.url}/sdapi/v1/cmd-flags", auth=("u", SECRETS[1]), timeout=60)
        assert flags.json()["gradio_auth"] == accounts
        secret = {
            "hf_token": SECRETS[2], "deep": [{"Password": SECRETS[3]}], "api-key": SECRETS[5],
            "argv": ["--api-auth", f"u:{SECRETS[3]}"], "token_merging_ratio": 0.5,
        }  # fmt: skip
        post(front, "txt2img", SMALL | secret)
        url = f"{front.url}/nope?access_token={SECRETS[4]}&x=1"
        requests.get(url, headers={"Cookie": f"a={SECRETS[2]}"}, timeout=60)
    text = (tmp_path / "recording.jsonl").read_text(encoding="utf-8")
    files_kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for word in SECRETS:
        assert word not in text
        assert not any(word.encode() in data for data in files_kept)
    assert lines(tmp_path)[3]["request"]["json"]["token_merging_ratio"] == 0.5
    assert lines(tmp_path)[4]["request"]["path"] == "/nope?access_token=<removed>&x=1"
    with FakeWebUI(replay=tmp_path) as again:
        login["password"] = "forgotten"  # noqa: S105 (not one)
        assert requests.post(f"{again.url}/login", data=login, timeout=60).ok


def test_what_a_fault_did_is_not_recorded(recorded: tuple[Path, FakeWebUI]) -> None:
    """A recording has answers of the real WebUI alone."""
    folder, front = recorded
    for action in ("status", "missing-info", "reset"):
        front.fault(action, "txt2img", when="first")
    for _ in range(2):
        post(front, "txt2img", SMALL)
    with pytest.raises(requests.ConnectionError):
        post(front, "txt2img", SMALL)
    post(front, "txt2img", SMALL | {"seed": 5})
    assert [one["request"]["json"]["seed"] for one in lines(folder)] == [5]


def test_faults_and_holds_come_before_a_recorded_answer(
    recorded: tuple[Path, FakeWebUI],
) -> None:
    """An error takes its place, on its way or at once; strictness holds too."""
    folder, front = recorded
    payload = SMALL | {"seed": 3, "stepps": 1}
    assert post(front, "txt2img", payload).ok
    with FakeWebUI(replay=folder) as again:
        again.fault("out-of-memory", "txt2img", when="first")
        assert post(again, "txt2img", payload).status_code == 500
        assert post(again, "txt2img", payload).ok
        assert again.requests()[-1]["unknown_fields"] == ["stepps"]
        again.settings(strict=True)
        assert post(again, "txt2img", payload).status_code == 422


def test_a_recording_goes_on(recorded: tuple[Path, FakeWebUI]) -> None:
    """A second server adds to it; numbers go on, and the line on the start stays alone."""
    folder, front = recorded
    requests.get(front.url + SAMPLERS, timeout=60)
    with FakeWebUI(upstream=front.url, record=folder, profile="forge") as second:
        requests.get(f"{second.url}/sdapi/v1/loras", timeout=60)
    assert [one["name"] for one in lines(folder)] == [
        "00001_GET_samplers", "00002_GET_loras", "00002_GET_loras",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_killed_server_leaves_a_whole_recording(tmp_path: Path, fake: FakeWebUI) -> None:
    """All that was answered is there."""
    ready = tmp_path / "ready.json"
    words = [sys.executable, "-m", "fake_webui", "--port", "0", "--ready-file", str(ready)]
    words += ["--upstream", fake.url, "--record", str(tmp_path / "r")]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        for _ in range(3):
            assert requests.get(url + SAMPLERS, timeout=60).ok
        process.send_signal(signal.SIGKILL)
    assert len(lines(tmp_path / "r")) == 3


def test_recordings_of_this_project_can_be_replayed() -> None:
    """Pictures that were only described are drawn anew: size, format and texts are the same."""
    file = CONFORMANCE / "a1111" / "default.jsonl.gz"
    payload = {"prompt": "a cat", "steps": 2, "width": 64, "height": 64, "seed": 1}
    with FakeWebUI(replay=file) as webui:
        assert post(webui, "txt2img", payload | {"prompt": "nobody sent this"}).ok
        wanted = next(one for one in captured(file) if with_picture(one))
        answer = post(webui, "txt2img", wanted["request"]["json"]).json()
        (described, *_), (image, *_) = wanted["response"]["json"]["images"], answer["images"]
        assert answer["info"] == wanted["response"]["json"]["info"]
        told = requests.post(
            f"{webui.url}/sdapi/v1/png-info", json={"image": image}, timeout=5
        ).json()
        assert told["info"] == described["pnginfo"]["parameters"]
        facts = webui.request(2)["images"][0]
        assert (facts["width"], facts["height"], facts["format"]) == (
            described["width"], described["height"], described["format"],
        )  # fmt: skip


def captured(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the exchanges of a compressed recording."""
    with gzip.open(file, "rt", encoding="utf-8") as text:
        yield from (json.loads(line) for line in text if not line.startswith('{"started"'))


def with_picture(one: dict[str, Any]) -> bool:
    """Return whether an exchange of txt2img has a picture, and nothing was sent before it."""
    is_generation = one["request"]["path"] == TXT2IMG and not one.get("setup")
    json_body = one["response"].get("json")
    return is_generation and isinstance(json_body, dict) and bool(json_body.get("images"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--record", "{}/x"], "record goes with upstream"),
        (["--upstream", "http://127.0.0.1:9", "--record", "{}/file"], "can't record in"),
        (["--replay", "{}/nowhere"], "is not a recording or a folder of captures"),
        (["--replay", "{}"], "holds no captures"),
    ],
)
def test_what_can_not_be_recorded_or_replayed_is_a_sentence(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    """Exit status 2, no traceback."""
    (tmp_path / "file").touch()
    words = [word.format(tmp_path) for word in words]
    done = run_module("fake_webui", *words, "--exit-on-stdin-eof", input="")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
