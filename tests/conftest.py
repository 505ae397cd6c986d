"""A fake WebUI for each test process, started by pytest-xprocess, reset for each test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from xprocess import ProcessStarter, XProcess

from fake_webui import FakeWebUI
from tests.support import SLOW_STEP_S

StartFake = Callable[..., FakeWebUI]
StartingFakes = Callable[[], AbstractContextManager[StartFake]]

with suppress(ModuleNotFoundError):  # the smoke gate does without it
    from hypothesis import HealthCheck, settings

    # How long an example takes says how busy the machine is, and nothing of the code.
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")


DATABASES = ("sqlite", "postgres")
PROFILES = ("a1111", "forge", "sdnext")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the fakes imitate another WebUI than A1111, and the app use a shared store."""
    parser.addoption("--database", choices=DATABASES, default=DATABASES[0], help="under the app")
    parser.addoption("--profile", choices=PROFILES, default=PROFILES[0], help="which WebUI")


@pytest.fixture(scope="session")
def profile(request: pytest.FixtureRequest) -> str:
    """Which WebUI the fakes imitate where a test does not choose."""
    return str(request.config.getoption("--profile"))


def fake_starter(ready_file: Path, flags: tuple[str, ...]) -> type[ProcessStarter]:
    """Describe a server that is up when its ready file is there, and ends with this process."""

    class Starter(ProcessStarter):  # type: ignore[misc]
        args = [
            sys.executable, "-m", "fake_webui", "--port", "0", "--ready-file", ready_file,
            "--exit-on-stdin-eof", *flags,
        ]  # fmt: skip
        timeout = 60
        terminate_on_interrupt = True
        popen_kwargs = {"stdin": subprocess.PIPE, "cwd": Path(__file__).parent.parent}

        def startup_check(self) -> bool:
            if (status := self.process.resources[-1].popen.poll()) is not None:
                raise RuntimeError(f"the fake WebUI ended at start with status {status}")
            return ready_file.exists()

    return Starter


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this test process: pytest-xdist's, or `main`."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def xprocess(xprocess: XProcess, tmpdir_factory: Any) -> XProcess:
    """The plugin's, with its notes of what was started in a folder of this run.

    It keeps them in the checkout, where those of an earlier run name processes that are by now
    somebody else's, and ends these.
    """
    xprocess.rootdir = tmpdir_factory.mktemp("xprocess")
    return xprocess


@pytest.fixture(scope="session")
def starting_fakes(
    xprocess: XProcess, worker: str, profile: str, tmp_path_factory: pytest.TempPathFactory
) -> StartingFakes:
    """A block with what starts a fake WebUI with flags; those that it started end with it."""
    numbers = count(1)

    @contextmanager
    def starting() -> Iterator[StartFake]:
        with ExitStack() as stack:

            def start(name: str, *flags: str) -> FakeWebUI:
                ready_file = tmp_path_factory.mktemp(name) / "ready.json"
                process = f"fake-{name}-{next(numbers)}-{worker}"  # no two fixtures share one
                stack.callback(lambda: xprocess.getinfo(process).terminate())
                starter = fake_starter(ready_file, ("--profile", profile, *flags))
                xprocess.ensure(process, starter, restart=True, persist_logs=False)
                return FakeWebUI.at(json.loads(ready_file.read_text())["url"])

            yield start

    return starting


@pytest.fixture(scope="session")
def start_fake_for_all(starting_fakes: StartingFakes) -> Iterator[StartFake]:
    """Start a fake WebUI with these command-line flags; it is ended with the session."""
    with starting_fakes() as start:
        yield start


@pytest.fixture(scope="module")
def start_fake(starting_fakes: StartingFakes) -> Iterator[StartFake]:
    """Start a fake WebUI with these command-line flags; it is ended with the test module."""
    with starting_fakes() as start:
        yield start


@pytest.fixture(scope="session")
def fake_server(start_fake_for_all: StartFake) -> FakeWebUI:
    """One server for the whole session of this test process."""
    return start_fake_for_all("webui", "--seed", "1")


@pytest.fixture
def fake(fake_server: FakeWebUI) -> FakeWebUI:
    """The session's server, as fresh as at its start."""
    fake_server.reset()
    return fake_server


@pytest.fixture(scope="session")
def slow_server(start_fake_for_all: StartFake) -> FakeWebUI:
    """A server whose steps and loads take time."""
    flags = ("--step-seconds", str(SLOW_STEP_S), "--load-seconds", "0.3")
    return start_fake_for_all("slow", "--seed", "1", *flags)


@pytest.fixture
def slow(slow_server: FakeWebUI) -> FakeWebUI:
    """The slow server, as fresh as at its start."""
    slow_server.reset()
    return slow_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for this test process: its own, or one that a variable names."""
    from tests.postgres_server import VARIABLE, a_server  # noqa: PLC0415 - the others do without

    with ExitStack() as stack:
        named = os.environ.get(VARIABLE)
        yield named or stack.enter_context(a_server()).url


@pytest.fixture
def shared_store(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database on the server."""
    from tests.postgres_server import a_schema  # noqa: PLC0415 - the others do without

    with a_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of the shared store that this run is about, or None for one in each home."""
    if request.config.getoption("--database") == "sqlite":
        return None
    return str(request.getfixturevalue("shared_store"))


@pytest.fixture
def another_store_url(
    request: pytest.FixtureRequest, store_url: str | None
) -> Iterator[str | None]:
    """The URL of a second one, or None where each home has its own."""
    if store_url is None:
        yield None
        return
    from tests.postgres_server import a_schema  # noqa: PLC0415 - the others do without

    with a_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(autouse=True)
def _database(
    request: pytest.FixtureRequest, store_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let whatever a test starts use the store that this run is about."""
    if store_url is None:
        monkeypatch.delenv("APP_STORE", raising=False)
    elif request.node.get_closest_marker("sqlite"):
        pytest.skip("is about jobs.db")
    else:
        monkeypatch.setenv("APP_STORE", store_url)
        monkeypatch.setenv("APP_EXPIRE_AFTER_S", "0.5")
