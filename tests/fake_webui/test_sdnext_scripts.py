"""SD.Next: the scripts that generate by themselves."""

import json
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.fake_webui.sdnext import SMALL, ask, generate, opened, picture

pytestmark = pytest.mark.profiles

PROMPT = "a boat|red, |at night"
COMBINATIONS = ["a boat", "a boat, red", "a boat, at night", "a boat, red, at night"]


def matrix(webui: FakeWebUI, *args: Any, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the answer of the script with these arguments, and its `info`."""
    asked = {"prompt": PROMPT, "script_name": "Prompt Matrix", "script_args": list(args), **fields}
    answer = generate(webui, **asked)
    return answer, json.loads(answer["info"])


def test_a_matrix_has_a_picture_for_every_combination(sdnext: FakeWebUI) -> None:
    """Behind a grid of them, with the infotext of the first; the seed is the same for all."""
    answer, info = matrix(sdnext)
    assert info["all_prompts"] == COMBINATIONS
    assert info["all_seeds"] == [SMALL["seed"]] * 4
    assert info["index_of_first_image"] == 1
    assert [text.partition("\n")[0] for text in info["infotexts"]] == ["a boat", *COMBINATIONS]
    assert len(answer["images"]) == 5
    assert answer["parameters"]["prompt"] == PROMPT


def test_a_matrix_is_labelled_along_its_edges(sdnext: FakeWebUI) -> None:
    """Columns have their labels above, rows theirs at the left, and there may be a margin."""
    plain = opened(matrix(sdnext)[0]["images"][0])
    assert plain.width == 2 * 64 + 48
    assert plain.height > 2 * 64
    margin_px = 10
    args = [False, False, "positive", "comma", margin_px]
    spread = opened(matrix(sdnext, *args)[0]["images"][0])
    assert spread.size == (plain.width + margin_px, plain.height + margin_px)


@pytest.mark.parametrize(
    ("args", "fields", "found"),
    [
        ([True], {}, ("all_prompts", "red, a boat")),
        ([False, True], {}, ("all_seeds", SMALL["seed"] + 1)),
        ([False, False, "negative"], {"negative_prompt": "x|y"}, ("all_negative_prompts", "x, y")),
        ([False, False, "positive", "space"], {}, ("all_prompts", "a boat red")),
    ],
)
def test_a_matrix_takes_its_arguments_in_order(
    sdnext: FakeWebUI, args: list[Any], fields: dict[str, Any], found: tuple[str, Any]
) -> None:
    """Those that are left out have the defaults that the list of scripts names."""
    key, second = found
    assert matrix(sdnext, *args, **fields)[1][key][1] == second


def test_a_batch_of_a_matrix_may_be_less_than_full(sdnext: FakeWebUI) -> None:
    """Four combinations in batches of three are two batches, of three and of one."""
    answer, info = matrix(sdnext, batch_size=3)
    assert len(answer["images"]) == 5
    assert "Batch: 2x3" in info["infotexts"][0]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([False, False, "neither"], "Unknown prompt type neither"),
        ([False, False, "positive", "dot"], "Unknown variations delimiter dot"),
    ],
)
def test_a_matrix_refuses_what_it_does_not_know(
    sdnext: FakeWebUI, args: list[Any], said: str
) -> None:
    """With Python's error."""
    body = {**SMALL, "script_name": "prompt matrix", "script_args": args}
    answer = ask(sdnext, "POST", "/sdapi/v1/txt2img", body)
    assert (answer.status_code, answer.json()["error"]) == (500, "ValueError")
    assert answer.json()["errors"] == said


def test_img2img_has_the_matrix_too(sdnext: FakeWebUI) -> None:
    """The grid is of the size that its pictures have."""
    body = {
        **SMALL,
        "prompt": "a boat|red",
        "init_images": [picture((96, 80))],
        "script_name": "prompt matrix",
    }
    images = ask(sdnext, "POST", "/sdapi/v1/img2img", body).json()["images"]
    sizes = [opened(image).size for image in images]
    assert sizes[1:] == [(96, 80)] * 2
    assert sizes[0][0] == 2 * 96
