"""Starting, being ready, and ending: signals, standard input, the server-* endpoints."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import ROOT, run_module, started_here, wait_until

Start = Callable[..., "Server"]
SLEEPS = re.compile(r"^voluntary_ctxt_switches:\s*(\d+)", re.MULTILINE)
LONGEST = "x" * 300
SLOW = {"prompt": "slow", "width": 8, "height": 8, "steps": 50}


class Server:
    """A server of its own, as a child process."""

    def __init__(self, ready_file: Path, flags: tuple[str, ...]) -> None:
        command = [sys.executable, "-m", "fake_webui", "--port", "0", "--ready-file", ready_file]
        self.ready_file = ready_file
        self.process = subprocess.Popen(
            [*map(str, command), *flags],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.line = self.process.stdout.readline().rstrip("\n")
        self.url = self.line.rpartition(" ")[2]

    def post(self, path: str, **options: Any) -> requests.Response:
        """POST to the server."""
        return requests.post(self.url + path, timeout=60, **options)

    def post_aside(self, path: str, payload: Any) -> list[Any]:
        """POST in a thread; the list gets the status, or the exception."""
        result: list[Any] = []

        def work() -> None:
            try:
                result.append(self.post(path, json=payload).status_code)
            except requests.RequestException as error:
                result.append(error)

        threading.Thread(target=work, daemon=True).start()
        return result

    def wait_for_request(self) -> None:
        """Wait until the server has seen a request."""
        wait_until(
            lambda: requests.get(f"{self.url}/__fake/v1/requests", timeout=60).json()["requests"]
        )

    def end(self) -> None:
        """Wait for the end, which comes long before the end of what is open."""
        self.process.wait(timeout=60)

    def kill(self) -> None:
        """Make sure that nothing is left."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
            stream.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers with flags; they are gone after the test."""
    servers: list[Server] = []

    def start_one(*flags: str) -> Server:
        servers.append(Server(tmp_path / f"ready{len(servers)}.json", flags))
        return servers[-1]

    yield start_one
    for server in servers:
        server.kill()


def test_a_ready_server_says_so_in_one_line_and_a_file(start: Start) -> None:
    """The file has the address, the process and the version, and is whole when it is there."""
    server = start()
    assert server.line == f"fake-webui listening on {server.url}"
    ready = json.loads(server.ready_file.read_text())
    assert (ready["url"], ready["pid"]) == (server.url, server.process.pid)
    assert ready.keys() == {"url", "pid", "version"}
    assert requests.get(f"{server.url}/internal/ping", timeout=60).status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "flags",
    [
        ("--step-seconds", "1"),
        ("--fault", "txt2img:hang:every"),
        ("--fault", "txt2img:stalled-progress:every"),
    ],
)
def test_a_signal_ends_it_at_once_whatever_is_open(
    start: Start, flags: tuple[str, ...], number: signal.Signals
) -> None:
    """Without waiting for it, with status 0, and nothing on standard error."""
    server = start(*flags)
    server.post_aside("/sdapi/v1/txt2img", SLOW)
    server.wait_for_request()
    server.process.send_signal(number)
    server.end()
    assert server.process.returncode == 0
    assert server.process.stderr
    assert server.process.stderr.read() == ""


def test_it_ends_with_its_parent_when_it_watches_standard_input(start: Start) -> None:
    """The end of standard input is the end of the server."""
    server = start("--exit-on-stdin-eof")
    assert server.process.stdin
    server.process.stdin.close()
    server.end()
    assert server.process.returncode == 0


def test_it_outlives_standard_input_otherwise(start: Start) -> None:
    """Without the flag nobody looks at standard input."""
    server = start()
    assert server.process.stdin
    server.process.stdin.close()
    assert requests.get(f"{server.url}/internal/ping", timeout=60).status_code == 200


def test_server_stop_lets_the_running_generation_end(start: Start) -> None:
    """New connections are refused soon; the generation gets its answer; then the process ends."""
    server = start("--api-server-stop", "--step-seconds", "0.02")
    result = server.post_aside("/sdapi/v1/txt2img", SLOW)
    server.wait_for_request()
    answer = server.post("/sdapi/v1/server-stop")
    assert (answer.status_code, answer.text) == (200, "Stopping.")
    port = int(server.url.rpartition(":")[2])
    wait_until(lambda: not accepts(port))
    server.end()
    assert result == [200]


def sleeps(pid: int) -> int:
    """Return how often the threads of a process have gone to sleep so far."""
    total = 0
    for file in Path(f"/proc/{pid}/task").glob("*/status"):
        with suppress(FileNotFoundError):  # that thread has ended
            (count,) = SLEEPS.findall(file.read_text())
            total += int(count)
    return total


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system counts no sleeps")
def test_an_idle_server_does_nothing(start: Start) -> None:
    """It doesn't wake to look whether it should end, however long nobody asks anything of it."""
    idle, busy = start(), start("--step-seconds", "0.1")
    before = sleeps(idle.process.pid)
    assert busy.post("/sdapi/v1/txt2img", json=SLOW | {"steps": 10}).ok
    assert sleeps(idle.process.pid) - before < 10


