"""The command line on a store on a server, with images on a share: what several hosts see."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine, command_line, reading_json
from tests.conftest import StartFake
from tests.support import ROOT, wait_until

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

pytestmark = pytest.mark.postgres

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
Host = Callable[[str], CommandLine]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder that all hosts have."""
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def host(
    tmp_path: Path, fake: FakeWebUI, shared_store: str, images: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Host:  # fmt: skip
    """Return the command line of a host by its name, each with a home of its own."""
    monkeypatch.setenv("APP_STORE", shared_store)
    monkeypatch.setenv("APP_IMAGES", str(images))
    return lambda name: command_line(tmp_path / name, fake.url)


def test_what_one_host_submits_another_runs_and_a_third_sees(host: Host, images: Path) -> None:
    """One queue, one history, and pictures that every host finds."""
    submitting, working, looking = host("a"), host("b"), host("c")
    assert submitting("queue", "add", "--prompt", "a boat", *SMALL).returncode == 0
    assert working("work").returncode == 0
    [job] = reading_json(looking)("history")
    assert job["status"] == "succeeded"
    shown = looking("history", "show", job["job_id"]).stdout
    [picture] = re.findall(r"\S+\.png", shown)
    assert Path(picture).is_relative_to(images)
    assert Path(picture).stat().st_size > 0
    assert job["meta"]["images"][0]["path"] == picture
    assert Path(job["meta"]["manifest"]).is_file()
    [line] = looking("history", "export").stdout.splitlines()
    assert json.loads(line)["meta"]["images"][0]["path"].startswith("images/")
    assert looking("history", "replay", job["job_id"]).returncode == 0


def test_no_host_sweeps_what_another_has_recorded(host: Host, images: Path) -> None:
    """What no record names goes, and nothing else."""
    host("a")("run", "--prompt", "a boat", *SMALL)
    named = {path for path in images.rglob("*") if path.is_file()}
    stray = next(iter(named)).with_name("stray.png")
    stray.write_bytes(b"left by a kill")
    done = host("b")("history", "prune", "--orphans", "--yes")
    assert "1 file" in done.stderr
    assert {path for path in images.rglob("*") if path.is_file()} == named


def test_workers_are_listed_with_what_they_run(
    host: Host, start_fake: StartFake, tmp_path: Path, shared_store: str
) -> None:
    """Host, process, WebUI, the job, and since when; nobody where nobody works."""
    from app.bootstrap import build_app  # noqa: PLC0415
    from tests.reliability.conftest import SHORT, boat  # noqa: PLC0415 - needs the fixtures' modules

    slow = start_fake("slow-worker", "--step-seconds", "0.05")
    assert "Nobody works" in host("a")("workers").stderr
    application = build_app(slow.url, tmp_path / "b", store=shared_store, limits=SHORT)
    [job_id] = application.job_service.submit([boat(steps=150)])
    with application:
        wait_until(application.queue.running_jobs)
        [worker] = reading_json(host("a"))("workers")
        assert (worker["process"], worker["webui"]) == (os.getpid(), slow.url)
        assert (worker["job_id"], worker["alive"]) == (job_id, True)
        assert job_id[:8] in host("a")("workers").stdout
        application.job_service.cancel([job_id])
        application.job_service.wait(job_id, 60)
    application.close()
    assert reading_json(host("a"))("workers") == []


def test_doctor_tells_of_the_store_and_the_images(host: Host) -> None:
    """Version, clock, sessions and rights."""
    told = json.loads(host("a")("doctor", "--json").stdout)
    found = {(one["subject"], one["check"]): one for one in told}
    assert found["store", "version"]["found"].startswith("PostgreSQL ")
    assert found["store", "clock"]["result"] == "ok"
    assert re.fullmatch(r"\d+ of \d+", found["store", "sessions"]["found"])
    assert found["images", "clock"]["result"] == "ok"


def test_a_home_is_copied_to_a_server_and_back(
    tmp_path: Path, fake: FakeWebUI, shared_store: str
) -> None:
    """All jobs, findable, in their order, with what is a favourite; the numbers go on."""
    at_home, back = command_line(tmp_path / "home", fake.url), tmp_path / "back"
    at_home("run", "--prompt", "a boat", *SMALL)
    at_home("queue", "add", "--prompt", "a ship", *SMALL)
    [done] = reading_json(at_home)("history")
    at_home("history", "favourite", done["job_id"])
    there = command_line(tmp_path / "other", fake.url)
    copied = at_home("store", "copy", "--from", tmp_path / "home", "--to", shared_store)
    assert "Copied 2 jobs, of them 1 favourite." in copied.stderr
    found = reading_json(there)("history", "search", "boat", "--store", shared_store)
    assert [(job["job_id"], job["favourite"]) for job in found] == [(done["job_id"], True)]
    there("queue", "add", "--prompt", "a raft", *SMALL, "--store", shared_store)
    assert at_home("store", "copy", "--from", shared_store, "--to", back).returncode == 0
    returned = command_line(back, fake.url)
    assert reading_json(returned)("history", "search", "boat")[0]["meta"] == done["meta"]
    waiting = [job["prompt"] for job in reading_json(returned)("queue", "list")]
    assert waiting == ["a raft", "a ship"]
    again = at_home("store", "copy", "--from", tmp_path / "home", "--to", shared_store)
    assert (again.returncode, "has jobs already" in again.stderr) == (2, True)


BAD = {
    "store's URL can't be read": ("--store", "nonsense"),
    "names no server": ("--store", "postgresql:///jobs"),
    'invalid integer value "port"': (
        "--store", "postgresql://me:word-of-mine@127.0.0.1:port/jobs",
    ),
    "Connection refused": ("--store", "postgresql://me:word-of-mine@127.0.0.1:9/jobs"),
    "can't be read; give one like postgresql://": (
        "--store", "mysql://me:word-of-mine@127.0.0.1/jobs",
    ),
    "/nowhere/at/all": ("--images", "/nowhere/at/all"),
}  # fmt: skip
"""What can't be used, by the words that say why."""


@pytest.mark.parametrize(("why", "words"), BAD.items(), ids=BAD)
def test_a_store_or_share_that_can_t_be_used_is_one_sentence(
    why: str, words: tuple[str, str], app_cli: CommandLine, home: Path
) -> None:
    """Exit status 2, why, no password, and nothing is written."""
    done = app_cli("queue", "list", *words)
    assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert done.stderr.count("\n") == 1
    assert "word-of-mine" not in done.stderr
    assert not home.exists()


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder that an ordinary user may look into and not write; beside it there is room."""
    with TemporaryDirectory() as around:
        Path(around).chmod(0o777)  # pytest's own are closed to others
        folder = Path(around, "locked")
        folder.mkdir(0o555)
        yield folder
        folder.chmod(0o755)


def as_ordinary_user(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m app …` with an ordinary user's rights to write; it may read all files."""
    command = [sys.executable, "-m", "app", *words]
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to be another user")
        right = "-all,+dac_read_search"  # Python itself may lie where others must not look
        limits = (f"--inh-caps={right}", f"--ambient-caps={right}", f"--bounding-set={right}")
        user = ("--reuid=nobody", "--regid=nogroup", "--clear-groups")
        command = ["setpriv", *user, *limits, *command]
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_an_images_folder_that_can_t_be_written_is_one_sentence(
    locked: Path, fake: FakeWebUI
) -> None:
    """Exit status 2 before anything is queued; no home is made for it."""
    home = locked.with_name("home")
    words = ("run", "--prompt", "a boat", *SMALL, "--images", locked, "--home", home)
    done = as_ordinary_user(*words, WEBUI_URL=fake.url)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert f"can't write to the images folder {locked}" in done.stderr
    assert not home.exists()
    assert list(locked.iterdir()) == []


@pytest.mark.parametrize("name", [".", "home"])
def test_a_home_that_can_t_be_written_is_one_sentence(
    locked: Path, name: str, fake: FakeWebUI, shared_store: str
) -> None:
    """Exit status 2, and no tables are made on the server either."""
    words = ("queue", "add", "--prompt", "a boat", *SMALL, "--store", shared_store)
    done = as_ordinary_user(*words, "--home", locked / name, WEBUI_URL=fake.url)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert f"can't write to {locked} for the home" in done.stderr
    assert list(locked.iterdir()) == []
    with psycopg.connect(shared_store) as session:
        found = session.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchone()
    assert found == (0,)


def test_a_wrong_password_is_never_shown(
    shared_store: str, app_cli: CommandLine, home: Path
) -> None:
    """The sentence names the server and the user."""
    password = re.search(r":([^:@/]+)@", shared_store)
    assert password is not None
    wrong = shared_store.replace(password[1], "word-of-mine")
    done = app_cli("queue", "list", "--store", wrong)
    assert done.returncode == 2
    assert "password authentication failed" in done.stderr
    assert "word-of-mine" not in done.stderr
    assert not home.exists()


def test_a_database_of_something_else_is_left_alone(
    shared_store: str, app_cli: CommandLine, home: Path
) -> None:
    """Its tables are named, and none is added."""
    with psycopg.connect(shared_store, autocommit=True) as session:
        session.execute("CREATE TABLE invoices (n int)")
        done = app_cli("queue", "list", "--store", shared_store)
        found: list[Any] = session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
    assert done.returncode == 2
    assert "'invoices'" in done.stderr
    assert found == [("invoices",)]
    assert not home.exists()
