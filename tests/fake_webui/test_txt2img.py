"""txt2img: what a request means, and what its infotext says."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_webui import FakeWebUI
from fake_webui.webui.processing.seeds import batch_seeds
from tests.fake_webui.generating import (
    MODEL,
    OTHER_CHECKPOINT,
    SMALL,
    answered,
    failure,
    post,
    txt2img,
)

OPTIONS = "options"

FOX = (
    "a fox\nNegative prompt: bad\n"
    "Steps: 3, Sampler: Euler a, Schedule type: Karras, CFG scale: 5, Seed: 9, Size: 64x72"
)
REFINER = f"Refiner: {OTHER_CHECKPOINT} [c9e3e68f89]"
INFO_KEYS = [
    "prompt",
    "all_prompts",
    "negative_prompt",
    "all_negative_prompts",
    "seed",
    "all_seeds",
    "subseed",
    "all_subseeds",
    "subseed_strength",
    "width",
    "height",
    "sampler_name",
    "cfg_scale",
    "steps",
    "batch_size",
    "restore_faces",
    "face_restoration_model",
    "sd_model_name",
    "sd_model_hash",
    "sd_vae_name",
    "sd_vae_hash",
    "seed_resize_from_w",
    "seed_resize_from_h",
    "denoising_strength",
    "extra_generation_params",
    "index_of_first_image",
    "infotexts",
    "styles",
    "job_timestamp",
    "clip_skip",
    "is_using_inpainting_conditioning",
    "version",
]


def test_an_infotext_has_prompt_pairs_model_and_version(fake: FakeWebUI) -> None:
    """The plainest request, word for word."""
    answer = txt2img(fake)
    pairs = "Steps: 2, Sampler: Euler, Schedule type: Automatic, CFG scale: 7.0, Seed: 42"
    assert answer.infotexts == [f"a cat\n{pairs}, Size: 64x64, {MODEL}, Version: v1.10.1"]


def test_info_has_its_keys_in_the_real_order(fake: FakeWebUI) -> None:
    """Clients that show info as it comes show the same."""
    assert list(txt2img(fake).info) == INFO_KEYS


def test_an_empty_request_is_a_large_picture_of_nothing(fake: FakeWebUI) -> None:
    """Every field has a default."""
    answer = post(fake, "txt2img", {}).json()
    assert answer["parameters"]["steps"] == 50
    assert txt2img(fake, width=512, height=512).sizes == [(512, 512)]


@pytest.mark.parametrize(
    ("asked", "sampler", "schedule"),
    [
        ({"sampler_name": "Euler a"}, "Euler a", "Automatic"),
        ({"sampler_name": "DPM++ 2M"}, "DPM++ 2M", "Karras"),
        ({"sampler_name": "DPM++ 2M SDE"}, "DPM++ 2M SDE", "Exponential"),
        ({"sampler_name": "DPM++ 2M Karras"}, "DPM++ 2M", "Karras"),
        ({"sampler_name": "Euler Karras"}, "Euler", "Karras"),
        ({"sampler_name": "LMS Karras", "scheduler": "Exponential"}, "LMS", "Exponential"),
        ({"sampler_name": "nope"}, "DPM++ 2M", "Karras"),
        ({"sampler_name": "euler a"}, "DPM++ 2M", "Karras"),
        ({"sampler_name": None}, "Euler", "Automatic"),
        ({"sampler_index": "DDIM"}, "DDIM", "Automatic"),
        ({"sampler_index": "DDIM", "sampler_name": "LCM"}, "LCM", "Automatic"),
        ({"sampler_name": "DDIM", "scheduler": "karras"}, "DDIM", "Karras"),
        ({"scheduler": "sgm_uniform"}, "Euler", "SGM Uniform"),
        ({"scheduler": "nope"}, "Euler", "Automatic"),
        ({"scheduler": ""}, "Euler", "Automatic"),
    ],
)  # fmt: skip
def test_samplers_and_schedulers_are_found_or_replaced(
    fake: FakeWebUI, asked: dict[str, Any], sampler: str, schedule: str
) -> None:
    """An unknown name is no error: it becomes a default, and the infotext says which."""
    answer = txt2img(fake, **asked)
    assert f"Sampler: {sampler}, Schedule type: {schedule}," in answer.infotexts[0]
    assert answer.info["sampler_name"] == sampler


@pytest.mark.parametrize(
    ("asked", "notes"),
    [
        (
            {"subseed": 7, "subseed_strength": 0.5},
            "Variation seed: 7, Variation seed strength: 0.5",
        ),
        ({"seed_resize_from_w": 32, "seed_resize_from_h": 48}, "Seed resize from: 32x48"),
        ({"tiling": True}, "Tiling: True"),
        ({"sampler_name": "Euler a", "eta": 0.5}, "Eta: 0.5"),
        ({"sampler_name": "DDIM", "eta": 0.5}, "Eta DDIM: 0.5"),
        ({"sampler_name": "Euler", "eta": 0.5}, ""),
        ({"sampler_name": "Euler a", "s_min_uncond": 0.5}, "NGMS: 0.5"),
        ({"s_churn": 3}, ""),
        ({"denoising_strength": 0.5}, ""),
    ],
)  # fmt: skip
def test_what_differs_from_the_defaults_is_in_the_infotext(
    fake: FakeWebUI, asked: dict[str, Any], notes: str
) -> None:
    """Each field with the real server's word for it, or none where it changes nothing."""
    assert txt2img(fake, **asked).notes == notes


