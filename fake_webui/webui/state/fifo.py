"""A lock that is handed on in the order of arrival, and can be taken out of use."""

import threading
from collections import deque
from types import TracebackType
from typing import Self

from fake_webui.errors import StarletteError


class FifoLock:
    """A context manager; waiting ends with an error as soon as the lock is closed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: deque[object] = deque()
        self._closed = False

    def __enter__(self) -> Self:
        ticket = object()
        with self._changed:
            self._line.append(ticket)
            self._changed.wait_for(lambda: self._closed or self._line[0] is ticket)
            if self._closed:
                self._line.remove(ticket)
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
            self._changed.notify_all()

    @property
    def locked(self) -> bool:
        """Whether somebody holds the lock."""
        return bool(self._line)

    def close(self, timeout_s: float) -> None:
        """Turn everybody away who waits, and wait until the holder is gone."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._line, timeout_s)


def reset_error() -> StarletteError:
    """Return the answer to requests that were cut off by a reset or at the end."""
    return StarletteError(503, "The fake WebUI was reset")
