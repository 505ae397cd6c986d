"""Whatever a WebUI says, at worst one job fails, with a sentence, and the next one runs."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import BadAnswerError, HomeError, WebUIError
from app.jobs.models import JobStatus
from app.limits import Limits
from app.webui.api_client import ApiClient
from fake_webui import FakeWebUI
from tests.app.conftest import command_line
from tests.reliability.conftest import SHORT, BuildApp, boat
from tests.reliability.hostile_webui import (
    ODD_BODIES,
    ODD_GENERATIONS,
    Answer,
    HostileWebUI,
    answer,
    endless,
    gzip_bomb,
    hostile_webui,
)
from tests.support import ROOT

TXT2IMG = "/sdapi/v1/txt2img"
PROGRESS = "/sdapi/v1/progress"
QUICK = replace(SHORT, read_timeout_s=2.0, read_attempts=2)
READS = (
    "progress", "options", "checkpoints", "vaes", "samplers", "schedulers", "upscalers",
    "latent_upscalers", "loras", "styles", "scripts",
)  # fmt: skip


@pytest.fixture
def hostile(fake: FakeWebUI) -> Iterator[HostileWebUI]:
    """A WebUI that passes on to the session's fake until it is told otherwise."""
    with hostile_webui(fake.url) as webui:
        yield webui


def assert_sentence(error: str | None) -> None:
    """See that this can be shown: something, in one line, without control characters."""
    assert error
    assert error.isprintable()
    assert len(error) < 1000


@pytest.mark.parametrize("name", ODD_GENERATIONS)
def test_an_odd_generation_fails_one_job(name: str, hostile: HostileWebUI, build: BuildApp) -> None:
    """The first of three has the WebUI's words, the others have their pictures."""
    application = build(hostile.url, limits=QUICK)
    job_ids = application.job_service.submit([boat()] * 3)
    hostile.once[TXT2IMG] = [ODD_GENERATIONS[name]]
    assert application.runner.run_pending() == 3
    jobs = [application.history.get(job_id) for job_id in job_ids]
    assert [job.status for job in jobs] == ["failed", "succeeded", "succeeded"]
    assert_sentence(jobs[0].error)
    assert hostile.seen.count(TXT2IMG) == 3


@pytest.mark.parametrize("name", ODD_BODIES)
def test_an_odd_read_is_an_error_of_the_webui_or_none(name: str, hostile: HostileWebUI) -> None:
    """Whatever is asked for: nothing else is raised, and what is returned is of the right type."""
    client = ApiClient(hostile.url, QUICK)
    for read in READS:
        hostile.once = {path: [ODD_BODIES[name]] * 2 for path in _paths(client, hostile, read)}
        try:
            found = getattr(client, read)()
        except WebUIError as error:
            assert_sentence(str(error))
        else:
            assert isinstance(found, dict | list)
    client.close()


def _paths(client: ApiClient, hostile: HostileWebUI, read: str) -> list[str]:
    """Return which path a method reads."""
    hostile.once, hostile.seen = {}, []
    getattr(client, read)()
    return hostile.seen[:]


@pytest.mark.parametrize("name", ODD_BODIES)
def test_odd_progress_fails_no_job(name: str, hostile: HostileWebUI, build: BuildApp) -> None:
    """A job whose progress can't be read is made all the same."""
    application = build(hostile.url, limits=replace(QUICK, poll_s=0.001))
    [job_id] = application.job_service.submit([boat()])
    hostile.always["/internal/progress"] = ODD_BODIES[name]
    application.runner.run_pending()
    assert application.history.get(job_id).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize(
    "rows", ["[5]", '{"name": "x"}', '[{"name": 5}]', '[{"title": []}]', "[[]]", '[{"name": null}]']
)
@pytest.mark.parametrize("path", ["upscalers", "sd-models", "sd-vae", "loras", "scripts"])
def test_odd_lists_on_one_of_two_webuis_stop_nobody(
    path: str, rows: str, hostile: HostileWebUI, second_fake: FakeWebUI, build: BuildApp
) -> None:
    """Jobs that need to know what there is run on the other, or fail with a sentence."""
    application = build(hostile.url, second_fake.url, limits=QUICK)
    job_ids = application.job_service.submit([boat(config={"adetailer": {"enabled": True}})] * 3)
    hostile.always[f"/sdapi/v1/{path}"] = answer(rows)
    assert application.runner.run_pending() == 3
    for job in map(application.history.get, job_ids):
        assert job.status is JobStatus.SUCCEEDED or "/sdapi/v1/" in (job.error or "")


@pytest.mark.parametrize(
    "attack",
    [
        endless(b"", "Connection: close"),
        endless(b"", "Content-Length: 99999999999"),
        endless(b'{"images": ["', "Content-Type: application/json"),
        gzip_bomb(100),
        endless(b"fffffffff\r\n", "Transfer-Encoding: chunked"),
    ],
    ids=["no length", "false length", "begins well", "gzip bomb", "one large chunk"],
)
@pytest.mark.parametrize("path", [TXT2IMG, PROGRESS])
def test_an_answer_without_end_is_cut_at_its_limit(
    path: str, attack: Answer, hostile: HostileWebUI
) -> None:
    """Little more than the limit is read of it, and the error says so."""
    limits = Limits(generation_bytes=3_000_000, answer_bytes=1_000_000)
    client = ApiClient(hostile.url, limits)
    hostile.always[path] = attack
    with pytest.raises(BadAnswerError, match=f"{path}: .* longer than [13] MB"):
        _ = client.generate(path, {}, 20.0) if path == TXT2IMG else client.progress()
    assert hostile.sent_bytes < 30_000_000
    client.close()


