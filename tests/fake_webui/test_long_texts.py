"""Long texts of the worst kind: what they cost grows with their length and not with its square."""

from collections.abc import Callable
from typing import Any

import psutil
import pytest
from PIL.PngImagePlugin import PngInfo

from fake_webui import FakeWebUI
from tests.fake_webui.generating import SMALL, encoded, failure, gradient, post, txt2img

SIZES = 10_000, 200_000  # characters
NOISE_S = 0.05  # of processor time, whose clock ticks in hundredths
MUCH_MORE = 3  # times what a straight line makes it; a square is far beyond

Payload = Callable[[str], dict[str, Any]]


def cpu_seconds(fake: FakeWebUI, name: str, payload: dict[str, Any]) -> float:
    """Return the processor time that the server takes for a request, however busy the machine."""
    server = psutil.Process(fake.health()["pid"])
    before = server.cpu_times()
    post(fake, name, payload)
    after = server.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def check_growth(
    fake: FakeWebUI, name: str, unit: str, payload: Payload, sizes: tuple[int, int] = SIZES
) -> None:
    """Send a short text of a kind, and one that is many times as long."""
    short, long = (cpu_seconds(fake, name, payload(unit * (size // len(unit)))) for size in sizes)
    assert long < MUCH_MORE * sizes[1] / sizes[0] * max(short, NOISE_S)


def written(text: str) -> PngInfo:
    """Return the texts of a PNG file."""
    texts = PngInfo()
    texts.add_text("parameters", text)
    return texts


UNITS = ["<lora:", "<<a:", "<a:b", "<lora:a>", "#", "\n#", "(", "[", " ", "a ", "\\", "BREAK", "_"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_prompt_costs_what_its_length_says(fake: FakeWebUI, unit: str) -> None:
    """Tags that never end, comments, brackets, spaces: all in one pass."""
    check_growth(
        fake,
        "txt2img",
        unit,
        lambda text: SMALL | {"prompt": text, "negative_prompt": text, "send_images": False},
    )


@pytest.mark.parametrize("unit", ["a: ", 'a: "', "a b-/ ", 'ab: "\\', "ab: 1, ", "1", "[", "\t"])
def test_an_infotext_costs_what_its_length_says(fake: FakeWebUI, unit: str) -> None:
    """As a field of a request, where names, quotes and numbers never end."""
    text = "a cat\nNegative prompt: {0}\nSteps: 2, Sampler: Euler, Seed: 1, Size: 64x64, {0}"
    check_growth(
        fake,
        "txt2img",
        unit,
        lambda long: {"infotext": text.format(long), "send_images": False, "steps": 2},
    )


@pytest.mark.parametrize("unit", ["<lora:", "a: ", 'a: "', "ab: 1x1, "])
def test_the_text_of_a_picture_costs_what_its_length_says(fake: FakeWebUI, unit: str) -> None:
    """When png-info reads it."""

    def payload(text: str) -> dict[str, Any]:
        image = gradient(8, 8)
        return {"image": encoded(image, pnginfo=written(f"{text}\nSteps: 2, Seed: 1, {text}"))}

    check_growth(fake, "png-info", unit, payload)


@pytest.mark.parametrize("field", ["refiner_checkpoint", "sampler_name", "scheduler", "styles"])
@pytest.mark.parametrize("unit", [" ", "[", " [a", "] "])
def test_a_name_costs_what_its_length_says(fake: FakeWebUI, field: str, unit: str) -> None:
    """Even one that ends in brackets that never close."""

    def payload(text: str) -> dict[str, Any]:
        return {**SMALL, field: [text] if field == "styles" else text}

    check_growth(fake, "txt2img", unit, payload)


def test_many_styles_cost_what_their_number_says(fake: FakeWebUI) -> None:
    """A style that is named again and again is put around the prompt as often, up to a limit."""
    check_growth(fake, "txt2img", "x", lambda text: SMALL | {"styles": ["cinematic"] * len(text)})
    styles = ["cinematic"] * 900
    answer = post(fake, "txt2img", SMALL | {"styles": styles, "send_images": False})
    assert answer.status_code == 200


def xyz(*axes: tuple[str, str], prompt: str = "a cat") -> dict[str, Any]:
    """Return a request for an X/Y/Z plot of axes by name and text, without its pictures."""
    names = {"Seed": 1, "CFG Scale": 6, "Prompt S/R": 7, "Prompt order": 8, "Nothing": 0}
    filled = [*axes, *[("Nothing", "")] * 3][:3]
    values: list[Any] = []
    for name, text in filled:
        values += [names[name], text, []]
    switches = [True, False, False, False, False, False, False, 0, False]
    arguments = {"script_name": "X/Y/Z plot", "script_args": [*values, *switches]}
    return SMALL | {"prompt": prompt, "send_images": False, "steps": 1} | arguments


@pytest.mark.parametrize("axis", ["Seed", "CFG Scale"])
@pytest.mark.parametrize("unit", ["1", " ", "1-", "- ", "1 ", "- 1"])
def test_the_values_of_an_axis_cost_what_their_length_says(
    fake: FakeWebUI, axis: str, unit: str
) -> None:
    """A span of numbers that never ends is no span."""
    check_growth(fake, "txt2img", unit, lambda text: xyz((axis, f"1-{text}x")), (500, 20_000))


def test_the_legend_of_a_plot_costs_what_its_length_says(fake: FakeWebUI) -> None:
    """It is broken into lines in one pass."""
    sizes = (1000, 100_000)
    check_growth(fake, "txt2img", "a ", lambda text: xyz(("Prompt S/R", f"cat,{text}")), sizes)


def test_a_line_of_a_file_of_prompts_has_a_largest_length(fake: FakeWebUI) -> None:
    """A longer one is not split into words, which takes the square of the time: it is a prompt."""
    script = {"script_name": "Prompts from file or textbox"}
    for length, begins in ((10_000, "a"), (100_000, "--prompt")):
        line = f'--prompt "{"a" * length}"'
        answer = txt2img(fake, **script, script_args=[False, False, "start", line], prompt="")
        assert answer.info["all_prompts"][0].startswith(begins)


TOO_MUCH: dict[str, dict[str, Any]] = {
    "permutations": xyz(("Prompt order", ",".join(map(str, range(40))))),
    "replacements": xyz(("Prompt S/R", "a," + "b" * 100_000), prompt="a" * 100_000),
    "of nothing": xyz(("Prompt S/R", "," + "b" * 100_000), prompt="a" * 100_000),
    "cells": xyz(("Seed", "1-300"), ("Seed", "1-300")) | {"width": 8, "height": 8},
    "variants": SMALL
    | {
        "prompt": "a" * 100_000 + "|a" * 12,
        "script_name": "Prompt matrix",
        "script_args": [False, False, "positive", "comma", 0],
    },
    "lines": SMALL
    | {
        "script_name": "Prompts from file or textbox",
        "script_args": [False, False, "start", "a\n" * 20_000],
    },
    "pictures of a long prompt": SMALL | {"prompt": "a" * 100_000, "n_iter": 5_000, "width": 8},
}


@pytest.mark.parametrize("payload", TOO_MUCH.values(), ids=TOO_MUCH)
def test_more_than_anybody_waits_for_is_a_memory_error(
    fake: FakeWebUI, payload: dict[str, Any]
) -> None:
    """Before it is made, and the next request is served."""
    answer = post(fake, "txt2img", payload | {"send_images": False})
    assert (answer.status_code, answer.json().get("error")) == (500, "MemoryError")
    assert post(fake, "txt2img", SMALL).status_code == 200


def test_a_value_of_an_axis_has_a_largest_length(fake: FakeWebUI) -> None:
    """As the reader of such lines says."""
    answer = post(fake, "txt2img", xyz(("Prompt S/R", "cat," + "b" * 150_000)))
    assert failure(answer) == (500, "Error", "field larger than field limit (131072)")
