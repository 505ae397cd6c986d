"""Hires fix: sizes, checks and what the infotext says of the second pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_webui import FakeWebUI
from fake_webui.webui.processing.hires import resized
from tests.fake_webui.generating import OTHER_CHECKPOINT, SMALL, failure, post, txt2img

HIRES = {"enable_hr": True, "denoising_strength": 0.5, "hr_upscaler": "Latent"}
TWICE = "Hires upscale: 2.0, Hires upscaler: Latent"
LORA, LORA_HASHES = "<lora:ink:1>", "ink: 5d1f7a2b9c04"
STRENGTH = "Denoising strength: 0.5"


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (128, 128)),
        ({"hr_scale": 1.5}, (96, 96)),
        ({"hr_scale": 1}, (64, 64)),
        ({"hr_resize_x": 96}, (96, 96)),
        ({"hr_resize_y": 72, "width": 128}, (144, 72)),
        ({"hr_resize_x": 96, "hr_resize_y": 160}, (96, 160)),
        ({"hr_resize_x": 100, "hr_resize_y": 160}, (104, 160)),
        ({"hr_scale": 2, "width": 68}, (136, 128)),
        ({"hr_upscaler": "Lanczos"}, (128, 128)),
        ({"firstphase_width": 32, "firstphase_height": 40}, (64, 80)),
    ],
)
def test_the_result_has_the_size_of_the_second_pass(
    fake: FakeWebUI, asked: dict[str, Any], size: tuple[int, int]
) -> None:
    """By a factor, by one side or by both; what stands over is cut off in latents of 8 pixels."""
    assert txt2img(fake, **HIRES | asked).sizes == [size]


@given(*[st.integers(64, 2048)] * 4)
def test_both_sides_given_are_covered_within_a_latent(
    width: int, height: int, to_width: int, to_height: int
) -> None:
    """The picture keeps its shape, covers the size, and loses what stands over."""
    made = resized(width, height, to_width, to_height)
    assert all(
        abs(side - wanted) <= 15 for side, wanted in zip(made, (to_width, to_height), strict=True)
    )
    assert all(side % 8 == 0 for side in made)


@pytest.mark.parametrize(
    ("asked", "notes"),
    [
        ({}, "Hires upscale: 2.0, Hires upscaler: Latent"),
        ({"hr_upscaler": None}, "Hires upscale: 2.0"),
        ({"hr_upscaler": "None"}, "Hires upscale: 2.0, Hires upscaler: None"),
        ({"hr_resize_x": 96}, "Hires resize: 96x0, Hires upscaler: Latent"),
        ({"hr_second_pass_steps": 3},
         "Hires upscale: 2.0, Hires steps: 3, Hires upscaler: Latent"),
        ({"hr_prompt": "a dog", "hr_negative_prompt": "bad"},
         f"Hires prompt: a dog, Hires negative prompt: bad, {TWICE}"),
        ({"hr_sampler_name": "DDIM"},
         "Hires sampler: DDIM, Hires upscale: 2.0, Hires upscaler: Latent"),
        ({"hr_sampler_name": "DPM++ 2M"},
         f"Hires sampler: DPM++ 2M, Hires schedule type: Karras, {TWICE}"),
        ({"hr_scheduler": "Karras"},
         "Hires schedule type: Karras, Hires upscale: 2.0, Hires upscaler: Latent"),
        ({"sampler_name": "DPM++ 2M"}, "Hires upscale: 2.0, Hires upscaler: Latent"),
        ({"hr_checkpoint_name": OTHER_CHECKPOINT},
         f"Hires checkpoint: {OTHER_CHECKPOINT} [c9e3e68f89], {TWICE}"),
        ({"hr_checkpoint_name": "Use same checkpoint"},
         "Hires upscale: 2.0, Hires upscaler: Latent"),
    ],
)  # fmt: skip
def test_the_infotext_says_what_the_second_pass_does_otherwise(
    fake: FakeWebUI, asked: dict[str, Any], notes: str
) -> None:
    """In the real server's order, and nothing that is as in the first pass."""
    assert txt2img(fake, **HIRES | asked).notes == f"{STRENGTH}, {notes}"


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"denoising_strength": None}, "TypeError", "'>' not supported between"),
        ({"hr_upscaler": "Nope"}, "Exception", "could not find upscaler named Nope"),
        ({"hr_checkpoint_name": "nope"}, "Exception", "Could not find checkpoint with name nope"),
        ({"hr_sampler_name": "Nope"}, "AssertionError", "bad sampler name: Nope"),
        ({"hr_scale": 0}, "RuntimeError", "Input and output sizes"),
        ({"hr_scale": None}, "TypeError", "NoneType"),
        ({"hr_second_pass_steps": -1}, "RuntimeError", "number of steps must be non-negative"),
        ({"denoising_strength": 0, "sampler_name": "DDIM"}, "ZeroDivisionError", "modulo by zero"),
        ({"firstpass_image": "xx"}, "ValueError", "could not convert string to float"),
    ],
)
def test_what_the_second_pass_trips_over(
    fake: FakeWebUI, asked: dict[str, Any], error: str, words: str
) -> None:
    """Each with the exception of the real server."""
    status, kind, said = failure(post(fake, "txt2img", SMALL | HIRES | asked))
    assert (status, kind) == (500, error)
    assert words in said


@pytest.mark.parametrize(
    ("asked", "loras"),
    [
        ({"hr_prompt": f"a dog {LORA}"}, LORA_HASHES),
        ({"prompt": f"a cat {LORA}", "hr_prompt": "a dog"}, LORA_HASHES),
        ({"hr_prompt": f"a dog {LORA}", "disable_extra_networks": True}, None),
    ],
)
def test_a_lora_of_either_pass_leaves_its_hash(
    fake: FakeWebUI, asked: dict[str, Any], loras: str | None
) -> None:
    """The second pass loads the LoRAs of its own prompt."""
    notes = txt2img(fake, **HIRES | asked).info["extra_generation_params"]
    assert notes.get("Lora hashes") == loras


def test_without_hires_its_fields_change_nothing(fake: FakeWebUI) -> None:
    """Clients send them all along."""
    idle = {"hr_upscaler": "Nope", "hr_scale": 4, "denoising_strength": None}
    assert txt2img(fake, **idle).sizes == [(64, 64)]
