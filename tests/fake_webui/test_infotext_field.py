"""The field `infotext` of a request."""

from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.fake_webui.generating import SMALL, failure, post, txt2img

LINE = "a cat\nSteps: 3, Sampler: Euler, Seed: 5"


@pytest.mark.parametrize(
    ("infotext", "asked", "words"),
    [
        ("Steps: x, Sampler: Euler, Seed: 5", {"steps": 2},
         "invalid literal for int() with base 10: 'x'"),
        ("Steps: 2.0, Sampler: Euler, Seed: 5", {"steps": 2},
         "invalid literal for int() with base 10: '2.0'"),
        ("Steps: 2, Sampler: Euler, Seed: five", {"seed": 1},
         "invalid literal for int() with base 10: 'five'"),
        ("Steps: 2, Sampler: Euler, Clip skip: many", {},
         "invalid literal for int() with base 10: 'many'"),
        ("Steps: 2, Sampler: Euler, CFG scale: y", {}, "could not convert string to float: 'y'"),
    ],
)  # fmt: skip
def test_words_for_numbers_fail(
    fake: FakeWebUI, infotext: str, asked: dict[str, Any], words: str
) -> None:
    """Steps and seed even where the request has its own, and no option is changed."""
    before = fake_options(fake)
    response = post(fake, "txt2img", {"width": 64, "height": 64, "infotext": infotext} | asked)
    assert failure(response) == (500, "ValueError", words)
    assert fake_options(fake) == before


def fake_options(fake: FakeWebUI) -> Any:
    """Return all options."""
    return requests.get(f"{fake.url}/sdapi/v1/options", timeout=60).json()


def test_other_numbers_are_not_read_where_the_request_has_its_own(fake: FakeWebUI) -> None:
    """Only fields of scripts are."""
    infotext = f"{LINE}, CFG scale: x"
    assert txt2img(fake, infotext=infotext, cfg_scale=3).info["cfg_scale"] == 3


def test_a_refiner_becomes_its_title(fake: FakeWebUI) -> None:
    """As the page would choose it."""
    infotext = f"{LINE}, Refiner: sd_xl_refiner_1.0"
    answer = txt2img(fake, infotext=infotext)
    title = "sd_xl_refiner_1.0.safetensors [7440042bbd]"
    assert answer.body["parameters"]["refiner_checkpoint"] == title


def test_an_unknown_refiner_is_passed_over(fake: FakeWebUI) -> None:
    """The request goes through without one."""
    answer = txt2img(fake, infotext=f"{LINE}, Refiner: nope")
    assert answer.body["parameters"]["refiner_checkpoint"] is None


def test_the_written_name_of_beta_parameters_is_not_read(fake: FakeWebUI) -> None:
    """The real server writes "Beta schedule alpha" and reads "Beta scheduler alpha"."""
    written = txt2img(fake, infotext=f"{LINE}, Beta schedule alpha: 0.5")
    assert "beta_dist_alpha" not in written.body["parameters"]["override_settings"]
    other = txt2img(fake, infotext=f"{LINE}, Beta scheduler alpha: 0.5")
    assert other.body["parameters"]["override_settings"]["beta_dist_alpha"] == 0.5


def test_styles_become_a_text_and_are_lost(fake: FakeWebUI) -> None:
    """They are taken out of the prompt, and their names applied as one text that names none."""
    infotext = "a cat, oil painting, visible brush strokes\nSteps: 3, Sampler: Euler, Seed: 5"
    body = {name: value for name, value in SMALL.items() if name != "prompt"}
    response = post(fake, "txt2img", body | {"infotext": infotext})
    assert response.json()["parameters"]["prompt"] == "a cat"
    assert response.json()["parameters"]["styles"] == "['oil painting']"
    assert "brush strokes" not in response.json()["info"]


def test_values_have_the_type_of_an_option_by_default(fake: FakeWebUI) -> None:
    """Whatever type the option was given by posting it."""
    post(fake, "options", {"CLIP_stop_at_last_layers": 1.0})
    settings = txt2img(fake, infotext=f"{LINE}, Clip skip: 2").body["parameters"]
    assert repr(settings["override_settings"]["CLIP_stop_at_last_layers"]) == "2"


def test_a_hypernetwork_is_appended_to_the_prompt(fake: FakeWebUI) -> None:
    """With its strength, 1.0 where none is given."""
    body = {name: value for name, value in SMALL.items() if name != "prompt"}
    response = post(fake, "txt2img", body | {"infotext": f"{LINE}, Hypernet: soft"})
    assert response.json()["parameters"]["prompt"] == "a cat<hypernet:soft:1.0>"
