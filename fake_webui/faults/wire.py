"""Faults below HTTP: what a WSGI server does not do by itself.

Wrapped around the application, so that they act on the very bytes of the answer. The raw socket
is in the environment of werkzeug's server; without it (a test client) a connection that would be
dropped is an exception.
"""

import contextlib
import os
import selectors
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SOCKET = "werkzeug.socket"
FAULT = "fake_webui.wire_fault"
BEHIND_PROXY = "fake_webui.behind_proxy"  # a request that goes on after its client was answered
RESET_AT_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # no lingering
DRAIN_S = 5.0
DRAIN_POLL_S = 0.002
PIECE_S = 0.05  # of a rate: how much is sent at once

WireFault = Callable[["WSGIEnvironment", Iterable[bytes]], Iterator[bytes]]


class Waits:
    """Every wait that a fault asks for. `release` ends them all, and those connections too."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._releases = 0
        self._hung: set[socket.socket] = set()

    def wait(self, seconds: float) -> bool:
        """Wait; True if the time ran out, False if `release` came first."""
        with self._changed:
            at_first = self._releases
            return not self._changed.wait_for(lambda: self._releases != at_first, seconds)

    def wait_for_hang_up(self, connection: socket.socket) -> None:
        """Wait until the client goes away, or until `release`."""
        with self._changed:
            self._hung.add(connection)
        with contextlib.suppress(OSError):
            while connection.recv(4096):
                pass
        with self._changed:
            self._hung.discard(connection)

    def release(self) -> None:
        """End every wait."""
        with self._changed:
            self._releases += 1
            self._changed.notify_all()
            for connection in self._hung:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Wire:
    """WSGI middleware that lets the fault in the environment, if there is one, send the answer."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request."""
        chunks = self._application(environ, start_response)
        fault: WireFault | None = environ.get(FAULT)
        return fault(environ, chunks) if fault else chunks


def has_hung_up(connection: socket.socket | None) -> bool:
    """Return whether the client at the other end has gone; nobody knows without a socket."""
    if connection is None:
        return False
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(connection, selectors.EVENT_READ)
            return bool(selector.select(0)) and not connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True


def whole(chunks: Iterable[bytes]) -> bytes:
    """Return an answer's body and close it, as a WSGI server would."""
    with closing_after(chunks) as parts:
        return b"".join(parts)


def reset(environ: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Reset the connection before a byte."""
    whole(chunks)
    abort(environ)
    yield b""


def reset_mid_body(environ: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Send the headers and half of the body, then reset the connection."""
    body = whole(chunks)
    yield body[: len(body) // 2]
    abort(environ)


def empty(_: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Close the connection without a byte."""
    whole(chunks)
    hang_up("closed")
    yield b""


def hang(waits: Waits, at_end: Callable[[], None]) -> WireFault:
    """Send nothing and keep the connection open; call `at_end` when it is over."""

    def act(environ: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
        whole(chunks)
        if SOCKET in environ:
            waits.wait_for_hang_up(environ[SOCKET])
        at_end()
        hang_up("hung")
        yield b""

    return act


def dribble(waits: Waits, seconds: float, pieces: int) -> WireFault:
    """Send the body in so many pieces over so long."""

    def act(_: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
        body = whole(chunks)
        size = max(1, -(-len(body) // pieces))
        yield b""  # the headers
        for start in range(0, len(body), size):
            waits.wait(seconds / pieces)
            yield body[start : start + size]

    return act


def slow_first_byte(waits: Waits, seconds: float) -> WireFault:
    """Let the answer be made, and wait before its first byte goes out."""

    def act(_: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
        with closing_after(chunks) as parts:
            first = next(parts, b"")
            waits.wait(seconds)
            yield first
            yield from parts

    return act


def throttle(waits: Waits, bytes_per_second: int) -> WireFault:
    """Send the body at a rate; what is left when waits are ended at once."""

    def act(_: "WSGIEnvironment", chunks: Iterable[bytes]) -> Iterator[bytes]:
        size = max(1, int(bytes_per_second * PIECE_S))
        is_slow = True
        with closing_after(chunks) as parts:
            yield b""  # the headers
            for part in parts:
                for start in range(0, len(part), size):
                    piece = part[start : start + size]
                    is_slow = is_slow and waits.wait(len(piece) / bytes_per_second)
                    yield piece

    return act


@contextlib.contextmanager
def closing_after(chunks: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield an answer's parts and close it behind them, as a WSGI server would."""
    try:
        yield iter(chunks)
    finally:
        if close := getattr(chunks, "close", None):
            close()


def hang_up(what: str) -> None:
    """Make the server give up this connection.

    Raises:
        ConnectionAbortedError: always; the server takes it for a client that has gone.
    """
    raise ConnectionAbortedError(f"this connection was {what} by a fault")


def abort(environ: "WSGIEnvironment") -> None:
    """Close the socket so that the peer gets a RST, once it has had what was sent.

    Raises:
        ConnectionAbortedError: always; the server takes it for a client that has gone.
    """
    connection: socket.socket | None = environ.get(SOCKET)
    if connection is not None:
        drain(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        close_under(connection)
    hang_up("reset")


def close_under(connection: socket.socket) -> None:
    """Close the kernel's socket now and leave the server one at whose end nobody is.

    The server's reader and writer still hold the connection, so closing it would change nothing
    until they are through, and by then they would have closed it in an orderly way.
    """
    if sys.platform == "win32":
        socket.close(connection.detach())
        return
    nobody, there = socket.socketpair()
    there.close()
    os.dup2(nobody.fileno(), connection.fileno())
    nobody.close()


def drain(connection: socket.socket) -> None:
    """Wait until the peer has taken what was sent: a reset throws away what is still queued."""
    deadline = time.monotonic() + DRAIN_S
    while unsent_bytes(connection) and time.monotonic() < deadline:
        time.sleep(DRAIN_POLL_S)


def unsent_bytes(connection: socket.socket) -> int:
    """Return how many bytes wait in the kernel's send queue; 0 where it does not tell."""
    if sys.platform != "linux":
        return 0
    import fcntl  # noqa: PLC0415 (there is none on Windows)
    import termios  # noqa: PLC0415

    answer: Any = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", answer)[0])
