"""The journal itself: order, marks, the cap, waiting."""

import threading
import weakref

import pytest

from fake_webui.journal.index import MOST_KINDS, Accepts
from fake_webui.journal.recorder import Recorder, Scope


def add(recorder: Recorder, path: str = "/sdapi/v1/txt2img", body: bytes = b"{}") -> int:
    """Record one finished request and return its number."""
    exchange = recorder.begin("POST", path, body=body)
    recorder.finish(exchange, 200, b'{"images": []}')
    return exchange.n


@pytest.fixture
def recorder() -> Recorder:
    """A journal with room for a few entries of 100 bytes' payload."""
    return Recorder(capacity_bytes=8_192)


def numbers(recorder: Recorder, scope: Scope | None = None) -> list[int]:
    """Return the numbers of the entries in scope."""
    return [exchange.n for exchange in recorder.entries(scope)]


def test_an_entry_exists_before_its_answer(recorder: Recorder) -> None:
    """An open request is in the journal without a status."""
    exchange = recorder.begin("GET", "/sdapi/v1/options", "a=1&a=2&b=", {"Host": "x"})
    (entry,) = recorder.entries()
    assert (entry.n, entry.status, entry.query) == (1, None, {"a": ["1", "2"], "b": ""})
    recorder.finish(exchange, 200, b"{}", "application/json")
    (entry,) = recorder.entries()
    assert (entry.status, entry.answer, entry.headers) == (200, b"{}", {"Host": "x"})


def test_entries_stay_in_the_order_they_began(recorder: Recorder) -> None:
    """A request that takes long keeps its place."""
    slow = recorder.begin("POST", "/slow")
    add(recorder)
    recorder.finish(slow, 200)
    assert [one.path for one in recorder.entries()] == ["/slow", "/sdapi/v1/txt2img"]


def test_old_entries_give_way_and_are_counted(recorder: Recorder) -> None:
    """The newest entries are kept, read back whole, and the others are known to be gone."""
    for number in range(200):
        add(recorder, body=b'{"seed": %d}' % number)
    kept = numbers(recorder)
    assert kept == list(range(201 - len(kept), 201))
    assert 5 < len(kept) < 60
    assert recorder.evicted() == 200 - len(kept)
    assert [one.payload["seed"] for one in recorder.entries()] == [n - 1 for n in kept]
    assert recorder.used_bytes <= 8_192


def test_memory_positions_are_trimmed_without_losing_the_count(recorder: Recorder) -> None:
    """After many thousands of evictions the numbers still fit the entries."""
    for _ in range(10_000):
        add(recorder)
    kept = numbers(recorder)
    assert kept[-1] == 10_000
    assert recorder.evicted() == 10_000 - len(kept)
    assert recorder.get(1) is None
    assert recorder.get(10_000) is not None


def test_eviction_before_a_mark_does_not_concern_it(recorder: Recorder) -> None:
    """Questions under a mark stay exact when only older entries are gone."""
    for _ in range(200):
        add(recorder)
    recorder.mark("mine")
    add(recorder)
    assert recorder.evicted(Scope(mark="mine")) == 0
    assert recorder.evicted(Scope(since=200)) == 0
    assert numbers(recorder, Scope(mark="mine")) == [201]


@pytest.mark.parametrize("count", [200, 10_000])
def test_eviction_within_a_mark_is_known(recorder: Recorder, count: int) -> None:
    """An evicted stretch of a mark is counted, also once its positions are forgotten."""
    recorder.mark("mine")
    for _ in range(count):
        add(recorder)
    recorder.mark("other")
    add(recorder)
    kept = len(numbers(recorder, Scope(mark="mine")))
    assert recorder.evicted(Scope(mark="mine")) == count - kept


def test_a_mark_that_is_forgotten_is_not_taken_for_empty(recorder: Recorder) -> None:
    """When all entries of a mark are gone, so may be what was asked for."""
    recorder.mark("old")
    add(recorder)
    recorder.mark("new")
    for _ in range(10_000):
        add(recorder)
    assert recorder.evicted(Scope(mark="old")) > 0


class Name(str):
    """A mark of which one can tell whether anybody still has it."""

    __slots__ = ("__weakref__",)


