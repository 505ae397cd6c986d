"""What is released: two wheels that hold what they should, and work where nothing else is."""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

import fake_webui
from tests.package.conftest import Installed
from tests.support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.package]


@pytest.fixture
def served(fake_webui_dist: Installed, tmp_path: Path) -> Iterator[str]:
    """The URL of a fake WebUI that runs from its wheel."""
    command = [str(fake_webui_dist.scripts / "fake-webui"), "--port", "0", "--exit-on-stdin-eof"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.stdin.close()


def tops(wheel: Path) -> set[str]:
    """Return what a wheel puts at the top of site-packages, its metadata left out."""
    names = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}
    return {name for name in names if not name.endswith(".dist-info")}


def sources(folder: Path) -> set[str]:
    """Return the files of a folder of the checkout, as paths within it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix() for path in files if "__pycache__" not in path.parts
    }


def test_the_wheels_hold_one_package_each(
    fake_webui_dist: Installed, webui_jobs_dist: Installed
) -> None:
    """Nothing called `app` or `tests` lands in anybody's environment."""
    assert tops(fake_webui_dist.wheel) == {"fake_webui"}
    assert tops(webui_jobs_dist.wheel) == {"webui_jobs"}


def test_fake_webui_ships_the_whole_package(fake_webui_dist: Installed) -> None:
    """Every file of the folder is in the wheel: data, pages and the mark that it is typed too."""
    held = {name.removeprefix("fake_webui/") for name in ZipFile(fake_webui_dist.wheel).namelist()}
    assert sources(ROOT / "fake_webui") <= held


def test_webui_jobs_ships_the_whole_package(webui_jobs_dist: Installed) -> None:
    """Every file of the folder is in the wheel, but for what says how to build it."""
    names = ZipFile(webui_jobs_dist.wheel).namelist()
    held = {
        name.removeprefix("webui_jobs/app/") for name in names if name.startswith("webui_jobs/")
    }
    assert held == sources(ROOT / "app") - {"LICENSE", "pyproject.toml"}


def test_the_sdist_of_fake_webui_has_its_package_and_papers(fake_webui_dist: Installed) -> None:
    """Neither tests nor the app are in it."""
    with tarfile.open(fake_webui_dist.sdist) as archive:
        held = {name.split("/")[1] for name in archive.getnames()}
    papers = {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert held == {"fake_webui", *papers}


def type_check(code: str, installed: Installed, folder: Path) -> str:
    """Check a file strictly, in a project that has fake-webui installed; return what is said."""
    (folder / "consumer.py").write_text(code, encoding="utf-8")
    python = f"--python-executable={installed.scripts / 'python'}"
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", python, "consumer.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return checked.stdout + checked.stderr


def test_type_checkers_know_every_public_name(fake_webui_dist: Installed, tmp_path: Path) -> None:
    """A strict checker accepts a project that uses all of them, and finds a mistyped one."""
    code = (ROOT / "tests" / "package" / "consumer.py").read_text(encoding="utf-8")
    assert [name for name in fake_webui.__all__ if name not in code] == []
    assert type_check(code, fake_webui_dist, tmp_path).startswith("Success: ")
    mistyped = code.replace("FakeWebUI(seed=1)", "fake_webui.FakeWebui(seed=1)")
    assert 'has no attribute "FakeWebui"' in type_check(mistyped, fake_webui_dist, tmp_path)


def test_both_licences_are_one() -> None:
    """The app's folder is built by itself and needs the text in it."""
    assert (ROOT / "app" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_help_and_version_name_the_command_that_was_called(webui_jobs_dist: Installed) -> None:
    """Where it is installed nobody is told to type `python -m app`."""
    for words in ([], ["presets", "save"], ["queue", "retry"], ["completion"]):
        said = webui_jobs_dist.run("webui-jobs", *words, "--help")
        assert f"Usage: {' '.join(['webui-jobs', *words])} " in said
        assert "python -m" not in said
        assert "webui-jobs" in said.partition("\n")[2]
    assert webui_jobs_dist.run("webui-jobs", "--version").startswith("webui-jobs ")


@pytest.mark.parametrize(("name", "word"), [("", "webui-jobs"), ("jobs", "jobs")])
def test_its_words_are_completed_in_bash(webui_jobs_dist: Installed, name: str, word: str) -> None:
    """The script that it prints completes its commands, under another name too."""
    path = {"PATH": f"{webui_jobs_dist.scripts}:/usr/bin:/bin"}
    named = ["--name", name] if name else []
    script = webui_jobs_dist.run("webui-jobs", "completion", "bash", *named)
    safe = word.replace("-", "_")
    asked = f"COMP_WORDS=({word} queue res); COMP_CWORD=2; _{safe}_completion {word}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}; echo ${{COMPREPLY[@]}}"],  # noqa: S607 - whichever bash there is
        env=path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["resume"], done.stderr


def test_a_sample_runs_against_the_fake_webui(
    webui_jobs_dist: Installed, served: str, tmp_path: Path
) -> None:
    """Two programs that share no environment make pictures together."""
    where = ("--webui", served, "--home", tmp_path / "home")
    webui_jobs_dist.run("webui-jobs", "doctor", *where)
    small = ("--width", "64", "--height", "64", "--steps", "1")
    ids = webui_jobs_dist.run("webui-jobs", "run", "--pack", "samples/objects", *small, *where)
    assert ids
    assert list((tmp_path / "home" / "images").rglob("*.png"))
