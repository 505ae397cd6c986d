"""The app on each kind of WebUI: what goes out is in its own words, what comes back is checked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine, command_line, reading_json
from tests.conftest import PROFILES, StartFake
from tests.support import payloads

pytestmark = pytest.mark.profiles

TXT2IMG, IMG2IMG = "/sdapi/v1/txt2img", "/sdapi/v1/img2img"
EXTRAS = "/sdapi/v1/extra-single-image"
SMALL = ("run", "--direct", "--prompt", "a boat", "--width", "64", "--height", "64", "--steps", "2")
CATALOGUE = f"""
[[checkpoints]]
name = "loaded.safetensors"
sha256 = "{"1f" * 32}"
[[checkpoints]]
name = "sub/other.safetensors"
sha256 = "{"2e" * 32}"
[[vaes]]
name = "soft.safetensors"
sha256 = "{"3d" * 32}"
[[loras]]
name = "ink"
short_hash = "4c4c4c4c4c4c"
[[styles]]
name = "fog"
prompt = "in fog"
negative_prompt = ""
"""
NAMES = {"a1111": "AUTOMATIC1111 v", "forge": "Forge f2", "sdnext": "SD.Next 20"}

JOBS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "lora": ("--prompt", "a boat <lora:ink:0.6>"),
    "checkpoint": ("--checkpoint", "sub/other.safetensors"),
    "hires": ("--hires", "2"),
    "upscale": ("--upscale", "2"),
    "upscale by img2img": ("--upscale", "2", "--upscale-mode", "img2img"),
    "vae": ("--vae", "soft.safetensors"),
    "vae without its ending": ("--vae", "soft"),
    "img2img": ("--img2img", "0.4"),
    "clip skip": ("--set", "txt2img.clip_skip=2"),
    "style": ("--set", 'txt2img.styles=["fog"]'),
    "batch": ("--set", "txt2img.batch_size=2", "--batches", "2"),
}


@pytest.fixture(scope="module")
def servers(
    start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], FakeWebUI]:
    """Start each kind of WebUI when it is first asked for, with one catalogue."""
    config, started = tmp_path_factory.mktemp("kinds") / "fake.toml", dict[str, FakeWebUI]()
    config.write_text(CATALOGUE)

    def server(kind: str) -> FakeWebUI:
        if kind not in started:
            started[kind] = start_fake(kind, "--profile", kind, "--config", str(config))
        started[kind].reset()
        return started[kind]

    return server


@pytest.fixture(params=PROFILES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of WebUI in turn."""
    return str(request.param)


@pytest.fixture
def webui(kind: str, servers: Callable[[str], FakeWebUI]) -> FakeWebUI:
    """A WebUI of that kind."""
    return servers(kind)


@pytest.fixture
def run(home: Path, webui: FakeWebUI) -> CommandLine:
    """Run `python -m app …` on it."""
    return command_line(home, webui.url)


only_forge = pytest.mark.parametrize("kind", ["forge"], indirect=True)
only_sdnext = pytest.mark.parametrize("kind", ["sdnext"], indirect=True)


def overrides(webui: FakeWebUI) -> dict[str, Any]:
    """Return the settings that the last generation was to override."""
    return dict(payloads(webui, TXT2IMG)[-1]["override_settings"])


LISTS = {"sd-models", "sd-vae", "sd-modules", "upscalers", "loras", "scripts"}


def asked_for(webui: FakeWebUI) -> set[str]:
    """Return the last parts of the paths that were asked for."""
    return {entry["path"].rpartition("/")[2] for entry in webui.requests()}


@pytest.mark.parametrize("job", JOBS)
def test_every_job_succeeds_on_every_kind(run: CommandLine, webui: FakeWebUI, job: str) -> None:
    """And nothing is sent that this kind does not know."""
    done = run(*SMALL, *JOBS[job])
    assert done.returncode == 0, done.stderr
    generations = [e for p in (TXT2IMG, IMG2IMG, EXTRAS) for e in webui.requests(p)]
    assert all(e["unknown_fields"] == e["findings"] == [] for e in generations)


