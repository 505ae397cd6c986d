"""Both distributions, built as a release is, and each installed in an empty environment."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ROOT

REPOSITORY = "https://example.org/founders/fake-webui"
BESIDE = ("pytest", "pip", "hatchling")
"""What is installed beside them, or builds them."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution, its two archives, and the environment in which it is alone."""

    wheel: Path
    sdist: Path
    scripts: Path

    def run(self, *words: str | Path, env: dict[str, str] | None = None) -> str:
        """Run one of its commands far from the checkout; return what it printed."""
        program, *rest = words
        done = subprocess.run(
            [self.scripts / program, *rest], cwd=self.scripts, capture_output=True, text=True,
            timeout=60, check=False, env=env,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def call(*words: str | Path) -> None:
    """Run a command, and show what it printed if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def release(out: Path, *words: str) -> Path:
    """Build both into a folder, as a release is built; return the folder."""
    call(sys.executable, ROOT / ".github" / "release.py", "--out", out, *words)
    return out


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the archives of both."""
    return release(tmp_path_factory.mktemp("release") / "dist", "--repository", REPOSITORY)


@pytest.fixture(scope="session")
def wheelhouse(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both wheels and all that they need, so that no index is asked again."""
    house = tmp_path_factory.mktemp("wheelhouse")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", house)
    call(*pip, *dist.glob("*.whl"), *BESIDE)
    return house


def install(name: str, dist: Path, wheelhouse: Path, folder: Path) -> Installed:
    """Install a distribution, alone, from the wheelhouse."""
    stem = name.replace("-", "_")
    (wheel,) = dist.glob(f"{stem}-*.whl")
    (sdist,) = dist.glob(f"{stem}-*.tar.gz")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    found = ("--no-index", "--find-links", wheelhouse)
    call(scripts / "python", "-m", "pip", "install", "--quiet", *found, name)
    return Installed(wheel, sdist, scripts)


@pytest.fixture(scope="session")
def fake_webui_dist(
    dist: Path, wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """The distribution fake-webui."""
    return install("fake-webui", dist, wheelhouse, tmp_path_factory.mktemp("fake-webui"))


@pytest.fixture(scope="session")
def webui_jobs_dist(
    dist: Path, wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """The distribution webui-jobs."""
    return install("webui-jobs", dist, wheelhouse, tmp_path_factory.mktemp("webui-jobs"))
