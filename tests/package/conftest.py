"""Both distributions, built as a release is, and each installed in an empty environment."""

import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ROOT


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


def install(source: Path, folder: Path) -> Installed:
    """Build an sdist of `source`, a wheel of the sdist, and install the wheel."""
    call(sys.executable, "-m", "build", "--outdir", folder / "dist", source)
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    call(scripts / "python", "-m", "pip", "install", "--quiet", wheel)
    return Installed(wheel, sdist, scripts)


def call(*words: str | Path) -> None:
    """Run a command, and show what it printed if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def fake_webui_dist(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The distribution fake-webui."""
    return install(ROOT, tmp_path_factory.mktemp("fake-webui"))


@pytest.fixture(scope="session")
def webui_jobs_dist(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The distribution webui-jobs, from a copy of its folder alone."""
    source = tmp_path_factory.mktemp("source") / "anything"
    shutil.copytree(ROOT / "app", source, ignore=shutil.ignore_patterns("__pycache__"))
    return install(source, tmp_path_factory.mktemp("webui-jobs"))
