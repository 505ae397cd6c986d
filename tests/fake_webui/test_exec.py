"""`fake-webui exec`: any command against a fresh server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, Completed, fake_webui_cli, run_module, wait_until

CLIENT = """
import os, sys, urllib.request
for path in sys.argv[1:]:
    try:
        urllib.request.urlopen(os.environ["WEBUI_URL"] + path, timeout=60)
    except OSError:
        pass
"""
SENT = (sys.executable, "-c", CLIENT)


def run_exec(*words: str) -> Completed:
    """Run `fake-webui exec` with these words; what COMMAND prints is not among what is returned."""
    return fake_webui_cli("exec", *words)


def test_the_summary_counts_what_was_sent() -> None:
    """A table of addresses with how often each was called and with what status."""
    samplers = "/sdapi/v1/samplers"
    done = run_exec("--fault", "samplers:status:first", "--", *SENT, samplers, samplers, "/nope")
    assert done.returncode == 0
    heading, rule, *rows = done.stdout.splitlines()
    assert heading.split() == ["request", "times", "status", "notes"]
    assert set(rule) == {"-"}
    assert [row.split() for row in rows] == [
        ["GET", samplers, "2", "200", "x1,", "500", "x1", "fault", "status"],
        ["GET", "/nope", "1", "404", "the", "WebUI", "has", "no", "such", "address"],
    ]


def test_scopes_are_told(tmp_path: Path) -> None:
    """What was sent to them is in the table and in the archive, what is wrong with their name."""
    har, sent = tmp_path / "sent.har", ("/sdapi/v1/samplers", "/sdapi/v1/sampler")
    paths = [f"/__fake/scope/{name}{path}" for name, path in zip("ab", sent, strict=True)]
    done = run_exec("--strict", "--har", str(har), "--", *SENT, "/sdapi/v1/upscalers", *paths)
    rows = [row.split()[1:4] for row in done.stdout.splitlines()[2:5]]
    assert sorted(rows) == [
        ["/sdapi/v1/sampler", "1", "404"],
        ["/sdapi/v1/samplers", "1", "200"],
        ["/sdapi/v1/upscalers", "1", "200"],
    ]
    assert "of these in 2 scopes: 2" in done.stdout
    assert "scope b: GET /sdapi/v1/sampler" in done.stdout
    assert done.returncode == 1
    urls = [entry["request"]["url"] for entry in json.loads(har.read_text())["log"]["entries"]]
    assert [url.partition("/__fake")[2] for url in urls] == ["", *(p[7:] for p in paths)]


def test_unknown_fields_are_told() -> None:
    """A field that the API does not have is named."""
    script = """
import json, os, urllib.request
body = json.dumps({"stpes": 1, "steps": 1, "width": 64, "height": 64}).encode()
url, kind = os.environ["WEBUI_URL"] + "/sdapi/v1/txt2img", {"Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=60)
"""
    assert "unknown fields stpes" in run_exec("--", sys.executable, "-c", script).stdout


@pytest.mark.parametrize(("words", "status"), [((), 0), (("--strict",), 1)])
def test_strict_fails_on_what_is_not_there(words: tuple[str, ...], status: int) -> None:
    """A command that ended well and sent a wrong address ends with 1, and the nearest is named."""
    done = run_exec(*words, "--", *SENT, "/sdapi/v1/sampler")
    assert done.returncode == status
    assert ("did you mean `/sdapi/v1/samplers`?" in done.stdout) == bool(words)


def test_strict_lets_pass_what_is_there() -> None:
    """Known addresses do not change the status."""
    assert run_exec("--strict", "--", *SENT, "/sdapi/v1/samplers").returncode == 0


@pytest.mark.parametrize("status", [0, 1, 7])
def test_the_status_is_that_of_the_command(status: int) -> None:
    """Scripts can rely on it."""
    done = run_exec("--", sys.executable, "-c", f"raise SystemExit({status})")
    assert done.returncode == status
    assert "nothing was sent to the fake WebUI" in done.stdout


def test_what_the_command_prints_comes_first() -> None:
    """Its output is passed through as it is."""
    done = run_module("fake_webui", "exec", "--", sys.executable, "-c", "print('mine')")
    assert done.stdout.splitlines()[0] == "mine"


def test_options_before_the_dashes_are_the_servers() -> None:
    """The command keeps its own options, the server gets the others."""
    status = "import sys; sys.exit(sys.argv[1:] != ['-x'])"
    assert run_exec("--seed", "3", "--", sys.executable, "-c", status, "-x").returncode == 0


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--", "no-such-command"), 127, "no-such-command: command not found"),
        (("--", os.fspath(ROOT)), 126, "Permission denied"),
        (("--fault", "txt2img:explode", "--", "true"), 2, 'there is no action "explode"'),
        ((), 2, "Missing argument"),
    ],
)
def test_what_can_not_be_run_is_a_sentence(
    words: tuple[str, ...], status: int, sentence: str
) -> None:
    """Each mistake has its status and says what is wrong, without a traceback."""
    done = run_exec(*words)
    assert done.returncode == status
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_reach_the_command(tmp_path: Path, number: signal.Signals) -> None:
    """The command gets the signal and decides; its status and the summary still come."""
    script = f"""
import os, pathlib, signal, sys
signal.signal({int(number)}, lambda *_: sys.exit(9))
pathlib.Path({os.fspath(tmp_path)!r}, "ready").touch()
while True:
    signal.pause()
"""
    words = [sys.executable, "-m", "fake_webui", "exec", "--", sys.executable, "-c", script]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until((tmp_path / "ready").exists)
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 9
    assert "nothing was sent" in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_command_that_is_killed_has_the_status_a_shell_gives() -> None:
    """128 and the number of the signal."""
    done = run_exec("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert done.returncode == 128 + signal.SIGKILL


def test_the_server_is_fresh_and_goes_away(tmp_path: Path) -> None:
    """WEBUI_URL leads to a server of its own, gone when the command is."""
    script = f"""
import json, os, pathlib, urllib.request
health = urllib.request.urlopen(os.environ["WEBUI_URL"] + "/__fake/v1/health", timeout=60)
pathlib.Path({os.fspath(tmp_path)!r}, "health").write_bytes(health.read())
"""
    assert run_exec("--", sys.executable, "-c", script).returncode == 0
    pid = json.loads((tmp_path / "health").read_text())["pid"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
