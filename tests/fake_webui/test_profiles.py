"""Which kind of WebUI a server is: the profile, on the command line and in the file."""

import json
from pathlib import Path

import pytest

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.support import fake_webui_cli, started_here


@pytest.fixture(scope="module")
def forge(start_fake: StartFake) -> FakeWebUI:
    """A Forge."""
    return start_fake("forge", "--profile", "forge")


def test_a_server_says_which_kind_it_is(forge: FakeWebUI) -> None:
    """`health` has the profile, what people call it and the version that it is like."""
    health = forge.health()
    assert health["profile"] == "forge"
    assert health["emulates"] == "Forge"
    assert health["emulated_version"].startswith("f2.0.1v1.10.1")


def test_the_file_chooses_a_profile(tmp_path: Path) -> None:
    """`profile` in the configuration file is the profile."""
    file = tmp_path / "forge.toml"
    file.write_text('profile = "forge"\n')
    with FakeWebUI(config=file) as webui:
        assert webui.health()["profile"] == "forge"


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    """`--profile` wins over the file's."""
    file = tmp_path / "forge.toml"
    file.write_text('profile = "forge"\n')
    with FakeWebUI(config=file, profile="a1111") as webui:
        assert webui.health()["profile"] == "a1111"


@pytest.mark.parametrize("where", ["command line", "file"])
def test_an_unknown_profile_is_refused(where: str, tmp_path: Path) -> None:
    """A server of a profile that nobody knows does not start, and says which there are."""
    file = tmp_path / "unknown.toml"
    file.write_text('profile = "easy"\n')
    words = ["--profile", "easy"] if where == "command line" else ["--config", str(file)]
    done = started_here(*words)
    assert done.returncode == 2
    assert "a1111" in done.stderr
    assert '"easy"' in done.stderr


def test_coverage_is_that_of_a_profile() -> None:
    """`coverage --profile` lists what the profile has."""
    done = fake_webui_cli("coverage", "--profile", "forge", "--json")
    assert "/sdapi/v1/txt2img" in {one["path"] for one in json.loads(done.stdout)}
