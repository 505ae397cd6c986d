"""Fault rules: when they fire, and what is said about bad ones."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fake_webui.api import families
from fake_webui.contract import index
from fake_webui.errors import ConfigError, ControlError
from fake_webui.faults.actions import ACTIONS
from fake_webui.faults.latency import drawn_seconds
from fake_webui.faults.parsing import parse_rule, parse_spec
from fake_webui.faults.rules import OK, FaultRules
from fake_webui.journal.recorder import Recorder
from tests.pages import PAGES, part
from tests.support import fake_webui_cli

ENDPOINTS = index(families.ENDPOINTS, ["webui", "stop"])
TXT2IMG = "/sdapi/v1/txt2img"


def fired(rules: FaultRules, count: int = 10, path: str = TXT2IMG) -> list[int]:
    """Send `count` requests past the rules and return the ordinals of those that fail."""
    recorder = Recorder()
    exchanges = [recorder.begin("POST", path, body=b'{"steps": 5}') for _ in range(count)]
    return [one.n for one in exchanges if rules.decide(one)]


def in_force(*rules: dict[str, Any], seed: int = 1) -> FaultRules:
    """Return these rules in force."""
    made = FaultRules(seed=seed)
    for rule in rules:
        made.add(parse_rule({"action": "hang"} | rule, ENDPOINTS))
    return made


@pytest.mark.parametrize(
    ("rule", "ordinals"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"when": "every", "times": 2}, [1, 2]),
        ({"when": "first"}, [1]),
        ({"when": "first", "times": 3}, [1, 2, 3]),
        ({"when": {"nth": 3}}, [3]),
        ({"when": {"nth": 3}, "times": 2}, [3, 4]),
        ({"when": {"probability": 0}}, []),
        ({"when": {"probability": 1}, "times": 2}, [1, 2]),
        ({"match": {"path": "/sdapi/v1/img2img"}}, []),
        ({"match": {"payload": {"steps": 5}}, "when": "first"}, [1]),
        ({"match": {"payload": {"steps": 6}}}, []),
    ],
)
def test_a_rule_fires_when_it_says(rule: dict[str, Any], ordinals: list[int]) -> None:
    """`when` and `times` count the requests that match the rule."""
    assert fired(in_force(rule), 5) == ordinals


def test_a_probability_is_the_same_in_every_run() -> None:
    """The same seed fails the same requests; another seed fails others; about as many as asked."""
    rule = {"when": {"probability": 0.3}}
    first, again, other = (fired(in_force(rule, seed=seed), 1000) for seed in (1, 1, 2))
    assert first == again != other
    assert 250 < len(first) < 350


def test_rules_fire_in_turn() -> None:
    """A request gets one fault; the rules after it wait for the next request."""
    made = in_force({"action": "reset", "when": "first"}, {"action": "empty", "when": "first"})
    recorder = Recorder()
    faults = [made.decide(recorder.begin("POST", TXT2IMG)) for _ in range(3)]
    assert [fault and fault.name for fault in faults] == ["reset", "empty", None]


def test_threads_do_not_change_what_fails() -> None:
    """The numbers that fail are the same whether requests come one by one or all at once."""
    rule = {"when": {"probability": 0.5}, "times": 40}
    recorder, made, failed = Recorder(), in_force(rule), Counter[int]()

    def send(_: int) -> None:
        recorder.begin(
            "POST", TXT2IMG, then=lambda one: failed.update({one.n: bool(made.decide(one))})
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(200)))
    assert sorted(n for n, fails in failed.items() if fails) == fired(in_force(rule), 200)


def test_an_action_stays_on_the_endpoints_where_it_makes_sense() -> None:
    """A rule for every request leaves those alone that can't show the fault."""
    made = in_force({"action": "black-image"})
    assert fired(made, 1, "/sdapi/v1/samplers") == []
    assert fired(made, 1) == [1]


