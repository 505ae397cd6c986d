"""Findings: what a request meant and did not get, as the journal's entries say it."""

import json
import sys
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.fake_webui.generating import SMALL, encoded, gradient, post, txt2img
from tests.support import fake_webui_cli

DEFAULT = "'DPM++ 2M' with Karras was used"


def findings(fake: FakeWebUI) -> list[str]:
    """Return the findings of the last generation."""
    found: list[str] = fake.requests()[-1]["findings"]
    return found


@pytest.mark.parametrize(
    ("asked", "sentences"),
    [
        ({}, []),
        ({"sampler_name": "Nope"}, [f"sampler 'Nope' is not known; {DEFAULT}"]),
        ({"sampler_name": "k_euler"}, [f"sampler 'k_euler' is not known; {DEFAULT}"]),
        ({"sampler_name": "DPM++ 2M Karras"},
         [f"sampler 'DPM++ 2M Karras' is an old spelling of sampler and scheduler; {DEFAULT}"]),
        ({"sampler_index": "Euler a"}, ["sampler_index is an old spelling of sampler_name"]),
        ({"sampler_name": "Euler", "sampler_index": "Euler a"}, []),
        ({"scheduler": "Turbo"}, ["scheduler 'Turbo' is not known; Automatic was used"]),
        ({"scheduler": "karras"}, []),
        ({"hr_scheduler": "Turbo"}, []),
        ({"hr_scheduler": "Turbo", "enable_hr": True, "denoising_strength": 0.5},
         ["hr_scheduler 'Turbo' is not known; Automatic was used"]),
        ({"styles": ["nope", "clean", "None"]}, ["style 'nope' is not known and was ignored"]),
        ({"prompt": "a <lora:nope:1> <lora:ink:1>"}, ["LoRA 'nope' is not known and was ignored"]),
        ({"prompt": "<lora:ink:x>"},
         ["LoRA 'ink' has a weight that is not a number; no LoRA was loaded"]),
        ({"prompt": "<hypernet:soft:1>"}, ["hypernetwork 'soft' is not known and was ignored"]),
        ({"prompt": "<pose:a:b>"}, ["extra network '<pose:a:b>' is not known and was ignored"]),
        ({"negative_prompt": "embedding:nope, embedding:goodhands"},
         ["embedding 'nope' is not known and was ignored"]),
        ({"override_settings": {"sd_model_checkpoint": "nope", "sd_vae": "none.pt"}},
         ["checkpoint 'nope' is not known and was ignored",
          "VAE 'none.pt' is not known; none was used"]),
    ],
)  # fmt: skip
def test_what_was_replaced_or_ignored_is_found(
    fake: FakeWebUI, asked: dict[str, Any], sentences: list[str]
) -> None:
    """One sentence each, and none where all was as asked for."""
    txt2img(fake, **asked)
    assert findings(fake) == sentences


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ({"ad_modle": "x"}, "it has the unknown key 'ad_modle'"),
        ({"ad_confidence": 2}, "ad_confidence can't be 2"),
    ],
)
def test_a_unit_that_is_left_out_is_found(
    fake: FakeWebUI, unit: dict[str, Any], reason: str
) -> None:
    """With the key that did it; whether or not another unit is left."""
    good = {"ad_model": "face_yolov8n.pt"}
    for args, number in (([True, False, good, unit], 2), ([True, False, unit], 1)):
        txt2img(fake, alwayson_scripts={"ADetailer": {"args": args}})
        assert findings(fake) == [f"ADetailer unit {number} was left out: {reason}"]


def test_img2img_has_findings_too(fake: FakeWebUI) -> None:
    """The same way."""
    body = SMALL | {"init_images": [encoded(gradient(64, 64))], "styles": ["nope"]}
    assert post(fake, "img2img", body).status_code == 200
    assert findings(fake) == ["style 'nope' is not known and was ignored"]


def test_exec_tells_the_findings() -> None:
    """Below its table, with how often each was."""
    body = json.dumps(SMALL | {"sampler_name": "Nope"})
    script = f"""
import os, urllib.request
url, kind = os.environ["WEBUI_URL"] + "/sdapi/v1/txt2img", {{"Content-Type": "application/json"}}
for _ in range(2):
    urllib.request.urlopen(urllib.request.Request(url, {body.encode()!r}, kind), timeout=60)
"""
    told = fake_webui_cli("exec", "--", sys.executable, "-c", script).stdout
    sentence = "sampler 'Nope' is not known; 'DPM++ 2M' with Karras was used"
    assert told.splitlines()[-1] == f"POST /sdapi/v1/txt2img: {sentence} (x2)"
