"""What is said: help, slips on the command line, and values in sentences."""

import json
import socket

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.faults.actions import ACTIONS
from tests.support import fake_webui_cli, run_module, started_here

CONTROL = "/__fake/v1"


@pytest.mark.parametrize(
    ("word", "meant"),
    [("exce", "did you mean `exec`?"), ("frobnicate", "there are serve, coverage, exec,")],
)
def test_a_mistyped_command_says_what_was_meant(word: str, meant: str) -> None:
    """Exit status 2, with the nearest command, or all of them."""
    result = fake_webui_cli(word, "--", "true")
    assert result.returncode == 2
    assert f'There is no command "{word}"' in result.stderr
    assert meant in result.stderr


def test_a_port_that_is_taken_says_who_helps() -> None:
    """`--port 0`."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = started_here("--port", other.getsockname()[1])
    assert (result.returncode, result.stdout) == (2, "")
    assert "--port 0 takes a free port" in result.stderr


@pytest.mark.parametrize("command", ["serve", "exec", "diff"])
def test_help_explains_faults(command: str) -> None:
    """The grammar of --fault, and every action with its keys."""
    said = " ".join(fake_webui_cli(command, "--help").stdout.split())
    assert "[ENDPOINT:]ACTION[:first|every|nth=N|probability=P][:times=N][:KEY=VALUE …]" in said
    for action in ACTIONS.values():
        assert f"{action.name} {action.as_help()}" in said


def test_the_ready_line_can_be_json() -> None:
    """It is what the ready file holds."""
    words = ("--port", "0", "--exit-on-stdin-eof", "--json")
    result = run_module("fake_webui", *words, input="")
    facts = json.loads(result.stdout)
    assert facts.keys() == {"url", "pid", "version"}
    assert facts["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("POST", "requests/count", {"exactly": True}, "not true"),
        ("POST", "requests/count", {"match": {"method": None}}, "must be a string, not null"),
        ("POST", "requests/count", {"match": {"pfad": 1}}, 'match has no key "pfad"'),
        ("POST", "faults", {"action": None}, "there is no action null"),
        ("POST", "faults", {"action": "status", "when": {"nth": False}}, 'not {"nth": false}'),
        ("POST", "faults", {"action": "hang", "with": {"at": None}}, '{"at": null}: hang takes'),
        ("PATCH", "settings", {"step_seconds": None}, "a number of seconds, not null"),
        ("PATCH", "settings", {"images": "x\x9b\ud800"}, r'not "x\u009b\ud800"'),
        ("GET", "requests?limit=x", None, 'limit must be a whole number, not "x"'),
    ],
)  # fmt: skip
def test_values_are_said_as_json(
    fake: FakeWebUI, method: str, path: str, body: object, sentence: str
) -> None:
    """As they were sent, with what can't be printed escaped."""
    answer = requests.request(method, f"{fake.url}{CONTROL}/{path}", json=body, timeout=60)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]


def test_differences_are_said_as_json(fake: FakeWebUI) -> None:
    """Both what was asked for and what came."""
    small = {"width": 64, "height": 64, "steps": 1, "prompt": None, "tiling": True}
    requests.post(f"{fake.url}/sdapi/v1/txt2img", json=small, timeout=60)
    asked = {"match": {"payload": {"prompt": "Müller", "tiling": False, "eta": 1}}, "at_least": 1}
    said = requests.post(f"{fake.url}{CONTROL}/requests/find", json=asked, timeout=60).json()
    assert 'like {"payload": {"prompt": "Müller", "tiling": false, "eta": 1}}' in said["error"]
    assert 'payload.prompt is null, not "Müller"' in said["error"]
    assert "payload.tiling is true, not false; payload.eta is absent, not 1" in said["error"]
