"""Scripts: which ones a request may name, and what each makes."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fake_webui import FakeWebUI
from fake_webui.webui.images.ink import ink_height
from fake_webui.webui.scripts.common import Tiling
from fake_webui.webui.scripts.prompt_matrix import combinations
from fake_webui.webui.scripts.xyz_axes import AXES
from tests.fake_webui.generating import (
    MODEL,
    SMALL,
    encoded,
    failure,
    gradient,
    img2img,
    post,
    txt2img,
)

XYZ_REST = [True, False, False, False, False, False, False, 0, False]
NOTHING = [0, "", None]
SAMPLER_AXIS, STEPS_AXIS, CFG_AXIS, PROMPT_AXIS = 9, 4, 6, 7


def xyz(
    x: list[Any], y: list[Any] = NOTHING, z: list[Any] = NOTHING, **rest: Any
) -> dict[str, Any]:
    """Return the fields for an X/Y/Z plot; `rest` are its switches by name."""
    names = ("legend", "lone", "grids", "keep", "vary_x", "vary_y", "vary_z", "margin", "csv")
    switches = [rest.get(name, usual) for name, usual in zip(names, XYZ_REST, strict=True)]
    return {"script_name": "x/y/z plot", "script_args": [*x, *y, *z, *switches]}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"script_name": "nope"}, "Script 'nope' not found"),
        ({"script_name": "Refiner"}, "Script 'Refiner' not found"),
        ({"script_name": "loopback"}, "Script 'loopback' not found"),
        ({"alwayson_scripts": {"controlnet": {"args": []}}}, "Script 'controlnet' not found"),
        ({"alwayson_scripts": {"X/Y/Z plot": {}}},
         "Cannot have a selectable script in the always on scripts params"),
    ],
)  # fmt: skip
def test_scripts_that_are_not_there_are_refused(
    fake: FakeWebUI, asked: dict[str, Any], words: str
) -> None:
    """Status 422; one of img2img is not there for txt2img."""
    status, kind, said = failure(post(fake, "txt2img", SMALL | asked))
    assert (status, kind, said) == (422, "HTTPException", words)


@pytest.mark.parametrize(
    "given",
    [
        {"Refiner": {"args": [True, "juggernautXL_v9", 0.5]}},
        {"sampler": {"args": [9, "DDIM", "Karras"]}},
        {"Seed": {"args": [99]}},
        {"Refiner": {}},
        {"Refiner": [False]},
        {"Refiner": {"args": [False, "", 0.8, 1, 2, 3]}},
    ],
)
def test_the_pages_own_scripts_change_nothing_over_the_api(
    fake: FakeWebUI, given: dict[str, Any]
) -> None:
    """Seed, Sampler and Refiner are for the page; their arguments are taken and not used."""
    assert txt2img(fake, alwayson_scripts=given).infotexts == txt2img(fake).infotexts


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"alwayson_scripts": {"Refiner": None}}, "TypeError", "NoneType"),
        ({"alwayson_scripts": {"Refiner": {"args": 5}}}, "TypeError", "has no len()"),
        ({"script_name": "x/y/z plot"}, "TypeError", "missing 18 required positional arguments"),
        ({"script_name": "prompt matrix"}, "ValueError", "Unknown prompt type start"),
        (xyz([STEPS_AXIS, "a", None]), "ValueError", "invalid literal for int()"),
        (xyz([PROMPT_AXIS, "dog,owl", None]), "RuntimeError", "Prompt S/R did not find dog"),
        (xyz([SAMPLER_AXIS, "", ["Nope"]]), "RuntimeError", "Unknown sampler: Nope"),
        (xyz([STEPS_AXIS, "1-99999", None]), "AssertionError", "grid would be too large"),
    ],
)
def test_wrong_arguments_fail_as_python_does(
    fake: FakeWebUI, asked: dict[str, Any], error: str, words: str
) -> None:
    """Arguments that are left out are those of the next script in the line."""
    status, kind, said = failure(post(fake, "txt2img", SMALL | asked))
    assert (status, kind) == (500, error)
    assert words in said


def test_a_plot_has_a_grid_and_a_cell_for_each_value(fake: FakeWebUI) -> None:
    """The grid comes first; its infotext names the axis."""
    answer = txt2img(fake, **xyz([STEPS_AXIS, "1-3", None], lone=True))
    assert answer.sizes[1:] == [(64, 64)] * 3
    assert answer.sizes[0][0] == 3 * 64
    assert "Script: X/Y/Z plot, X Type: Steps, X Values: 1-3" in answer.infotexts[0]
    assert [text.partition("Steps: ")[2][0] for text in answer.infotexts[1:]] == ["1", "2", "3"]
    assert answer.info["index_of_first_image"] == 1


def test_a_plot_of_three_axes_has_a_grid_for_each_z(fake: FakeWebUI) -> None:
    """The whole, two sub-grids and eight cells; lists of prompts lack the whole."""
    asked = xyz([STEPS_AXIS, "1,2", None], [CFG_AXIS, "5,6", None], [1, "7,8", None],
                lone=True, grids=True)  # fmt: skip
    answer = txt2img(fake, **asked)
    assert len(answer.images) == len(answer.infotexts) == 11
    assert answer.info["all_seeds"] == [7, 8] + [7] * 4 + [8] * 4
    assert 'Z Values: "7,8", Fixed Z Values: "7, 8"' in answer.infotexts[0]


def test_a_plot_alone_is_one_picture(fake: FakeWebUI) -> None:
    """Cells and sub-grids only come on demand; margins widen the grid."""
    plain = txt2img(fake, **xyz([PROMPT_AXIS, "cat,dog", None], legend=False))
    wide = txt2img(fake, **xyz([PROMPT_AXIS, "cat,dog", None], legend=False, margin=5))
    assert plain.sizes == [(128, 64)]
    assert txt2img(fake, **xyz([PROMPT_AXIS, "cat,dog", None], margin=5)).sizes[0][0] == 133
    assert wide.sizes == [(128, 64)]
    assert plain.info["all_prompts"] == ["a cat", "a dog"]


@pytest.mark.parametrize(
    ("axis", "text", "values"),
    [
        ("Steps", "1-3", [1, 2, 3]),
        ("Steps", "1-7 (+3)", [1, 4, 7]),
        ("Steps", "1-10 [4]", [1, 4, 7, 10]),
        ("Steps", "5, 9,", [5, 9]),
        ("CFG Scale", "5-7", [5.0, 6.0, 7.0]),
        ("CFG Scale", "5-6 (+0.5)", [5.0, 5.5, 6.0]),
        ("CFG Scale", "1-2 [3]", [1.0, 1.5, 2.0]),
        ("Prompt S/R", 'a, "b, c"', ["a", "b, c"]),
        ("Prompt order", "a,b", [("a", "b"), ("b", "a")]),
        ("Nothing", "x", [0]),
    ],
)
def test_values_are_read_from_lists_and_ranges(axis: str, text: str, values: list[Any]) -> None:
    """With a step in brackets, or a count in square ones."""
    kind = AXES[axis]
    words = kind.read(text, None, as_text=True, catalog=None)  # type: ignore[arg-type]
    assert words == values


def test_a_prompt_matrix_combines_its_parts(fake: FakeWebUI) -> None:
    """Every choice of the parts behind the bars, and a grid of all."""
    asked = {"script_name": "prompt matrix", "script_args": [False, False, "positive", "comma", 0]}
    answer = txt2img(fake, prompt="a cat|at dawn|in oil", **asked)
    assert answer.info["all_prompts"] == [
        "a cat", "a cat, at dawn", "a cat, in oil", "a cat, at dawn, in oil"
    ]  # fmt: skip
    assert answer.info["all_seeds"] == [42] * 4
    assert len(answer.images) == len(answer.infotexts) == 5


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=6), st.booleans())
def test_a_matrix_has_two_to_the_power_of_its_parts(parts: list[str], at_start: bool) -> None:  # noqa: FBT001 (what hypothesis gives)
    """The first part is in all of them, at the end or at the start."""
    prompts = combinations(parts, " ", at_start=at_start)
    assert len(prompts) == 2 ** (len(parts) - 1)
    assert all(one.endswith(parts[0]) if at_start else one.startswith(parts[0]) for one in prompts)


def test_prompts_from_a_textbox_are_lines_or_words(fake: FakeWebUI) -> None:
    """A line is a prompt before the common one, or words such as `--steps`."""
    lines = 'one\n--prompt "two" --steps 1 --seed 5 --width 72\ntwo --steps 1'
    asked = {
        "script_name": "prompts from file or textbox",
        "script_args": [False, False, "start", lines],
    }
    answer = txt2img(fake, **asked)
    assert answer.info["all_prompts"] == ["one a cat", "two a cat", "two --steps 1 a cat"]
    assert answer.sizes == [(64, 64), (72, 64), (64, 64)]
    assert "Steps: 1, " in answer.infotexts[1]
    assert "Seed: 5, " in answer.infotexts[1]
    assert answer.info["sd_model_name"] is None


def test_loopback_feeds_each_result_to_the_next(fake: FakeWebUI) -> None:
    """Seeds count up, the strength goes to its end, all infotexts are the first's."""
    answer = img2img(fake, script_name="loopback", script_args=[3, 0.5, "Linear", "None"])
    assert answer.sizes == [(192, 64)] + [(64, 64)] * 3
    assert answer.info["all_seeds"] == [44]
    assert answer.infotexts[0] == answer.infotexts[3]
    assert answer.notes == (
        "Denoising strength: 0.75, Final denoising strength: 0.5, Denoising curve: Linear"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "changes", "sizes"),
    [
        ("sd upscale", ["", 8, "Lanczos", 2.0], {}, [(128, 128)]),
        ("SD upscale", ["", 16, "None", 2.0], {"n_iter": 2}, [(64, 64)] * 2),
        ("poor man's outpainting", [32, 4, "fill", ["left", "right"]],
         {"width": 128, "height": 64}, [(128, 64)]),
        ("outpainting mk2", ["", 64, 8, ["left", "up"], 1.0, 0.05],
         {"width": 128, "height": 128}, [(128, 128)]),
        ("img2img alternative test", ["", True, True, "o", "n", True, 4, True, 1.0, 0.0, False],
         {}, [(64, 64)]),
        ("prompt matrix", [False, False, "positive", "comma", 0], {}, None),
    ],
)  # fmt: skip
def test_scripts_of_img2img_make_their_sizes(
    fake: FakeWebUI,
    name: str,
    arguments: list[Any],
    changes: dict[str, Any],
    sizes: list[tuple[int, int]] | None,
) -> None:
    """Enlarged by tiles, or on some sides."""
    answer = img2img(fake, script_name=name, script_args=arguments, **changes)
    assert sizes is None or answer.sizes == sizes
    assert MODEL in answer.infotexts[0]


