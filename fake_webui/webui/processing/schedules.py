"""Prompt editing: which text of `[before:after:when]` and `[a|b]` is in force at which step."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = re.compile(r"(?:[^\\\[\]():|]|\\.)+")
_WHEN = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*\]")
_AND = re.compile(r"\bAND\b(?!_PERP|_SALT|_TOPK)")
_WEIGHT = re.compile(r"(?<!\s)\s*+:\s*+[-+]?(?:\d+\.?|\d*\.\d+)\s*+\Z")
STRAY = "[]():"
MOST_STEPS = 1000  # at which a text may change; more are taken for so many
DEEPEST = 50  # brackets in brackets that are looked into

Part = Callable[[int], str]  # from the step to the text that is in force there


@dataclass(frozen=True, slots=True)
class Timeline:
    """How positions in a prompt become steps; those of a second pass count on after the first."""

    steps: int
    passed: int = 0
    second: bool = False
    old: bool = False

    def step(self, when: str) -> int:
        """Return the last step before a change."""
        value = float(when)
        if self.old:
            value = value * self.steps if value < 1 else value
        elif "." in when:
            value = (value - self.second) * self.steps
        else:
            value -= self.passed
        return min(self.steps, int(value))


def timeline(steps: int, hires_steps: int | None = None, *, old: bool = False) -> Timeline:
    """Return the timeline of a pass of `steps`, or of the second one of `hires_steps`."""
    if hires_steps is None or old:
        return Timeline(min(steps, MOST_STEPS), old=old)
    return Timeline(min(hires_steps, MOST_STEPS), passed=steps, second=True)


@lru_cache(maxsize=16)
def schedule(prompt: str, when: Timeline) -> tuple[tuple[int, str], ...]:
    """Return the texts that a prompt stands for, each with the last step it is in force at."""
    reader = _Reader(prompt, when)
    try:
        parts = reader.read()
    except _UnreadableError:
        return ((when.steps, prompt),)
    ends = sorted({when.steps, *reader.changes})
    return tuple((end, "".join(part(end) for part in parts)) for end in ends)


def joined_prompts(prompt: str) -> list[str]:
    """Return the prompts that stand between AND, without their weights."""
    return list(dict.fromkeys(_WEIGHT.sub("", part) for part in _AND.split(prompt)))


class _UnreadableError(Exception):
    """A prompt that the grammar doesn't have."""


class _Reader:
    """Reads one prompt; `changes` are the steps at which its text changes."""

    def __init__(self, text: str, when: Timeline) -> None:
        self._text = text
        self._timeline = when
        self._place = self._depth = 0
        self.changes: set[int] = set()

    def read(self) -> list[Part]:
        """Return the parts of the whole prompt; brackets without a partner stand for themselves."""
        parts: list[Part] = []
        while self._place < len(self._text):
            parts += self._sequence()
            if self._place < len(self._text):
                if self._text[self._place] not in STRAY:
                    raise _UnreadableError
                parts.append(_fixed(self._text[self._place]))
                self._place += 1
        return parts

    def _sequence(self) -> list[Part]:
        """Return parts up to what can't be part of a prompt inside brackets."""
        parts: list[Part] = []
        while (part := self._plain() or self._bracketed()) is not None:
            parts.append(part)
        return parts

    def _plain(self) -> Part | None:
        found = _PLAIN.match(self._text, self._place)
        if found is None:
            return None
        self._place = found.end()
        return _fixed(found[0])

    def _bracketed(self) -> Part | None:
        """Return what a pair of brackets stands for, None where there is none."""
        start, changes = self._place, set(self.changes)
        opening = self._text[start : start + 1]
        if opening not in ("(", "["):
            return None
        self._place += 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise _UnreadableError
        part = self._weighted() if opening == "(" else self._edited()
        self._depth -= 1
        if part is None:
            self._place, self.changes = start, changes
        return part

    def _weighted(self) -> Part | None:
        parts = self._sequence()
        if self._takes(":"):
            parts = [*parts, _fixed(":"), *self._sequence()]
        return _joined([_fixed("("), *parts, _fixed(")")]) if self._takes(")") else None

    def _edited(self) -> Part | None:
        first = self._sequence()
        if self._takes("]"):
            return _joined([_fixed("["), *first, _fixed("]")])
        if self._text[self._place : self._place + 1] == "|":
            return self._alternating(_joined(first))
        return self._changing(first) if self._takes(":") else None

    def _alternating(self, first: Part) -> Part | None:
        choices = [first]
        while self._takes("|"):
            choices.append(_joined(self._sequence()))
        self.changes.update(range(1, self._timeline.steps + 1))
        return (lambda step: choices[(step - 1) % len(choices)](step)) if self._takes("]") else None

    def _changing(self, first: list[Part]) -> Part | None:
        """Return what is read after the first colon: a second text, and when it comes."""
        before, after = _joined([]), _joined(first)
        found = _WHEN.match(self._text, self._place)
        if found is None:
            before, after = after, _joined(self._sequence())
            if not self._takes(":"):
                return None
            found = _WHEN.match(self._text, self._place)
        if found is None:
            return None
        self._place = found.end()
        last = self._timeline.step(found[1])
        if last >= 1:
            self.changes.add(last)
        return lambda step: before(step) if step <= last else after(step)

    def _takes(self, mark: str) -> bool:
        taken = self._text.startswith(mark, self._place)
        self._place += taken
        return taken


def _fixed(text: str) -> Part:
    return lambda _: text


def _joined(parts: list[Part]) -> Part:
    return lambda step: "".join(part(step) for part in parts)


def texts_of(prompts: list[str], when: Timeline) -> Iterator[list[str]]:
    """Yield the texts that each different prompt stands for."""
    for prompt in dict.fromkeys(prompts):
        yield [text for _, text in schedule(prompt, when)]
