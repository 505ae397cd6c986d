"""Other people's clients, as they are published, against the fake.

Each is installed by itself: a Python client in an environment of its own, a node client in a
folder of its own. Node and npm come from the system; where they are missing, `.ci/run` installs
them with the system's package manager, and here a sentence says so.
"""

import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import StartFake

pytestmark = [pytest.mark.slow, pytest.mark.clients]

DRIVERS = Path(__file__).parent / "drivers"
PICTURES = ("/sdapi/v1/txt2img", "/sdapi/v1/img2img")
# What each client must have asked for, beside more, where it is able to.
OPTIONS = (*PICTURES, "/sdapi/v1/options", "/sdapi/v1/progress", "/sdapi/v1/samplers")
EXTRAS = (*OPTIONS, "/sdapi/v1/extra-single-image", "/sdapi/v1/interrupt")
OF_PYTHON = (
    ("webuiapi", (*EXTRAS, "/sdapi/v1/extra-batch-images", "/sdapi/v1/png-info")),
    ("sd-backend-client", (*EXTRAS, "/sd_extra_networks/thumb", "/login_check")),
    ("aaa1111", (*EXTRAS, "/sdapi/v1/reload-checkpoint")),
)
OF_NODE = (
    ("node-sd-webui", (), (*PICTURES, "/sdapi/v1/png-info")),
    ("openapi-client-axios", ("axios",), (*EXTRAS, "/openapi.json", "/sdapi/v1/script-info")),
    ("swagger-client", (), (*OPTIONS, "/openapi.json", "/sdapi/v1/script-info")),
)
INSTALL_S = 120
DRIVE_S = 60


def run(words: Sequence[str | Path], folder: Path, timeout_s: float, failure: str) -> None:
    """Run a command in a folder; if it fails, say what that means and what it printed."""
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{failure}: not done after {timeout_s} s")
    if done.returncode:
        pytest.fail(f"{failure}:\n{done.stdout}{done.stderr}")


def drive(
    start_fake: StartFake, client: str, program: str | Path, suffix: str, folder: Path
) -> set[str]:
    """Let a client do all that its driver does; return the paths that it asked for."""
    fake = start_fake(client)
    driver = DRIVERS / f"drive_{client.replace('-', '_')}{suffix}"
    words = (program, driver, fake.url)
    run(words, folder, DRIVE_S, f"{client} does not work with the fake")
    entries = fake.requests()
    assert not [entry["path"] for entry in entries if (entry["status"] or 500) >= 500]
    return {entry["path"] for entry in entries if entry["matched"]}


@pytest.mark.parametrize(("client", "paths"), OF_PYTHON)
def test_a_python_client_works(
    client: str, paths: Sequence[str], start_fake: StartFake, tmp_path: Path
) -> None:
    """Pictures, options, lists and progress, as the client reads them."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", client]
    run(install, tmp_path, INSTALL_S, f"{client} can't be installed")
    assert set(paths) <= drive(start_fake, client, python, ".py", tmp_path)


@pytest.mark.parametrize(("client", "beside", "paths"), OF_NODE)
def test_a_node_client_works(
    client: str,
    beside: Sequence[str],
    paths: Sequence[str],
    start_fake: StartFake,
    tmp_path: Path,
) -> None:
    """Those too that make themselves of the fake's own /openapi.json."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.fail("node and npm are not on the PATH: install them as .ci/run does")
    install: list[str | Path] = [
        npm,
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        client,
        *beside,
    ]
    run(install, tmp_path, INSTALL_S, f"{client} can't be installed")
    assert set(paths) <= drive(start_fake, client, node, ".mjs", tmp_path)
