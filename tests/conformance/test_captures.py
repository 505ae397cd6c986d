"""The recorded exchanges of a real WebUI, replayed against the fake."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import StartFake
from tests.support import ROOT

CONFORMANCE = ROOT.parent / "shared" / "conformance"
CATALOGUE = CONFORMANCE / "catalogue.toml"

GROUPS = {
    "default": (),
    "auth": (
        *("--api-auth", "user:pw,u2:p2"),
        *("--cors-allow-origins", "http://good.example,http://other.example"),
    ),
    "nowebui": ("--nowebui",),
    "adetailer": (),
}

pytestmark = pytest.mark.skipif(
    not CONFORMANCE.is_dir(), reason="the recorded exchanges are not beside this checkout"
)


def configuration(group: str, folder: Path) -> Path:
    """Write the recorded server's catalogue, with ADetailer where the group has it."""
    extensions = 'extensions = ["adetailer"]\n' if group == "adetailer" else "extensions = []\n"
    file = folder / "catalogue.toml"
    file.write_text(extensions + CATALOGUE.read_text(encoding="utf-8"), encoding="utf-8")
    return file


@pytest.mark.parametrize("group", GROUPS)
def test_every_capture_conforms(group: str, start_fake: StartFake, tmp_path: Path) -> None:
    """The fake answers every recorded request of the group as the real server did."""
    config = str(configuration(group, tmp_path))
    server = start_fake(group, "--config", config, "--api-server-stop", *GROUPS[group])
    command = [sys.executable, str(CONFORMANCE / "compare.py"), "--base-url", server.url]
    compared = subprocess.run(
        [*command, "--group", group], capture_output=True, text=True, timeout=300, check=False
    )
    assert compared.returncode == 0, compared.stdout + compared.stderr
