"""What is installed: every list in the real one's shape, from the built-in catalogue."""

from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake

SHAPES: list[tuple[str, dict[str, Any]]] = [
    (
        "samplers",
        {"name": "DPM++ 2M", "aliases": ["k_dpmpp_2m"], "options": {"scheduler": "karras"}},
    ),
    (
        "schedulers",
        {
            "name": "automatic",
            "label": "Automatic",
            "aliases": None,
            "default_rho": -1.0,
            "need_inner_model": False,
        },
    ),
    (
        "upscalers",
        {"name": "None", "model_name": None, "model_path": None, "model_url": None, "scale": 4.0},
    ),
    ("latent-upscale-modes", {"name": "Latent"}),
    ("face-restorers", {"name": "CodeFormer", "cmd_dir": None}),
]
KEYS = [
    ("sd-models", ["title", "model_name", "hash", "sha256", "filename", "config"]),
    ("sd-vae", ["model_name", "filename"]),
    ("prompt-styles", ["name", "prompt", "negative_prompt"]),
    ("loras", ["name", "alias", "path", "metadata"]),
    ("realesrgan-models", ["name", "path", "scale"]),
    (
        "extensions",
        ["name", "remote", "branch", "commit_hash", "version", "commit_date", "enabled"],
    ),
    ("script-info", ["name", "is_alwayson", "is_img2img", "args"]),
]
NAMES = {
    "samplers": (
        "DPM++ 2M, DPM++ SDE, DPM++ 2M SDE, DPM++ 2M SDE Heun, DPM++ 2S a, DPM++ 3M SDE, Euler a, "
        "Euler, LMS, Heun, DPM2, DPM2 a, DPM fast, DPM adaptive, Restart, DDIM, DDIM CFG++, PLMS, "
        "UniPC, LCM"
    ),
    "schedulers": (
        "automatic, uniform, karras, exponential, polyexponential, sgm_uniform, kl_optimal, "
        "align_your_steps, simple, normal, ddim, beta"
    ),
    "upscalers": (
        "None, Lanczos, Nearest, DAT x2, DAT x3, DAT x4, ESRGAN_4x, LDSR, R-ESRGAN 4x+, "
        "R-ESRGAN 4x+ Anime6B, ScuNET GAN, ScuNET PSNR, SwinIR 4x"
    ),
}
TXT2IMG_SCRIPTS = [
    "prompt matrix", "prompts from file or textbox", "x/y/z plot", "extra options", "Hypertile",
    "adetailer", "refiner", "sampler", "seed",
]  # fmt: skip


def read(fake: FakeWebUI, name: str) -> Any:
    """Return what an endpoint of the API lists."""
    answer = requests.get(f"{fake.url}/sdapi/v1/{name}", timeout=60)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(("name", "first"), SHAPES)
def test_a_list_begins_as_the_real_one(fake: FakeWebUI, name: str, first: dict[str, Any]) -> None:
    """The first entry has the keys, order and values of the real server."""
    entry = read(fake, name)[0]
    assert list(entry.items()) == list(first.items())


@pytest.mark.parametrize(("name", "keys"), KEYS)
def test_every_entry_has_the_keys_of_the_real_one(
    fake: FakeWebUI, name: str, keys: list[str]
) -> None:
    """The built-in catalogue has at least one of each."""
    entries = read(fake, name)
    assert entries
    assert all(list(entry) == keys for entry in entries)


@pytest.mark.parametrize("name", NAMES)
def test_the_names_are_those_of_the_real_one(fake: FakeWebUI, name: str) -> None:
    """Clients fill their menus with them, in this order."""
    assert [entry["name"] for entry in read(fake, name)] == NAMES[name].split(", ")


