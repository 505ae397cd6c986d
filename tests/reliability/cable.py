"""Two machines of their own, as network namespaces of this one, and the cable between them."""

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

SERVER, WORKER = "server", "worker"
SERVER_ADDRESS = "10.77.0.1"
_ADDRESSES = {SERVER: SERVER_ADDRESS, WORKER: "10.77.0.2"}
_NETWORK = 0x40000000  # CLONE_NEWNET


class Cable:
    """Joins two machines until it is cut; then neither hears that the other is gone.

    Args:
        machines: the names of their namespaces.
    """

    def __init__(self, machines: dict[str, str]) -> None:
        self._machines = machines

    @contextmanager
    def at(self, machine: str) -> Iterator[None]:
        """Let this thread open connections, and start processes, on one of the machines."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self._machines[machine]}", os.O_RDONLY)
        try:
            _enter(there)
            yield
        finally:
            _enter(home)
            os.close(there)
            os.close(home)

    def cut(self) -> None:
        """Pull the plug at the worker's end; nothing is closed."""
        _ip("-n", self._machines[WORKER], "link", "set", WORKER, "down")

    def mend(self) -> None:
        """Put the plug in again."""
        _ip("-n", self._machines[WORKER], "link", "set", WORKER, "up")


@contextmanager
def a_cable() -> Iterator[Cable]:
    """Give a cable with a machine at each end, which are gone after the block."""
    if os.getuid() != 0 or shutil.which("ip") is None or not Path("/proc/thread-self").exists():
        pytest.skip("a machine that can be cut off needs root, Linux and `ip`")
    machines = {end: f"{end}-{secrets.token_hex(4)}" for end in _ADDRESSES}
    with ExitStack() as undo:
        for name in machines.values():
            try:
                _ip("netns", "add", name)
            except subprocess.CalledProcessError:
                pytest.skip("network namespaces may not be made here")
            undo.callback(_ip, "netns", "del", name)
        _ip("link", "add", SERVER, "netns", machines[SERVER], "type", "veth",
            "peer", "name", WORKER, "netns", machines[WORKER])  # fmt: skip
        for end, name in machines.items():
            _ip("-n", name, "addr", "add", f"{_ADDRESSES[end]}/24", "dev", end)
            _ip("-n", name, "link", "set", end, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield Cable(machines)


def _ip(*words: str) -> None:
    subprocess.run([shutil.which("ip") or "ip", *words], check=True, capture_output=True)


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _NETWORK):
        raise OSError(ctypes.get_errno(), "setns")
