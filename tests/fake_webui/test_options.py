"""Settings: what comes back, what is stored, and what breaks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake

TINY, OTHER = "125fe1606e" + "0" * 54, "9a5405c9f6" + "1" * 54
MODELS = f"""
[[checkpoints]]
name = "tiny.safetensors"
sha256 = "{TINY}"

[[checkpoints]]
name = "sub/other.safetensors"
sha256 = "{OTHER}"

[[vaes]]
name = "clear.safetensors"
sha256 = "{"ab" * 32}"
"""
OTHER_TITLE = "sub/other.safetensors [9a5405c9f6]"
NAMES_OF_OTHER = [
    OTHER_TITLE,
    "sub/other.safetensors",
    "sub_other",
    "other",
    "other [9a5405c9f6]",
    "9a5405c9f6",
    OTHER,
]
NOT_A_SWITCH = "value could not be parsed to a boolean (type=type_error.bool)"
NOT_A_NUMBER = "value is not a valid float (type=type_error.float)"
NOT_A_LIST = "value is not a valid list (type=type_error.list)"
NOT_A_TEXT = "str type expected (type=type_error.str)"
SOME_DEFAULTS = {
    "samples_format": "png",
    "jpeg_quality": 80,
    "img_downscale_threshold": 4.0,
    "n_rows": -1,
    "CLIP_stop_at_last_layers": 1,
    "sd_vae": "Automatic",
    "upscaler_for_img2img": None,
    "face_restoration_model": "CodeFormer",
    "randn_source": "GPU",
    "show_progress_every_n_steps": 10,
    "hypertile_max_tile_unet": 256.0,
    "quicksettings_list": ["sd_model_checkpoint"],
}


@pytest.fixture(scope="module")
def small_server(start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory) -> FakeWebUI:
    """A server with two checkpoints and a VAE."""
    config = tmp_path_factory.mktemp("options") / "models.toml"
    config.write_text(MODELS)
    return start_fake("options", "--config", str(config))


@pytest.fixture
def server(small_server: FakeWebUI) -> Iterator[FakeWebUI]:
    """That server as at its start."""
    small_server.reset()
    yield small_server
    small_server.reset()


def get(server: FakeWebUI) -> requests.Response:
    """GET the options."""
    return requests.get(f"{server.url}/sdapi/v1/options", timeout=60)


def post(server: FakeWebUI, values: Any) -> requests.Response:
    """POST some options."""
    return requests.post(f"{server.url}/sdapi/v1/options", json=values, timeout=60)


def error(answer: requests.Response) -> tuple[int, str, str]:
    """Return what a handler's exception looks like from outside."""
    body = answer.json()
    return answer.status_code, body["error"], body["errors"]


def test_all_options_are_there_with_their_defaults(server: FakeWebUI) -> None:
    """329 of them, and an option that was never set has the type of its default."""
    options = get(server).json()
    assert len(options) == 329
    found = {key: options[key] for key in SOME_DEFAULTS}
    assert repr(found) == repr(SOME_DEFAULTS)
    assert list(options)[:3] == ["samples_save", "samples_format", "samples_filename_pattern"]


def test_the_first_checkpoint_is_loaded_and_named_by_its_title(server: FakeWebUI) -> None:
    """The title has the first ten digits of the hash."""
    options = get(server).json()
    assert options["sd_model_checkpoint"] == "tiny.safetensors [125fe1606e]"
    assert options["sd_checkpoint_hash"] == TINY


def test_a_whole_number_comes_back_as_a_float(server: FakeWebUI) -> None:
    """Once it is set, it passes through validation."""
    assert post(server, {"jpeg_quality": 70}).json() is None
    assert repr(get(server).json()["jpeg_quality"]) == "70.0"


def test_an_unknown_option_fails_and_those_before_it_stay(server: FakeWebUI) -> None:
    """The order of the payload decides what is applied."""
    answer = post(server, {"jpeg_quality": 70, "nope_key": 1, "webp_lossless": True})
    assert error(answer) == (500, "KeyError", "'nope_key'")
    options = get(server).json()
    assert (options["jpeg_quality"], options["webp_lossless"]) == (70, False)


def test_an_unknown_option_of_null_is_no_error(server: FakeWebUI) -> None:
    """Nothing is what it already has."""
    assert post(server, {"nope_key": None}).status_code == 200


@pytest.mark.parametrize(
    ("key", "bad", "good", "message"),
    [
        ("samples_save", "maybe", "yes", NOT_A_SWITCH),
        ("jpeg_quality", "abc", "60", NOT_A_NUMBER),
        ("quicksettings_list", "x", [], NOT_A_LIST),
        ("samples_format", [], "jpg", NOT_A_TEXT),
    ],
)
def test_a_wrong_type_is_stored_and_poisons_reading(
    server: FakeWebUI, key: str, bad: Any, good: Any, message: str
) -> None:
    """POST says 200; GET is a 500 until the option is mended."""
    assert post(server, {key: bad}).status_code == 200
    text = f"1 validation error for Options\nresponse -> {key}\n  {message}"
    assert error(get(server)) == (500, "ValidationError", text)
    assert post(server, {key: good}).status_code == 200
    assert get(server).status_code == 200


