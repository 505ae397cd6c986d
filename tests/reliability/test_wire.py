"""What the app asks for is what a WebUI does: every setting there and back."""

from typing import Any

import pytest

from app.bootstrap import Application
from app.jobs.models import JobStatus
from fake_webui import FakeWebUI
from tests.reliability.conftest import boat
from tests.support import payloads

MAIN_ROAD: dict[str, Any] = {
    "txt2img": {"clip_skip": 2, "batch_size": 2, "sampler_name": "DPM++ 2M Karras", "steps": 3},
    "adetailer": {"enabled": True},
    "upscale": {"enabled": True},
}


def run(application: Application, layers: dict[str, Any], prompt: str = "a boat") -> Any:
    """Run one small job and return its record."""
    [job_id] = application.job_service.submit([boat(config=layers, prompt=prompt)])
    application.runner.run_pending()
    return application.history.get(job_id)


def test_the_main_road_leads_through_all_its_stages(
    application: Application, fake: FakeWebUI
) -> None:
    """Two images, each detailed and upscaled on its own, no field that the API lacks."""
    job = run(application, MAIN_ROAD)
    assert job.status is JobStatus.SUCCEEDED, job.error
    stages = [image["stage"] for image in job.images]
    assert stages == ["txt2img"] * 2 + ["adetailer"] * 2 + ["upscale"] * 2
    assert [image["seed"] for image in job.images] == [7, 8] * 3
    assert [entry["unknown_fields"] for entry in fake.requests()] == [[]] * len(fake.requests())


@pytest.mark.parametrize(
    "layers",
    [
        {"txt2img": {"hires_enabled": True, "hires_scale": 1.5, "hires_upscaler": "Lanczos"}},
        {"txt2img": {"hires_enabled": True, "hires_resize_x": 96, "hires_steps": 2}},
        {"img2img": {"enabled": True, "steps": 3, "sampler_name": "Euler a", "scheduler": "Beta"}},
        {"adetailer": {"enabled": True, "hand": {"enabled": False}}},
        {"adetailer": {"enabled": True, "face": {"enabled": False, "steps": 5}}},
        {
            "adetailer": {
                "enabled": True,
                "face": {"steps": 5, "cfg_scale": 4, "sampler_name": "Euler"},
            }
        },
        {"upscale": {"enabled": True, "mode": "img2img", "resize": 1.5, "upscaler": "Lanczos"}},
        {"upscale": {"enabled": True, "upscaler_2": "Nearest", "upscaler_2_visibility": 0.5}},
        {"upscale": {"enabled": True, "resize": 1.3, "upscaler": "Nearest"}},
        {"txt2img": {"n_iter": 2, "batch_size": 2, "subseed": 5, "subseed_strength": 0.5}},
    ],
    ids=lambda layers: str(sorted(next(iter(layers.values())))),
)
def test_every_combination_of_settings_comes_back_as_asked(
    application: Application, fake: FakeWebUI, layers: dict[str, Any]
) -> None:
    """The check of the answer finds nothing, and no field goes unknown."""
    job = run(application, layers)
    assert job.status is JobStatus.SUCCEEDED, job.error
    assert not [entry for entry in fake.requests() if entry["unknown_fields"]]


def test_checkpoint_vae_and_refiner_are_used_and_restored(
    application: Application, fake: FakeWebUI
) -> None:
    """The WebUI's own settings are afterwards as they were."""
    client = application.api_client
    before = client.options()["sd_model_checkpoint"]
    titles = [checkpoint["title"] for checkpoint in client.checkpoints()]
    chosen = {
        "checkpoint": titles[-1],
        "refiner_enabled": True,
        "refiner_checkpoint": titles[0],
        "refiner_switch_at": 0.5,
        "steps": 4,
        "vae": client.vaes()[0]["model_name"],
    }
    job = run(application, {"txt2img": chosen})
    assert job.status is JobStatus.SUCCEEDED, job.error
    assert client.options()["sd_model_checkpoint"] == before
    assert not any(payloads(fake, "/sdapi/v1/options"))


@pytest.mark.parametrize("layers", [{"enabled": True}, {"vae": "sdxl_vae.safetensors"}])
def test_where_no_option_is_overridden_none_is_asked_for(
    application: Application, fake: FakeWebUI, layers: dict[str, Any]
) -> None:
    """There is nothing to put back: img2img without a VAE, and a VAE of no img2img."""
    job = run(application, {"img2img": layers})
    assert job.status is JobStatus.SUCCEEDED, job.error
    assert fake.requests("/sdapi/v1/options") == []


def test_every_sampler_and_scheduler_of_the_webui_can_be_asked_for(
    application: Application, fake: FakeWebUI
) -> None:
    """Also the samplers that use no scheduler, and schedulers by name as by label."""
    client = application.api_client
    samplers = [sampler["name"] for sampler in client.samplers()]
    schedulers = [s[key] for s in client.schedulers() for key in ("name", "label")]
    pairs = [(name, "Karras") for name in samplers] + [("Euler", name) for name in schedulers]
    specs = [
        boat(steps=4, config={"txt2img": {"sampler_name": sampler, "scheduler": scheduler}})
        for sampler, scheduler in pairs
    ]
    job_ids = application.job_service.submit(specs)
    application.runner.run_pending()
    errors = {application.history.get(job_id).error for job_id in job_ids}
    assert errors == {None}
    assert len(fake.requests(path="/sdapi/v1/txt2img")) == len(pairs)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"sampler_name": "euler a"}, "it has no sampler 'euler a'; did you mean 'Euler a'?"),
        ({"scheduler": "Kerras"}, "it has no scheduler 'Kerras'; did you mean 'Karras'?"),
        ({"vae": "none.pt"}, "it has no vae 'none.pt'"),
        ({"hires_enabled": True, "hires_upscaler": "None such"}, "it has no hires upscaler"),
    ],
)
def test_what_the_webui_would_silently_replace_fails_the_job(
    application: Application, layer: dict[str, Any], words: str
) -> None:
    """The sentence names what was asked for."""
    job = run(application, {"txt2img": layer})
    assert job.status is JobStatus.FAILED
    assert words in job.error


def test_adetailer_on_a_webui_without_it_fails_before_anything_is_sent(
    build: Any, start_fake: Any, tmp_path: Any
) -> None:
    """No hour of txt2img for a stage that can't run."""
    config = tmp_path / "bare.toml"
    config.write_text("extensions = []\n")
    bare = start_fake("no-adetailer", "--config", str(config))
    job = run(build(bare.url), {"adetailer": {"enabled": True}})
    assert "it has no script 'adetailer'" in job.error
    assert bare.requests(path="/sdapi/v1/txt2img") == []


def test_a_lora_that_the_webui_lacks_is_a_warning(application: Application) -> None:
    """It is ignored there; the record says so."""
    known = application.api_client.loras()[0]["name"]
    job = run(application, {}, prompt=f"a boat <lora:{known}:0.5> <lora:none such:1>")
    assert job.status is JobStatus.SUCCEEDED
    assert job.meta["warnings"] == ["the WebUI has no LoRA 'none such' and ignored it"]
