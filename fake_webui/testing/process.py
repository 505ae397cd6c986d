"""A server as a child process, on a leash: it ends with this process at the latest."""

import os
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from fake_webui.errors import StartError

READY = "listening on "
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0


class ServerProcess:
    """A server that runs with these words of the command line, and listens at `url`."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self.url = ""

    def start(self) -> Self:
        """Start the server and wait until it listens.

        Raises:
            StartError: if it ends instead, with what it said, or takes too long.
        """
        command = [sys.executable, "-m", "fake_webui", "serve", "--exit-on-stdin-eof"]
        command += self._words
        self._stderr = tempfile.TemporaryFile(prefix="fake-webui-")  # noqa: SIM115 (stop() closes it)
        self._process = subprocess.Popen(  # noqa: S603 (this very interpreter and package)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=environment(),
            start_new_session=True,  # Ctrl-C is for the tests; they end the server
        )
        self.url = self._read_url()
        return self

    def _read_url(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        timer = threading.Timer(START_TIMEOUT_S, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if READY in line:
            return line.partition(READY)[2].strip()
        status = self.wait()
        said = self.errors() or "it said nothing"
        self.stop()
        raise StartError(f"the fake WebUI did not start, exit status {status}: {said}")

    @property
    def exit_status(self) -> int | None:
        """The status with which the server ended, None while it runs."""
        return self._process.poll()

    def errors(self) -> str:
        """Return what the server wrote to its standard error."""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the end of the server and return its status."""
        return self._process.wait(timeout_s)

    def stop(self) -> None:
        """End the server."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            self.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()
        self._stderr.close()


def flags(options: Mapping[str, Any]) -> list[str]:
    """Return options as words of the command line."""
    words: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is True:
                words.append(flag)
            elif one is not None and one is not False:
                words += [flag, str(one)]
    return words


def environment() -> dict[str, str]:
    """Return this process's environment, in which the child finds this very package."""
    root = str(Path(__file__).resolve().parents[2])
    if root in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        return dict(os.environ)
    paths = [*filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)), root]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
