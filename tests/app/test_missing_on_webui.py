"""What a WebUI lacks is refused before it is sent, or said; see what each road says of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
NOBODY = "http://127.0.0.1:9"
TXT2IMG = "/sdapi/v1/txt2img"
Json = Callable[..., Any]

REFUSED = [
    (["--sampler", "DPM++ 2N"], "no sampler 'DPM++ 2N'; did you mean 'DPM++ 2M'?"),
    (["--scheduler", "Karas"], "no scheduler 'Karas'; did you mean 'Karras'?"),
    (["--checkpoint", "juggernautXL"], "did you mean 'juggernautXL_v9.safetensors"),
    (["--vae", "sdxl_vae.safetensor"], "did you mean 'sdxl_vae.safetensors'?"),
    (["--upscale", "2", "--upscaler", "Lancos"], "did you mean 'Lanczos'?"),
    (["--hires", "2", "--hires-upscaler", "Latnt"], "did you mean 'Latent'?"),
    (
        ["--adetailer", "--set", "adetailer.face.model=face_yolov8m"],
        "no ADetailer model 'face_yolov8m'; did you mean 'face_yolov8",
    ),
]


@pytest.mark.parametrize(("settings", "words"), REFUSED)
@pytest.mark.parametrize("command", [["run"], ["queue", "add"]])
def test_what_a_webui_would_replace_is_refused_with_the_nearest_name(
    app_cli: CommandLine, fake: FakeWebUI, command: list[str], settings: list[str], words: str
) -> None:
    """Before anything is queued or sent, with status 2."""
    done = app_cli(*command, "--prompt", "x", *SMALL, *settings)
    assert done.returncode == 2
    assert words in done.stderr
    assert payloads(fake, TXT2IMG) == []
    assert "queue is empty" in app_cli("queue").stderr


@pytest.mark.parametrize(
    "sampler", ["DPM++ 2M Karras", "DPM++ SDE Exponential", "Euler a", "DPM++ 2M karras"]
)
def test_names_that_the_webui_understands_pass(app_cli: CommandLine, sampler: str) -> None:
    """Older sampler names hold a scheduler."""
    assert app_cli("run", "--prompt", "x", *SMALL, "--sampler", sampler).returncode == 0


def test_the_check_waits_for_a_webui_that_cant_be_asked(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI
) -> None:
    """Queued without a WebUI, the job is refused when one is there; nothing is sent."""
    fake.fault("reset", "/sdapi/v1/samplers", when="every")
    assert app_cli("queue", "add", "--prompt", "x", *SMALL, "--sampler", "Eular").returncode == 0
    fake.reset()
    assert app_cli("work").returncode == 1
    [job] = app_json("history")
    assert "no sampler 'Eular'; did you mean 'Euler'?" in job["meta"]["error"]
    assert payloads(fake, TXT2IMG) == []


@pytest.mark.parametrize(
    ("words", "thing"),
    [
        (["--prompt", "x <lora:nope:1>"], "LoRA 'nope'"),
        (["--prompt", "x", "--negative", "<lora:nope:1>"], "LoRA 'nope'"),
        (["--prompt", "x <hypernet:nope:1>"], "hypernetwork 'nope'"),
        (["--prompt", "x", "--negative", "<embedding:nope>"], "embedding 'nope'"),
        (["--prompt", "x", "--style", "nope"], "style 'nope'"),
        (["--prompt", "x", "--set", "pipeline.global_prompt=<lora:nope:1>"], "LoRA 'nope'"),
    ],
)
def test_what_a_webui_ignores_is_said_wherever_the_record_is(
    app_cli: CommandLine, app_json: Json, words: list[str], thing: str
) -> None:
    """Beforehand, when the job ends, in the history; doctor says it of queued jobs."""
    assert f"has no {thing} and will ignore it" in app_cli("queue", "add", *words, *SMALL).stderr
    assert thing in app_cli("doctor").stdout
    warning = f"the WebUI has no {thing} and ignored it"
    worked = app_cli("work")
    assert worked.returncode == 0
    assert warning in worked.stderr
    [job] = app_json("history")
    assert job["meta"]["warnings"] == [warning]
    assert warning in app_cli("history", "show", job["job_id"]).stdout
    assert warning in app_cli("history").stdout
    refused = app_cli("run", *words, *SMALL, "--strict")
    assert refused.returncode == 2
    assert thing in refused.stderr


def test_what_there_is_is_listed_once(app_cli: CommandLine) -> None:
    """A LoRA has a name and an alias, which are mostly the same."""
    refused = app_cli("run", "--prompt", "<lora:qq:1>", *SMALL, "--strict").stderr
    names = refused.partition("it has ")[2].partition("it has ")[2].strip().split(", ")
    assert len(names) > 1
    assert len(names) == len(set(names)), refused


def test_a_strict_job_is_checked_as_soon_as_its_webui_can_be_asked(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI
) -> None:
    """Before it is sent; so is what is made of it, and a job that is not strict runs."""
    words = ("queue", "add", "--prompt", "x <lora:add-detal-xl:1>", *SMALL, "--webui", NOBODY)
    for more in (["--strict"], []):
        assert app_cli(*words, *more).returncode == 0
    assert app_cli("work").returncode == 1
    loose, strict = app_json("history")
    assert (loose["status"], strict["status"]) == ("succeeded", "failed")
    assert "it has no LoRA 'add-detal-xl'; did you mean" in strict["meta"]["error"]
    assert fake.count(TXT2IMG) == 1
    again = app_cli("queue", "retry", strict["job_id"])
    assert again.returncode == 2
    assert "no LoRA 'add-detal-xl'" in again.stderr


def test_packs_show_says_what_the_webui_lacks(app_cli: CommandLine, tmp_path: Path) -> None:
    """Before a pack is queued, where the WebUI can be asked; elsewhere it shows all the same."""
    pack = tmp_path / "pack.txt"
    pack.write_text("a boat <lora:nope:1> <embedding:gone:0.8>\n")
    shown = app_cli("packs", "show", pack, "--sampler", "Eular")
    assert shown.returncode == 0
    for words in ("LoRA 'nope'", "embedding 'gone'", "did you mean 'Euler'?"):
        assert words in shown.stderr
    assert "a boat <lora:nope:1> (gone:0.8)" in shown.stdout
    alone = app_cli("packs", "show", pack, "--webui", NOBODY)
    assert alone.returncode == 0
    assert "nope" not in alone.stderr


def test_embeddings_that_are_there_are_no_warning(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """Loaded or meant for another kind of model, the WebUI knows them."""
    known = fake_embeddings(fake)
    assert known
    done = app_cli("run", "--prompt", f"x <embedding:{known[0]}>", *SMALL, "--strict")
    assert done.returncode == 0
    assert "ignore" not in done.stderr


def fake_embeddings(fake: FakeWebUI) -> list[str]:
    """Return the embeddings of the fake."""
    answer = requests.get(f"{fake.url}/sdapi/v1/embeddings", timeout=60).json()
    return [*answer["loaded"], *answer["skipped"]]