def test_reset_puts_the_initial_rules_back() -> None:
    """Rules from the command line return with their counts at zero, posted ones are gone."""
    made = FaultRules([parse_spec("txt2img:hang:first", ENDPOINTS)])
    made.add(parse_rule({"action": "reset"}, ENDPOINTS))
    fired(made, 2)
    made.reset()
    (rule,) = made.rules()
    assert (rule["id"], rule["action"], rule["seen"], rule["fired"]) == (1, "hang", 0, 0)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"action": "explode"}, 'there is no action "explode"; there are out-of-memory, nan,'),
        ({"action": None}, "there is no action null"),
        ({"action": []}, "a sequence has 1 to 1000 actions, not 0"),
        ({"action": ["nan", "explode"]}, 'there is no action "explode"'),
        ({"action": ["nan", None]}, "there is no action null"),
        ({"action": ["nan", "ok"], "with": {"seconds": 1}}, "nan takes module or at"),
        ({"action": "ok"}, 'there is no action "ok"'),
        (
            {"action": "delay", "with": {"distribution": "normal"}},
            'must be one of fixed, uniform, log-normal: "normal"',
        ),
        ({"action": "throttle", "with": {"bytes_per_second": 0}}, "must be from 1 to 1e+09: 0"),
        ({"action": "starting", "with": {"phase": "refused"}}, "must be one of all, page, first-"),
        ({"action": "hang", "delay": 1}, 'no "delay"; its keys are match, when, times, action or'),
        ({"action": "hang", "when": "second"}, 'when is "first", "every", {"nth": n} or'),
        ({"action": "hang", "when": {"nth": 0}}, "when is"),
        ({"action": "hang", "when": {"probability": 2}}, "when is"),
        ({"action": "hang", "times": 0}, "times must be a whole number of 1 or more, not 0"),
        ({"action": "hang", "match": {"url": "/"}}, 'match has no key "url"; it takes path,'),
        ({"action": "hang", "match": {"path": 1}}, "match.path must be a string, not 1"),
        ({"action": "hang", "with": {"seconds": 1}}, "hang takes nothing"),
        ({"action": "delay", "with": {"seconds": "1"}}, 'seconds of delay must be a number: "1"'),
        ({"action": "delay", "with": {"seconds": -1}}, "seconds of delay must be from 0 to 86400"),
        ({"action": "status", "with": {"status": 99}}, "must be from 200 to 599: 99"),
        ({"action": "nan", "with": {"module": "CLIP"}}, 'must be one of VAE, Unet: "CLIP"'),
        (
            {"action": "black-image", "match": {"path": "/sdapi/v1/samplers"}},
            "black-image makes no sense on /sdapi/v1/samplers; it does on /sdapi/v1/txt2img,",
        ),
    ],
)
def test_a_bad_rule_is_refused_with_what_is_allowed(rule: dict[str, Any], sentence: str) -> None:
    """Every mistake is a 422 with a sentence that helps."""
    with pytest.raises(ControlError) as caught:
        parse_rule(rule, ENDPOINTS)
    assert caught.value.status == 422
    assert sentence in caught.value.message


def test_a_sequence_on_the_command_line_may_have_every_action() -> None:
    """It is for all endpoints, as one action without an endpoint is."""
    rule = parse_spec(",".join([*ACTIONS, OK]), ENDPOINTS)
    assert len(rule.steps) == len(ACTIONS) + 1
    assert rule.match.path is None


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("txt2img:out-of-memory:first", {"match": {"path": TXT2IMG}, "when": "first", "times": 1}),
        ("reset", {"match": {}, "when": "every", "times": None}),
        ("*:delay:every:seconds=2.5", {"match": {}, "with": {"seconds": 2.5}}),
        ("/internal/ping:hang:nth=3:times=2", {"when": {"nth": 3}, "times": 2}),
        ("options:reset:probability=0.5", {"when": {"probability": 0.5}}),
        (
            'txt2img:status:status=418:body={"detail": "tea: pot"}',
            {"with": {"status": 418, "body": {"detail": "tea: pot"}}},
        ),
        ("txt2img:status:body=busy", {"with": {"status": 500, "body": "busy"}}),
    ],
)
def test_rules_can_be_written_on_the_command_line(spec: str, expected: dict[str, Any]) -> None:
    """A specification names the endpoint, the action, when, and any setting."""
    rule = parse_spec(spec, ENDPOINTS).as_json()
    assert {key: rule[key] for key in expected} == expected


@pytest.mark.parametrize("spec", ["", "txt2img", "txt2img:explode", "txt2img:hang:now", "hang:x=1"])
def test_a_bad_specification_says_what_is_wrong(spec: str) -> None:
    """The sentence names the flag, its value and the form it should have."""
    with pytest.raises(ConfigError, match=r"--fault .*\(form: \[ENDPOINT:\]ACTION"):
        parse_spec(spec, ENDPOINTS)


def test_every_action_describes_itself() -> None:
    """Each action has a symptom, and its own defaults are allowed values."""
    for action in ACTIONS.values():
        assert action.symptom
        assert all(one.problem(one.default) is None for one in action.settings), action.name


def test_the_help_lists_every_action_with_its_keys() -> None:
    """And with what the client sees."""
    said = "".join(fake_webui_cli("serve", "--help").stdout.split())
    for one in ACTIONS.values():
        keys = ",".join(setting.name for setting in one.settings)
        shown = f"{one.name}{one.symptom}" + (f"({keys})" if keys else "")
        assert shown.replace(" ", "") in said


