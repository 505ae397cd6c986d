"""The steps of the Containerfile, taken outside of a container: no engine is asked for an image.

What is installed, the variables, the command, the health check and a call by name are tried as they
are written, with the folder `/opt/fake-webui` and the addresses 0.0.0.0 and 7860 replaced. The base
image, COPY and USER are an engine's own, and are not tested here.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.package.conftest import call
from tests.support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.package]

STEPS = (ROOT / ".github" / "Containerfile").read_text(encoding="utf-8")
PAGE = (ROOT / "fake_webui" / "docs" / "container.md").read_text(encoding="utf-8")
INSTALLED, SOURCE = "/opt/fake-webui", "/source"


def said(instruction: str) -> list[str]:
    """Return what stands behind each instruction of a kind."""
    return re.findall(rf"^{instruction} (.+)$", STEPS, re.MULTILINE)


def variables() -> dict[str, str]:
    """Return the variables that the image sets."""
    pairs = (word.partition("=") for line in said("ENV") for word in shlex.split(line))
    return {name: value for name, _, value in pairs}


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the steps of the first stage make of the files that are copied into it."""
    folder = tmp_path_factory.mktemp("image")
    for line in said("COPY"):
        if not line.startswith("--from"):
            *names, target = line.split()
            assert target.startswith(SOURCE)
            (folder / "source").mkdir(exist_ok=True)
            call("cp", "-R", *(ROOT / name for name in names), folder / "source")
    for step in said("RUN"):
        words = step.replace(INSTALLED, str(folder / "opt")).replace(SOURCE, f"{folder}/source")
        program, *rest = shlex.split(words)
        call(sys.executable if program == "python" else program, *rest)
    return folder / "opt"


@pytest.fixture
def container(image: Path, tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The image's command, which has ALLOW_HOST from the compose file, and its environment."""
    (path,) = re.findall(r"FAKE_WEBUI_ALLOW_HOST: (\w+)", PAGE)
    told = variables() | {"FAKE_WEBUI_ALLOW_HOST": path}
    told["PATH"] = told["PATH"].replace(INSTALLED, str(image)).replace("$PATH", os.environ["PATH"])
    assert told["FAKE_WEBUI_HOST"] == "0.0.0.0"  # noqa: S104 - what the image says
    told |= {"FAKE_WEBUI_HOST": "127.0.0.1", "FAKE_WEBUI_PORT": "0"}
    entry = json.loads(said("ENTRYPOINT")[0])
    command = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in told.items()), *entry]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1], told
        server.terminate()
    assert server.returncode == 0


def test_it_is_healthy(container: tuple[str, dict[str, str]]) -> None:
    """The health check ends well while it runs, and not where nothing listens."""
    url, told = container
    (check,) = said("HEALTHCHECK")
    words = json.loads(check[check.index("[") :])
    port = url.rpartition(":")[2]
    for where, status in ((port, 0), ("1", 1)):
        asked = [word.replace(":7860/", f":{where}/") for word in words]
        done = subprocess.run(asked, env=told, capture_output=True, check=False)
        assert done.returncode == status, done.stderr


def test_a_clients_tests_reach_it_by_the_name_of_the_compose_file(
    container: tuple[str, dict[str, str]],
) -> None:
    """Its WebUI's paths and its control plane answer under that name, this not under another."""
    (name,) = re.findall(r"WEBUI_URL: http://(\w+:7860)", PAGE)
    url, _ = container
    for path in ("/sdapi/v1/samplers", "/__fake/v1/health"):
        assert requests.get(f"{url}{path}", headers={"Host": name}, timeout=60).ok
    other = requests.get(f"{url}/__fake/v1/health", headers={"Host": "other:7860"}, timeout=60)
    assert other.status_code == 400


def test_no_file_that_is_copied_is_kept_from_the_builder() -> None:
    """The list of what it may see has exactly what is copied."""
    seen = (ROOT / ".github" / "Containerfile.dockerignore").read_text("utf-8").split()
    copied = [word for line in said("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert sorted(word[1:] for word in seen if word.startswith("!")) == sorted(copied)


def test_it_is_small_not_root_and_listens_where_it_is_published() -> None:
    """A slim base, a user by number, and port 7860 for others to reach."""
    assert all("-slim" in base for base in said("FROM"))
    assert said("USER") == ["65532:65532"]
    told = variables()
    assert said("EXPOSE") == [told["FAKE_WEBUI_PORT"]] == ["7860"]
    assert told["FAKE_WEBUI_ALLOW_REMOTE"] == "1"
