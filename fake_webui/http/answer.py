"""What the application answers, on its way to the client."""

from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import h11

from fake_webui.http.body import Body

Headers = list[tuple[str, str]]

SERVER = "uvicorn"  # what the real WebUI's server calls itself
BODYLESS = (204, 304)
FIRST = {"allow": 0, "content-disposition": 1, "content-length": 2, "content-type": 3}
PHRASES = {  # as Python called them before 3.13, which the real server runs on
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}


class Answer:
    """The answer to one request; `send` puts events of HTTP on the connection."""

    def __init__(self, request: h11.Request, body: Body, send: Callable[..., None]) -> None:
        self._is_head = request.method == b"HEAD"
        self._body = body
        self._send = send
        self._status = 500
        self._words = ""
        self._headers: Headers = []

    def start(self, status: str, headers: Headers, *_: Any) -> None:
        """Take status and headers from the application."""
        self._status, self._words, self._headers = int(status[:3]), status[4:], headers

    def send(self, parts: Iterable[bytes]) -> None:
        """Send the answer; nothing goes out before its first part is there.

        Raises:
            OSError, RemoteProtocolError: instead of an answer, where the request broke off.
        """
        try:
            chunks = iter(parts)
            first = next(chunks, b"")
            if error := self._body.take_error():
                raise error
            self._send(self._head(), *self._data(first))
            for chunk in chunks:
                self._send(*self._data(chunk))
            self._send(h11.EndOfMessage())
        finally:
            if close := getattr(parts, "close", None):
                close()

    def _head(self) -> h11.Response:
        given = {name.lower() for name, _ in self._headers}
        own = [("date", formatdate(usegmt=True)), ("server", SERVER)]
        headers = [one for one in own if one[0] not in given] + in_order(self._headers)
        if self._body.too_large:
            headers.append(("connection", "close"))
        return h11.Response(
            status_code=self._status,
            headers=[(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
            reason=(reason_phrase(self._status) or self._words).encode(),
        )

    def _data(self, chunk: bytes) -> list[h11.Data]:
        bodyless = self._is_head or self._status in BODYLESS
        return [] if bodyless or not chunk else [h11.Data(data=chunk)]


def in_order(headers: Headers) -> Headers:
    """Return headers as the real server's framework orders them."""
    return sorted(headers, key=lambda header: FIRST.get(header[0].lower(), len(FIRST)))


def reason_phrase(status: int) -> str:
    """Return the words for a status; there are none for one that HTTP does not know."""
    try:
        return PHRASES.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return ""
