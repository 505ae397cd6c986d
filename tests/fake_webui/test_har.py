"""The journal as HAR 1.2: over HTTP, from Python and from `exec`."""

import base64
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.fake_webui.generating import SMALL, post
from tests.support import run_module

# The objects of HAR 1.2, their required members and of what type these are.
PAIRS = [{"name": str, "value": str}]
NUMBER = (int, float)
HAR: dict[str, Any] = {
    "log": {
        "version": str,
        "creator": {"name": str, "version": str},
        "entries": [
            {
                "startedDateTime": str,
                "time": NUMBER,
                "request": {
                    "method": str, "url": str, "httpVersion": str, "cookies": PAIRS,
                    "headers": PAIRS, "queryString": PAIRS, "headersSize": int, "bodySize": int,
                },
                "response": {
                    "status": int, "statusText": str, "httpVersion": str, "cookies": PAIRS,
                    "headers": PAIRS, "content": {"size": int, "mimeType": str},
                    "redirectURL": str, "headersSize": int, "bodySize": int,
                },
                "cache": {},
                "timings": {"send": NUMBER, "wait": NUMBER, "receive": NUMBER},
            }
        ],
    }
}  # fmt: skip


def check(value: Any, shape: Any, where: str = "") -> None:
    """Check that a value has the members that HAR requires, of its types."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        for name, inner in shape.items():
            assert name in value, f"{where}.{name}"
            check(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for one in value:
            check(one, shape[0], f"{where}[]")
    else:
        assert isinstance(value, shape), f"{where}: {value!r}"


def test_the_journal_is_an_archive(fake: FakeWebUI) -> None:
    """Every entry is valid, also one without an answer or with what is not text."""
    assert post(fake, "txt2img", SMALL | {"stepps": 1}).ok
    requests.get(f"{fake.url}/n%C3%B6/x%20y?a=1&a=2&b=%26", timeout=60)
    requests.post(f"{fake.url}/sdapi/v1/txt2img", data=b"\xff\xfe", timeout=60)
    assert requests.get(f"{fake.url}/sdapi/v1/samplers", auth=("u", "geheim"), timeout=60).ok
    fake.fault("empty", "loras", when="first")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{fake.url}/sdapi/v1/loras", timeout=60)
    archive = fake.har()
    check(archive, HAR)
    assert archive["log"]["version"] == "1.2"
    entries = archive["log"]["entries"]
    for entry in entries:
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo
        assert entry["time"] == sum(entry["timings"].values())
    assert [entry["response"]["status"] for entry in entries] == [200, 404, 422, 200, 0]
    assert entries[4]["comment"] == "no answer; fault empty"
    assert "geheim" not in json.dumps(archive)


def test_bodies_and_addresses_are_whole(fake: FakeWebUI) -> None:
    """The payload as sent, the answer as received, the address with its query."""
    sent = SMALL | {"seed": 1}
    answer = post(fake, "txt2img", sent)
    requests.get(f"{fake.url}/n%C3%B6/x%20y?a=1&a=2&b=%26", timeout=60)
    generation, other = fake.har()["log"]["entries"]
    assert generation["request"]["url"] == f"{fake.url}/sdapi/v1/txt2img"
    assert generation["request"]["postData"]["mimeType"] == "application/json"
    assert json.loads(generation["request"]["postData"]["text"]) == sent
    assert generation["response"]["content"]["text"] == answer.text
    assert generation["response"]["content"]["size"] == len(answer.content)
    assert other["request"]["url"] == f"{fake.url}/n%C3%B6/x%20y?a=1&a=2&b=%26"
    assert [one["value"] for one in other["request"]["queryString"]] == ["1", "2", "&"]


def test_what_is_not_text_is_base64(fake: FakeWebUI, tmp_path: Path) -> None:
    """The bytes come back."""
    (tmp_path / "data.bin").write_bytes(b"\x00\xff")
    declared = '[[routes]]\nmethod = "GET"\npath = "/data"\nfile = "data.bin"\n'
    (tmp_path / "my.toml").write_text(f'name = "my"\n{declared}', encoding="utf-8")
    (tmp_path / "webui.toml").write_text('extensions = ["./my.toml"]\n', encoding="utf-8")
    assert fake.har()["log"]["entries"] == []
    with FakeWebUI(config=tmp_path / "webui.toml") as webui:
        assert requests.get(f"{webui.url}/data", timeout=60).content == b"\x00\xff"
        (entry,) = webui.har()["log"]["entries"]
    content = entry["response"]["content"]
    assert content["encoding"] == "base64"
    assert base64.b64decode(content["text"]) == b"\x00\xff"


def test_a_scope_has_its_own(fake: FakeWebUI) -> None:
    """With its own addresses."""
    scope = FakeWebUI.at(f"{fake.url}/__fake/scope/har")
    requests.get(f"{scope.url}/sdapi/v1/loras", timeout=60)
    (entry,) = scope.har()["log"]["entries"]
    assert entry["request"]["url"] == f"{scope.url}/sdapi/v1/loras"
    assert fake.har()["log"]["entries"] == []


def test_exec_writes_it(tmp_path: Path) -> None:
    """What the command sent, beside the table; a file that can't be is told before it runs."""
    script = (
        "import os, urllib.request as u; u.urlopen(os.environ['WEBUI_URL'] + '/sdapi/v1/loras')"
    )
    command = ("--", sys.executable, "-c", script)
    file = tmp_path / "sent.har"
    done = run_module("fake_webui", "exec", "--har", str(file), *command)
    assert done.returncode == 0, done.stderr
    archive = json.loads(file.read_text(encoding="utf-8"))
    check(archive, HAR)
    assert archive["log"]["entries"][0]["request"]["url"].endswith("/sdapi/v1/loras")
    done = run_module("fake_webui", "exec", "--har", str(tmp_path / "no" / "x.har"), *command)
    assert done.returncode == 2
    assert "can't write" in done.stderr
