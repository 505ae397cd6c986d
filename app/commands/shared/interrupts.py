"""Ctrl-C as a request that the program carries out in good order, not as an explosion."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """What arrived: `asked` is set by the first signal; `status` is what to end with then."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.status = 0

    def arrive(self, number: int, _: FrameType | None) -> None:
        """Take a signal; a second one does not wait for good order.

        Raises:
            KeyboardInterrupt: if it is not the first.
        """
        if self.asked.is_set():
            raise KeyboardInterrupt
        self.status = 128 + number
        self.asked.set()


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Catch Ctrl-C and SIGTERM while the block runs."""
    caught = Interrupts()
    before = {number: signal.signal(number, caught.arrive) for number in SIGNALS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