def test_the_docs_list_every_action() -> None:
    """Their table has the actions, symptoms and settings that there are."""
    lines = part("faults").splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert rows == [
        [
            f"[`{one.name}`](#{one.name})",
            one.symptom,
            " ".join(f"`{setting.name}`" for setting in one.settings),
        ]
        for one in ACTIONS.values()
    ]


def test_the_docs_show_rules_that_are_taken() -> None:
    """The rule that is posted there and those on command lines are good ones."""
    docs = "".join(page.read_text("utf-8") for page in PAGES if "fake_webui" in page.parts)
    posted = re.findall(r"-d '(\{.*\})'", docs)
    flags = re.findall(r'--fault "([^"]+)"', docs)
    assert [parse_rule(json.loads(text), ENDPOINTS).as_json()["action"] for text in posted] == [
        "reset-mid-body"
    ]
    said = [parse_spec(spec, ENDPOINTS).as_json()["action"] for spec in flags]
    assert said == ["out-of-memory", "out-of-memory"]


def names(rules: FaultRules, count: int) -> list[str | None]:
    """Send requests past the rules and return what happens to each."""
    recorder = Recorder()
    faults = [rules.decide(recorder.begin("POST", TXT2IMG)) for _ in range(count)]
    return [fault.name if fault else None for fault in faults]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, ["nan", None, "hang", None, None, None, None]),
        ({"times": 2}, ["nan", None, "hang", "nan", None, "hang", None]),
        ({"when": "every"}, ["nan", None, "hang", "nan", None, "hang", "nan"]),
        ({"when": {"nth": 3}}, [None, None, "nan", None, "hang", None, None]),
        ({"when": {"probability": 1}}, ["nan", None, "hang", "nan", None, "hang", "nan"]),
    ],
)
def test_of_a_sequence_each_request_gets_the_next(
    rule: dict[str, Any], expected: list[str | None]
) -> None:
    """Once through it, unless `when` and `times` say otherwise; `ok` is what was asked for."""
    made = in_force({"action": ["nan", "ok", "hang"]} | rule)
    assert names(made, 7) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("starting", ["starting", None, None]),
        (["ok", "starting"], [None, "starting", None]),
        ("hang", ["hang", "hang", "hang"]),
    ],
)
def test_a_webui_starts_once_where_a_rule_does_not_say_how_often(
    action: Any, expected: list[str | None]
) -> None:
    """Other actions happen each time."""
    assert names(in_force({"action": action}), 3) == expected


def test_a_sequence_leaves_the_next_rule_alone() -> None:
    """Also where it lets a request through: that was its turn."""
    made = in_force({"action": ["nan", "ok"]}, {"action": "hang", "when": "first"})
    assert names(made, 4) == ["nan", None, "hang", None]


def test_a_sequence_is_one_word_of_the_command_line() -> None:
    """With settings for those actions that have them."""
    rule = parse_spec("txt2img:status,ok,delay:times=2:status=503:seconds=2", ENDPOINTS).as_json()
    assert rule["action"] == ["status", "ok", "delay"]
    assert (rule["when"], rule["times"]) == ("first", 2)
    settings = rule["with"]
    assert settings == {"status": 503, "body": None, "seconds": 2}
    assert parse_rule(rule, ENDPOINTS).as_json() == rule
    assert parse_spec("nan,ok", ENDPOINTS).as_json()["match"] == {}


def test_one_seed_draws_the_same_waits() -> None:
    """Uniform between the least and the spread more, log-normal about its median."""

    def waits(seed: int, **settings: Any) -> list[float]:
        made = in_force({"action": "delay", "with": {"seconds": 2.0, **settings}}, seed=seed)
        recorder = Recorder()
        faults = [made.decide(recorder.begin("POST", TXT2IMG)) for _ in range(500)]
        return [drawn_seconds(one.settings, one.draw) for one in faults if one]

    assert set(waits(1)) == {2.0}
    assert 2.4 < max(waits(1, distribution="uniform")) <= 2.5
    uniform = waits(1, distribution="uniform", spread=3.0)
    assert uniform == waits(1, distribution="uniform", spread=3.0)
    assert uniform != waits(2, distribution="uniform", spread=3.0)
    assert 2.0 <= min(uniform) < 2.2
    assert 4.8 < max(uniform) <= 5.0
    bell = sorted(waits(1, distribution="log-normal", spread=0.5))
    assert 1.8 < bell[250] < 2.2
    assert bell[0] < 1.0
    assert bell[-1] > 4.0
    assert 86_000 < max(waits(1, distribution="log-normal", spread=3600)) <= 86_400
    assert set(waits(1, distribution="log-normal", seconds=0)) == {0.0}
