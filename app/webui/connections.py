"""HTTP connections whose open requests can be ended from another thread."""

import contextlib
import socket
import weakref
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class OpenSockets:
    """The sockets of connections that are open now."""

    def __init__(self) -> None:
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def abort(self) -> None:
        """End every open connection; whoever waits on one gets a connection error at once."""
        for opened in list(self._sockets):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def pool_classes(self) -> dict[str, type[HTTPConnectionPool]]:
        """Return urllib3's pools by scheme, of connections that register here."""
        sockets = self._sockets

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        return {
            "http": _pool(HTTPConnectionPool, Plain),
            "https": _pool(HTTPSConnectionPool, Encrypted),
        }


def _pool(base: type[HTTPConnectionPool], connection: type[Any]) -> type[HTTPConnectionPool]:
    return type(base.__name__, (base,), {"ConnectionCls": connection})
