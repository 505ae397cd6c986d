"""Fault rules: which requests fail, when, and how.

A request gets at most one fault: that of the first rule, in the order they were added, that
fires. Rules after that one do not see the request, so two rules that fire `first` fail two
requests in turn. Whether a rule fires depends on nothing but the seed, the rule's position
since reset and the ordinal of the match, so a run repeats exactly, threads or not.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fake_webui.faults.actions import Action
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.matching import Match

HASH_RANGE = 2**64
OK = "ok"  # in a sequence: this request gets what it asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one request gets: an action with its settings, or without one what it asked for.

    `paths` are those where the action makes sense, all if it says nothing of work.
    """

    action: Action | None = None
    paths: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The action's name, or `ok`."""
        return self.action.name if self.action else OK

    def makes_sense(self, path: str) -> bool:
        """Return whether a request to this path can show it."""
        return self.action is None or not self.action.work or path in self.paths

    def fault(self, draw: int) -> "Fault | None":
        """Return what happens to a request, None where nothing does."""
        return Fault(self.action.name, self.settings, draw) if self.action else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """Which requests fail and how. It is due from the `nth` match on, `times` times at most.

    Of several `steps` each match that is due gets the next, and `times` counts the rounds; None
    means for ever. `probability` is drawn for each match that is due.
    """

    steps: tuple[Step, ...]
    match: Match
    when: Any = "every"
    nth: int = 1
    probability: float = 1.0
    times: int | None = None

    @property
    def action(self) -> Action | None:
        """The action of its first step."""
        return self.steps[0].action

    def may_match(self, exchange: Exchange) -> bool:
        """Return whether this request can show every step and is meant, whatever its mark."""
        if not all(step.makes_sense(exchange.path) for step in self.steps):
            return False
        return replace(self.match, mark=None).accepts(exchange)

    def is_over(self, fired: int) -> bool:
        """Return whether it has fired as often as it does."""
        return self.times is not None and fired >= self.times * len(self.steps)

    def as_json(self) -> dict[str, Any]:
        """Return the rule as it would be posted."""
        names = [step.name for step in self.steps]
        return {
            "match": self.match.as_json(),
            "when": self.when,
            "times": self.times,
            "action": names if len(names) > 1 else names[0],
            "with": {key: value for step in self.steps for key, value in step.settings.items()},
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request: an action, its settings, and a number to draw from."""

    name: str
    settings: Mapping[str, Any]
    draw: int


@dataclass(slots=True, eq=False)
class Entry:
    """A rule in force, and how often it was met and fired."""

    position: int
    rule: FaultRule
    seen: int = 0
    fired: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the rule with its position and counts."""
        counts = {"seen": self.seen, "fired": self.fired}
        return {"id": self.position, **self.rule.as_json(), **counts}


class FaultRules:
    """The rules in force. Safe for any number of threads."""

    def __init__(self, initial: Sequence[FaultRule] = (), seed: int | None = None) -> None:
        self._initial = tuple(initial)
        self._initial_seed = seed
        self._lock = threading.Lock()
        self.reset()

    @property
    def initial(self) -> Sequence[FaultRule]:
        """The rules that were there at start."""
        return self._initial

    def reset(self) -> None:
        """Put the rules back that were there at start, as if nothing had happened."""
        with self._lock:
            self._entries: list[Entry] = []
            self._added = 0
        self.seed(self._initial_seed)
        for rule in self._initial:
            self.add(rule)

    def seed(self, seed: int | None) -> None:
        """Let what is drawn from now on depend on another seed."""
        self._seed = seed or 0

    def add(self, rule: FaultRule) -> dict[str, Any]:
        """Add a rule after all others and return it as JSON, with its position as `id`."""
        with self._lock:
            self._added += 1
            entry = Entry(self._added, rule)
            self._entries.append(entry)
            return entry.as_json()

    def remove(self, position: int | None = None) -> int:
        """Remove one rule, or all, and return how many that were."""
        with self._lock:
            kept = [one for one in self._entries if position not in (None, one.position)]
            removed = len(self._entries) - len(kept)
            self._entries = kept
            return removed

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules in force as JSON, in the order in which they are consulted."""
        with self._lock:
            return [entry.as_json() for entry in self._entries]

    def met(self, exchange: Exchange) -> list[Entry]:
        """Return the rules that mean this request, whatever mark it will get.

        Looking into a body takes time, in which nobody else is held up.
        """
        with self._lock:
            entries = list(self._entries)
        return [entry for entry in entries if entry.rule.may_match(exchange)]

    def decide(self, exchange: Exchange, met: Sequence[Entry] | None = None) -> Fault | None:
        """Return the fault that this request gets, if any, and count it.

        `met` are the rules that mean it, where that is known already.
        """
        met = self.met(exchange) if met is None else met
        with self._lock:
            for entry in met:
                if entry in self._entries and entry.rule.match.mark in (None, exchange.mark):
                    entry.seen += 1
                    draw = self._draw(entry)
                    if is_due(entry, draw):
                        step = entry.rule.steps[entry.fired % len(entry.rule.steps)]
                        entry.fired += 1
                        return step.fault(draw)
        return None

    def _draw(self, entry: Entry) -> int:
        """Return a number below HASH_RANGE that this match always gets."""
        text = f"{self._seed}:{entry.position}:{entry.seen}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def is_due(entry: Entry, draw: int) -> bool:
    """Return whether a rule fires at the match that was just counted."""
    rule = entry.rule
    if entry.seen < rule.nth or rule.is_over(entry.fired):
        return False
    return draw < rule.probability * HASH_RANGE