@pytest.mark.parametrize(
    ("override", "notes"),
    [
        ({"CLIP_stop_at_last_layers": 2}, "Clip skip: 2"),
        ({"randn_source": "CPU"}, "RNG: CPU"),
        ({"token_merging_ratio": 0.5}, "Token merging ratio: 0.5"),
        ({"sd_vae": "sdxl_vae.safetensors"}, "VAE hash: 63aeecb90f, VAE: sdxl_vae.safetensors"),
        ({"s_churn": 2.0, "s_noise": 1.1}, "Sigma churn: 2.0, Sigma noise: 1.1"),
        ({"sgm_noise_multiplier": True}, "SGM noise multiplier: True"),
        ({"skip_early_cond": 0.2}, "Skip Early CFG: 0.2"),
        ({"sd_noise_schedule": "Zero Terminal SNR"}, "Noise Schedule: Zero Terminal SNR"),
        ({"sd_vae_decode_method": "TAESD"}, "VAE Decoder: TAESD"),
        ({"hypertile_enable_unet": True}, "Hypertile U-Net: True"),
        ({"eta_noise_seed_delta": 31337}, ""),
    ],
)  # fmt: skip
def test_settings_that_change_the_picture_are_in_the_infotext(
    fake: FakeWebUI, override: dict[str, Any], notes: str
) -> None:
    """Overridden for one request, and gone with the next."""
    assert txt2img(fake, override_settings=override).notes == notes


def test_a_sampler_that_counts_timesteps_scales_no_noise(fake: FakeWebUI) -> None:
    """DDIM leaves out the last step but one where that is set, and has no noise multiplier."""
    override = {"always_discard_next_to_last_sigma": True, "sgm_noise_multiplier": True}
    notes = txt2img(fake, sampler_name="DDIM", override_settings=override).notes
    assert notes == "Discard penultimate sigma: True"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"steps": 2}, "AssertionError"),
        ({"steps": 3}, None),
        ({"steps": 2, "override_settings": {"uni_pc_order": 2}}, None),
        ({"steps": 1001}, "ValueError"),
    ],
)
def test_unipc_takes_as_many_timesteps_as_its_order(
    fake: FakeWebUI, asked: dict[str, Any], error: str | None
) -> None:
    """And no sampler that counts timesteps takes more than there are."""
    answer = post(fake, "txt2img", SMALL | {"sampler_name": "UniPC"} | asked)
    assert answer.json().get("error") == error


def test_a_clip_skip_in_words_fails(fake: FakeWebUI) -> None:
    """Settings are stored as they come; the text encoder can't count with a word."""
    asked = SMALL | {"override_settings": {"CLIP_stop_at_last_layers": "2"}}
    status, kind, words = failure(post(fake, "txt2img", asked))
    assert (status, kind) == (500, "TypeError")
    assert "unary -" in words


def test_the_noise_seed_delta_counts_for_ancestral_samplers_alone(fake: FakeWebUI) -> None:
    """ENSD is in the infotext of samplers that use it."""
    override = {"eta_noise_seed_delta": 31337}
    assert txt2img(fake, sampler_name="Euler a", override_settings=override).notes == "ENSD: 31337"