def test_marks_are_kept_no_longer_than_their_entries(recorder: Recorder) -> None:
    """A suite that marks each of its tests does not fill the memory."""
    name = Name("old")
    still_there = weakref.ref(name)
    recorder.mark(name)
    add(recorder)
    recorder.mark("new")
    del name
    assert still_there()
    for _ in range(10_000):
        add(recorder)
    assert not still_there()


def test_marks_may_come_again(recorder: Recorder) -> None:
    """Entries under the same mark belong together, whatever came between."""
    for mark in ("a", "b", "a"):
        recorder.mark(mark)
        add(recorder)
    assert numbers(recorder, Scope(mark="a")) == [1, 3]


def test_an_entry_too_large_for_the_journal_is_kept_without_its_body(recorder: Recorder) -> None:
    """The entry stays, and says what it lacks."""
    add(recorder, body=b"x" * 5_000)
    (entry,) = recorder.entries()
    assert entry.body == b""
    assert entry.findings == ["body of 5000 bytes not kept: too large"]


def test_deleting_keeps_numbers_and_marks(recorder: Recorder) -> None:
    """After deleting, numbers go on, and what finishes late stays deleted."""
    recorder.mark("mine")
    add(recorder)
    late = recorder.begin("POST", "/late")
    recorder.clear()
    recorder.finish(late, 200)
    assert numbers(recorder) == []
    assert recorder.evicted() == 0
    assert add(recorder) == 3
    assert numbers(recorder, Scope(mark="mine")) == [3]


def test_reset_starts_with_number_one(recorder: Recorder) -> None:
    """What was open before a reset can't touch the entry that has its number now."""
    old = recorder.begin("POST", "/old")
    recorder.reset()
    new = recorder.begin("POST", "/new")
    recorder.finish(old, 500)
    assert (old.n, new.n, new.status) == (1, 1, None)


def test_waiting_ends_with_the_entry_and_with_a_reset(recorder: Recorder) -> None:
    """A waiter wakes for a new entry, and is told when the journal starts over."""
    outcomes = []

    def wait() -> None:
        epoch = recorder.epoch
        outcomes.append(recorder.wait_beyond(0, epoch, 10))
        outcomes.append(recorder.wait_beyond(recorder.last_n, epoch, 10))

    waiter = threading.Thread(target=wait)
    waiter.start()
    add(recorder)
    while not outcomes:
        waiter.join(0.01)
    recorder.reset()
    waiter.join(10)
    assert outcomes == [True, False]


def test_numbers_are_dense_under_threads(recorder: Recorder) -> None:
    """Every request gets its own number and none is lost."""
    threads = [threading.Thread(target=lambda: [add(recorder) for _ in range(50)]) for _ in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.last_n == 200
    assert len(numbers(recorder)) + recorder.evicted() == 200


def accept(path: str) -> Accepts:
    """Accept the kinds of entries that were sent to this path."""
    return lambda kind: kind.path == path


def test_numbers_of_a_kind_are_found_in_order_under_their_mark(recorder: Recorder) -> None:
    """Kinds that are wanted come together in the order of the journal, those of other marks not."""
    for mark in ("mine", "other", "mine"):
        recorder.mark(mark)
        for path in ("/a", "/b", "/c"):
            add(recorder, path)
    mine = Scope(mark="mine")
    assert list(recorder.select(accept("/a"), mine)) == [1, 7]
    assert list(recorder.select(lambda kind: kind.path != "/b", mine)) == [1, 3, 7, 9]
    assert recorder.count(accept("/b")) == 3
    assert list(recorder.select(accept("/c"), Scope(since=3, through=8))) == [6]


def test_numbers_of_a_kind_forget_what_was_evicted() -> None:
    """After many evictions the index says what the entries say."""
    recorder = Recorder(capacity_bytes=8_192)
    for number in range(10_000):
        add(recorder, "/even" if number % 2 else "/odd")
    kept = [one.n for one in recorder.entries() if one.path == "/even"]
    assert list(recorder.select(accept("/even"))) == kept


def test_addresses_without_end_are_told_apart_all_the_same() -> None:
    """More addresses than the index keeps lists for are found too."""
    recorder = Recorder()
    for number in range(MOST_KINDS + 5):
        add(recorder, f"/{number}")
    add(recorder, "/0")
    late = f"/{MOST_KINDS + 3}"
    assert list(recorder.select(accept(late))) == [MOST_KINDS + 4]
    assert recorder.count(accept(late)) == 1
    assert list(recorder.select(accept("/0"))) == [1, MOST_KINDS + 6]
