"""A host that falls silent: its cable is cut, and nobody closes a connection."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from app.bootstrap import Application, build_app
from app.engine.runner import RECOVERY_INTERVAL_S
from app.jobs.models import JobStatus
from app.limits import DEFAULT_LIMITS
from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.reliability.cable import SERVER, SERVER_ADDRESS, WORKER, Cable, a_cable
from tests.reliability.conftest import SHORT, boat
from tests.support import ROOT, wait_until

if not TYPE_CHECKING:
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from app.store.postgres_store import PostgresStore
from tests.postgres_server import PostgresServer, a_server

pytestmark = pytest.mark.postgres

TXT2IMG = "/sdapi/v1/txt2img"
WATCHFUL = replace(SHORT, patience_s=60.0, silence_s=3.0, expire_after_s=1.0)
QUICK = {"APP_SILENCE_S": "3", "APP_EXPIRE_AFTER_S": "1", "APP_IDLE_POLL_S": "0.05"}
NOTICED_S = 30.0


@pytest.fixture
def cable() -> Iterator[Cable]:
    """A cable between the server's machine and a worker's."""
    with a_cable() as made:
        yield made


@pytest.fixture
def server(cable: Cable) -> Iterator[PostgresServer]:
    """A server that lets other machines in, with its password."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # the server is another user's
        everybody = Path(folder, "hba.conf")
        everybody.write_text("host all all 0.0.0.0/0 scram-sha-256\n")
        with cable.at(SERVER):
            made = stack.enter_context(a_server(listen_addresses="*", hba_file=str(everybody)))
        yield made


@pytest.fixture
def looker(cable: Cable, server: PostgresServer, tmp_path: Path) -> Iterator[Application]:
    """The app on the server's machine, which does not work."""
    with cable.at(SERVER):
        application = build_app(home=tmp_path / "looker", store=server.url, limits=WATCHFUL)
    yield application
    application.close()


@pytest.fixture
def webui(cable: Cable, start_fake: StartFake) -> FakeWebUI:
    """A WebUI on the worker's machine that takes its time."""
    with cable.at(WORKER):
        return start_fake("far", "--step-seconds", "0.4")


@pytest.fixture
def far_host(
    cable: Cable, server: PostgresServer, webui: FakeWebUI, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """`work --stay` on the other machine."""
    words = ("work", "--stay", "--webui", webui.url, "--store", server.url_at(SERVER_ADDRESS))
    with cable.at(WORKER):
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *words, "--home", str(tmp_path / "worker")],
            cwd=ROOT, env={**os.environ, **QUICK}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    yield process
    process.kill()
    process.wait()


@pytest.mark.usefixtures("far_host")
def test_a_host_that_falls_silent_is_missed_and_comes_back(
    cable: Cable, looker: Application, webui: FakeWebUI
) -> None:
    """Its job is interrupted, not run again; when it is back, it stops that and takes the next."""
    [lost] = looker.job_service.submit([boat(steps=150)])
    with cable.at(WORKER):
        webui.wait(path=TXT2IMG)
    cable.cut()
    wait_until(lambda: [one.alive for one in looker.registry.workers()] == [False], 60)
    assert wait_until(looker.registry.recover, 60) == [lost]
    assert looker.history.get(lost).status is JobStatus.INTERRUPTED
    [following] = looker.job_service.submit([boat()])
    looker.queue.resume()
    cable.mend()
    assert looker.job_service.wait(following, 60).status is JobStatus.SUCCEEDED
    with cable.at(WORKER):
        assert webui.count(TXT2IMG) == 2
        assert webui.count("/sdapi/v1/interrupt") == 1


def test_the_usual_periods_add_up_to_half_a_minute(shared_store: str) -> None:
    """From the cut to the moment when a living worker looks, on the server's side and on ours."""
    store = PostgresStore(shared_store, DEFAULT_LIMITS)
    told = store.rows("SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp_%'")
    there: dict[str, str] = dict(told)
    here = store.read(lambda connection: connection.raw.info.get_parameters())
    store.close()
    for periods in (there, {f"tcp_{name.removeprefix('tcp_')}": here[name] for name in here}):
        idle, interval, count = (
            int(periods[f"tcp_keepalives_{name}"]) for name in ("idle", "interval", "count")
        )
        assert 0 < idle + interval * count + RECOVERY_INTERVAL_S <= NOTICED_S
        assert 0 < int(periods["tcp_user_timeout"]) / 1000 + RECOVERY_INTERVAL_S <= NOTICED_S