@given(st.integers(64, 300), st.integers(64, 300), st.integers(0, 40))
@example(64, 294, 26)  # its last tile begins at 230, which is 7 * (230 / 7) only nearly
def test_tiles_put_together_are_the_image(width: int, height: int, overlap: int) -> None:
    """Whatever the size and overlap, nothing is lost."""
    image = gradient(width, height)
    tiling = Tiling.of(image.size, (64, 64), overlap)
    assert tiling.join(image.size, tiling.cut(image)).tobytes() == image.tobytes()


def test_soft_inpainting_needs_a_mask(fake: FakeWebUI) -> None:
    """Its settings are in the infotext of masked pictures alone."""
    given = {"Soft Inpainting": {"args": [True, 1, 0.5, 4, 0, 0.5, 2]}}
    masked = img2img(fake, mask=encoded(gradient(64, 64)), alwayson_scripts=given)
    assert "Soft inpainting enabled: True, Soft inpainting schedule bias: 1," in masked.notes
    assert "Soft" not in img2img(fake, alwayson_scripts=given).notes


@pytest.mark.parametrize("name", ["Comments", "Hypertile", "hypertile"])
def test_scripts_without_controls_may_be_named(fake: FakeWebUI, name: str) -> None:
    """They are in no list, and what is sent to them has no effect."""
    plain = txt2img(fake).infotexts
    asked = {name: {"args": [True, 64, 2, 1]}}
    assert txt2img(fake, alwayson_scripts=asked).infotexts == plain


