"""The journal: every exchange in order, capped by bytes, with marks and waiting.

An entry exists as soon as its request has arrived. Finished entries live in a ring buffer; only
their positions, eight bytes each, stay in memory. What was evicted is remembered as a number, so a
question that the journal can no longer answer exactly is an error.
"""

import heapq
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from urllib.parse import parse_qs

from fake_webui.config.settings import JOURNAL_BYTES
from fake_webui.journal.exchange import Exchange, revive
from fake_webui.journal.index import Accepts, Index, Kind
from fake_webui.journal.ring_buffer import PARTS, RingBuffer

SMALLEST_CAPACITY_BYTES = 1024 * 1024  # room for a few of the longest addresses there can be
TRIMMED_AT_ONCE = 4096  # positions; trimming one by one would move the whole array each time
FACTS, SENT, WHOLE = 1, 2, PARTS  # how many parts of a record are read
OPEN, EVICTED = -1, -2
EVICTED_ALONE = array("q", [EVICTED])


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the journal is meant: after number `since`, up to `through`, under `mark`."""

    since: int = 0
    mark: str | None = None
    through: int | None = None


class Recorder:
    """Keeps exchanges. Safe for any number of threads."""

    def __init__(
        self,
        capacity_bytes: int = JOURNAL_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._changed = threading.Condition(threading.RLock())
        self._ring = RingBuffer(capacity_bytes)
        self._epoch = self._changes = 0
        self._start_over()

    def _start_over(self) -> None:
        self._ring.clear()
        self._epoch += 1
        self._open: dict[int, Exchange] = {}
        self._positions = array("q")
        self._index = Index()
        self._first = 1  # the number that the first of the positions belongs to
        self._forgotten = 0  # evicted entries that are no longer among the positions
        self._marks: list[tuple[int, str | None]] = [(1, None)]

    @property
    def last_n(self) -> int:
        """The number of the newest entry, 0 at start."""
        return self._first + len(self._positions) - 1

    @property
    def first_n(self) -> int:
        """The number of the oldest entry that may still be there."""
        return self._first

    @property
    def epoch(self) -> int:
        """Changes with every reset, so that numbers before and after can be told apart."""
        return self._epoch

    @property
    def used_bytes(self) -> int:
        """How much of its capacity the journal takes."""
        return self._ring.used_bytes

    @property
    def largest_body_bytes(self) -> int:
        """How large a body may be to be kept."""
        return self._ring.largest_part_bytes

    def begin(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        first: Callable[[Exchange], None] | None = None,
        then: Callable[[Exchange], None] | None = None,
    ) -> Exchange:
        """Add an entry for a request that has arrived, and return it.

        `first` runs before the entry has a number, and holds nobody up. `then` runs before
        anybody else's request gets a number, so what it decides depends on the order of the
        journal alone.
        """
        exchange = Exchange(
            n=0,
            time="",
            mark=None,
            method=method,
            path=path,
            query=read_query(query),
            headers=dict(headers or {}),
            sent_bytes=len(body),
            body=body,
        )
        if first:
            first(exchange)
        with self._changed:
            exchange.n = self.last_n + 1
            exchange.mark = self._marks[-1][1]
            exchange.time = datetime.now(UTC).isoformat(timespec="milliseconds")
            exchange.started_s = self._clock()
            self._positions.append(OPEN)
            self._open[exchange.n] = exchange
            self._index.add(exchange.n, kind_of(exchange))
            if then:
                then(exchange)
            self._tell()
        return exchange

    def finish(
        self, exchange: Exchange, status: int | None, answer: bytes = b"", content_type: str = ""
    ) -> None:
        """Complete an entry; without effect where it was deleted in between or is complete."""
        with self._changed:
            if self._open.get(exchange.n) is not exchange:
                return
            del self._open[exchange.n]
            exchange.status = status
            exchange.duration_s = round(self._clock() - exchange.started_s, 6)
            exchange.content_type = content_type
            exchange.received_bytes = len(answer)
            exchange.answer = answer
            self._store(exchange)
            self._tell()

    def _store(self, exchange: Exchange) -> None:
        parts = (self._facts_that_fit(exchange), exchange.body, exchange.answer)
        try:
            self._evict(self._ring.evict(parts))
            position = self._ring.append(exchange.n, parts)
        except OSError:
            self._evict(iter(self._kept()))
            self._ring.to_memory()
            position = self._ring.append(exchange.n, parts)
        self._positions[exchange.n - self._first] = position

    def _facts_that_fit(self, exchange: Exchange) -> bytes:
        """Strip an entry of what is too large for the journal, and return its facts."""
        for name in ("body", "answer"):
            if not self._ring.fits(size := len(getattr(exchange, name))):
                exchange.findings.append(f"{name} of {size} bytes not kept: too large")
                setattr(exchange, name, b"")
        if self._ring.fits(len(facts := exchange.facts())):
            return facts
        exchange.findings.append("headers not kept: too large")
        exchange.headers = {}
        return exchange.facts()

    def _evict(self, numbers: Iterator[int]) -> None:
        for n in numbers:
            if self._first <= n <= self.last_n and self._positions[n - self._first] >= 0:
                self._positions[n - self._first] = EVICTED
        if self._positions[TRIMMED_AT_ONCE : TRIMMED_AT_ONCE + 1] == EVICTED_ALONE:
            self._trim()

    def _trim(self) -> None:
        gone = next((i for i, place in enumerate(self._positions) if place != EVICTED), 0)
        if gone >= TRIMMED_AT_ONCE:
            del self._positions[:gone]
            self._first += gone
            self._forgotten += gone
            self._index.trim(self._first)
            later = [start for start in self._marks[1:] if start[0] <= self._first]
            del self._marks[: len(later)]

    def _spans(self, scope: Scope | None) -> list[tuple[int, int]]:
        """Return first and one past the last number of each stretch in scope."""
        scope = scope or Scope()
        through = scope.through
        ends = [start for start, _ in self._marks[1:]] + [self.last_n + 1]
        return [
            (max(start, scope.since + 1), end if through is None else min(end, through + 1))
            for (start, mark), end in zip(self._marks, ends, strict=True)
            if scope.mark in (None, mark)
        ]

    def _kept(self, scope: Scope | None = None) -> list[int]:
        """Return the numbers in scope that were not evicted; the caller holds the lock."""
        spans = [range(max(start, self._first), end) for start, end in self._spans(scope)]
        if not self._gone(scope):
            return list(chain.from_iterable(spans))
        return [n for span in spans for n in span if self._is_kept(n)]

    def _is_kept(self, n: int) -> bool:
        return self._positions[n - self._first] != EVICTED

    def _gone(self, scope: Scope | None = None) -> int:
        """Return how many of the positions in scope are of evicted entries."""
        places = (
            self._positions[max(start - self._first, 0) : max(end - self._first, 0)]
            for start, end in self._spans(scope)
        )
        return sum(stretch.count(EVICTED) for stretch in places)

    def _exchange(self, n: int, parts: int) -> Exchange | None:
        place = self._positions[n - self._first] if self._first <= n <= self.last_n else EVICTED
        if place == OPEN:
            return self._open[n]
        return revive(*self._ring.read(place, parts)) if place >= 0 else None

    def get(self, n: int, parts: int = WHOLE) -> Exchange | None:
        """Return an entry, or None where it is not, or no longer, there.

        `parts` says how much of it is read: FACTS, SENT with the request's body, or the WHOLE.
        """
        with self._changed:
            return self._exchange(n, parts)

    def facts(self, scope: Scope, limit: int, also: Iterable[int] = ()) -> list[Exchange]:
        """Return entries without their bodies: those of `also`, and the first in scope."""
        with self._changed:
            numbers = islice(chain(also, self._kept(scope)), limit)
            entries = (self._exchange(n, FACTS) for n in numbers)
            return [exchange for exchange in entries if exchange]

    def get_all(self, numbers: Iterable[int], parts: int = WHOLE) -> Iterator[Exchange]:
        """Yield those of these entries that are still there, as `get` does."""
        return (exchange for n in numbers if (exchange := self.get(n, parts)))

    def entries(self, scope: Scope | None = None, parts: int = WHOLE) -> Iterator[Exchange]:
        """Yield the entries in scope as of now, oldest first, as `get` does."""
        with self._changed:
            numbers = self._kept(scope)
        yield from self.get_all(numbers, parts)

    def select(self, accepts: Accepts, scope: Scope | None = None) -> Iterator[int]:
        """Yield the numbers of the entries in scope of the kinds that are accepted, in order."""
        with self._changed:
            lists = self._lists(accepts, scope)
            if self._gone(scope):
                lists = [[n for n in numbers if self._is_kept(n)] for numbers in lists]
        return heapq.merge(*lists)

    def count(self, accepts: Accepts, scope: Scope | None = None) -> int:
        """Return how many entries in scope are of the kinds that are accepted, evicted ones too."""
        with self._changed:
            return sum(map(len, self._lists(accepts, scope)))

    def _lists(self, accepts: Accepts, scope: Scope | None) -> list[Sequence[int]]:
        found: list[Sequence[int]] = []
        for start, end in self._spans(scope):
            first = max(start, self._first)
            found += self._index.select(accepts, first, end)
            apart = self.get_all(self._index.apart(first, end), FACTS)
            found.append([one.n for one in apart if accepts(kind_of(one))])
        return found

    def evicted(self, scope: Scope | None = None) -> int:
        """Return how many entries in scope gave way to newer ones, or may have."""
        with self._changed:
            spans = self._spans(scope)
            reaches_back = not spans or any(start < self._first for start, _ in spans)
            return self._gone(scope) + (self._forgotten if reaches_back else 0)

    def mark(self, name: str | None) -> None:
        """Let later entries carry this mark."""
        with self._changed:
            if self._marks[-1][0] > self.last_n:
                self._marks.pop()
            self._marks.append((self.last_n + 1, name))

    def clear(self) -> None:
        """Drop every entry; numbers and the mark go on."""
        with self._changed:
            self._ring.clear()
            self._open.clear()
            self._first, self._forgotten = self.last_n + 1, 0
            self._marks = [(self._first, self._marks[-1][1])]
            self._positions, self._index = array("q"), Index()
            self._tell()

    def reset(self) -> None:
        """Start over with number 1 and no mark; whoever waits is told."""
        with self._changed:
            self._start_over()
            self._tell()

    def wait_beyond(self, n: int, epoch: int, timeout_s: float) -> bool:
        """Wait for an entry after number `n`; False at the timeout, a reset or the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.last_n > n or self._epoch != epoch, timeout_s)
            return self._epoch == epoch and self.last_n > n

    def wait_for_change(self, changes: int, timeout_s: float) -> int:
        """Wait until the number of changes is another one, and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes != changes, timeout_s)
            return self._changes

    def _tell(self) -> None:
        self._changes += 1
        self._changed.notify_all()


def kind_of(exchange: Exchange) -> Kind:
    """Return what an entry has in common with others of its list."""
    return Kind(exchange.method, exchange.path, exchange.matched)


def read_query(text: str) -> dict[str, str | list[str]]:
    """Return a query string as an object; a key that is given twice has a list."""
    pairs = parse_qs(text, keep_blank_values=True) if text else {}
    return {key: values[0] if len(values) == 1 else values for key, values in pairs.items()}
