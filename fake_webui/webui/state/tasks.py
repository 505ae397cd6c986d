"""Which requests are waiting, at work and done, by the task ids that clients chose."""

import random
import string
import threading
from collections import deque

ID_ALPHABET = string.ascii_uppercase + string.digits
ID_LENGTH = 7
FINISHED_KEPT = 16
MOST_PENDING = 10_000  # those that fail before their turn stay, as in the real server


class Tasks:
    """Task ids in their states; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, None] = {}
        self._finished: deque[str] = deque(maxlen=FINISHED_KEPT)
        self.current: str | None = None

    def add(self, task_id: str) -> None:
        """Note a request that waits for its turn."""
        with self._lock:
            self._pending[task_id] = None
            if len(self._pending) > MOST_PENDING:
                del self._pending[next(iter(self._pending))]

    def start(self, task_id: str) -> None:
        """Note that a request has its turn."""
        with self._lock:
            self.current = task_id
            self._pending.pop(task_id, None)

    def finish(self, task_id: str) -> None:
        """Note that a request is done; one that failed never is."""
        with self._lock:
            if self.current == task_id:
                self.current = None
            self._finished.append(task_id)

    def pending(self) -> list[str]:
        """Return the ids that wait, oldest first."""
        with self._lock:
            return list(self._pending)

    def is_finished(self, task_id: str | None) -> bool:
        """Return whether this id is among the last that were done."""
        with self._lock:
            return task_id in self._finished


def create_task_id(kind: str, rng: random.Random) -> str:
    """Return an id as the WebUI makes one for a request that brings none."""
    return f"task({kind}-{''.join(rng.choices(ID_ALPHABET, k=ID_LENGTH))})"
