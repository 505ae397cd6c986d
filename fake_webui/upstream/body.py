"""The body of a passed answer: kept for the journal while it goes through."""

import zlib
from collections.abc import Callable, Iterator
from typing import Final

GUNZIP: Final = 31  # the window size of gzip with its header


class OnItsWay:
    """An answer's body that is iterated once, and kept up to a limit; `at_end` gets this.

    That is called before the client can know that it has all: with the last of so many bytes, where
    the `length` is told.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        length: int | None,
        limit_bytes: int,
        at_end: Callable[["OnItsWay"], None],
    ) -> None:
        self._chunks = chunks
        self._length = length
        self._limit = limit_bytes
        self._at_end = at_end
        self._kept = bytearray()
        self._size = 0
        self._is_over = self._is_whole = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield b""  # lets the head go out before a byte of the body is there
            for chunk in self._chunks:
                self._keep(chunk)
                if self._size == self._length:
                    self._end(is_whole=True)
                yield chunk
            self._end(is_whole=True)
        finally:
            self._end(is_whole=False)

    def _end(self, *, is_whole: bool) -> None:
        if not self._is_over:
            self._is_over, self._is_whole = True, is_whole
            self._at_end(self)

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= self._limit:
            self._kept += chunk
        else:
            self._kept.clear()

    @property
    def body(self) -> bytes:
        """What went through; nothing where that is more than is kept."""
        return bytes(self._kept)

    @property
    def problem(self) -> str | None:
        """Why the body is not what the WebUI said, None if it is."""
        if self._size > self._limit:
            return f"answer of {self._size} bytes not kept: too large"
        return None if self._is_whole else f"the answer broke off after {self._size} bytes"


def decoded(body: bytes, coding: str) -> bytes:
    """Return a body without its content coding; one that broke off, as far as it goes."""
    if coding.lower() != "gzip":
        return body
    try:
        return zlib.decompressobj(wbits=GUNZIP).decompress(body)
    except zlib.error:
        return body
