"""`fake-webui capture` leaves the WebUI as it found it, whatever was sent and however it ends."""

import gzip
import json
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
from tests.fake_webui.generating import OTHER_CHECKPOINT
from tests.support import ROOT, fake_webui_cli

SMALL = {"prompt": "a cat", "width": 64, "height": 64, "steps": 1}
LISTS = ("/sdapi/v1/options", "/internal/pending-tasks", "/sdapi/v1/embeddings")


def state(webui: FakeWebUI) -> list[Any]:
    """Return all that a capture may have changed."""
    return [requests.get(webui.url + path, timeout=60).json() for path in LISTS]


def saved_none(tmp_path: Path) -> Path:
    """Return the configuration of a WebUI that keeps the value of every override."""
    file = tmp_path / "none.toml"
    file.write_text('saved_options = "none"\n', encoding="utf-8")
    return file


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[FakeWebUI]:
    """A WebUI that restores no override."""
    with FakeWebUI(config=saved_none(tmp_path)) as webui:
        yield webui


def request(path: str, payload: Any, method: str = "POST") -> dict[str, Any]:
    """Return a request as a recording has it."""
    return {"method": method, "path": f"/sdapi/v1/{path}", "headers": {}, "json": payload}


def write(folder: Path, *sent: dict[str, Any]) -> Path:
    """Write requests without answers as a recording."""
    file = folder / "sent.jsonl"
    lines = [{"name": f"request{number}", "request": one} for number, one in enumerate(sent)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def capture(webui: FakeWebUI, out: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Record this WebUI."""
    return fake_webui_cli("capture", "--from", webui.url, "--out", out, *words)


@pytest.mark.parametrize("saved", ["all", "none"])
@pytest.mark.parametrize("profile", PROFILES)
def test_our_own_requests_leave_no_trace(tmp_path: Path, profile: str, saved: str) -> None:
    """Where overrides are restored and where they are not, of every kind of WebUI."""
    config = saved_none(tmp_path)
    with FakeWebUI(profile=profile, config=config if saved == "none" else None) as webui:
        before = state(webui)
        done = capture(webui, tmp_path / "out")
        assert done.returncode == 0, done.stderr
        assert state(webui) == before
        sent = [entry["payload"] for entry in webui.requests("txt2img")]
        assert any(isinstance(one, dict) and "override_settings" in one for one in sent)


def test_what_captured_requests_change_is_put_back(tmp_path: Path, forgetful: FakeWebUI) -> None:
    """Options, among them one that can't be shown any more, the checkpoint, and the queue."""
    before = state(forgetful)
    sent = write(
        tmp_path,
        request("options", {"CLIP_stop_at_last_layers": 3, "jpeg_quality": "abc"}),
        request("options", {"sd_model_checkpoint": OTHER_CHECKPOINT}),
        request("txt2img", SMALL | {"override_settings": {"samples_format": "jpg"}}),
        request("txt2img", SMALL | {"override_settings": {"nope": 1}}),
        request("img2img", SMALL | {"init_images": ["nope"]}),
    )
    done = capture(forgetful, tmp_path / "out", "--requests", sent)
    assert done.returncode == 0, done.stderr
    assert "5 captures in" in done.stdout
    assert state(forgetful) == before


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (request("create/embedding", {"name": "mine"}), "it creates a file"),
        (request("train/embedding", {}), "it trains a model"),
        (request("server-stop", {}), "it ends or restarts the WebUI"),
        (request("unload-checkpoint", {}), "it unloads the checkpoint"),
        (request("txt2img", SMALL | {"save_images": True}), "it saves its pictures"),
    ],
)
def test_what_can_not_be_put_back_is_not_sent(
    tmp_path: Path, fake: FakeWebUI, one: dict[str, Any], why: str
) -> None:
    """Unless that is asked for; the rest is."""
    sent = write(tmp_path, one, request("samplers", None, "GET"))
    before = state(fake)
    done = capture(fake, tmp_path / "out", "--requests", sent)
    assert f"not sent  request0: {why}; --leave-traces sends it" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 captures in")
    assert state(fake) == before
    assert not fake.requests(one["path"])
    capture(fake, tmp_path / "out", "--requests", sent, "--leave-traces")
    assert fake.requests(one["path"])


def test_what_could_not_be_put_back_is_told(tmp_path: Path, forgetful: FakeWebUI) -> None:
    """With the names, and exit status 1."""
    sent = write(tmp_path, request("options", {"CLIP_stop_at_last_layers": 3}))
    forgetful.fault("status", "options", when={"nth": 3}, times=9)
    done = capture(forgetful, tmp_path / "out", "--requests", sent)
    assert done.returncode == 1
    assert "the WebUI is not as it was, could not put back: " in done.stderr
    assert "Traceback" not in done.stderr


def test_diff_leaves_no_trace_on_the_real_one(tmp_path: Path, forgetful: FakeWebUI) -> None:
    """With --real, requests go to it as those of capture do."""
    before = state(forgetful)
    config = saved_none(tmp_path)
    done = fake_webui_cli("diff", "--real", forgetful.url, "--config", config)
    assert done.returncode in (0, 1), done.stderr
    assert state(forgetful) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_capture_leaves_no_trace(
    tmp_path: Path, forgetful: FakeWebUI, number: signal.Signals
) -> None:
    """The request under way is finished first, so that nothing comes after what is put back."""
    before = state(forgetful)
    override = SMALL | {"steps": 9, "override_settings": {"eta_ancestral": 0.5}}
    sent = write(tmp_path, request("txt2img", override), request("loras", None, "GET"))
    words = ["capture", "--from", forgetful.url, "--out", str(tmp_path), "--requests", str(sent)]
    with (
        forgetful.hold("txt2img", at_step=2) as held,
        subprocess.Popen(
            [sys.executable, "-m", "fake_webui", *words],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        ) as process,
    ):  # fmt: skip
        held.wait()
        process.send_signal(number)
        held.release()
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert told.splitlines()[-1].startswith("1 captures in")
    assert state(forgetful) == before
    assert not forgetful.requests("loras")
    with gzip.open(tmp_path / "recording.jsonl.gz", "rt", encoding="utf-8") as lines:
        assert len(list(lines)) == 1


def test_a_recording_has_no_secrets_of_the_command_line(tmp_path: Path) -> None:
    """The flags that the WebUI lists are kept without its passwords."""
    with FakeWebUI(api_auth="me:open sesame") as webui:
        done = capture(webui, tmp_path, "--login", "me:open sesame")
    assert done.returncode == 0, done.stderr
    with gzip.open(tmp_path / "recording.jsonl.gz", "rt", encoding="utf-8") as lines:
        text = lines.read()
    assert '"api_auth":"<removed>"' in text
    assert "open sesame" not in text
