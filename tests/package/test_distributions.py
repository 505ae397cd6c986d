"""What is released: two wheels that hold what they should, and work where nothing else is."""

import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

import fake_webui
from tests.package.conftest import REPOSITORY, Installed, call, release
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


@pytest.mark.parametrize(
    ("name", "package", "folder", "papers"),
    [
        ("fake_webui", "fake_webui/", "fake_webui", set[str]()),
        ("webui_jobs", "webui_jobs/app/", "app", {"LICENSE", "pyproject.toml"}),
    ],
)
def test_a_wheel_ships_the_whole_package(
    dist: Path, name: str, package: str, folder: str, papers: set[str]
) -> None:
    """Every file of the folder is in it, but for the docs and for what says how to build it."""
    (wheel,) = dist.glob(f"{name}-*.whl")
    names = (one for one in ZipFile(wheel).namelist() if one.startswith(package))
    written = {one for one in sources(ROOT / folder) if not one.startswith("docs/")}
    assert {one.removeprefix(package) for one in names} == written - papers


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_two_builds_are_the_same_to_the_byte(dist: Path, tmp_path: Path) -> None:
    """Neither the clock nor the folder in which they were built is in them."""
    assert digests(release(tmp_path / "again", "--repository", REPOSITORY)) == digests(dist)


def test_an_sdist_alone_gives_the_same_wheel(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app's folder needs nothing of the repository around it."""
    (sdist,) = dist.glob("webui_jobs-*.tar.gz")
    (wheel,) = dist.glob("webui_jobs-*.whl")
    call("tar", "-xzf", sdist, "-C", tmp_path)
    with tarfile.open(sdist) as archive:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(archive.getmembers()[0].mtime)))
    (source,) = tmp_path.iterdir()
    call(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "out", source)
    assert (tmp_path / "out" / wheel.name).read_bytes() == wheel.read_bytes()


def test_what_an_index_shows_leads_to_the_repository(dist: Path) -> None:
    """No link or picture of the first page is relative: an index has no files beside it."""
    for name in ("fake_webui", "webui_jobs"):
        (wheel,) = dist.glob(f"{name}-*.whl")
        with ZipFile(wheel) as archive:
            (about,) = (one for one in archive.namelist() if one.endswith("/METADATA"))
            text = archive.read(about).decode()
        links = re.findall(r"\]\(([^)]+)\)", text)
        assert links
        assert [link for link in links if not link.startswith(("https://", "#"))] == []
        assert f"Project-URL: Source, {REPOSITORY}\n" in text


def test_a_tag_of_another_version_is_refused(tmp_path: Path) -> None:
    """Nothing is built, and a sentence says which tag it must be."""
    refused = subprocess.run(
        [sys.executable, ROOT / ".github" / "release.py", "--out", tmp_path, "--tag", "v9.9.9"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert f"the tag must be v{fake_webui.__version__}" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_sdist_of_fake_webui_has_its_package_and_papers(fake_webui_dist: Installed) -> None:
    """Neither tests nor the app are in it."""
    with tarfile.open(fake_webui_dist.sdist) as archive:
        held = {name.split("/")[1] for name in archive.getnames()}
    papers = {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"}
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
