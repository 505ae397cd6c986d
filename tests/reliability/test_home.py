"""A home that fails: a full disk, a folder that can't be made, a store from tomorrow."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.jobs.models import JobStatus
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.conftest import BuildApp, boat
from tests.support import ROOT, webui_jobs

resource = pytest.importorskip("resource", reason="file sizes can't be limited on this platform")


def app_with_little_room(*words: str | Path, room_bytes: int) -> subprocess.CompletedProcess[str]:
    """Run the command line where no file may grow past a size, as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, room_bytes))

    return subprocess.run(
        [sys.executable, "-B", "-m", "app", *map(str, words)],
        cwd=ROOT, text=True, capture_output=True, timeout=60, check=False, preexec_fn=limit,
    )  # fmt: skip


def queue_of(home: Path) -> list[dict[str, Any]]:
    """Return what is queued, as the command line has it."""
    listed: list[dict[str, Any]] = json.loads(
        webui_jobs("queue", "list", "--json", "--home", home).stdout
    )
    return listed


def test_a_full_disk_fails_the_job_and_holds_the_others(
    start_fake: StartFake, build: BuildApp
) -> None:
    """The first one says that it can't be written; the rest waits, and runs when there is room."""
    fake = start_fake("realistic", "--images", "realistic", "--seed", "1")
    application = build(fake.url)
    large = boat(config={"txt2img": {"width": 1024, "height": 1024}})
    first, *others = application.job_service.submit([large] * 3)
    words = ("work", "--home", application.home, "--webui", fake.url)
    done = app_with_little_room(*words, room_bytes=500_000)
    assert done.returncode == 1
    failed = application.history.get(first)
    assert failed.status is JobStatus.FAILED
    assert "File too large" in (failed.error or "")
    assert "the home can't be written" in application.queue.pause_state().reason
    assert not list(application.home.rglob("*.part"))
    application.job_service.resume()
    assert application.runner.run_pending() == 2
    assert {application.history.get(job_id).status for job_id in others} == {JobStatus.SUCCEEDED}


def test_a_store_without_room_takes_no_half_of_a_batch(build: BuildApp, fake: FakeWebUI) -> None:
    """The command says so, and nothing is queued."""
    application = build(fake.url)
    pack = application.home / "packs" / "many.txt"
    pack.parent.mkdir(exist_ok=True)
    pack.write_text("\n\n".join(f"boat number {n}" for n in range(800)))
    added = app_with_little_room(
        "queue", "add", "--pack", "many", "--home", application.home, room_bytes=600_000
    )
    assert added.returncode == 2
    assert "can't use" in added.stderr
    assert "Traceback" not in added.stderr
    assert queue_of(application.home) == []


def test_a_home_that_cant_be_made_is_one_sentence(tmp_path: Path) -> None:
    """Exit status 2, and nothing is written."""
    (tmp_path / "file").write_text("not a folder")
    done = webui_jobs("queue", "list", "--home", tmp_path / "file" / "home")
    assert done.returncode == 2
    assert "can't make the home folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def make_read_only(home: Path) -> None:
    """Take the right to write away from a home; skip where that keeps nobody from writing."""
    for path in (*home.rglob("*"), home):
        path.chmod(0o500 if path.is_dir() else 0o400)
    if os.access(home, os.W_OK):
        make_writable(home)
        pytest.skip("the superuser may write anywhere")


def make_writable(home: Path) -> None:
    """Give the right to write back, so that the folder can be cleaned up."""
    home.chmod(0o700)
    for path in home.rglob("*"):
        path.chmod(0o700)


def test_a_home_that_can_only_be_read_can_be_looked_at(build: BuildApp, fake: FakeWebUI) -> None:
    """Its jobs are listed, a job that nobody runs any more is told, and nothing is changed."""
    application = build(fake.url)
    home = application.home
    application.job_service.submit([boat(), boat()])
    fake.hold("txt2img", at_step=1)
    command = [sys.executable, "-m", "app", "work", "--home", str(home), "--webui", fake.url]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
        fake.wait("/sdapi/v1/txt2img", at_least=1, timeout_s=60)
        worker.kill()
    application.close()
    make_read_only(home)
    try:
        listed = webui_jobs("queue", "list", "--home", home)
        past = webui_jobs("history", "list", "--json", "--home", home)
        refused = webui_jobs("queue", "clear", "--home", home)
    finally:
        make_writable(home)
    assert (listed.returncode, past.returncode, refused.returncode) == (0, 0, 2), listed.stderr
    assert "was left by an app that died" in listed.stderr
    assert "running" in listed.stdout
    assert json.loads(past.stdout) == []


