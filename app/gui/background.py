"""A thread that does one thing again and again until it is stopped."""

import threading
from collections.abc import Callable


class Background:
    """Calls `look` in a thread of its own, from `start` to `stop`.

    Args:
        name: of the thread.
        look: looks once; it waits itself for as long as there should be between two looks.
    """

    def __init__(self, name: str, look: Callable[[], None]) -> None:
        self._name, self._look = name, look
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self.stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float | None = None) -> None:
        """End, and wait until the thread has, or for `timeout_s` seconds."""
        self.stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self.stopping.is_set():
            self._look()
