"""What each stage sends and what must come back."""

from dataclasses import replace
from typing import Any

import pytest

from app.config.pipeline_config import merge
from app.jobs.models import JobSpec
from app.stages import STAGES, StageImage, StageRequest, stages_of

BOAT = StageImage(data=b"png", width=832, height=1216, seed=41)


def request_of(stage_name: str, **layers: Any) -> StageRequest:
    """Return the one request that a stage makes of one image with these settings."""
    config = merge({stage_name: {"enabled": True}} if stage_name != "txt2img" else {}, layers)
    job = JobSpec(prompt="a boat", negative_prompt="fog", config=config)
    [stage] = [stage for stage in STAGES if stage.name == stage_name]
    [request] = stage.requests(job, [BOAT])
    return request


def test_stages_run_in_one_order() -> None:
    """The table is the order; each is switched on by its own section."""
    assert [stage.name for stage in STAGES] == ["txt2img", "img2img", "adetailer", "upscale"]
    config = merge({"upscale": {"enabled": True}, "adetailer": {"enabled": True}})
    assert [stage.name for stage in stages_of(config)] == ["txt2img", "adetailer", "upscale"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (("DPM++ 2M", "Karras"), ("DPM++ 2M", "Karras")),
        (("DPM++ 2M Karras", "Automatic"), ("DPM++ 2M", "Karras")),
        (("DPM++ 2M SDE Heun Exponential", "Karras"), ("DPM++ 2M SDE Heun", "Exponential")),
        (("DPM++ 3M SDE sgm uniform", "Karras"), ("DPM++ 3M SDE", "SGM Uniform")),
        (("Euler a", "Automatic"), ("Euler a", "Automatic")),
    ],
)
def test_scheduler_and_sampler_go_apart(given: tuple[str, str], sent: tuple[str, str]) -> None:
    """A scheduler within the sampler's name is taken out of it."""
    names = {"sampler_name": given[0], "scheduler": given[1]}
    payload = request_of("txt2img", txt2img=names).payload
    assert (payload["sampler_name"], payload["scheduler"]) == sent


def test_model_vae_and_clip_skip_are_set_for_one_request_only() -> None:
    """They go as overrides that are restored, and must be found again in the answer."""
    chosen = {"checkpoint": "dream", "vae": "soft.pt", "clip_skip": 2}
    request = request_of("txt2img", txt2img=chosen)
    assert request.payload["override_settings"] == {
        "sd_model_checkpoint": "dream",
        "sd_vae": "soft.pt",
        "CLIP_stop_at_last_layers": 2,
    }
    assert request.payload["override_settings_restore_afterwards"] is True
    assert (request.expected.checkpoint, request.expected.vae) == ("dream", "soft.pt")
    assert request.expected.info["clip_skip"] == 2


@pytest.mark.parametrize("stage", ["txt2img", "img2img", "adetailer"])
def test_every_sampling_stage_uses_the_jobs_model(stage: str) -> None:
    """A later stage never runs on whatever is loaded."""
    request = request_of(stage, txt2img={"checkpoint": "dream"})
    assert request.payload["override_settings"]["sd_model_checkpoint"] == "dream"
    assert request.expected.checkpoint == "dream"


def test_hires_fix_sends_the_fields_that_the_api_has() -> None:
    """And expects images of the final size."""
    hires = {
        "width": 512,
        "height": 768,
        "hires_enabled": True,
        "hires_upscaler": "Lanczos",
        "hires_scale": 1.5,
        "hires_steps": 7,
        "hires_denoising_strength": 0.4,
        "hires_sampler_name": "Euler a Karras",
    }
    request = request_of("txt2img", txt2img=hires)
    sent = {key: value for key, value in request.payload.items() if "hr" in key or "den" in key}
    assert sent == {
        "enable_hr": True,
        "hr_upscaler": "Lanczos",
        "hr_scale": 1.5,
        "hr_resize_x": 0,
        "hr_resize_y": 0,
        "hr_second_pass_steps": 7,
        "denoising_strength": 0.4,
        "hr_sampler_name": "Euler a",
        "hr_scheduler": "Karras",
    }
    assert request.expected.size == (768, 1152)


@pytest.mark.parametrize(
    ("resize", "size"),
    [((1024, 0), (1024, 1536)), ((0, 768), (512, 768)), ((640, 640), (640, 640))],
)
def test_hires_sizes_keep_the_proportion_unless_both_sides_are_given(
    resize: tuple[int, int], size: tuple[int, int]
) -> None:
    """As the WebUI works them out."""
    hires = {"width": 512, "height": 768, "hires_enabled": True}
    sides = dict(zip(("hires_resize_x", "hires_resize_y"), resize, strict=True))
    assert request_of("txt2img", txt2img=hires | sides).expected.size == size


