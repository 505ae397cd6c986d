"""Ctrl-C as a request that the program carries out in good order, not as an explosion.

SIGTERM is the same, and so is SIGHUP unless it was ignored at start, as under nohup.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows has no SIGHUP
)


class Interrupts:
    """What arrived: `asked` is set by the first signal, `hurried` by the second.

    `status` is what to end with then.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.hurried = threading.Event()
        self.status = 0

    def arrive(self, number: int, _: FrameType | None) -> None:
        """Take a signal; a second one does not wait for the WebUI."""
        if self.asked.is_set():
            self.hurried.set()
        else:
            self.status = 128 + number
            self.asked.set()


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Catch the signals while the block runs."""
    caught = Interrupts()
    heard = [number for number in SIGNALS if not _is_left_alone(number)]
    before = {number: signal.signal(number, caught.arrive) for number in heard}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_left_alone(number: int) -> bool:
    is_hangup = number == getattr(signal, "SIGHUP", None)
    return is_hangup and signal.getsignal(number) is signal.SIG_IGN
