"""Fault rules: which requests fail, when, and how.

A request gets at most one fault: that of the first rule, in the order they were added, that
fires. Rules after that one do not see the request, so two rules that fire `first` fail two
requests in turn. Whether a rule fires depends on nothing but the seed, the rule's position
since reset and the ordinal of the match, so a run repeats exactly, threads or not.
"""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_webui.errors import ConfigError, ControlError
from fake_webui.exchange import Exchange
from fake_webui.fault_actions import ACTIONS, API, Action
from fake_webui.matching import Match, known, parse_match

RULE_KEYS = ("match", "when", "times", "action", "with")
WHEN_FORMS = 'when is "first", "every", {"nth": n} or {"probability": p}'
SPEC_FORM = "[ENDPOINT:]ACTION[:first|every|nth=N|probability=P][:times=N][:KEY=VALUE …]"
HASH_RANGE = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """Which requests fail and how. It is due from the `nth` match on, `times` times at most.

    `times` None means for ever; `probability` is drawn for each match that is due.
    """

    action: Action
    match: Match = field(default_factory=Match)
    when: Any = "every"
    nth: int = 1
    probability: float = 1.0
    times: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, exchange: Exchange) -> bool:
        """Say whether this request can show the fault and is one that is meant."""
        return self.action.makes_sense_on(exchange.path) and self.match.accepts(exchange)

    def as_json(self) -> dict[str, Any]:
        """Return the rule as it would be posted."""
        return {
            "match": self.match.as_json(),
            "when": self.when,
            "times": self.times,
            "action": self.action.name,
            "with": dict(self.settings),
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request: an action, its settings, and a number to draw from."""

    name: str
    settings: Mapping[str, Any]
    draw: int


@dataclass(slots=True)
class Entry:
    """A rule in the book, and how often it was met and fired."""

    position: int
    rule: FaultRule
    seen: int = 0
    fired: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the rule with its position and counts."""
        counts = {"seen": self.seen, "fired": self.fired}
        return {"id": self.position, **self.rule.as_json(), **counts}


class FaultBook:
    """The rules in force. Safe for any number of threads."""

    def __init__(self, initial: Sequence[FaultRule] = (), seed: int | None = None) -> None:
        self._initial = tuple(initial)
        self._seed = seed or 0
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Put the rules back that were there at start, as if nothing had happened."""
        with self._lock:
            self._entries: list[Entry] = []
            self._added = 0
        for rule in self._initial:
            self.add(rule)

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

    def decide(self, exchange: Exchange) -> Fault | None:
        """Return the fault that this request gets, if any, and count it."""
        with self._lock:
            for entry in self._entries:
                if entry.rule.matches(exchange):
                    entry.seen += 1
                    draw = self._draw(entry)
                    if is_due(entry, draw):
                        entry.fired += 1
                        return Fault(entry.rule.action.name, entry.rule.settings, draw)
        return None

    def _draw(self, entry: Entry) -> int:
        """Return a number below HASH_RANGE that this match always gets."""
        text = f"{self._seed}:{entry.position}:{entry.seen}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def is_due(entry: Entry, draw: int) -> bool:
    """Say whether a rule fires at the match that was just counted."""
    rule = entry.rule
    if entry.seen < rule.nth or (rule.times is not None and entry.fired >= rule.times):
        return False
    return draw < rule.probability * HASH_RANGE


def parse_rule(value: Any) -> FaultRule:
    """Read a rule out of JSON.

    Raises:
        ControlError: 422 that says what is allowed, with the list of actions where that helps.
    """
    if not isinstance(value, dict) or set(value) - set(RULE_KEYS):
        unknown = sorted(set(value) - set(RULE_KEYS)) if isinstance(value, dict) else [value]
        raise ControlError(422, f"a rule has no {unknown[0]!r}; its keys are {known(RULE_KEYS)}")
    action = parse_action(value.get("action"))
    match = parse_match(value.get("match") or {})
    if match.path is not None and not action.makes_sense_on(match.path):
        raise ControlError(
            422,
            f"{action.name} makes no sense on {match.path}; it does on {known(action.endpoints)}",
            endpoints=list(action.endpoints),
        )
    when = value.get("when", "every")
    return FaultRule(
        action=action,
        match=match,
        when=when,
        **parse_when(when, value.get("times")),
        settings=parse_settings(action, value.get("with") or {}),
    )


def parse_action(name: Any) -> Action:
    """Return the action of this name.

    Raises:
        ControlError: 422 with the names there are.
    """
    if not isinstance(name, str) or name not in ACTIONS:
        raise ControlError(
            422, f"there is no action {name!r}; there are {known(ACTIONS)}", actions=list(ACTIONS)
        )
    return ACTIONS[name]


def parse_when(when: Any, times: Any) -> dict[str, Any]:
    """Return nth, probability and times of a rule; `first` and `nth` fire once unless told.

    Raises:
        ControlError: 422 with the forms there are.
    """
    if times is not None and not is_count(times):
        raise ControlError(422, f"times must be a whole number of 1 or more, not {times!r}")
    if when == "every":
        return {"times": times}
    if when == "first":
        return {"times": times or 1}
    match when:
        case {"nth": nth, **rest} if not rest and is_count(nth):
            return {"nth": nth, "times": times or 1}
        case {"probability": share, **rest} if not rest and is_share(share):
            return {"probability": share, "times": times}
    raise ControlError(422, f"{WHEN_FORMS}, not {when!r}")


def is_count(value: Any) -> bool:
    """Say whether a value is a whole number of 1 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_share(value: Any) -> bool:
    """Say whether a value is a number from 0 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def parse_settings(action: Action, given: Any) -> dict[str, Any]:
    """Return every setting of an action, as given or its default.

    Raises:
        ControlError: 422 with the settings that the action has.
    """
    names = [setting.name for setting in action.settings]
    if not isinstance(given, dict) or set(given) - set(names):
        takes = f"takes {known(names)}" if names else "takes nothing"
        raise ControlError(422, f"with {given!r}: {action.name} {takes}", allowed=names)
    for setting in action.settings:
        if setting.name in given and (problem := setting.problem(given[setting.name])):
            raise ControlError(
                422, f"{setting.name} of {action.name} must be {problem}: {given[setting.name]!r}"
            )
    return {one.name: given.get(one.name, one.default) for one in action.settings}


def parse_spec(spec: str) -> FaultRule:
    """Read a rule as it is written on the command line: `txt2img:out-of-memory:first`.

    Raises:
        ConfigError: with what is wrong and the form.
    """
    head, has_body, body = spec.partition(":body=")
    endpoint, *words = head.split(":")
    if endpoint in ACTIONS:
        endpoint, words = "*", [endpoint, *words]
    rule: dict[str, Any] = {"action": words[0] if words else None, "with": {}}
    if endpoint != "*":
        rule["match"] = {"path": endpoint if endpoint.startswith("/") else f"{API}{endpoint}"}
    if has_body:
        rule["with"]["body"] = spec_value(body)
    for word in words[1:]:
        rule = with_word(rule, word)
    try:
        return parse_rule(rule)
    except ControlError as error:
        raise ConfigError(f"--fault {spec}: {error.message} (form: {SPEC_FORM})") from error


def with_word(rule: dict[str, Any], word: str) -> dict[str, Any]:
    """Return a rule with one more word of its specification read into it."""
    key, equals, value = word.partition("=")
    if not equals:
        return rule | {"when": key}
    if key in ("nth", "probability"):
        return rule | {"when": {key: spec_value(value)}}
    if key == "times":
        return rule | {"times": spec_value(value)}
    return rule | {"with": rule["with"] | {key: spec_value(value)}}


def spec_value(text: str) -> Any:
    """Return a value of a specification: JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
