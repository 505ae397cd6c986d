"""A lock that the operating system frees by itself when its holder dies."""

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import Self

from app.errors import HomeError

POLL_S = 0.02

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """An exclusive lock on a file, against other processes and other `FileLock`s alike.

    Args:
        path: the lock file; made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is now held.

        Raises:
            HomeError: if the lock file can't be made.
        """
        descriptor = self._open()
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def is_free(self) -> bool:
        """Return whether nobody holds it, without changing anything.

        Raises:
            HomeError: if the lock file can't be read.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return True
        except OSError as error:
            raise HomeError(f"can't look at {self.path}: {error.strerror or error}") from error
        try:
            _lock(descriptor)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def acquire_within(self, timeout_s: float, stop: threading.Event) -> bool:
        """Take the lock, waiting at most `timeout_s` seconds or until `stop` is set."""
        deadline = time.monotonic() + timeout_s
        while not self.acquire():
            if time.monotonic() > deadline or stop.wait(POLL_S):
                return False
        return True

    def release(self) -> None:
        """Give the lock back; do nothing when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Give the lock back and remove its file, unless another process has just opened it."""
        self.release()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise HomeError(f"can't lock {self.path}: {error.strerror or error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