def accepts(port: int) -> bool:
    """Return whether somebody listens."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_server_kill_ends_it_without_an_answer(start: Start) -> None:
    """The connection breaks, and so does whatever else is under way."""
    server = start("--api-server-stop", "--step-seconds", "1")
    result = server.post_aside("/sdapi/v1/txt2img", SLOW)
    server.wait_for_request()
    with pytest.raises(requests.ConnectionError):
        server.post("/sdapi/v1/server-kill")
    server.end()
    assert isinstance(wait_until(lambda: result)[0], requests.ConnectionError)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--host", "0.0.0.0"], "--allow-remote"),  # noqa: S104 - it is refused
        (["--port", "70000"], "port is between 0 and 65535"),
        (["--step-seconds", "-1"], "step_seconds is from 0 to 86400 seconds, not -1"),
        (["--step-seconds", "nan"], "step_seconds is from 0 to 86400 seconds, not nan"),
        (["--load-seconds", "inf"], "load_seconds is from 0 to 86400 seconds, not inf"),
        (["--config", "/dev/zero"], "/dev/zero"),
        (["--config", "."], "it is not a regular file"),
        (["--ready-file", "."], "can't write the ready file"),
        (["--ready-file", "nowhere/at/all"], "can't write the ready file nowhere/at/all: No such"),
        (["--ready-file", os.devnull], "it is there and is not a file"),
        (["--images", "nowhere"], "compact, realistic or a folder"),
        (["--api-auth", "user"], "user:password"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--fault", "txt2img:explode"], "explode"),
        (["--output-dir", os.devnull + "/x"], "output"),
        (["--replay", LONGEST], f"fake-webui: {LONGEST}: File name too long"),
        (["--config", LONGEST], "File name too long"),
        (["--images", LONGEST], "compact, realistic or a folder"),
    ],
)
def test_what_can_not_be_started_is_said_in_a_sentence(flags: list[str], words: str) -> None:
    """Exit status 2, one line on standard error, no traceback."""
    result = started_here(*flags)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_ready_file_is_not_there_before_and_after(start: Start, tmp_path: Path) -> None:
    """One that is left over from another server is removed at the start, its own at the end."""
    left_over = tmp_path / "ready0.json"
    left_over.write_text('{"url": "http://127.0.0.1:1", "pid": 1}')
    port = start("--api-server-stop").url.rpartition(":")[2]
    server = start("--exit-on-stdin-eof")
    assert json.loads(left_over.read_text())["url"].endswith(f":{port}")
    command = [sys.executable, "-m", "fake_webui", "--port", port, "--ready-file", str(left_over)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 2
    assert not left_over.exists(), "what it said was not true of the server that did not start"
    assert server.process.stdin
    server.process.stdin.close()
    server.end()
    assert list(tmp_path.iterdir()) == []


def test_a_later_servers_ready_file_is_left_alone(start: Start) -> None:
    """Whoever wrote it removes it."""
    server = start("--exit-on-stdin-eof")
    later = '{"url": "http://127.0.0.1:1", "pid": 1}'
    server.ready_file.write_text(later)
    assert server.process.stdin
    server.process.stdin.close()
    server.end()
    assert server.ready_file.read_text() == later


def with_room_for(size: int) -> Callable[[], None]:
    """Return what lets a process write files of so many bytes alone."""
    resource = pytest.importorskip("resource", reason="there are no such limits")
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_ready_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """Where there is no room for all of it the server ends with a sentence."""
    ready = tmp_path / "ready.json"
    result = run_module(
        "fake_webui", "--port", "0", "--ready-file", str(ready), preexec_fn=with_room_for(10)
    )
    assert result.returncode == 2
    assert f"can't write the ready file {ready}: File too large" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_standard_input_it_ends_at_once_where_it_was_to_watch_that(
    tmp_path: Path,
) -> None:
    """Its parent has gone before it could start."""
    flags = ("--port", "0", "--exit-on-stdin-eof", "--ready-file", str(tmp_path / "ready.json"))
    result = run_module("fake_webui", *flags, preexec_fn=partial(os.close, 0))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = " + "9" * 5000, "config.toml"),
        ("options = " + "[" * 100_000, "config.toml"),
        ("#" * (17 * 2**20), "it is larger than 16 MB"),
        ("step_seconds = nan", "step_seconds is from 0"),
        ("load_seconds = inf", "load_seconds is from 0"),
        ("max_body_bytes = -1", "max_body_bytes is not negative"),
        ("journal_bytes = -1", "journal_bytes is not negative"),
    ],
    ids=["digits", "brackets", "large", "no time", "for ever", "no body", "no journal"],
)
def test_an_odd_configuration_is_said_in_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    """Exit status 2, no traceback."""
    config = tmp_path / "config.toml"
    config.write_text(text)
    result = started_here("--config", config)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_said_in_a_sentence(start: Start) -> None:
    """Exit status 2."""
    port = start().url.rpartition(":")[2]
    result = started_here("--port", port)
    assert result.returncode == 2
    assert f"can't listen on 127.0.0.1:{port}" in result.stderr


def test_flags_win_over_the_environment_and_that_over_the_file(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting may be in all three places."""
    config = tmp_path / "config.toml"
    config.write_text('host = "127.0.0.9"\nseed = 1\nnowebui = true\n')
    monkeypatch.setenv("FAKE_WEBUI_HOST", "127.0.0.1")
    monkeypatch.setenv("FAKE_WEBUI_API_SERVER_STOP", "1")
    server = start("--config", str(config))
    flags = requests.get(f"{server.url}/sdapi/v1/cmd-flags", timeout=60).json()
    shown = [flags[name] for name in ("server_name", "nowebui", "api_server_stop")]
    assert shown == ["127.0.0.1", True, True]
