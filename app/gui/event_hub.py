"""What has happened, told to any number of pages; one that was away catches up."""

import secrets
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

BUFFER = 1000
"""How many past events a page can catch up on."""
MAX_STREAMS = 32
"""How many pages are told at a time; each takes a thread of the server's."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `event_id` is greater than that of every event before it in this process."""

    number: int
    kind: str
    data: Mapping[str, Any]


class EventHub:
    """A bounded buffer of events, and who waits for the next. Safe to share between threads."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._events: deque[Event] = deque(maxlen=BUFFER)
        self._last = 0
        self._changed = threading.Condition()
        self._closed = False
        self._streams = 0

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell every page of something."""
        with self._changed:
            self._last += 1
            self._events.append(Event(self._last, kind, data))
            self._changed.notify_all()

    def close(self) -> None:
        """End every stream."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def event_id(self, number: int) -> str:
        """Return the id by which a page says which event it saw last."""
        return f"{self._epoch}-{number}"

    def is_full(self) -> bool:
        """Return whether no more pages can be told."""
        return self._streams >= MAX_STREAMS

    def follow(self, last_id: str | None, heartbeat_s: float) -> Iterator[Event | None]:
        """Give a `hello`, the events after `last_id`, and then each as it comes.

        None stands for `heartbeat_s` seconds in which nothing happened. `hello` says whether
        events were missed that are not in the buffer any more.
        """
        number, missed = self._start(last_id)
        with self._counted():
            yield Event(number, "hello", {"missed": missed})
            while (found := self._after(number, heartbeat_s)) is not None:
                if not found:
                    yield None
                for event in found:
                    yield event
                    number = event.number

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            self._streams += 1
        try:
            yield
        finally:
            with self._changed:
                self._streams -= 1

    def _start(self, last_id: str | None) -> tuple[int, bool]:
        """Return the number to go on from, and whether anything is lost before it."""
        with self._changed:
            seen = self._number_of(last_id)
            oldest = self._events[0].number if self._events else self._last + 1
            if seen is None or not oldest - 1 <= seen <= self._last:
                return self._last, last_id is not None
            return seen, False

    def _number_of(self, event_id: str | None) -> int | None:
        epoch, _, number = (event_id or "").partition("-")
        return int(number) if epoch == self._epoch and number.isdecimal() else None

    def _after(self, number: int, timeout_s: float) -> list[Event] | None:
        """Return the events after a number, [] after `timeout_s` without one, None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._last > number, timeout_s)
            if self._closed:
                return None
            return [event for event in self._events if event.number > number]