def test_the_built_in_catalogue_serves_the_sample_packs(fake: FakeWebUI) -> None:
    """SDXL checkpoints, the LoRA `ink`, the embedding `goodhands`, ADetailer."""
    assert any("xl" in model["model_name"].lower() for model in read(fake, "sd-models"))
    assert "ink" in [lora["name"] for lora in read(fake, "loras")]
    assert read(fake, "embeddings")["loaded"]["goodhands"]["shape"] == 2048
    assert [extension["name"] for extension in read(fake, "extensions")] == ["adetailer"]


def test_checkpoint_titles_carry_the_short_hash(fake: FakeWebUI) -> None:
    """A folder becomes part of the model name."""
    for model in read(fake, "sd-models"):
        path = model["title"].removesuffix(f" [{model['hash']}]")
        assert model["hash"] == model["sha256"][:10]
        assert model["filename"].endswith(f"/models/Stable-diffusion/{path}")
        assert model["model_name"] == path.replace("/", "_").removesuffix(".safetensors")


def test_scripts_of_extensions_come_before_those_of_the_core(fake: FakeWebUI) -> None:
    """Selectable scripts first, then what is always on."""
    assert read(fake, "scripts")["txt2img"] == TXT2IMG_SCRIPTS


def test_script_arguments_have_the_installed_choices(fake: FakeWebUI) -> None:
    """Samplers, schedulers, upscalers and checkpoints are those of this server."""
    info = {(s["name"], s["is_img2img"]): s["args"] for s in read(fake, "script-info")}
    samplers = [sampler["name"] for sampler in read(fake, "samplers")]
    assert samplers in [argument["choices"] for argument in info["sampler", False]]
    assert len(info["x/y/z plot", False]) == 18
    assert [argument["label"] for argument in info["refiner", True]] == [
        "Refiner",
        "Checkpoint",
        "Switch at",
    ]


def test_the_memory_has_no_gpu(fake: FakeWebUI) -> None:
    """As a WebUI on a processor says it."""
    memory = read(fake, "memory")
    assert memory["ram"].keys() == {"free", "used", "total"}
    assert memory["cuda"] == {"error": "unavailable"}


def test_the_adetailer_extension_describes_itself(fake: FakeWebUI) -> None:
    """Version, models and the fields of a unit."""
    url = f"{fake.url}/adetailer/v1"
    assert requests.get(f"{url}/version", timeout=60).json() == {"version": "25.3.0"}
    assert "face_yolov8n.pt" in requests.get(f"{url}/ad_model", timeout=60).json()["ad_model"]
    schema = requests.get(f"{url}/schema", timeout=60).json()
    assert schema["properties"]["ad_confidence"]["default"] == 0.3
    assert schema["additionalProperties"] is False


def test_without_the_extension_there_is_no_trace_of_it(
    start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither its endpoints, nor its script, nor its options."""
    config = tmp_path_factory.mktemp("bare") / "bare.toml"
    config.write_text("extensions = []\n")
    bare = start_fake("bare", "--config", str(config))
    assert requests.get(f"{bare.url}/adetailer/v1/version", timeout=60).status_code == 404
    assert "adetailer" not in read(bare, "scripts")["txt2img"]
    assert "ad_max_models" not in read(bare, "options")
    assert read(bare, "extensions") == []


@pytest.mark.parametrize("name", ["checkpoints", "vae", "embeddings", "loras"])
def test_looking_for_files_again_answers_null(fake: FakeWebUI, name: str) -> None:
    """There is nothing to say about it."""
    answer = requests.post(f"{fake.url}/sdapi/v1/refresh-{name}", timeout=60)
    assert (answer.status_code, answer.json()) == (200, None)


@pytest.mark.parametrize("name", ["unload-checkpoint", "reload-checkpoint"])
def test_unloading_and_reloading_answer_an_empty_object(fake: FakeWebUI, name: str) -> None:
    """The options go on naming the checkpoint."""
    before = read(fake, "options")["sd_model_checkpoint"]
    answer = requests.post(f"{fake.url}/sdapi/v1/{name}", timeout=60)
    assert (answer.status_code, answer.json()) == (200, {})
    assert read(fake, "options")["sd_model_checkpoint"] == before
