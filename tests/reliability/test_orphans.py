"""What a kill left in the home is found, told, and removed when that is asked for."""

from pathlib import Path

import pytest

from app.bootstrap import Application
from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine, command_line
from tests.reliability.conftest import boat
from tests.support import wait_until


@pytest.fixture
def run(application: Application, fake: FakeWebUI) -> CommandLine:
    """Run command lines on the home of the application, which has one finished job."""
    application.job_service.submit([boat()])
    application.runner.run_pending()
    return command_line(application.home, fake.url)


def leave_behind(home: Path) -> list[Path]:
    """Make what a kill in the middle of a job leaves."""
    [day] = (home / "images").iterdir()
    left = [day / "image-0123456789ab-txt2img-0-7.png", day / ".0123456789abcdef.part"]
    left.append(home / ".fedcba9876543210.part")
    for path in left:
        path.write_bytes(b"half of something")
    return left


def files_in(home: Path) -> set[Path]:
    """Return what is in the folder of images."""
    return {path for path in (home / "images").rglob("*") if path.is_file()}


def test_doctor_counts_what_a_kill_left(run: CommandLine, application: Application) -> None:
    """Nothing is said where nothing is left."""
    assert "no job names" not in run("doctor").stdout
    leave_behind(application.home)
    assert "3 files (51 bytes) that no job names" in " ".join(run("doctor").stdout.split())


def test_pruning_orphans_removes_them_alone(run: CommandLine, application: Application) -> None:
    """The pictures and the manifest of the job that is recorded stay, and so does the job."""
    kept = files_in(application.home)
    left = leave_behind(application.home)
    assert (
        "Would remove 0 jobs, 3 files" in run("history", "prune", "--orphans", "--dry-run").stderr
    )
    assert all(path.exists() for path in left)
    done = run("history", "prune", "--orphans", "--yes")
    assert "Removed 0 jobs, 3 files" in done.stderr
    assert not any(path.exists() for path in left)
    assert files_in(application.home) == kept
    assert application.history.list_jobs()


def test_pictures_that_pruning_left_are_no_orphans(
    run: CommandLine, application: Application
) -> None:
    """Whoever keeps the files of a job that goes wants to have them."""
    kept = files_in(application.home)
    pruned = run("history", "prune", "--keep", "0", "--no-files", "--yes")
    assert pruned.stderr.startswith("Removed 1 job, 0 files")
    left = leave_behind(application.home)
    assert "3 files (51 bytes) that no job names" in " ".join(run("doctor").stdout.split())
    run("history", "prune", "--orphans", "--yes")
    assert files_in(application.home) == kept
    assert not any(path.exists() for path in left)


def test_what_a_running_job_has_made_is_no_orphan(
    application: Application, fake: FakeWebUI
) -> None:
    """Its pictures are recorded only when a stage has ended."""
    application.job_service.submit([boat(), boat(steps=3)])
    with fake.hold("txt2img", at_step=1, payload={"steps": 3}), application:
        wait_until(application.history.list_jobs)
        wait_until(application.queue.running_jobs)
        left = leave_behind(application.home)
        command_line(application.home, fake.url)("history", "prune", "--orphans", "--yes")
        assert application.queue.running_jobs()
    assert all(path.exists() for path in left)


def test_pruning_still_asks_what_to_remove(run: CommandLine) -> None:
    """Without an option nothing goes."""
    done = run("history", "prune")
    assert done.returncode == 2
    assert "--orphans" in done.stderr
