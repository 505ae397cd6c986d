"""A ring buffer of records in a temporary file: the journal's bytes, in constant memory.

Records are addressed by their position, the number of bytes ever written before them. When the
ring is full the oldest records give way.
"""

import errno
import io
import os
import struct
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import IO, cast

PARTS = 3
IN_MEMORY_BYTES = 64 * 1024
HEADER = struct.Struct("<QIII")  # the record's number, and the sizes of its parts


class RingBuffer:
    """Keeps records in the order in which they were added, the newest `capacity_bytes` of them."""

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self._file: IO[bytes] | None = None
        self._tail = self._head = 0

    @property
    def used_bytes(self) -> int:
        """How much of the capacity is taken."""
        return self._head - self._tail

    @property
    def largest_part_bytes(self) -> int:
        """How large a part may be, so that it leaves room for others of its kind."""
        return self.capacity_bytes // 4

    def fits(self, size: int) -> bool:
        """Return whether a part of `size` bytes leaves room for others of its kind."""
        return size <= self.largest_part_bytes

    def append(self, n: int, parts: Sequence[bytes]) -> int:
        """Store a record and return its position; make room for it with `evict` before."""
        position = self._head
        self._write(HEADER.pack(n, *map(len, parts)) + b"".join(parts))
        return position

    def evict(self, parts: Sequence[bytes]) -> Iterator[int]:
        """Drop the oldest records until `parts` fit; yield the number of each."""
        needed = HEADER.size + sum(map(len, parts))
        while self._tail < self._head and self.used_bytes + needed > self.capacity_bytes:
            n, *sizes = HEADER.unpack(self._read(self._tail, HEADER.size))
            self._tail += HEADER.size + sum(sizes)
            yield n

    def read(self, position: int, count: int = PARTS) -> list[bytes]:
        """Return the first `count` parts of the record that was stored at this position."""
        _, *sizes = HEADER.unpack(self._read(position, HEADER.size))
        starts = accumulate(sizes, initial=position + HEADER.size)
        return [self._read(*place) for place in islice(zip(starts, sizes, strict=False), count)]

    def clear(self) -> None:
        """Drop every record."""
        self._tail = self._head

    def to_memory(self) -> None:
        """Drop every record and go on in memory, for when the disk takes no more."""
        self._file = io.BytesIO()
        self.clear()

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self._file = make_file()
            weakref.finalize(self, self._file.close)
        return self._file

    def _write(self, data: bytes) -> None:
        start = self._head % self.capacity_bytes
        room = self.capacity_bytes - start
        file = self._open()
        write_at(file, start, data[:room])
        if len(data) > room:
            write_at(file, 0, data[room:])
        self._head += len(data)

    def _read(self, position: int, size: int) -> bytes:
        start = position % self.capacity_bytes
        room = self.capacity_bytes - start
        file = self._open()
        file.seek(start)
        data = file.read(min(size, room))
        if size > room:
            file.seek(0)
            data += file.read(size - room)
        return data


def write_at(file: IO[bytes], position: int, data: bytes) -> None:
    """Write at a position.

    Raises:
        OSError: if the disk does not take it.
    """
    file.seek(position)
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make_file() -> IO[bytes]:
    """Return a file without a name, which is in memory as long as it is small.

    So a server may have many journals without as many open files.
    """
    # without a buffer of its own, so that a record is one call of the system
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, buffering=0))
