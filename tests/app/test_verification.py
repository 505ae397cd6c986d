"""What came back must be what was asked for."""

from typing import Any

import pytest

from app.config.requirements import Requirement
from app.engine.verification import check_images, check_info
from app.errors import BadAnswerError, MismatchError, OutcomeUnknownError, WebUIAnswerError
from app.stages import Expected
from app.webui.answers import decode_image, read_generation, refusal
from app.webui.inventory import Inventory

DREAM: dict[str, Any] = {
    "title": "sub/dream_v8.safetensors [abcdef0123]",
    "model_name": "sub_dream_v8",
    "hash": "abcdef0123",
    "sha256": "abcdef0123456789",
    "filename": "/models/sub/dream_v8.safetensors",
}
PLAIN: dict[str, Any] = {
    "title": "plain.safetensors",
    "model_name": "plain",
    "hash": None,
    "sha256": None,
    "filename": "C:\\models\\plain.safetensors",
}
INVENTORY = Inventory(
    checkpoints=[DREAM, PLAIN], vaes=["soft.pt"], upscalers=["Lanczos"], scripts=["x"]
)
INFO: dict[str, Any] = {
    "steps": 5,
    "cfg_scale": 6,
    "sampler_name": "Euler",
    "sd_model_name": "dream_v8",
    "sd_vae_name": "soft.pt",
    "extra_generation_params": {"ADetailer model": "face.pt", "Hires upscaler": "Latent"},
    "infotexts": ["a boat\nSteps: 5, Sampler: Euler, Schedule type: SGM Uniform, Seed: 1"],
}


def expected(**details: Any) -> Expected:
    """Return what must come back, of 64 by 64 pixels."""
    return Expected(size=(64, 64), **details)


@pytest.mark.parametrize(
    "name",
    [
        "sub/dream_v8.safetensors [abcdef0123]",
        "sub/dream_v8.safetensors",
        "dream_v8.safetensors",
        "sub_dream_v8",
        "dream_v8",
        "abcdef0123",
        "abcdef0123456789",
    ],
)
def test_a_checkpoint_may_be_named_in_every_way_the_webui_takes(name: str) -> None:
    """Title, names, hashes, or a part of the title."""
    assert INVENTORY.lacks([Requirement("checkpoint", name)]) is None
    check_info(expected(checkpoint=name), INFO, INVENTORY)


def test_another_checkpoint_than_the_one_asked_for_is_a_mismatch() -> None:
    """The sentence names both."""
    with pytest.raises(MismatchError, match=r"'plain'.*used 'dream_v8'"):
        check_info(expected(checkpoint="plain"), INFO, INVENTORY)


def test_what_a_webui_lacks_is_said_with_what_it_has() -> None:
    """So that a typing error is seen at once."""
    reason = INVENTORY.lacks([Requirement("vae", "hard.pt")])
    assert reason is not None
    assert "no vae 'hard.pt'" in reason
    assert "soft.pt" in reason


@pytest.mark.parametrize(
    "details",
    [
        {"info": {"steps": 6}},
        {"info": {"sampler_name": "DPM++ 2M"}},
        {"info": {"cfg_scale": 6.5}},
        {"generation_params": {"Hires upscaler": "Lanczos"}},
        {"scheduler": "Exponential"},
        {"vae": "None"},
        {"vae": "hard.pt"},
        {"detailers": ["hand.pt"]},
    ],
)
def test_every_difference_is_a_mismatch(details: dict[str, Any]) -> None:
    """The WebUI falls back silently; the job does not."""
    with pytest.raises(MismatchError):
        check_info(expected(**details), INFO, INVENTORY)


@pytest.mark.parametrize(
    "details",
    [
        {"info": {"steps": 5, "cfg_scale": 6.0, "sampler_name": "euler"}},
        {"generation_params": {"Hires upscaler": "latent"}},
        {"scheduler": "SGM Uniform"},
        {"scheduler": "sgm_uniform"},
        {"scheduler": "Automatic"},
        {"vae": "soft.pt"},
        {"vae": "Automatic"},
        {"detailers": ["face.pt"]},
    ],
)
def test_what_was_asked_for_is_accepted(details: dict[str, Any]) -> None:
    """Numbers by value, names in any case."""
    check_info(expected(**details), INFO, INVENTORY)


@pytest.mark.parametrize("found", [None, 7, ["Euler"]])
def test_what_is_no_name_is_not_the_sampler_asked_for(found: Any) -> None:
    """A WebUI may say anything."""
    with pytest.raises(MismatchError, match="asked for sampler_name 'Euler'"):
        check_info(expected(info={"sampler_name": "Euler"}), {"sampler_name": found}, INVENTORY)


def test_a_scheduler_that_is_not_mentioned_was_automatic() -> None:
    """The WebUI leaves its default out."""
    check_info(expected(scheduler="Automatic"), {"steps": 1}, INVENTORY)
    with pytest.raises(MismatchError):
        check_info(expected(scheduler="Karras"), {"steps": 1}, INVENTORY)


def test_counts_and_sizes_must_be_right() -> None:
    """Fewer images, or smaller ones, are not what was asked for."""
    with pytest.raises(MismatchError, match="asked for 3 images, the WebUI returned 2"):
        check_images(expected(images=3), [expected().size] * 2)
    with pytest.raises(MismatchError, match="asked for 64×64 pixels, the WebUI returned 32×64"):
        check_images(expected(), [(64, 64), (32, 64)])


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"images": [], "info": "{}"},
        {"images": ["aaaa"]},
        {"images": ["aaaa"], "info": "not JSON"},
        {"images": ["aaaa"], "info": "[]"},
        {"images": ["*"], "info": "{}"},
        {"images": [""], "info": "{}"},
        {"images": [None], "info": "{}"},
    ],
)
def test_an_answer_without_a_usable_image_is_refused(answer: Any) -> None:
    """No empty result is ever a success."""
    with pytest.raises(BadAnswerError):
        read_generation(answer)


def test_a_data_uri_in_front_of_an_image_is_taken_off() -> None:
    """Some servers in between add it."""
    assert decode_image("data:image/png;base64,cG5n") == decode_image("cG5n") == b"png"


def test_a_grid_in_front_is_not_one_of_the_images() -> None:
    """`index_of_first_image` says where they begin."""
    answer = {"images": ["Z3JpZA==", "cG5n"], "info": '{"index_of_first_image": 1}'}
    assert read_generation(answer).images == [b"png"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": "OutOfMemoryError", "errors": "CUDA out of memory."}', "CUDA out of memory."),
        (b'{"error": "HTTPException", "detail": "Not Found", "errors": ""}', "Not Found"),
        (b'{"detail": [{"loc": ["body", "steps"], "msg": "no integer"}]}', "steps: no integer"),
        (b"<h1>Internal\n Server Error</h1>", "Internal Server Error"),
    ],
)
def test_a_refusal_carries_the_webuis_own_words(body: bytes, words: str) -> None:
    """Whatever form they come in."""
    error = refusal(500, body)
    assert isinstance(error, WebUIAnswerError)
    assert words in error.words


def test_a_proxys_time_out_says_nothing_about_the_generation() -> None:
    """The WebUI behind it may be working on."""
    assert isinstance(refusal(504, b"<html>504 Gateway Time-out</html>"), OutcomeUnknownError)