def test_nothing_is_sent_of_what_is_switched_off() -> None:
    """No hires, refiner or variation field without its switch."""
    payload = request_of("txt2img").payload
    assert not [
        key for key in payload if key.startswith(("hr_", "enable_hr", "refiner", "subseed"))
    ]


def test_the_refiner_goes_with_its_switch_point() -> None:
    """Both of its fields."""
    refiner = {"refiner_enabled": True, "refiner_checkpoint": "fine", "refiner_switch_at": 0.7}
    payload = request_of("txt2img", txt2img=refiner).payload
    assert (payload["refiner_checkpoint"], payload["refiner_switch_at"]) == ("fine", 0.7)


def test_img2img_keeps_the_images_own_size_and_seed() -> None:
    """Settings it has none of are those of txt2img."""
    request = request_of("img2img", img2img={"denoising_strength": 0.35, "steps": 12})
    payload = request.payload
    assert (payload["width"], payload["height"], payload["seed"]) == (832, 1216, 41)
    assert (payload["steps"], payload["cfg_scale"]) == (12, 6.0)
    assert payload["denoising_strength"] == 0.35
    assert payload["init_images"] == ["cG5n"]


def test_adetailer_sends_both_units_and_skips_the_outer_img2img() -> None:
    """The full form of its arguments: enabled, outer skipped, face, hand."""
    payload = request_of("adetailer").payload
    enabled, skip_outer, face, hand = payload["alwayson_scripts"]["ADetailer"]["args"]
    assert (enabled, skip_outer) == (True, True)
    assert (face["ad_model"], hand["ad_model"]) == ("face_yolov8n.pt", "hand_yolov8n.pt")


def test_an_adetailer_unit_that_is_off_is_none_and_not_left_out() -> None:
    """Left out, the extension would run it with its own defaults."""
    request = request_of("adetailer", adetailer={"hand": {"enabled": False}})
    assert request.payload["alwayson_scripts"]["ADetailer"]["args"][3] == {"ad_model": "None"}
    assert request.expected.detailers == ["face_yolov8n.pt"]


def test_adetailer_units_say_that_they_have_steps_of_their_own() -> None:
    """The extension ignores a value whose switch is not set."""
    face = {"steps": 9, "cfg_scale": 4.5, "sampler_name": "Euler a", "scheduler": "Karras"}
    request = request_of("adetailer", adetailer={"face": face})
    unit = request.payload["alwayson_scripts"]["ADetailer"]["args"][2]
    own = {key: value for key, value in unit.items() if "use_" in key}
    assert own == {"ad_use_steps": True, "ad_use_cfg_scale": True, "ad_use_sampler": True}
    assert (unit["ad_steps"], unit["ad_cfg_scale"]) == (9, 4.5)
    assert (unit["ad_sampler"], unit["ad_scheduler"]) == ("Euler a", "Karras")


def test_upscale_by_extras_sends_only_fields_that_the_endpoint_has() -> None:
    """No task id, no sampling field, nothing that is silently ignored."""
    request = request_of("upscale", upscale={"resize": 1.5, "upscaler": "Nearest"})
    assert request.payload == {
        "image": "cG5n",
        "resize_mode": 0,
        "upscaling_resize": 1.5,
        "upscaler_1": "Nearest",
    }
    assert request.expected.size == (1248, 1824)
    assert not request.has_task_id


def test_upscale_by_img2img_asks_for_the_larger_size_and_the_upscaler() -> None:
    """The upscaler of img2img is an option of the WebUI, set for this request."""
    upscale = {"mode": "img2img", "resize": 1.5, "upscaler": "Nearest"}
    payload = request_of("upscale", upscale=upscale).payload
    assert (payload["width"], payload["height"]) == (1248, 1824)
    assert payload["override_settings"]["upscaler_for_img2img"] == "Nearest"


def test_sizes_are_rounded_down_to_whole_blocks() -> None:
    """As the WebUI does: 1.3 times 832 is 1081, and comes back as 1080."""
    assert request_of("upscale", upscale={"resize": 1.3}).expected.size == (1080, 1576)


def test_every_image_of_a_batch_gets_a_request_of_its_own() -> None:
    """With its own seed."""
    config = merge({"img2img": {"enabled": True}})
    job = JobSpec(prompt="a boat", config=config)
    [stage] = [stage for stage in STAGES if stage.name == "img2img"]
    requests = stage.requests(job, [BOAT, replace(BOAT, seed=42)])
    assert [request.payload["seed"] for request in requests] == [41, 42]


def test_global_prompts_go_in_front_at_their_stages_only() -> None:
    """Each stage has its own switch."""
    words = {"global_prompt": "best", "global_prompt_stages": ["img2img"]}
    assert request_of("img2img", pipeline=words).payload["prompt"] == "best, a boat"
    assert request_of("txt2img", pipeline=words).payload["prompt"] == "a boat"
