"""Does the journal hold what a test expects of it? And if not, what came nearest?"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fake_webui.errors import ControlError
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.matching import Match, known, parse_match
from fake_webui.journal.nearest import lines_on, nearest, overview
from fake_webui.journal.recorder import SENT, Recorder, Scope
from fake_webui.wording import shown

NUMBERS_SHOWN = 20
LONGEST_WAIT_S = 600.0
DEFAULT_WAIT_S = 10.0
CLIENT_POLL_S = 0.5  # between two looks whether whoever waits is still there
QUESTION_KEYS = ("match", "exactly", "at_least", "timeout_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the journal: which exchanges, how many, and how long to wait for them."""

    match: Match = field(default_factory=Match)
    exactly: int | None = None
    at_least: int | None = None
    timeout_s: float = DEFAULT_WAIT_S

    @property
    def scope(self) -> Scope:
        """The part of the journal that can answer."""
        return Scope(mark=self.match.mark)

    def holds_for(self, count: int) -> bool:
        """Return whether this many exchanges are as expected."""
        if self.exactly is not None:
            return count == self.exactly
        return count >= (self.at_least or 0)

    def is_lost_at(self, count: int) -> bool:
        """Return whether no later exchange can make it right."""
        return self.exactly is not None and count > self.exactly

    def __str__(self) -> str:
        asked = self.exactly if self.exactly is not None else self.at_least or 0
        how = "exactly" if self.exactly is not None else "at least"
        return f"{how} {asked} request{'' if asked == 1 else 's'}"


def parse_question(value: Any) -> Question:
    """Read a question out of JSON; no body at all asks about every request.

    Raises:
        ControlError: 422 that says what is allowed.
    """
    if value is None:
        return Question()
    if not isinstance(value, dict) or set(value) - set(QUESTION_KEYS):
        raise ControlError(422, f"the body is an object with any of {known(QUESTION_KEYS)}")
    if "exactly" in value and "at_least" in value:
        raise ControlError(422, "give exactly or at_least, not both")
    for key in ("exactly", "at_least"):
        check_number(key, value.get(key, 0), whole=True)
    timeout_s = check_number("timeout_s", value.get("timeout_s", DEFAULT_WAIT_S), whole=False)
    if timeout_s > LONGEST_WAIT_S:
        raise ControlError(422, f"timeout_s is at most {LONGEST_WAIT_S:g} seconds")
    match = parse_match(value.get("match", {}))
    return Question(**value | {"match": match, "timeout_s": timeout_s})


def check_number(key: str, value: Any, *, whole: bool) -> float:
    """Return a number of 0 or more.

    Raises:
        ControlError: 422 for anything else.
    """
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < math.inf:
        what = "a whole number" if whole else "a number"
        raise ControlError(422, f"{key} must be {what}, 0 or more, not {shown(value)}")
    return value


def count(recorder: Recorder, question: Question) -> int:
    """Return how many exchanges match.

    Raises:
        ControlError: 410 where evicted entries make that unknowable, 409 where it is not as
            the question expects.
    """
    found = how_many(recorder, question.match)
    refuse_after_eviction(recorder, question)
    check(recorder, question, found)
    return found


def find(recorder: Recorder, question: Question) -> Iterator[Exchange]:
    """Return the exchanges that match, oldest first.

    Raises:
        ControlError: 410 where an exact number was asked for and entries were evicted, 409
            where the number is not as expected.
    """
    numbers = list(matching(recorder, question.match))
    if question.exactly is not None:
        refuse_after_eviction(recorder, question)
    check(recorder, question, len(numbers))
    return recorder.get_all(numbers, SENT)


def wait(
    recorder: Recorder, question: Question, has_gone: Callable[[], bool] = lambda: False
) -> Iterator[Exchange]:
    """Return the exchanges that match as soon as they are as many as expected, by default one.

    `has_gone` says whether nobody waits for the answer any more.

    Raises:
        ControlError: 409 at the timeout, at a reset, or as soon as there are too many; 410
            where an exact number was asked for and entries were evicted.
    """
    if question.exactly is None and question.at_least is None:
        question = replace(question, at_least=1)
    epoch = recorder.epoch
    numbers = collect(recorder, question, has_gone)
    if recorder.epoch != epoch:
        raise ControlError(409, f"the server was reset while waiting for {question}")
    if question.exactly is not None:
        refuse_after_eviction(recorder, question)
    check(recorder, question, len(numbers))
    return recorder.get_all(numbers, SENT)


def collect(recorder: Recorder, question: Question, has_gone: Callable[[], bool]) -> list[int]:
    """Return the numbers of what matches, once that decides the question or time is up."""
    deadline = time.monotonic() + question.timeout_s
    epoch, seen, numbers = recorder.epoch, 0, list[int]()
    while True:
        last = recorder.last_n
        numbers += matching(recorder, question.match, Scope(seen, question.match.mark, last))
        if question.holds_for(len(numbers)) or question.is_lost_at(len(numbers)):
            return numbers
        seen = last
        while not recorder.wait_beyond(seen, epoch, min(CLIENT_POLL_S, left_s(deadline))):
            if not left_s(deadline) or recorder.epoch != epoch or has_gone():
                return numbers


def left_s(deadline: float) -> float:
    """Return the seconds until a moment of the monotonic clock, 0 after it."""
    return max(0.0, deadline - time.monotonic())


def matching(recorder: Recorder, match: Match, scope: Scope | None = None) -> Iterator[int]:
    """Yield the numbers of the exchanges that match, in all of the journal or in `scope`."""
    numbers = recorder.select(match.accepts_kind, scope or Scope(mark=match.mark))
    if match.payload is None:
        return numbers
    return (one.n for one in recorder.get_all(numbers, SENT) if match.accepts(one))


def how_many(recorder: Recorder, match: Match) -> int:
    """Return how many exchanges match; none has to be read unless its payload counts."""
    if match.payload is None:
        return recorder.count(match.accepts_kind, Scope(mark=match.mark))
    return sum(1 for _ in matching(recorder, match))


def refuse_after_eviction(recorder: Recorder, question: Question) -> None:
    """Refuse an answer that could be wrong.

    Raises:
        ControlError: 410 with the number of evicted entries.
    """
    if gone := recorder.evicted(question.scope):
        raise ControlError(
            410,
            f"{gone} entries in question were evicted, so the number is not known any more: "
            "DELETE requests or reset between tests, ask under a mark, or raise the journal's cap",
            evicted=gone,
        )


def check(recorder: Recorder, question: Question, found: int) -> None:
    """Compare the number found with the number expected.

    Raises:
        ControlError: 409 with what was found, or with what came nearest and how it differed.
    """
    if question.holds_for(found):
        return
    sentence = f"expected {question} like {shown(question.match.as_json())}, found {found}"
    if question.is_lost_at(found):
        numbers = list(matching(recorder, question.match))
        listed = ", ".join(f"#{n}" for n in numbers[:NUMBERS_SHOWN])
        text = f"{sentence}: {listed}\n\n{overview(recorder, question.match.mark)}"
        raise ControlError(409, text, found=found, requests=numbers)
    misses = nearest(recorder, question.match)
    parts = [sentence, overview(recorder, question.match.mark), *lines_on(misses, recorder)]
    entries = [miss.as_json(recorder) for miss in misses]
    raise ControlError(409, "\n\n".join(parts), found=found, nearest=entries)
