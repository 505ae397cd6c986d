"""A worker that stays, and a webhook that is told what happens while nobody looks."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.config.pipeline_config import merge
from app.engine.notifications import Notifications
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobRecord, JobSpec, JobStatus
from app.webui.webhook import Webhook
from fake_webui import FakeWebUI
from tests.app.conftest import IMPATIENT, CommandLine, Start
from tests.app.test_said import Json
from tests.conftest import StartFake
from tests.support import free_port, wait_until

SMALL = ("--width", "64", "--height", "64", "--steps", "1")


class Hook:
    """A webhook that keeps what it is told and answers with `status`, when it may."""

    def __init__(self, status: int = 200) -> None:
        self.messages: list[Any] = []
        self.status = status
        self.may_answer = threading.Event()
        self.may_answer.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.messages.append(json.loads(body))
                hook.may_answer.wait()
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret-path"

    def events(self) -> list[str]:
        """What happened, in order."""
        return [message["event"] for message in self.messages]


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook that takes everything."""
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.may_answer.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def await_answer(ask: Callable[[], list[str]], wanted: list[str]) -> None:
    """Wait until that is what it answers."""
    wait_until(lambda: ask() == wanted)


def statuses(app_json: Json) -> list[str]:
    """The states of past jobs, oldest first."""
    return [job["status"] for job in app_json("history", "list")][::-1]


def test_a_worker_that_stays_takes_what_comes(
    app_cli: CommandLine, app_json: Json, start: Start
) -> None:
    """It goes on when the queue is empty, until a signal ends it."""
    worker = start("work", "--stay")
    for number in (1, 2):
        app_cli("queue", "add", "--prompt", f"{number}", *SMALL)
        await_answer(lambda: statuses(app_json), ["succeeded"] * number)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    told = worker.communicate(timeout=60)[1]
    assert worker.returncode == 128 + signal.SIGTERM
    assert "2 succeeded" in told
    assert app_cli("queue", "list").stderr.count("paused") == 0


def test_a_worker_that_stays_waits_for_the_webui(
    app_cli: CommandLine, app_json: Json, start: Start, start_fake: StartFake
) -> None:
    """However long it takes: the queue is not paused, and the job runs as soon as it can."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app_cli("queue", "add", "--prompt", "patient", *SMALL)
    worker = start("work", "--stay", "--webui", url, "--patience", "0.1")
    told = worker.stderr
    assert told is not None
    wait_until(lambda: "Waiting" in told.readline())
    assert [job["status"] for job in app_json("queue", "list")] == ["queued"]
    assert "paused" not in app_cli("queue", "list").stderr
    start_fake("late", "--port", str(port))
    wait_until(lambda: statuses(app_json) == ["succeeded"])
    worker.send_signal(signal.SIGINT)
    worker.communicate(timeout=60)
    assert worker.returncode == 130


def test_a_webhook_is_told_of_failures_and_of_the_end(
    app_cli: CommandLine, fake: FakeWebUI, hook: Hook
) -> None:
    """A sentence for chats, and the facts."""
    fake.fault("out-of-memory", "txt2img", when="first")
    for prompt in ("bad", "good"):
        app_cli("queue", "add", "--prompt", prompt, *SMALL)
    app_cli("work", "--notify", hook.url)
    failed, finished = hook.messages
    assert (failed["event"], failed["status"]) == ("failed", "failed")
    assert "out of memory" in failed["error"]
    assert failed["job_id"] in failed["text"] == failed["content"]
    assert (finished["event"], finished["failed"], finished["succeeded"]) == ("finished", 1, 1)
    assert finished["text"] == "Finished: 1 failed, 1 succeeded."


def test_the_end_is_told_with_the_time_since_the_first_job_ended(
    app_cli: CommandLine, fake: FakeWebUI, hook: Hook
) -> None:
    """Not since the last one."""
    fake.fault("delay", "txt2img", when={"nth": 3}, seconds=1.0)
    for prompt in ("first", "second", "third"):
        app_cli("queue", "add", "--prompt", prompt, *SMALL)
    app_cli("work", "--notify", hook.url)
    [finished] = hook.messages
    assert finished["seconds"] >= 1.0


def test_a_webhook_is_told_of_a_pause(app_cli: CommandLine, fake: FakeWebUI, hook: Hook) -> None:
    """Once, with the reason and how much waits; also by the environment."""
    fake.fault("out-of-memory", "txt2img", when="every")
    for number in range(4):
        app_cli("queue", "add", "--prompt", f"{number}", *SMALL)
    app_cli("work", "--pause-after", "2", APP_NOTIFY=hook.url)
    assert sorted(hook.events()) == ["failed", "failed", "finished", "paused"]
    [paused] = [message for message in hook.messages if message["event"] == "paused"]
    assert "out of memory" in paused["reason"]
    assert paused["text"] == f"The queue is paused: {paused['reason']}; 2 waiting."
    assert paused["waiting"] == 2


def test_a_worker_that_stays_tells_each_time_that_all_is_done(
    app_cli: CommandLine, start: Start, hook: Hook
) -> None:
    """The end is when nothing waits any more."""
    worker = start("work", "--stay", "--notify", hook.url)
    for number in (1, 2):
        app_cli("queue", "add", "--prompt", f"{number}", *SMALL)
        await_answer(hook.events, ["finished"] * number)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=60)
    assert hook.events() == ["finished"] * 2


def test_a_webhook_that_takes_nothing_ends_nothing(app_cli: CommandLine, hook: Hook) -> None:
    """It is said, without the address, which may be a secret."""
    hook.status = 500
    app_cli("queue", "add", "--prompt", "a", *SMALL)
    done = app_cli("work", "--notify", hook.url)
    assert done.returncode == 0
    assert "127.0.0.1 was not told: it answered 500" in done.stderr
    assert "secret" not in done.stderr


class Ending:
    """What jobs are said to have ended by."""

    def subscribe_to_ends(self, listener: Callable[[JobRecord], None]) -> Callable[[], None]:
        """Keep the listener."""
        self.tell = listener
        return lambda: None


def test_a_webhook_that_takes_its_time_is_told_the_last_100_news(
    queue: JobQueue, hook: Hook
) -> None:
    """Older ones are dropped, so that they don't fill the memory."""
    hook.may_answer.clear()
    [job_id] = queue.add([JobSpec(prompt="waits", config=merge())])
    failed, ending = replace(queue.get(job_id), status=JobStatus.FAILED), Ending()
    with Notifications(Webhook(hook.url, IMPATIENT), queue, ending, IMPATIENT, pytest.fail):
        ending.tell(replace(failed, job_id="first"))
        queue.wake()
        wait_until(lambda: hook.messages)
        for number in range(150):
            ending.tell(replace(failed, job_id=f"{number}"))
        hook.may_answer.set()
    told = [message["job_id"] for message in hook.messages if message["event"] == "failed"]
    assert told == ["first", *map(str, range(50, 150))]


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://host/x", "http://", "http://h:99999/x"])
def test_what_is_not_a_url_is_refused(app_cli: CommandLine, home: Path, url: str) -> None:
    """One sentence, status 2; nothing is run."""
    done = app_cli("work", f"--notify={url}")
    assert done.returncode == 2
    assert "is not a URL; give one like https://example.org/hook" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "images").exists()