def test_a_script_without_a_name_is_an_attribute_error(fake: FakeWebUI) -> None:
    """The real server trips over its own answer."""
    response = post(fake, "txt2img", SMALL | {"alwayson_scripts": {"": {"args": []}}})
    words = "'tuple' object has no attribute 'alwayson'"
    assert failure(response) == (500, "AttributeError", words)


def test_a_plot_of_nothing_has_no_seed(fake: FakeWebUI) -> None:
    """Where no cell was made, seed and seeds are -1."""
    info = txt2img(fake, **xyz([SAMPLER_AXIS, "Euler", []])).info
    assert (info["seed"], info["all_seeds"]) == (-1, [-1])


@pytest.mark.parametrize(
    ("line", "font_px", "height"),
    [("red", 5, 4), ("Seed: 1", 5, 4), ("Seed: 1", 7, 5), ("sea", 5, 3), ("Steps: 1", 7, 7),
     ("Steps: 1", 40, 37), ("", 5, 0), ("CFG Scale: 7.0", 20, 15)],
)  # fmt: skip
def test_lines_are_as_high_as_their_ink(line: str, font_px: int, height: int) -> None:
    """In the font of the real server's legends."""
    assert ink_height(line, font_px) == height


def test_legends_have_the_room_of_their_font(fake: FakeWebUI) -> None:
    """Cells of 64 pixels have a legend of 8, a matrix without variants one of 2."""
    plot = txt2img(fake, **xyz([CFG_AXIS, "1,2", []], legend=True, lone=False))
    assert plot.sizes[0] == (128, 72)
    matrix = {"script_name": "prompt matrix", "script_args": [False, False, "positive", "comma", 0]}
    assert txt2img(fake, **matrix).sizes[0] == (64, 66)
    assert txt2img(fake, prompt="a|b|c", **matrix).sizes[0] == (176, 136)


