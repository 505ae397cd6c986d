"""The recorded exchanges of a real Forge, compared with `--profile forge`; and by relation."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from fake_webui.upstream.captures import Capture
from fake_webui.upstream.recording import Recording, recordings, writing
from tests.support import fake_webui_cli

pytestmark = pytest.mark.profiles

FORGE = Path(__file__).parent / "forge"
# What is answered otherwise, and why.
KNOWN: Final = {
    "get_prompt_styles": "Forge ships 200 styles, whose texts are not copied",
    "t2i_nan_value": "a NaN in info equals no other",
    "get_cmd_flags": "fails where --port is given, which is how every fake is started",
    "opt_get_after_wrong_bool": "shows the options that the recorded server happened to hold",
    "opt_get_after_wrong_type_list": "the same",
    "opt_get_after_wrong_type_str": "the same",
    "script_neveroom": "a tiled VAE fails on pictures that are smaller than a tile",
}
GROUPS = {
    "default": {"get_prompt_styles", "t2i_nan_value"},
    "auth": set[str](),
    "nowebui": set[str](),
    "adetailer": set[str](),
    "forge": set(KNOWN) - {"get_prompt_styles", "t2i_nan_value"},
}
LONG = ("default", "forge")
MOST_RENAMED = 100

# A recording in other words: what a request says and what the WebUI has, and so what it answers.
SEEDS = {42 + step: 90210 + step for step in range(6)}  # the first and those that follow it
SIDE, OTHER_SIDE = 64, 72  # in pixels; all sizes are multiples of it
WORDS = {
    "tinySD": "harbourXL",
    "otherSD": "meadowXL",
    "tinyVAE": "softVAE",
    "tinylora": "inkline",
    "tinyemb": "goodeye",
    "125fe1606e": "a1b2c3d4e5",
    "9a5405c9f6": "0f1e2d3c4b",
    "c2b0811dd3cb": "d4c3b2a19078",
    "eeb19a6e44c5": "1234abcd5678",
    "a cat": "an old harbour",
    "64x64": "72x72",
    "128x128": "144x144",
    **{f"Seed: {old}": f"Seed: {new}" for old, new in SEEDS.items()},
}
FITTING = re.compile(r"(t2i|hr|override|sampler|scheduler|script|after|cfg|distilled|tiling)_?")


def differing(path: Path, *words: str) -> set[str]:
    """Return the captures of a recording that the fake answers otherwise."""
    done = fake_webui_cli("diff", "--captures", path, "--json", *words)
    assert done.stdout, done.stderr
    return {one["name"] for one in json.loads(done.stdout) if one["differences"]}


@pytest.mark.parametrize(
    "group",
    GROUPS,
)
def test_captures_conform_but_for_the_known(group: str) -> None:
    """The fake answers the recorded requests as Forge did, but for the differences listed here."""
    assert differing(FORGE, "--group", group) == GROUPS[group]


def renamed(value: Any, key: str = "") -> Any:
    """Return a part of a capture in other words."""
    if isinstance(value, dict):
        return {name: renamed(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [renamed(one, key) for one in value]
    if isinstance(value, str):
        for old, new in WORDS.items():
            value = value.replace(old, new)
        return value
    return renamed_number(value, key) if type(value) is int else value


def renamed_number(value: int, key: str) -> int:
    """Return a seed or a size as the other request has it, any other number as it is."""
    if key in ("width", "height") and value % SIDE == 0:
        return value // SIDE * OTHER_SIDE
    return SEEDS.get(value, value) if key in ("seed", "all_seeds") else value


def renamed_answer(response: dict[str, Any]) -> dict[str, Any]:
    """Return an answer in other words; `info` is a JSON text in it."""
    body = response.get("json")
    if isinstance(body, dict) and str(body.get("info")).startswith("{"):
        info = json.dumps(renamed(json.loads(body["info"])))
        return {**response, "json": {**renamed(body), "info": info}}
    return {**response, "json": renamed(body)} if "json" in response else response


def in_other_words(source: Recording) -> Iterator[Capture]:
    """Yield the captures without input images whose requests can be said in other words."""
    for one in source.captures():
        asked = one.request.get("json")
        if not isinstance(asked, dict) or one.name in KNOWN or not FITTING.match(one.name):
            continue
        text = json.dumps(asked)
        if "input_file" in text or "_resize_" in text or asked.get("width") != asked.get("height"):
            continue
        setup = [renamed(step) for step in one.setup]
        yield replace(
            one,
            request=renamed(one.request),
            response=renamed_answer(one.response),
            setup=setup,
        )


@pytest.mark.parametrize("group", LONG)
def test_other_words_get_the_same_answers_in_other_words(group: str, tmp_path: Path) -> None:
    """Nothing depends on the names, seeds, sizes and prompts of the recording."""
    (source,) = recordings(FORGE / f"{group}.jsonl.gz")
    catalogue = renamed((FORGE / "catalogue.toml").read_text())
    (tmp_path / "catalogue.toml").write_text(catalogue)
    started = {"profile": "forge", "config": "catalogue.toml", "api_server_stop": True}
    captures = list(in_other_words(source))[:MOST_RENAMED]
    assert len(captures) > MOST_RENAMED // 2
    with writing(tmp_path / "renamed.jsonl.gz", started) as write:
        for capture in captures:
            write(capture)
    assert not differing(tmp_path / "renamed.jsonl.gz")