@pytest.mark.parametrize(
    ("override", "lacks"),
    [
        ({"add_model_hash_to_info": False}, "Model hash:"),
        ({"add_model_name_to_info": False}, " Model:"),
        ({"add_version_to_infotext": False}, "Version:"),
    ],
)
def test_parts_of_the_infotext_can_be_switched_off(
    fake: FakeWebUI, override: dict[str, Any], lacks: str
) -> None:
    """Each by its own option."""
    assert lacks not in txt2img(fake, override_settings=override).infotexts[0]


@given(st.integers(-5, 2**40), st.integers(0, 2**32), st.sampled_from([0, 0.3]), st.integers(1, 9))
def test_seeds_count_up_unless_subseeds_vary(
    seed: int, subseed: int, strength: float, count: int
) -> None:
    """Subseeds always count; seeds stay equal where the subseeds have a strength."""
    seeds, subseeds = batch_seeds(seed, subseed, strength, count)
    assert subseeds == [subseed + index for index in range(count)]
    assert seeds == ([seed] * count if strength else [seed + index for index in range(count)])


@given(st.integers(0, 2**63), st.integers(1, 3), st.integers(1, 3))
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_picture_of_a_batch_has_its_seed(
    fake: FakeWebUI, seed: int, batch_size: int, n_iter: int
) -> None:
    """In all_seeds, in its infotext and in its file."""
    answer = txt2img(fake, seed=seed, batch_size=batch_size, n_iter=n_iter)
    seeds = [seed + index for index in range(batch_size * n_iter)]
    assert answer.info["all_seeds"] == seeds
    for own, text, image in zip(seeds, answer.infotexts, answer.images, strict=True):
        assert f"Seed: {own}," in text
        assert image.info["parameters"] == text


@pytest.mark.parametrize("seed", [-1, None])
def test_an_open_seed_is_drawn_and_echoed_open(fake: FakeWebUI, seed: int | None) -> None:
    """What was drawn is in info alone; two requests draw differently."""
    first, second = txt2img(fake, seed=seed), txt2img(fake, seed=seed)
    assert first.body["parameters"]["seed"] == seed
    assert first.info["seed"] != second.info["seed"]
    assert 0 <= first.info["seed"] < 2**32


def test_a_reset_draws_the_same_seeds_again(fake: FakeWebUI) -> None:
    """With --seed, a run repeats exactly."""
    first = txt2img(fake, seed=-1).info["seed"]
    fake.reset()
    assert txt2img(fake, seed=-1).info["seed"] == first


@pytest.mark.parametrize(
    ("styles", "prompt", "negative"),
    [
        (["cinematic"], "cinematic still of a cat, shallow depth of field, film grain",
         "cartoon, painting"),
        (["oil painting"], "a cat, oil painting, visible brush strokes", ""),
        (["clean"], "a cat", "blurry, watermark, low quality"),
        (["nope"], "a cat", ""),
    ],
)  # fmt: skip
def test_styles_are_put_into_the_prompts(
    fake: FakeWebUI, styles: list[str], prompt: str, negative: str
) -> None:
    """Around the prompt, behind it, or not at all where the style is unknown."""
    info = txt2img(fake, styles=styles).info
    assert (info["prompt"], info["negative_prompt"]) == (prompt, negative)


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        ("a cat\n# note\nsitting # tail", "a cat\nsitting \n"),
        ("# all of it", "\n"),
        ("no comment", "no comment"),
    ],
)
def test_comments_are_dropped(fake: FakeWebUI, prompt: str, kept: str) -> None:
    """Whole lines and the ends of lines behind a hash."""
    assert txt2img(fake, prompt=prompt).info["prompt"] == kept


def test_comments_stay_where_they_are_switched_off(fake: FakeWebUI) -> None:
    """By the option enable_prompt_comments."""
    override = {"enable_prompt_comments": False}
    assert txt2img(fake, prompt="a # b", override_settings=override).info["prompt"] == "a # b"