def test_an_answer_of_more_values_than_any_has_is_not_parsed(hostile: HostileWebUI) -> None:
    """Each takes many times its letters in memory, so that the limit of bytes says little."""
    many = "[" + "[]," * 1_000_001 + "0]"
    hostile.always[PROGRESS] = answer(many)
    hostile.always[TXT2IMG] = answer(json.dumps({"images": ["AAAA"], "info": many}))
    client = ApiClient(hostile.url, SHORT)
    with pytest.raises(BadAnswerError, match=r"progress: .* more than 1,000,000 values"):
        client.progress()
    with pytest.raises(BadAnswerError, match=r"more than 1,000,000 values"):
        client.generate(TXT2IMG, {}, 20.0)
    client.close()


def test_an_answer_that_drips_is_given_up_in_time(hostile: HostileWebUI) -> None:
    """A byte now and then does not keep the reader for ever."""

    def drip(send: object) -> None:
        assert callable(send)
        send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            send(b"A" * 10)

    client = ApiClient(hostile.url, Limits(read_timeout_s=0.3))
    hostile.always[PROGRESS] = drip
    with pytest.raises(BadAnswerError, match=r"not whole after 0\.3 s"):
        client.progress()
    client.close()


def run_app(home: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a home and a WebUI."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words, "--home", str(home), "--webui", url],
        cwd=ROOT, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


def test_work_goes_on_after_an_answer_with_a_surrogate(
    hostile: HostileWebUI, build: BuildApp
) -> None:
    """The command ends by itself, with one failed job of three and no traceback."""
    application = build(hostile.url)
    application.job_service.submit([boat()] * 3)
    hostile.once[TXT2IMG] = [ODD_BODIES["lone surrogate"]]
    done = run_app(application.home, hostile.url, "work")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "1 failed" in done.stderr
    assert "2 succeeded" in done.stderr


@pytest.mark.parametrize("words", [["work"], ["run", "--prompt", "x"]], ids=["work", "run"])
def test_a_command_ends_when_its_runner_cant_begin(
    words: list[str], build: BuildApp, fake: FakeWebUI
) -> None:
    """Where the folder of locks is a file, the command says so."""
    application = build(fake.url)
    application.job_service.submit([boat()])
    (application.home / "locks").write_text("")
    done = run_app(application.home, fake.url, *words)
    assert done.returncode == 2
    assert "can't lock" in done.stderr
    assert "Traceback" not in done.stderr


def test_waiting_for_a_job_ends_when_nothing_runs_any_more(
    build: BuildApp, fake: FakeWebUI
) -> None:
    """With the reason; it would be for ever."""
    application = build(fake.url)
    [job_id] = application.job_service.submit([boat()])
    (application.home / "locks").write_text("")
    with application, pytest.raises(HomeError, match="can't lock"):
        application.job_service.wait(job_id, 60)


ODD_VALUES = {
    "bad config": ("config_snapshot", '{"txt2img": {"steps": -5}}'),
    "a model is a number": ("config_snapshot", '{"txt2img": {"checkpoint": 5}}'),
    "config is a list": ("config_snapshot", "[]"),
    "config of lists": ("config_snapshot", '{"txt2img": []}'),
    "config is empty": ("config_snapshot", ""),
    "config is deep": ("config_snapshot", "[" * 100_000),
    "meta is not JSON": ("meta", "{"),
    "meta is a number": ("meta", "5"),
    "images of numbers": ("meta", '{"images": [5]}'),
    "error is a list": ("meta", '{"error": []}'),
    "keys is a list": ("prompt_keys", "[]"),
    "needs is not JSON": ("needs", "x"),
    "needs of an unknown kind": ("needs", '[["engine", "x"]]'),
    "needs of numbers": ("needs", "[5]"),
    "prompt is bytes": ("prompt", b"\xff"),
    "unknown mode": ("run_mode", "later"),
    "no time": ("created_at", "once"),
    "stages in words": ("stage_count", "many"),
    "no stages": ("stage_count", 0),
    "odd control request": ("control_request", "fly"),
}


@pytest.mark.parametrize("name", ODD_VALUES)
def test_an_odd_row_fails_one_job_at_worst(name: str, build: BuildApp, fake: FakeWebUI) -> None:
    """The next one runs, and every list of jobs can still be read."""
    column, value = ODD_VALUES[name]
    application = build(fake.url)
    odd, sane = application.job_service.submit([boat(), boat()])
    with closing(sqlite3.connect(application.home / "jobs.db")) as database, database:
        database.execute(f"UPDATE jobs SET {column} = ? WHERE job_id = ?", [value, odd])  # noqa: S608
    run = command_line(application.home, fake.url)
    assert run("queue", "list").returncode == 0
    run("work")
    assert application.history.get(sane).status is JobStatus.SUCCEEDED
    failed = application.history.get(odd)
    assert failed.status is JobStatus.SUCCEEDED or failed.error
    for words in (["history"], ["history", "show", odd], ["history", "export", "--format", "csv"]):
        assert run(*words).returncode == 0
