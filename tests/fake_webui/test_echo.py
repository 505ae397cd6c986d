"""The `parameters` of an answer: every field, its default and its place."""

import base64
import io
from typing import Any

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI

TXT2IMG: dict[str, Any] = {
    "prompt": "", "negative_prompt": "", "styles": None, "seed": -1, "subseed": -1,
    "subseed_strength": 0, "seed_resize_from_h": -1, "seed_resize_from_w": -1,
    "sampler_name": None, "scheduler": None, "batch_size": 1, "n_iter": 1, "steps": 50,
    "cfg_scale": 7.0, "width": 512, "height": 512, "restore_faces": None, "tiling": None,
    "do_not_save_samples": False, "do_not_save_grid": False, "eta": None,
    "denoising_strength": None, "s_min_uncond": None, "s_churn": None, "s_tmax": None,
    "s_tmin": None, "s_noise": None, "override_settings": None,
    "override_settings_restore_afterwards": True, "refiner_checkpoint": None,
    "refiner_switch_at": None, "disable_extra_networks": False, "firstpass_image": None,
    "comments": None, "enable_hr": False, "firstphase_width": 0, "firstphase_height": 0,
    "hr_scale": 2.0, "hr_upscaler": None, "hr_second_pass_steps": 0, "hr_resize_x": 0,
    "hr_resize_y": 0, "hr_checkpoint_name": None, "hr_sampler_name": None, "hr_scheduler": None,
    "hr_prompt": "", "hr_negative_prompt": "", "force_task_id": None, "sampler_index": "Euler",
    "script_name": None, "script_args": [], "send_images": True, "save_images": False,
    "alwayson_scripts": {}, "infotext": None,
}  # fmt: skip

IMG2IMG_ALONE: dict[str, Any] = {
    "init_images": None, "resize_mode": 0, "image_cfg_scale": None, "mask": None,
    "mask_blur_x": 4, "mask_blur_y": 4, "mask_blur": None, "mask_round": True,
    "inpainting_fill": 0, "inpaint_full_res": True, "inpaint_full_res_padding": 0,
    "inpainting_mask_invert": 0, "initial_noise_multiplier": None, "latent_mask": None,
}  # fmt: skip


def names_between(first: str, last: str) -> list[str]:
    """Return the fields of txt2img from one to another."""
    names = list(TXT2IMG)
    return names[names.index(first) : names.index(last) + 1]


def echo(fake: FakeWebUI, path: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the `parameters` of the answer."""
    answer = requests.post(fake.url + path, json=payload, timeout=60)
    assert answer.status_code == 200, answer.text
    parameters: dict[str, Any] = answer.json()["parameters"]
    return parameters


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Assert that two objects agree in order, values and types of numbers."""
    assert list(found) == list(expected)
    assert [(k, v, type(v)) for k, v in found.items()] == [
        (k, v, type(v)) for k, v in expected.items()
    ]


@pytest.fixture
def picture() -> str:
    """A small picture in base64."""
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_an_empty_txt2img_request_is_answered_with_every_default(fake: FakeWebUI) -> None:
    """Nothing is required; the defaults come back with nulls, in the order of the table."""
    assert_same(echo(fake, "/sdapi/v1/txt2img", {}), TXT2IMG)


def test_an_img2img_request_is_answered_with_its_own_defaults(
    fake: FakeWebUI, picture: str
) -> None:
    """Denoising is 0.75 there, and the init images come back as null."""
    shared = {
        name: TXT2IMG[name]
        for span in [("prompt", "comments"), ("force_task_id", "sampler_index")]
        for name in names_between(*span)
    }
    before, after = names_between("prompt", "comments"), names_between("script_name", "infotext")
    expected = {name: shared[name] for name in before} | {"denoising_strength": 0.75}
    expected |= IMG2IMG_ALONE
    expected |= {"force_task_id": None, "sampler_index": "Euler", "include_init_images": False}
    expected |= {name: TXT2IMG[name] for name in after}
    assert_same(echo(fake, "/sdapi/v1/img2img", {"init_images": [picture]}), expected)


@pytest.mark.parametrize("name", ["seed", "subseed", "override_settings", "styles", "comments"])
def test_a_null_comes_back_as_null(fake: FakeWebUI, name: str) -> None:
    """`parameters` is what was asked, not what was resolved."""
    payload = {"width": 8, "height": 8, "steps": 1, name: None}
    assert echo(fake, "/sdapi/v1/txt2img", payload)[name] is None