@pytest.mark.parametrize(
    ("prompt", "notes"),
    [
        ("<lora:ink:0.6>", 'Lora hashes: "ink: 5d1f7a2b9c04"'),
        ("<lora:ink>", 'Lora hashes: "ink: 5d1f7a2b9c04"'),
        ("<lora:ink:1><lora:offset:0.2>", 'Lora hashes: "ink: 5d1f7a2b9c04, offset: 4852686128f9"'),
        ("<lora:ink:1> <lora:nope:1>", 'Lora hashes: "ink: 5d1f7a2b9c04"'),
        ("<lora:nope:1>", ""),
        ("<lora:ink:abc>", ""),
        ("a goodhands b", 'TI hashes: "goodhands: 5a8f1c7de902"'),
        ("a (GoodHands:0.8)", 'TI hashes: "goodhands: 5a8f1c7de902"'),
        ("goodhandsome", ""),
    ],
)
def test_networks_and_embeddings_leave_their_hashes(
    fake: FakeWebUI, prompt: str, notes: str
) -> None:
    """Known ones by their hash; unknown ones are no error and leave nothing."""
    answer = txt2img(fake, prompt=prompt)
    assert answer.notes == notes
    assert answer.info["prompt"] == prompt


def test_extra_networks_can_be_switched_off(fake: FakeWebUI) -> None:
    """Then a LoRA's tag is text."""
    assert txt2img(fake, prompt="<lora:ink:1>", disable_extra_networks=True).notes == ""


def test_an_overridden_checkpoint_is_used_and_put_back(fake: FakeWebUI) -> None:
    """For one request, by any of its names; one that isn't there changes nothing."""
    override = {"sd_model_checkpoint": OTHER_CHECKPOINT}
    assert txt2img(fake, override_settings=override).info["sd_model_name"] == OTHER_CHECKPOINT
    assert txt2img(fake).info["sd_model_name"] == "sd_xl_base_1.0"
    missing = {"sd_model_checkpoint": "nope"}
    assert txt2img(fake, override_settings=missing).info["sd_model_name"] == "sd_xl_base_1.0"


def test_an_override_is_put_back(fake: FakeWebUI) -> None:
    """The built-in set has saved all its options once, as an old installation has."""
    txt2img(fake, override_settings={"CLIP_stop_at_last_layers": 2})
    assert txt2img(fake).notes == ""
    keep = {"override_settings_restore_afterwards": False}
    txt2img(fake, override_settings={"CLIP_stop_at_last_layers": 2}, **keep)
    assert txt2img(fake).notes == "Clip skip: 2"


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"prompt": None}, "AssertionError", ""),
        ({"negative_prompt": None}, "TypeError", "'NoneType' object is not iterable"),
        ({"cfg_scale": None}, "TypeError", "for *: 'NoneType' and 'float'"),
        ({"width": None}, "TypeError", "for //: 'NoneType' and 'int'"),
        ({"batch_size": None}, "TypeError", "for *: 'NoneType' and 'int'"),
        ({"n_iter": None}, "TypeError", "for *: 'int' and 'NoneType'"),
        ({"subseed_strength": None}, "TypeError", "for -: 'float' and 'NoneType'"),
        (
            {"firstphase_width": 64, "tiling": True},
            "RuntimeError",
            "wrapping around more than once",
        ),
        ({"firstphase_width": 64}, "RuntimeError", "input size per channel: (2 x 10)."),
        ({"steps": 0}, "ZeroDivisionError", "integer division or modulo by zero"),
        ({"steps": -1}, "RuntimeError", "number of steps must be non-negative"),
        ({"batch_size": 0}, "IndexError", "list index out of range"),
        ({"n_iter": 0}, "IndexError", "list index out of range"),
        ({"width": 7}, "RuntimeError", "Kernel size"),
        ({"width": 0}, "RuntimeError", "Kernel size"),
        ({"width": -64}, "RuntimeError", "negative dimension -8"),
        ({"width": 99_999, "height": 99_999}, "OutOfMemoryError", "CUDA out of memory"),
        ({"seed": 2**65}, "RuntimeError", "Overflow"),
        ({"override_settings": {"nope": 1}}, "KeyError", "'nope'"),
        ({"refiner_checkpoint": "nope"}, "Exception", "Could not find checkpoint with name nope"),
        ({"prompt": "\ud800"}, "UnicodeEncodeError", "surrogates not allowed"),
    ],
)
def test_what_the_real_server_trips_over_is_an_error_here(
    fake: FakeWebUI, asked: dict[str, Any], error: str, words: str
) -> None:
    """Status 500 with the class and words of the exception."""
    status, kind, said = failure(post(fake, "txt2img", SMALL | asked))
    assert (status, kind) == (500, error)
    assert words in said


