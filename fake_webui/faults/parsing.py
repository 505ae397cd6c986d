"""Fault rules as people write them: in JSON, or as one word of the command line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fake_webui.config.settings import FAULT_FORM
from fake_webui.contract.endpoint import Index
from fake_webui.errors import ConfigError, ControlError
from fake_webui.faults.actions import ACTIONS, Action
from fake_webui.faults.rules import OK, FaultRule, Step
from fake_webui.journal.matching import Match, known, parse_match
from fake_webui.wording import shown

LONGEST_SEQUENCE = 1000
RULE_KEYS = ("match", "when", "times", "action", "with")
WHEN_FORMS = 'when is "first", "every", {"nth": n} or {"probability": p}'


Actions = Mapping[str, Action]


def parse_rule(value: Any, endpoints: Index, actions: Actions = ACTIONS) -> FaultRule:
    """Read a rule out of JSON, for a server that has these endpoints and actions.

    Raises:
        ControlError: 422 that says what is allowed, with the list of actions where that helps.
    """
    if not isinstance(value, dict) or set(value) - set(RULE_KEYS):
        unknown = sorted(set(value) - set(RULE_KEYS)) if isinstance(value, dict) else [value]
        raise ControlError(
            422, f"a rule has no {shown(unknown[0])}; its keys are {known(RULE_KEYS)}"
        )
    chosen = parse_actions(value.get("action"), actions)
    match = parse_match(value.get("match") or {})
    is_sequence = isinstance(value.get("action"), list)
    when = value.get("when", "first" if is_sequence else "every")
    lone = chosen[0].times if chosen[0] and not is_sequence else None
    given = value.get("with") or {}
    check_keys(chosen, given)
    return FaultRule(
        steps=tuple(parse_step(action, match, given, endpoints) for action in chosen),
        match=match,
        when=when,
        **parse_when(when, value.get("times", lone)),
    )


def parse_actions(named: Any, actions: Actions) -> list[Action | None]:
    """Return the action of a rule, or those of a sequence, in which `ok` is none.

    Raises:
        ControlError: 422 with the names there are.
    """
    if not isinstance(named, list):
        return [parse_action(named, actions)]
    if not 0 < len(named) <= LONGEST_SEQUENCE:
        raise ControlError(422, f"a sequence has 1 to {LONGEST_SEQUENCE} actions, not {len(named)}")
    return [None if one == OK else parse_action(one, actions) for one in named]


def parse_step(action: Action | None, match: Match, given: Any, endpoints: Index) -> Step:
    """Return what one request gets, with those of the given settings that the action has.

    Raises:
        ControlError: 422 where it makes no sense, or a setting is wrong.
    """
    if action is None:
        return Step()
    paths = action.paths(endpoints)
    if action.work and match.path is not None and match.path not in paths:
        raise ControlError(
            422,
            f"{action.name} makes no sense on {match.path}; it does on {known(paths)}",
            endpoints=list(paths),
        )
    return Step(action=action, paths=paths, settings=parse_settings(action, given))


def parse_action(name: Any, actions: Actions) -> Action:
    """Return the action of this name.

    Raises:
        ControlError: 422 with the names there are.
    """
    if isinstance(name, str) and name in actions:
        return actions[name]
    why = f"there is no action {shown(name)}"
    if isinstance(name, str) and name in ACTIONS:
        why = f"{name} can't be had with --upstream, where a real WebUI answers"
    raise ControlError(422, f"{why}; there are {known(actions)}", actions=list(actions))


def parse_when(when: Any, times: Any) -> dict[str, Any]:
    """Return nth, probability and times of a rule; `first` and `nth` fire once unless told.

    Raises:
        ControlError: 422 with the forms there are.
    """
    if times is not None and not is_count(times):
        raise ControlError(422, f"times must be a whole number of 1 or more, not {shown(times)}")
    if when == "every":
        return {"times": times}
    if when == "first":
        return {"times": times or 1}
    match when:
        case {"nth": nth, **rest} if not rest and is_count(nth):
            return {"nth": nth, "times": times or 1}
        case {"probability": share, **rest} if not rest and is_share(share):
            return {"probability": share, "times": times}
    raise ControlError(422, f"{WHEN_FORMS}, not {shown(when)}")


def is_count(value: Any) -> bool:
    """Return whether a value is a whole number of 1 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_share(value: Any) -> bool:
    """Return whether a value is a number from 0 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def check_keys(chosen: Sequence[Action | None], given: Any) -> None:
    """Refuse settings that none of the actions has.

    Raises:
        ControlError: 422 with those that there are.
    """
    acting = [action for action in chosen if action]
    names = list(dict.fromkeys(one.name for action in acting for one in action.settings))
    if not isinstance(given, dict) or set(given) - set(names):
        who = ", ".join(dict.fromkeys(action.name for action in acting)) or OK
        takes = f"takes {known(names)}" if names else "takes nothing"
        raise ControlError(422, f"with {shown(given)}: {who} {takes}", allowed=names)


def parse_settings(action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an action, as given or their defaults.

    Raises:
        ControlError: 422 with what a setting must be.
    """
    for setting in action.settings:
        if setting.name in given and (problem := setting.problem(given[setting.name])):
            raise ControlError(
                422,
                f"{setting.name} of {action.name} must be {problem}: {shown(given[setting.name])}",
            )
    return {
        one.name: given.get(one.name, one.default)
        for one in action.settings
        if one.name in given or not one.optional
    }


def parse_spec(spec: str, endpoints: Index, actions: Actions = ACTIONS) -> FaultRule:
    """Read a rule of the command line.

    Raises:
        ConfigError: with what is wrong and the form.
    """
    try:
        return parse_word(spec, endpoints, actions)
    except ControlError as error:
        raise ConfigError(f"--fault {spec}: {error.message}") from error


def parse_word(spec: str, endpoints: Index, actions: Actions = ACTIONS) -> FaultRule:
    """Read a rule as it is written on the command line: `txt2img:out-of-memory:first`.

    Raises:
        ControlError: 422 with what is wrong and the form.
    """
    head, has_body, body = spec.partition(":body=")
    endpoint, *words = head.split(":")
    if set(endpoint.split(",")) <= {*ACTIONS, OK}:
        endpoint, words = "*", [endpoint, *words]
    named = words[0] if words else endpoint
    rule: dict[str, Any] = {"action": named.split(",") if "," in named else named, "with": {}}
    if endpoint != "*":
        rule["match"] = {"path": endpoint}
    if has_body:
        rule["with"]["body"] = spec_value(body)
    for word in words[1:]:
        rule = with_word(rule, word)
    try:
        return parse_rule(rule, endpoints, actions)
    except ControlError as error:
        raise ControlError(422, f"{error.message} (form: {FAULT_FORM})", **error.facts) from error


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
    except (ValueError, RecursionError):
        return text
