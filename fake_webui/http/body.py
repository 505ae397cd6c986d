"""A request's body: read off its connection when the application asks for it."""

import io
from collections.abc import Callable
from typing import Any

import h11
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

NextEvent = Callable[[], Any]


class Body(io.RawIOBase):
    """The body of one request, in the pieces in which it arrives.

    `error` is what broke it off: the client went away, or what it sends is not HTTP. There is
    nobody to answer then, or not in the application's words.
    """

    def __init__(self, request: h11.Request, next_event: NextEvent, limit_bytes: int) -> None:
        self._next_event = next_event
        self._left_of_limit = limit_bytes
        self._piece = b""
        self.ended = False
        self.error: OSError | h11.RemoteProtocolError | None = None
        self.too_large = declared_length(request) > limit_bytes

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readall(self) -> bytes:
        """Return the rest; it is in memory once."""
        whole = io.BytesIO()
        while piece := self._next_piece():
            whole.write(piece)
        return whole.getvalue()  # shares the bytes with the stream, which goes away

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as what has arrived goes; 0 only at the end."""
        piece = self._next_piece()
        size = min(len(piece), len(buffer))
        buffer[:size] = piece[:size]
        self._piece = piece[size:]
        return size

    def drain(self) -> None:
        """Take in what the application did not read.

        Raises:
            HTTPException: if that breaks off or is too much.
        """
        while self._next_piece():
            pass

    def take_error(self) -> OSError | h11.RemoteProtocolError | None:
        """Return what broke the body off, and keep it no longer: raised, it leads back here."""
        error, self.error = self.error, None
        return error

    def take(self, event: Any) -> None:
        """Take the next event of the connection."""
        if isinstance(event, h11.EndOfMessage):
            self.ended = True
        else:
            self._piece = event.data
            self._left_of_limit -= len(self._piece)
            self.too_large = self.too_large or self._left_of_limit < 0

    def _next_piece(self) -> bytes:
        """Return what has arrived, waiting for it; nothing at the end.

        Raises:
            ClientDisconnected: if the body breaks off.
            RequestEntityTooLarge: if it is larger than the limit.
        """
        while not self._piece and not self.ended and not self.too_large:
            self._take_next()
        if self.too_large:
            raise RequestEntityTooLarge
        piece, self._piece = self._piece, b""
        return piece

    def _take_next(self) -> None:
        if self.error is None:
            try:
                return self.take(self._next_event())
            except (OSError, h11.RemoteProtocolError) as error:
                self.error = error.with_traceback(None)  # which would keep what has arrived
        raise ClientDisconnected from self.error


def declared_length(request: h11.Request) -> int:
    """Return the content length that a request announces, 0 for none."""
    headers = dict(request.headers)
    return 0 if b"transfer-encoding" in headers else int(headers.get(b"content-length", 0))
