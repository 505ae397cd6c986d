"""One client's connection: h11 knows what its bytes mean, this when to read and to send them."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol
from urllib.parse import urlsplit

import h11
from werkzeug.exceptions import HTTPException

from fake_webui.contract.transport import CLOSES
from fake_webui.http.answer import Answer
from fake_webui.http.body import Body
from fake_webui.http.environ import make_environ

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

RECEIVE_BYTES = 256 * 1024
HEAD_BYTES = 128 * 1024  # of a request whose head is not whole yet
JOINED_BYTES = 64 * 1024  # sent as one piece; joining more costs more than a second call
SILENCE_S = 600.0  # within a request, or before the first; the real server waits for ever
LINGER_S = 0.5
MORE: int = getattr(socket, "MSG_MORE", 0)  # Linux alone has it
REFUSAL = b"Invalid HTTP request received."


class Terms(Protocol):
    """What the server settles for all of its connections."""

    @property
    def application(self) -> Application:
        """Who answers."""

    @property
    def idle_s(self) -> float:
        """How long a connection is kept that has had its answer."""

    @property
    def max_body_bytes(self) -> int:
        """How large a body may be."""

    @property
    def scheme(self) -> str:
        """How addresses begin."""

    @property
    def closing(self) -> bool:
        """Whether no more requests are taken."""

    def request_under_way(self) -> AbstractContextManager[None]:
        """Count a request until it is answered."""


class Connection:
    """Speaks HTTP/1.1 on one connection, request after request."""

    def __init__(self, client: socket.socket, server: Terms) -> None:
        self._socket = client
        self._server = server
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._held: list[bytes] = []
        self._is_last = False  # whether the connection ends behind this answer, without a word

    def serve(self) -> None:
        """Answer requests until one side ends it.

        Raises:
            OSError: if the client has gone, or is silent for too long.
        """
        self._socket.settimeout(SILENCE_S)
        try:
            while self._serve_one():
                self._machine.start_next_cycle()
                has_begun = self._machine.trailing_data[0]
                self._socket.settimeout(SILENCE_S if has_begun else self._server.idle_s)
        except h11.RemoteProtocolError:
            self._refuse()
        self._hang_up()

    def _serve_one(self) -> bool:
        """Answer a request; return whether another one may follow.

        Raises:
            RemoteProtocolError: if it is not HTTP.
        """
        request = self._next_event()
        check_target(request.target)
        if self._server.closing:
            return False
        body = Body(request, self._next_event, self._server.max_body_bytes)
        if (event := self._event_at_hand()) is not h11.NEED_DATA:
            body.take(event)
        self._flush()
        with self._server.request_under_way():
            answer = Answer(request, body, self._send)
            environ = self._environ(request, body)
            parts = self._server.application(environ, answer.start)
            self._is_last = bool(environ.get(CLOSES))
            answer.send(parts)
        with contextlib.suppress(HTTPException):  # which leaves it at another state than DONE
            body.drain()
        done = self._machine.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}
        return done and not self._is_last

    def _environ(self, request: h11.Request, body: Body) -> dict[str, Any]:
        client, server = self._socket.getpeername(), self._socket.getsockname()
        scheme = self._server.scheme
        environ = make_environ(request, body, client=client[0], server=server[:2], scheme=scheme)
        return environ | {"werkzeug.socket": self._socket}

    def _next_event(self) -> Any:
        """Return what the client sends next, waiting for it.

        Raises:
            OSError: if it has gone, or is silent for too long.
            RemoteProtocolError: if that is not HTTP.
        """
        while (event := self._event_at_hand()) is h11.NEED_DATA:
            if self._machine.they_are_waiting_for_100_continue:
                self._send(
                    h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
                )
            self._flush()
            data = self._socket.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionAbortedError("the client hung up")
            self._machine.receive_data(data)
            self._socket.settimeout(SILENCE_S)
        return event

    def _event_at_hand(self) -> Any:
        event = self._machine.next_event()
        if isinstance(event, h11.EndOfMessage) and self._machine.their_state is h11.MUST_CLOSE:
            self._machine.next_event()  # says so where something follows
        return event

    def _send(self, *events: Any) -> None:
        """Send events; where a next request waits already, with what that one comes to."""
        for event in events:
            self._held += self._machine.send_with_data_passthrough(event) or ()
        if not (self._machine.trailing_data[0] or self._is_last):
            self._flush()

    def _flush(self) -> None:
        # the end goes out with the last bytes: a client that reads them knows of it already
        more = MORE if self._is_last and self._server.scheme == "http" else 0
        parts, self._held = self._held, []
        if sum(map(len, parts)) <= JOINED_BYTES:
            parts = [b"".join(parts)]
        for part in filter(None, parts):
            self._socket.sendall(part, more)

    def _refuse(self) -> None:
        """Say that this is not HTTP, unless an answer is on its way already."""
        if self._machine.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
            refusal = h11.Response(status_code=400, headers=headers, reason="Bad Request")
            self._send(refusal, h11.Data(data=REFUSAL), h11.EndOfMessage())

    def _hang_up(self) -> None:
        """End the connection, but let the client read what was sent: unread bytes reset it."""
        deadline = time.monotonic() + LINGER_S
        with contextlib.suppress(OSError):
            self._flush()
            self._socket.shutdown(socket.SHUT_WR)
            while (left_s := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left_s)
                if not self._socket.recv(RECEIVE_BYTES):
                    return


def check_target(target: bytes) -> None:
    """Refuse an address with a host that is none.

    Raises:
        RemoteProtocolError: if it is one.
    """
    if target.startswith(b"/"):
        return
    try:
        urlsplit(target)
    except ValueError as error:
        raise h11.RemoteProtocolError(str(error)) from None