def test_a_home_that_cant_be_written_is_one_sentence(tmp_path: Path) -> None:
    """Exit status 2, and the way out."""
    make_read_only(tmp_path)
    done = webui_jobs("queue", "pause", "--home", tmp_path)
    make_writable(tmp_path)
    assert done.returncode == 2
    assert "choose another with --home" in done.stderr


def test_a_store_of_a_newer_version_is_one_sentence(build: BuildApp, fake: FakeWebUI) -> None:
    """Exit status 2; the file is left as it is."""
    application = build(fake.url)
    application.job_service.submit([boat()])
    with sqlite3.connect(application.home / "jobs.db") as database:
        database.execute("PRAGMA user_version = 99")
    done = webui_jobs("queue", "list", "--home", application.home)
    assert done.returncode == 2
    assert "newer version of the app" in done.stderr
    assert application.queue.list_jobs()


def test_records_read_the_same_from_another_process(build: BuildApp, fake: FakeWebUI) -> None:
    """The history is in the file and not in the process."""
    application = build(fake.url)
    [job_id] = application.job_service.submit([boat()])
    application.runner.run_pending()
    [seen] = json.loads(webui_jobs("history", "list", "--json", "--home", application.home).stdout)
    job = application.history.get(job_id)
    assert (seen["job_id"], seen["status"], seen["config_hash"]) == (
        job_id, "succeeded", job.config_hash,
    )  # fmt: skip
    assert seen["meta"] == job.meta


def test_a_new_home_is_private(build: BuildApp, fake: FakeWebUI) -> None:
    """Nobody else on the machine reads prompts, pictures or the store."""
    application = build(fake.url)
    application.job_service.submit([boat()])
    application.runner.run_pending()
    assert application.home.stat().st_mode & 0o777 == 0o700
    for path in application.home.glob("jobs.db*"):
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_a_store_that_others_could_read_is_made_private(build: BuildApp, fake: FakeWebUI) -> None:
    """One that an earlier version made is closed to others when it is opened."""
    store = build(fake.url).home / "jobs.db"
    store.chmod(0o644)
    build(fake.url)
    assert store.stat().st_mode & 0o777 == 0o600


def test_a_home_that_others_could_read_is_made_private(build: BuildApp, fake: FakeWebUI) -> None:
    """One that an earlier version made, and an empty folder that somebody made for it."""
    home = build(fake.url).home
    home.chmod(0o755)
    assert build(fake.url).home.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_other_things_keeps_its_rights(tmp_path: Path) -> None:
    """It is somebody's own, and the store in it is private all the same."""
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    (folder / "letter.txt").write_text("dear")
    assert webui_jobs("queue", "list", "--home", folder).returncode == 0
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "jobs.db").stat().st_mode & 0o777 == 0o600


def test_a_store_that_was_cut_to_nothing_is_no_new_store(build: BuildApp, fake: FakeWebUI) -> None:
    """The command says so, and leaves the file as it is."""
    application = build(fake.url)
    application.job_service.submit([boat()])
    application.close()
    store = application.home / "jobs.db"
    store.write_bytes(b"")
    done = webui_jobs("queue", "list", "--home", application.home)
    assert done.returncode == 2
    assert "jobs.db is empty, so its jobs are lost" in done.stderr
    assert store.read_bytes() == b""


def test_a_new_store_leaves_nothing_half_made(tmp_path: Path) -> None:
    """Where it can't be made whole, there is none."""
    done = app_with_little_room("queue", "list", "--home", tmp_path, room_bytes=20_000)
    assert done.returncode == 2
    assert "can't use" in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.is_file() and path.stat().st_size]
    assert webui_jobs("queue", "list", "--home", tmp_path).returncode == 0


@pytest.mark.parametrize(
    "words", [["queue", "list"], ["history", "list"], ["history", "export"], ["doctor"]], ids=str
)
def test_a_full_disk_can_be_read(words: list[str], build: BuildApp, fake: FakeWebUI) -> None:
    """Not a byte more fits, and what is there is shown."""
    application = build(fake.url)
    application.job_service.submit([boat(), boat()])
    application.runner.run_pending()
    [job_id] = application.job_service.submit([boat()])
    application.close()
    done = app_with_little_room(
        *words, "--home", application.home, "--webui", fake.url, room_bytes=0
    )
    assert (done.returncode, "Error" in done.stderr) == (0, False), done.stderr
    assert job_id in done.stdout or words[0] != "queue"