@pytest.mark.parametrize(("mode", "channels"), [("P", 1), ("L", 1), ("LA", 2)])
def test_loopback_takes_colours_alone(fake: FakeWebUI, mode: str, channels: int) -> None:
    """An image of less than three channels fails, whatever the arguments are."""
    image = encoded(gradient(64, 64).convert("L").convert(mode))
    for args in ([], [2, 0.5, "Linear", "None"]):
        asked = {"script_name": "loopback", "script_args": args, "init_images": [image]}
        status, error, words = failure(post(fake, "img2img", SMALL | asked))
        assert (status, error) == (500, "error")
        assert f"'scn' is {channels}" in words


MK2 = {"script_name": "outpainting mk2"}


def test_outpainting_needs_room_on_the_far_sides(fake: FakeWebUI) -> None:
    """More pixels than the part that is worked on has are fine on the left, not on the right."""
    args = [None, 128, 0, ["left"], 1.0, 0.05]
    assert img2img(fake, **MK2, script_args=args).sizes == [(192, 64)]
    image = encoded(gradient(64, 64))
    for side, axis in (("right", "x"), ("down", "y")):
        asked = {**MK2, "script_args": [None, 128, 0, [side], 1.0, 0.05], "init_images": [image]}
        words = f"{axis}1 must be greater than or equal to {axis}0"
        assert failure(post(fake, "img2img", SMALL | asked)) == (500, "ValueError", words)


def test_outpainting_works_at_multiples_of_64(fake: FakeWebUI) -> None:
    """Sides that are none are rounded up for the work, and cut off after it."""
    image = encoded(gradient(33, 65))
    args = [None, 8, 0, ["left"], 1.0, 0.05]
    assert img2img(fake, **MK2, script_args=args, init_images=[image]).sizes == [(64, 65)]