def test_doctor_says_what_it_talks_to(run: CommandLine, kind: str) -> None:
    """By name and version, and it has what the WebUI lists."""
    found = {row["check"]: row for row in reading_json(run)("doctor")}
    assert found["WebUI"]["found"].startswith(NAMES[kind])
    assert found["models"]["found"].startswith("2 checkpoints, 1 VAE, ")


def test_doctor_says_whether_there_is_adetailer(run: CommandLine, kind: str) -> None:
    """Where it is missing, whether it could be installed."""
    found = {row["check"]: row for row in reading_json(run)("doctor")}
    why = "SD.Next can't have it" if kind == "sdnext" else "not installed"
    assert found["ADetailer"]["found"] == f"{why}; jobs with --adetailer are refused"


def test_a_kind_is_found_out_once(run: CommandLine, webui: FakeWebUI) -> None:
    """However many jobs it runs."""
    run("queue", "add", *SMALL[2:])
    run("queue", "add", *SMALL[2:])
    webui.reset()
    assert run("work").returncode == 0
    assert len(payloads(webui, TXT2IMG)) == 2
    assert webui.count(path="/openapi.json") == 1


def test_only_the_lists_that_a_job_needs_are_asked_for(run: CommandLine, webui: FakeWebUI) -> None:
    """A plain job needs neither models nor upscalers."""
    run("queue", "add", *SMALL[2:])
    webui.reset()
    assert run("work").returncode == 0
    assert not asked_for(webui) & LISTS


@pytest.mark.parametrize("kind", ["forge", "sdnext"], indirect=True)
@pytest.mark.parametrize(
    "name", ["other", "other.safetensors", "sub/other", "sub/other.safetensors [0123456789]"]
)
def test_a_checkpoint_is_sent_by_the_title_that_the_webui_lists(
    run: CommandLine, webui: FakeWebUI, name: str
) -> None:
    """Whatever the user calls it: with or without folder, ending and hash."""
    done = run(*SMALL, "--checkpoint", name)
    assert done.returncode == 0, done.stderr
    listed = requests.get(f"{webui.url}/sdapi/v1/sd-models", timeout=60).json()
    [title] = [one["title"] for one in listed if one["title"].startswith("sub/other")]
    assert overrides(webui) == {"sd_model_checkpoint": title}


@only_forge
def test_forge_gets_its_vae_as_a_module(run: CommandLine, webui: FakeWebUI) -> None:
    """By its full name, also where the user leaves the ending out."""
    assert run(*SMALL, "--vae", "soft").returncode == 0
    assert overrides(webui) == {"forge_additional_modules": ["soft.safetensors"]}


@only_forge
def test_forge_is_told_the_modules_and_the_cfg_of_hires_fix(
    run: CommandLine, webui: FakeWebUI
) -> None:
    """Without modules it fails after the first pass, and its own cfg would be 1."""
    assert run(*SMALL, "--hires", "2", "--cfg", "5").returncode == 0
    assert run(*SMALL, "--hires", "2", "--set", "txt2img.hires_cfg_scale=3").returncode == 0
    first, second = payloads(webui, TXT2IMG)
    assert first["hr_additional_modules"] == ["Use same choices"]
    assert (first["hr_cfg"], second["hr_cfg"]) == (5, 3)


