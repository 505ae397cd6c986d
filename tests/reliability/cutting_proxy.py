"""Stands between an app and a PostgreSQL server, and loses answers to COMMIT."""

import contextlib
import socket
import threading
from typing import Self

COMMITTED = b"COMMIT\0"  # how the server says that a transaction is over


class CuttingProxy:
    """Passes connections on to a port of this machine.

    Args:
        port: the server's.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.cuts = 0
        """How many answers were lost so far."""
        self._wanted, self._lock = 0, threading.Lock()
        self._clients: list[tuple[socket.socket, socket.socket]] = []
        self._left_open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for server in self._left_open:
            server.close()

    def cut_next_commit(self) -> None:
        """Lose the answer to the next COMMIT, with its connection."""
        with self._lock:
            self._wanted += 1

    def hang_up(self) -> None:
        """Close all clients' ends, and let the server believe that they are still there."""
        with self._lock:
            clients, self._clients = self._clients, []
            self._left_open += [server for _, server in clients]
        for client, _ in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                with contextlib.suppress(OSError):
                    server = socket.create_connection(("127.0.0.1", self._target))
                    self._join(client, server)
                    continue
                client.close()  # the server is away

    def _join(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            self._clients.append((client, server))
        for source, sink, may_cut in ((client, server, False), (server, client, True)):
            threading.Thread(target=self._pass, args=(source, sink, may_cut), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, may_cut: bool) -> None:  # noqa: FBT001 - a thread's
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if may_cut and COMMITTED in data and self._is_to_cut():
                    break
                sink.sendall(data)
        for end in (source, sink):
            if end in self._left_open:
                continue
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _is_to_cut(self) -> bool:
        with self._lock:
            if self._wanted == 0:
                return False
            self._wanted -= 1
            self.cuts += 1
            return True
