"""The noise levels that a pass goes through: where it fails, and where guidance is left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_webui import FakeWebUI
from fake_webui.webui.processing import noise
from tests.fake_webui.generating import SMALL, answered, encoded, failure, gradient, post, txt2img

LEAST, MOST = noise.trained_levels()[0], noise.trained_levels()[-1]
NO_STEPS = {"enable_hr": True, "denoising_strength": 0, "steps": 2}
REVERSED = "eta must be 0 for reverse sampling"
NO_LAST = "index -2 is out of bounds for dimension 0 with size 1"


@given(st.sampled_from([*noise.SCHEDULES.values(), noise.uniform]), st.integers(1, 40))
def test_schedules_fall(make: noise.MakeLevels, steps: int) -> None:
    """From level to level, never below 0."""
    levels = make(steps, LEAST, MOST, 0)
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] >= 0


@pytest.mark.parametrize("name", ["karras", "exponential", "polyexponential", "normal", "beta"])
def test_schedules_reach_from_end_to_end(name: str) -> None:
    """The first level is the largest that the model knows, the last before 0 the smallest."""
    first, *_, last, zero = noise.SCHEDULES[name](5, LEAST, MOST, 0)
    assert [first, last, zero] == pytest.approx([MOST, LEAST, 0])


@given(st.floats(0, 999))
def test_a_level_is_found_at_its_timestep(timestep: float) -> None:
    """Levels between two timesteps too."""
    assert noise.timestep_at(noise.level_at(timestep)) == pytest.approx(timestep, abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "noted"),
    [
        ({"steps": 3, "s_min_uncond": 1}, False),
        ({"steps": 3, "s_min_uncond": 2}, True),
        ({"steps": 3, "s_min_uncond": 3, "scheduler": "Beta"}, False),
        ({"steps": 3, "s_min_uncond": 1, "scheduler": "Karras"}, False),
        ({"steps": 3, "s_min_uncond": 1, "scheduler": "Exponential"}, True),
        ({"steps": 2, "s_min_uncond": 1, "sampler_name": "DPM2 a"}, False),
        ({"steps": 2, "s_min_uncond": 1, "sampler_name": "Heun"}, True),
        ({"steps": 4, "s_min_uncond": 3, "sampler_name": "DDIM"}, False),
        ({"steps": 2, "s_min_uncond": 3, "sampler_name": "PLMS"}, True),
        ({"steps": 1, "s_min_uncond": 3}, False),
        ({"steps": 4, "s_min_uncond": 0.01}, False),
    ],
)
def test_guidance_is_left_out_below_a_level(
    fake: FakeWebUI, asked: dict[str, Any], *, noted: bool
) -> None:
    """Where one of the odd times that a sampler asks the model is at less noise."""
    assert ("NGMS" in txt2img(fake, **asked).infotexts[0]) is noted


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"sampler_name": "DPM++ 3M SDE", "steps": 1}, "UnboundLocalError", "'h' referenced"),
        ({"sampler_name": "DPM++ 2M SDE", "steps": 1}, "UnboundLocalError", "'h' referenced"),
        ({"sampler_name": "DPM++ SDE", **NO_STEPS}, "RuntimeError", "min(): Expected"),
        ({"sampler_name": "DPM fast", **NO_STEPS}, "IndexError", NO_LAST),
        ({"sampler_name": "DPM adaptive", **NO_STEPS}, "IndexError", NO_LAST),
    ],
)
def test_some_samplers_fail_on_few_levels(
    fake: FakeWebUI, asked: dict[str, Any], error: str, words: str
) -> None:
    """Those that look back at the step before, and those that draw their noise as a walk."""
    status, kind, said = failure(post(fake, "txt2img", SMALL | asked))
    assert (status, kind) == (500, error)
    assert words in said


@pytest.mark.parametrize("sampler", ["Euler", "DPM2 a", "DPM++ 2M"])
def test_other_samplers_go_through_no_level_at_all(fake: FakeWebUI, sampler: str) -> None:
    """Hires fix at strength 0 is fine."""
    txt2img(fake, sampler_name=sampler, **NO_STEPS)


def img2img(fake: FakeWebUI, **changes: Any) -> Any:
    """Ask for a picture from a picture, whatever comes of it."""
    body = {**SMALL, "init_images": [encoded(gradient(64, 64))]} | changes
    return post(fake, "img2img", body)


def test_one_step_from_an_image_is_backwards_for_dpm_adaptive(fake: FakeWebUI) -> None:
    """It begins and ends at one level, which needs an eta of 0."""
    asked = {"sampler_name": "DPM adaptive", "steps": 1}
    assert failure(img2img(fake, **asked)) == (500, "ValueError", REVERSED)
    answered(img2img(fake, **asked, eta=0))


def test_an_image_can_not_be_noisier_than_noise(fake: FakeWebUI) -> None:
    """A strength far below 0 leaves no level to start from."""
    words = "index 0 is out of bounds for dimension 0 with size 0"
    assert failure(img2img(fake, denoising_strength=-1)) == (500, "IndexError", words)
    answered(img2img(fake, denoising_strength=-0.5))


def test_a_strength_that_is_no_number_is_no_share_of_steps(fake: FakeWebUI) -> None:
    """The real server fails to make a whole number of it."""
    words = "cannot convert float NaN to integer"
    assert failure(img2img(fake, denoising_strength="NaN")) == (500, "ValueError", words)


def test_more_steps_than_anybody_waits_for_are_no_work(fake: FakeWebUI) -> None:
    """What is looked at of a schedule is limited."""
    answered(post(fake, "txt2img", SMALL | {"steps": 10**9, "s_min_uncond": 1}))
