"""Reading request bodies off a connection: by length, or in chunks."""

import io
from typing import Any

CHUNK_LINE_BYTES = 4096


class Body(io.RawIOBase):
    """A body that still has `unread` bytes on the connection; None while nobody knows."""

    unread: int | None

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the body goes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class SizedBody(Body):
    """A body of a known length."""

    def __init__(self, stream: io.BufferedIOBase, length: int) -> None:
        self._stream = stream
        self.unread: int = length

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes; fewer only at the end."""
        wanted = self.unread if size is None or size < 0 else min(size, self.unread)
        data = self._stream.read(wanted) if wanted else b""
        self.unread = self.unread - len(data) if len(data) == wanted else 0
        return data


class ChunkedBody(Body):
    """A body of unknown length, sent in chunks."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._left_in_chunk = 0
        self.unread = None

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes; fewer only at the end.

        Raises:
            ConnectionError: if what was sent is not in chunks.
        """
        limit = None if size is None or size < 0 else size
        data = bytearray()
        while (limit is None or len(data) < limit) and self._open_chunk():
            wanted = self._left_in_chunk
            data += self._take(wanted if limit is None else min(wanted, limit - len(data)))
        return bytes(data)

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise ConnectionError("the body ended within a chunk")
        self._left_in_chunk -= size
        if not self._left_in_chunk:
            self._stream.readline(CHUNK_LINE_BYTES)
        return data

    def _open_chunk(self) -> bool:
        """Go to the next chunk where the last one is read; False at the end of the body."""
        if self._left_in_chunk or self.unread == 0:
            return self.unread is None
        try:
            self._left_in_chunk = int(self._stream.readline(CHUNK_LINE_BYTES).split(b";")[0], 16)
        except ValueError:
            raise ConnectionError("a chunk without a size") from None
        if not self._left_in_chunk:
            self.unread = 0
            while self._stream.readline(CHUNK_LINE_BYTES).strip():
                pass
        return self.unread is None
