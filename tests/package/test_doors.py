"""The README's three doors, walked through as they are written, from empty environments.

The address of the repository is that of a clone here, and then, as after an upload, the names of
the distributions are found in a folder of wheels. What they need comes from that folder too.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.package.conftest import Installed, call
from tests.pages import README, code, pieces
from tests.support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.package]

Walk = Callable[[str], str]
BIN = "Scripts" if sys.platform == "win32" else "bin"
IN_WORDS = (("git+REPOSITORY#subdirectory=app", "webui-jobs"), ("git+REPOSITORY", "fake-webui"))
PACKAGE_JSON = '{"scripts": {"test": "node --test"}}'
NODE_TEST = """
import { test } from "node:test";
test("it answers", async () => {
  if (!(await fetch(`${process.env.WEBUI_URL}/sdapi/v1/samplers`)).ok) throw new Error("no");
});
"""


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a repository of what lies in this checkout."""
    folder = tmp_path_factory.mktemp("repository")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("fake_webui", "app"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    git = ("git", "-C", folder, "-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=all")):
        call(*git, *words)
    return folder.as_uri()


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with uvx, pipx, and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("tools")
    for name in ("uv", "uvx", "pipx"):
        (folder / name).symlink_to(Path(sys.executable).parent / name)
    return folder


@pytest.fixture(params=["from the repository", "by name"])
def walk(
    request: pytest.FixtureRequest, repository: str, wheelhouse: Path, tools: Path, tmp_path: Path
) -> Walk:
    """Walk through a door: run its commands in an empty environment; return what was printed."""
    venv.create(tmp_path / "venv", with_pip=True)
    path = (tmp_path / "venv" / BIN, tmp_path / "home" / ".local" / "bin", tools)
    variables = {
        "PATH": os.pathsep.join([*map(str, path), os.defpath]),
        "HOME": str(tmp_path / "home"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheelhouse),
        "UV_CONFIG_FILE": str(tmp_path / "uv.toml"),
        "UV_PYTHON": sys.executable,
    }
    wheels = f"no-index = true\nfind-links = ['{wheelhouse}']\n"
    (tmp_path / "uv.toml").write_text(wheels, encoding="utf-8")
    (tmp_path / "home").mkdir()

    def through(commands: str) -> str:
        if request.param == "by name":
            for form, name in IN_WORDS:
                commands = commands.replace(form, name)
        commands = commands.replace("REPOSITORY", repository)
        done = subprocess.run(
            ["/bin/sh", "-exc", commands], cwd=tmp_path, env=variables, timeout=300, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return through


def test_a_client_is_tested(walk: Walk, tmp_path: Path) -> None:
    """Its two tests pass with nothing but what the README has them install."""
    (example,) = [one for one in pieces(README.read_text("utf-8")) if one.file]
    (tmp_path / str(example.file)).write_text(example.code, encoding="utf-8")
    assert "2 passed" in walk(f"{code('door: python')}\n{code('run: python')}")


def test_a_client_in_another_language_is_tested(walk: Walk, tmp_path: Path) -> None:
    """What it sent is printed, and nothing is left behind in the environment."""
    if not shutil.which("npm", path=os.defpath):
        pytest.skip("there is no npm on this machine")
    (tmp_path / "package.json").write_text(PACKAGE_JSON, encoding="utf-8")
    (tmp_path / "client.test.mjs").write_text(NODE_TEST, encoding="utf-8")
    assert "GET /sdapi/v1/samplers" in walk(code("door: any language"))
    assert not list((tmp_path / "venv" / BIN).glob("fake-webui*"))


def test_a_pack_is_run(walk: Walk, fake_webui_dist: Installed, tmp_path: Path) -> None:
    """The sample's pictures lie in the home when its last command has ended."""
    fake = str(fake_webui_dist.scripts / "fake-webui")
    command = [fake, "--port", "7860", "--exit-on-stdin-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline().endswith(b":7860\n")
        shown = walk(code("door: packs"))
        assert server.stdin is not None
        server.stdin.close()
    assert "7860" in shown
    assert list((tmp_path / "home").rglob("images/**/*.png"))
