"""Passing requests on to a real WebUI.

Each has a connection of its own, so that nothing is ever sent twice and a client that goes away
takes its connection with it, as it would without anybody in between.
"""

import contextlib
import selectors
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import h11

from fake_webui.errors import UnreachableError
from fake_webui.faults.wire import has_hung_up
from fake_webui.upstream.headers import Headers, end_to_end

CONNECT_S: Final = 10.0  # the answer itself may take as long as it takes
RECEIVE_BYTES: Final = 256 * 1024
HEAD_BYTES: Final = 128 * 1024
BODYLESS: Final = (204, 304)


class ClientGoneError(ConnectionAbortedError):
    """Nobody waits for this answer any more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes on: its address as it was sent, and the headers for the other side."""

    method: str
    target: str
    headers: Headers
    body: bytes


class Upstream:
    """The real WebUI at an address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self.netloc = parts.netloc
        self._address = (
            str(parts.hostname),
            parts.port or (443 if parts.scheme == "https" else 80),
        )
        self._is_secure = parts.scheme == "https"
        self.path = parts.path.rstrip("/")

    def ask(self, asked: Asked, client: socket.socket | None) -> "Answered":
        """Send a request and return the answer once its head is there.

        Raises:
            UnreachableError: if there is no answer.
            ClientGoneError: if the client goes away first.
        """
        try:
            return Answered(self._connect(), self._request(asked), asked.body, client)
        except ClientGoneError:
            raise
        except (OSError, h11.ProtocolError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise UnreachableError(f"no WebUI answers at {self.url}: {why}") from error

    def _request(self, asked: Asked) -> h11.Request:
        length = [("Content-Length", str(len(asked.body)))] if has_body(asked) else []
        own = [("Host", self.netloc), *length, ("Connection", "close")]
        target = self.path + asked.target
        headers = [*own, *asked.headers]
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return h11.Request(method=asked.method, target=target, headers=encoded)

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(self._address, CONNECT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._is_secure:
            import ssl  # noqa: PLC0415 - few servers need it

            context = ssl.create_default_context()
            connection = context.wrap_socket(connection, server_hostname=self._address[0])
        connection.settimeout(None)
        return connection


class Answered:
    """The answer of a real WebUI: its head is there, its body is still to come."""

    def __init__(
        self,
        connection: socket.socket,
        request: h11.Request,
        body: bytes,
        client: socket.socket | None,
    ) -> None:
        self._socket = connection
        self._client = client
        self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        try:
            self._send(request, body)
            head = self._head()
        except BaseException:
            connection.close()
            raise
        self.status = head.status_code
        self.has_body = request.method != b"HEAD" and head.status_code not in BODYLESS
        raw = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        self.headers = end_to_end(raw)

    def _send(self, request: h11.Request, body: bytes) -> None:
        head = self._machine.send(request) or b""
        data = self._machine.send(h11.Data(data=body)) if body else b""
        self._machine.send(h11.EndOfMessage())
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have answered
            self._socket.sendall(head)
            self._socket.sendall(data or b"")

    def _head(self) -> h11.Response:
        while not isinstance(event := self._next_event(), h11.Response):
            if isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("it closed the connection without an answer")
        return event

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes.

        Raises:
            OSError: if it breaks off, or the client goes away first.
        """
        with contextlib.closing(self._socket):
            try:
                while isinstance(event := self._next_event(), h11.Data):
                    yield bytes(event.data)
            except h11.RemoteProtocolError as error:
                raise ConnectionResetError(str(error)) from error

    def _next_event(self) -> Any:
        while (event := self._machine.next_event()) is h11.NEED_DATA:
            self._wait()
            self._machine.receive_data(self._socket.recv(RECEIVE_BYTES))
        return event

    def _wait(self) -> None:
        """Wait until there is something to receive.

        Raises:
            ClientGoneError: if the client goes away first.
        """
        if pending(self._socket):
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            if self._client is not None:
                with contextlib.suppress(ValueError, OSError):
                    selector.register(self._client, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._socket in ready:
                    return
                if has_hung_up(self._client):
                    raise ClientGoneError("the client has gone")
                selector.unregister(ready[0])  # its next request is there already


def pending(connection: socket.socket) -> bool:
    """Return whether bytes were received and decrypted that nobody has read."""
    count: Callable[[], int] | None = getattr(connection, "pending", None)
    return bool(count and count())


def has_body(asked: Asked) -> bool:
    """Return whether a request says how long its body is."""
    return bool(asked.body) or asked.method in ("POST", "PUT", "PATCH")