def test_an_option_with_an_empty_default_takes_anything(server: FakeWebUI) -> None:
    """Nothing is known of its type."""
    post(server, {"webp_lossless": "maybe"})
    assert get(server).json()["webp_lossless"] == "maybe"


def test_all_options_can_be_posted_back(server: FakeWebUI) -> None:
    """Some clients do; nothing changes but that numbers are floats."""
    options = get(server).json()
    assert post(server, options).status_code == 200
    assert get(server).json() == options


@pytest.mark.parametrize("name", NAMES_OF_OTHER)
def test_a_checkpoint_is_loaded_by_any_of_its_names(server: FakeWebUI, name: str) -> None:
    """Title, path, stem, short and full hash; the options then show its title."""
    assert post(server, {"sd_model_checkpoint": name}).status_code == 200
    options = get(server).json()
    assert options["sd_model_checkpoint"] == OTHER_TITLE
    assert options["sd_checkpoint_hash"] == OTHER


@pytest.mark.parametrize("name", ["nope", "", "TINY", "tiny.ckpt", 5])
def test_an_unknown_checkpoint_fails_and_nothing_is_applied(server: FakeWebUI, name: Any) -> None:
    """It is looked up before anything is stored."""
    answer = post(server, {"jpeg_quality": 61, "sd_model_checkpoint": name})
    assert error(answer) == (500, "RuntimeError", f"model {name!r} not found")
    assert get(server).json()["jpeg_quality"] == 80


def test_a_checkpoint_of_null_is_stored(server: FakeWebUI) -> None:
    """The loaded one stays."""
    assert post(server, {"sd_model_checkpoint": None}).json() is None
    assert get(server).json()["sd_model_checkpoint"] is None


def test_a_checkpoint_that_is_a_list_is_a_type_error(server: FakeWebUI) -> None:
    """It can't be looked up."""
    answer = post(server, {"sd_model_checkpoint": ["tiny"]})
    assert error(answer) == (500, "TypeError", "unhashable type: 'list'")


def test_a_vae_is_stored_whether_it_is_there_or_not(server: FakeWebUI) -> None:
    """An unknown one is used as none, silently."""
    for name in ("clear.safetensors", "nope"):
        assert post(server, {"sd_vae": name}).json() is None
        assert get(server).json()["sd_vae"] == name


@pytest.mark.parametrize("key", ["sd_vae_explanation", "api_enable_requests", "settings_in_ui"])
def test_some_options_are_silently_left_alone(server: FakeWebUI, key: str) -> None:
    """Texts of the settings page, and what the API may not switch."""
    before = get(server).json()[key]
    assert post(server, {key: "changed"}).json() is None
    assert get(server).json()[key] == before


def test_reset_forgets_what_was_set(server: FakeWebUI) -> None:
    """Options and the loaded checkpoint are as at start."""
    before = get(server).json()
    post(server, {"jpeg_quality": 12, "sd_model_checkpoint": "other"})
    server.reset()
    assert get(server).json() == before


def overridden(server: FakeWebUI, name: str, value: Any) -> Any:
    """Return what an option is after a request that overrode it."""
    body = {"width": 64, "height": 64, "steps": 1, "override_settings": {name: value}}
    answer = requests.post(f"{server.url}/sdapi/v1/txt2img", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return get(server).json()[name]


def test_an_override_stays_where_the_option_was_never_saved(server: FakeWebUI) -> None:
    """A configuration file that doesn't say what is saved is a fresh installation."""
    assert overridden(server, "CLIP_stop_at_last_layers", 2) == 2
    post(server, {"jpeg_quality": 70})
    assert overridden(server, "jpeg_quality", 50) == 70


@pytest.mark.parametrize(
    ("saved", "clip_skip", "tiling"),
    [('"all"', 1, False), ('"none"', 2, True), ('["tiling"]', 2, False)],
)
def test_a_configuration_says_which_options_are_saved(
    start_fake: StartFake, tmp_path: Path, saved: str, clip_skip: int, *, tiling: bool
) -> None:
    """Those are put back after an override."""
    config = tmp_path / "saved.toml"
    config.write_text(f"saved_options = {saved}\n")
    server = start_fake("saved", "--config", str(config))
    assert overridden(server, "CLIP_stop_at_last_layers", 2) == clip_skip
    assert overridden(server, "tiling", value=True) is tiling