@only_forge
def test_flux_is_reached_by_settings(run: CommandLine, webui: FakeWebUI) -> None:
    """Distilled guidance goes into the payload, modules into the settings, the VAE among them."""
    done = run(
        *SMALL, "--vae", "soft", "--set", "txt2img.distilled_cfg_scale=2.5",
        "--set", 'txt2img.additional_modules=["soft.safetensors"]',
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert payloads(webui, TXT2IMG)[-1]["distilled_cfg_scale"] == 2.5
    assert overrides(webui)["forge_additional_modules"] == ["soft.safetensors"]


@pytest.mark.parametrize("kind", ["a1111", "sdnext"], indirect=True)
@pytest.mark.parametrize(
    "setting", ["txt2img.distilled_cfg_scale=2", 'txt2img.additional_modules=["soft.safetensors"]']
)
def test_what_only_forge_has_is_refused_elsewhere(
    run: CommandLine, webui: FakeWebUI, setting: str
) -> None:
    """It would be ignored, so nothing is sent."""
    assert run(*SMALL, "--set", setting).returncode != 0
    assert webui.count(path=TXT2IMG) == 0


@only_sdnext
def test_sdnext_gets_its_own_names_and_fields(run: CommandLine, webui: FakeWebUI) -> None:
    """Scheduler, upscaler, strength and clip skip."""
    assert run(*SMALL, "--hires", "2", "--set", "txt2img.clip_skip=2").returncode == 0
    [sent] = payloads(webui, TXT2IMG)
    assert (sent["schedulers_sigma"], sent["hr_upscaler"]) == ("karras", "Latent Bilinear")
    assert (sent["hr_resize_mode"], sent["hr_force"], sent["clip_skip"]) == (1, True, 2)
    assert sent["hr_denoising_strength"] == 0.5
    assert not sent.keys() & {"scheduler", "denoising_strength", "force_task_id"}


SDNEXT_LACKS = [
    (("--scheduler", "Beta"), "no scheduler 'Beta'"),
    (("--sampler", "DPM adaptive"), "no sampler 'DPM adaptive'"),
    (("--hires", "2", "--set", "txt2img.hires_checkpoint=other"), "hr_checkpoint_name"),
    (("--hires", "2", "--set", "txt2img.hires_scheduler=Exponential"), "hr_scheduler"),
    (
        ("--set", "txt2img.refiner_enabled=true", "--set", "txt2img.refiner_checkpoint=other"),
        "refiner_checkpoint",
    ),
]


@only_sdnext
@pytest.mark.parametrize("command", [SMALL, ("queue", "add", *SMALL[2:])])
@pytest.mark.parametrize(("words", "said"), SDNEXT_LACKS)
def test_sdnext_is_not_sent_what_it_would_ignore(
    run: CommandLine, webui: FakeWebUI, command: tuple[str, ...], words: tuple[str, ...], said: str
) -> None:
    """It would make another picture, and say nothing; so nothing is queued."""
    done = run(*command, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert webui.count(path=TXT2IMG) == 0
    assert "queue is empty" in run("queue").stderr


@only_sdnext
@pytest.mark.parametrize(("words", "said"), SDNEXT_LACKS)
def test_doctor_and_packs_tell_what_sdnext_would_ignore(
    run: CommandLine, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Asked with a job's settings, doctor ends with 1; `packs show` says it beside the plan."""
    doctor = run("doctor", *words, COLUMNS="300")
    assert doctor.returncode == 1
    assert said in doctor.stdout
    pack = tmp_path / "pack.txt"
    pack.write_text("a boat\n")
    shown = run("packs", "show", pack, *words)
    assert shown.returncode == 0
    assert said in shown.stderr


@only_sdnext
def test_sdnext_is_sent_a_hires_sampler_with_the_schedule_of_both_passes(
    run: CommandLine, webui: FakeWebUI
) -> None:
    """There is one schedule, so one of its own is needed only where it differs."""
    done = run(*SMALL, "--hires", "2", "--set", "txt2img.hires_sampler_name=Euler a")
    assert done.returncode == 0, done.stderr
    [sent] = payloads(webui, TXT2IMG)
    assert (sent["hr_sampler_name"], sent["schedulers_sigma"]) == ("Euler a", "karras")
    assert "hr_scheduler" not in sent


def test_submitting_asks_only_for_what_the_job_names(run: CommandLine, webui: FakeWebUI) -> None:
    """A plain job needs samplers and schedulers; an upscaler adds one list."""
    assert run("queue", "add", *SMALL[2:]).returncode == 0
    assert not asked_for(webui) & LISTS
    assert run("queue", "add", *SMALL[2:], "--upscale", "2").returncode == 0
    assert asked_for(webui) & LISTS == {"upscalers"}


@only_sdnext
def test_a_jpeg_of_sdnext_is_saved_as_one_and_read_back(run: CommandLine, home: Path) -> None:
    """With its parameters, which make the same job again."""
    assert run(*SMALL, "--negative", "fog").returncode == 0
    [picture] = home.rglob("images/**/*.jpg")
    done = run("history", "import", "--run", picture)
    assert done.returncode == 0, done.stderr
    first, second = reversed(reading_json(run)("history", "list"))
    assert (second["prompt"], second["negative_prompt"]) == (first["prompt"], "fog")
