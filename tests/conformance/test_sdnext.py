"""SD.Next's recorded exchanges: compared as they are, and with other names, sizes and seeds."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from fake_webui.commands.comparison import compare
from fake_webui.commands.replay import Replay
from fake_webui.testing.client import WebUIClient
from fake_webui.upstream.captures import Capture
from fake_webui.upstream.recording import recordings
from tests.support import fake_webui_cli

pytestmark = pytest.mark.profiles

SDNEXT = Path(__file__).parent / "sdnext"
KNOWN = SDNEXT / "known-differences.txt"
GROUPS = ("auth", "adetailer", "first-start", "release-2026-07-14")
LONG_GROUPS = ("default", "sdnext")
FEWEST_VARIED = 100

CATALOGUE = """
[[checkpoints]]
name = "smallest.safetensors"
sha256 = "aa11bb22cc33dd44ee55ff66aa77bb88cc99dd00ee11ff22aa33bb44cc55dd66"

[[checkpoints]]
name = "more/second.ckpt"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

[[vaes]]
name = "plainVAE.safetensors"
sha256 = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

[[loras]]
name = "plainlora"
short_hash = "ab12cd34ef56"

[[embeddings]]
name = "plainemb"
short_hash = "12ab34cd56ef"
shape = 768
vectors = 2

[[styles]]
name = "plainstyle"
prompt = "{prompt}, oil painting, masterpiece"
negative_prompt = "blurry"

[[styles]]
name = "endstyle"
prompt = "cinematic light"
negative_prompt = ""
"""
# What stands for what: the recorded word, and the one of the server under test.
WORDS = {
    "125fe1606ee839206fb2988a64db05f972c5ebc43ce2a4b734e084fb6b827408": (
        "aa11bb22cc33dd44ee55ff66aa77bb88cc99dd00ee11ff22aa33bb44cc55dd66"
    ),
    "125fe1606e": "aa11bb22cc",
    "9a5405c9f6": "0123456789",
    "sub/otherSD": "more/second",
    "otherSD": "second",
    "tinySD": "smallest",
    "tinyVAE": "plainVAE",
    "tinylora": "plainlora",
    "tinyemb": "plainemb",
    "tinystyle": "plainstyle",
    "suffixstyle": "endstyle",
    "a cat": "two ducks",
}
SEED, OTHER_SEED = 42, 90_210
SIDE_PX, OTHER_SIDE_PX = 64, 72
SEED_TEXT = re.compile(r"(?<=Seed: )\d+")
SIZE_TEXT = re.compile(r"(?<=ize: )(\d+)x(\d+)")
SIDES = ("width", "height")
SEEDS = ("seed", "all_seeds")
# Sizes that are said in other ways than by width and height, and pictures that come from images.
OWN_SIZES = ("init_images", "hr_resize_x", "script_name", "setup")


def known_differences(group: str) -> set[str]:
    """Return the names of the captures that the fake answers otherwise, and the file says why."""
    lines = (line.partition(":")[0] for line in KNOWN.read_text("utf-8").splitlines())
    return {name for place, _, name in (line.partition("/") for line in lines) if place == group}


def check_group(group: str) -> None:
    """Compare a group of captures with a fresh server of the profile."""
    words = ["--captures", str(SDNEXT), "--group", group, "--json"]
    done = fake_webui_cli("diff", *words)
    found = {one["name"]: one["differences"] for one in json.loads(done.stdout)}
    differing = {name for name, places in found.items() if places}
    known = known_differences(group)
    assert differing - known == set(), {name: found[name][:3] for name in differing - known}
    assert known - differing == set(), "these agree now: strike them out"


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_conforms(group: str) -> None:
    """The fake answers each recorded request as SD.Next did, but for the known differences."""
    check_group(group)


@pytest.mark.parametrize("group", LONG_GROUPS)
def test_a_long_group_conforms(group: str) -> None:
    """The fake answers each recorded request as SD.Next did, but for the known differences."""
    check_group(group)


def varied(value: Any, key: str = "") -> Any:
    """Return a JSON value with other words, seeds and sizes, each in all the places of one."""
    if isinstance(value, dict):
        return {name: varied(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [varied(one, key) for one in value]
    if isinstance(value, str):
        return varied_text(value)
    if isinstance(value, int) and key in SEEDS:
        return other_seed(value)
    if isinstance(value, int) and key in SIDES:
        return other_side(value)
    return value


def varied_text(text: str) -> str:
    """Return an infotext, a prompt or a name with other words, seeds and sizes."""
    if text.startswith('{"prompt"'):
        return json.dumps(varied(json.loads(text)))
    for word, other in WORDS.items():
        text = text.replace(word, other)
    text = SEED_TEXT.sub(lambda found: str(other_seed(int(found[0]))), text)
    return SIZE_TEXT.sub(
        lambda found: "x".join(str(other_side(int(n))) for n in found.groups()), text
    )


def other_seed(seed: int) -> int:
    """Return what stands for a seed; those that were drawn stay."""
    return seed - SEED + OTHER_SEED if SEED <= seed < SEED + 10 else seed


def other_side(pixels: int) -> int:
    """Return what stands for a side: multiples of the recorded one become multiples of another."""
    times, rest = divmod(pixels, SIDE_PX)
    return pixels if rest or times > 3 else times * OTHER_SIDE_PX


def varied_captures() -> Iterator[Capture]:
    """Yield the recorded generations whose sizes follow from width and height, varied."""
    for group in LONG_GROUPS:
        skipped = known_differences(group)
        (recording,) = recordings(SDNEXT / f"{group}.jsonl.gz")
        for one in recording.captures():
            asked = one.request.get("json")
            if one.name in skipped or one.setup or not isinstance(asked, dict):
                continue
            if one.request["path"] != "/sdapi/v1/txt2img" or any(n in asked for n in OWN_SIZES):
                continue
            if asked.get("seed") == SEED and asked.get("width") == asked.get("height") == SIDE_PX:
                request = {**one.request, "json": varied(asked)}
                yield replace(one, request=request, response=varied(one.response))


def test_other_names_sizes_and_seeds_change_nothing_else(tmp_path: Path) -> None:
    """With another catalogue, prompt, size and seed, answers differ from the recorded in these."""
    config = tmp_path / "catalogue.toml"
    config.write_text(CATALOGUE)
    captures = list(varied_captures())[::2]
    assert len(captures) >= FEWEST_VARIED
    wrong = {}
    with FakeWebUI(config=config, profile="sdnext") as server:
        here = Replay(WebUIClient(server.url), SDNEXT, None)
        for one in captures:
            server.reset()
            if found := compare(one, here.answer(one)):
                wrong[one.name] = found[:2]
    assert not wrong


def test_no_word_of_a_recording_is_in_the_product() -> None:
    """The names, hashes and prompts of the recorded server are nowhere in the package."""
    package = Path(__file__).parents[2] / "fake_webui"
    words = [word for word in WORDS if word != "a cat"]
    files = [
        file
        for folder in ("profiles/sdnext", "data/sdnext")
        for file in (package / folder).rglob("*")
        if file.suffix in {".py", ".json"}
    ]
    assert files
    assert not [
        (file.name, word) for file in files for word in words if word in file.read_text("utf-8")
    ]