@pytest.mark.parametrize(
    "asked", [{"steps": 151}, {"cfg_scale": -3}, {"cfg_scale": 0}, {"batch_size": 9}]
)
def test_nothing_else_has_a_range(fake: FakeWebUI, asked: dict[str, Any]) -> None:
    """The API has none of the limits of the page."""
    assert txt2img(fake, **asked).images


@pytest.mark.parametrize(
    ("asked", "sizes"),
    [
        ({"save_images": True, "batch_size": 2}, [(128, 64), (64, 64), (64, 64)]),
        ({"save_images": True, "batch_size": 3}, [(128, 128)] + [(64, 64)] * 3),
        ({"save_images": True, "n_iter": 2}, [(128, 64), (64, 64), (64, 64)]),
        ({"save_images": True}, [(64, 64)]),
        ({"batch_size": 2}, [(64, 64)] * 2),
        ({"save_images": True, "batch_size": 2, "override_settings": {"return_grid": False}},
         [(64, 64)] * 2),
        ({"send_images": False}, []),
    ],
)  # fmt: skip
def test_a_grid_comes_first_where_pictures_are_saved(
    fake: FakeWebUI, asked: dict[str, Any], sizes: list[tuple[int, int]]
) -> None:
    """With at least two pictures; index_of_first_image says so, and the infotexts have one more."""
    answer = txt2img(fake, **asked)
    assert answer.sizes == sizes
    has_grid = bool(sizes) and sizes[0] != (64, 64)
    assert answer.info["index_of_first_image"] == int(has_grid)
    assert len(answer.infotexts) == max(1, len(sizes))


def test_an_infotext_turns_on_what_it_names(fake: FakeWebUI) -> None:
    """A face restorer in it mends faces, with the one that the settings name."""
    pairs = "Steps: 2, Sampler: Euler, Seed: 1, Size: 64x64, Face restoration: GFPGAN, Tiling: True"
    body = answered(post(fake, "txt2img", {"infotext": f"a fox\n{pairs}"})).body
    assert body["parameters"]["override_settings"] == {"tiling": True, "face_restoration": True}
    assert json.loads(body["info"])["face_restoration_model"] == "CodeFormer"


@pytest.mark.parametrize(
    ("infotext", "asked", "expected"),
    [
        (FOX, {},
         {"prompt": "a fox", "negative_prompt": "bad", "steps": 3, "sampler_name": "Euler a",
          "cfg_scale": 5.0, "seed": 9, "width": 64, "height": 72}),
        ("a fox\nSteps: 3, Sampler: Euler a, CFG scale: 5, Seed: 9", {"steps": 7, "prompt": "mine"},
         {"prompt": "mine", "steps": 7, "seed": 9}),
        ("a fox\nSteps: 3, Sampler: DDIM, CFG scale: 5, Clip skip: 2", {}, {"clip_skip": 2}),
        ("just words", {}, {"prompt": "just words", "sampler_name": "DPM++ 2M"}),
    ],
)  # fmt: skip
def test_an_infotext_fills_in_what_the_request_leaves_open(
    fake: FakeWebUI, infotext: str, asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The request's own fields win."""
    info = answered(post(fake, "txt2img", {"infotext": infotext, **asked})).info
    assert {key: info[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("asked", "notes"),
    [
        ({"refiner_switch_at": 0.5}, f"{REFINER}, Refiner switch at: 0.5"),
        ({"refiner_switch_at": None}, REFINER),
        ({"refiner_switch_at": 1.0}, ""),
        ({"refiner_switch_at": 0.5, "refiner_checkpoint": "sd_xl_base_1.0"}, ""),
        ({"refiner_switch_at": 0.5, "refiner_checkpoint": "None"}, ""),
        ({"refiner_switch_at": 0.5, "steps": 1}, ""),
    ],
)  # fmt: skip
def test_a_refiner_is_noted_if_it_comes_into_play(
    fake: FakeWebUI, asked: dict[str, Any], notes: str
) -> None:
    """Not where it is the loaded model, or is never switched to."""
    assert (
        txt2img(fake, **{"steps": 4, "refiner_checkpoint": OTHER_CHECKPOINT, **asked}).notes
        == notes
    )


@pytest.mark.parametrize("field", ["s_tmax", "s_noise", "denoising_strength"])
def test_not_a_number_is_null_in_the_answer(fake: FakeWebUI, field: str) -> None:
    """As the page's own way to write JSON has it."""
    answer = txt2img(fake, **{field: "NaN"})
    assert answer.body["parameters"][field] is None
