"""A lock that is handed on in the order of arrival, and can be taken out of use."""

import threading
from collections import deque
from itertools import islice
from types import TracebackType
from typing import Self

from fake_webui.errors import StarletteError


class FifoLock:
    """A context manager; waiting ends with an error as soon as the lock is closed.

    Whoever waits has a lock of its own, which is released when its turn comes: of many who wait
    one is woken, and not all to see which.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: deque[threading.Lock] = deque()  # the holder's turn is the first
        self._closed = False

    def __enter__(self) -> Self:
        turn = threading.Lock()
        with self._changed:
            if self._closed:
                raise reset_error()
            if self._line:
                turn.acquire()
            self._line.append(turn)
        turn.acquire()
        with self._changed:
            if self._closed:
                self._line.remove(turn)
                self._changed.notify_all()
                raise reset_error()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._line.popleft()
            if self._line and not self._closed:
                self._line[0].release()
            self._changed.notify_all()

    @property
    def locked(self) -> bool:
        """Whether somebody holds the lock."""
        return bool(self._line)

    def close(self, timeout_s: float) -> None:
        """Turn everybody away who waits, and wait until the holder is gone."""
        with self._changed:
            if not self._closed:
                self._closed = True
                for turn in islice(self._line, 1, None):
                    turn.release()
            self._changed.wait_for(lambda: not self._line, timeout_s)


def reset_error() -> StarletteError:
    """Return the answer to requests that were cut off by a reset or at the end."""
    return StarletteError(503, "The fake WebUI was reset")
