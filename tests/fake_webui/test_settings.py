"""Settings that change while the server runs, until it is reset."""

import json
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.errors import ControlError
from tests.fake_webui.controlling import SAMPLERS, send
from tests.fake_webui.generating import OTHER_CHECKPOINT, SMALL, answered, post, txt2img
from tests.support import duration_s

AT_START = {
    "step_seconds": 0.0, "load_seconds": 0.0, "seed": 1, "images": "compact", "strict": False,
}  # fmt: skip


def patch(fake: FakeWebUI, body: Any) -> requests.Response:
    """Change settings and return whatever is answered."""
    return requests.patch(f"{fake.url}/__fake/v1/settings", data=json.dumps(body), timeout=60)


def test_settings_merge_until_reset(fake: FakeWebUI) -> None:
    """What is not named stays; PATCH answers as GET does."""
    assert fake.settings() == AT_START
    assert fake.settings(step_seconds=0.5) == AT_START | {"step_seconds": 0.5}
    assert fake.settings(images="realistic", seed=None)["step_seconds"] == 0.5
    assert fake.settings() == AT_START | {
        "step_seconds": 0.5, "images": "realistic", "seed": None
    }  # fmt: skip
    fake.reset()
    assert fake.settings() == AT_START


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"stepseconds": 1}, '"stepseconds" can\'t be changed; step_seconds, '),
        ({"profile": "forge"}, '"profile" can\'t be changed'),
        ({"step_seconds": "1"}, "step_seconds is a number of seconds"),
        ({"step_seconds": True}, "step_seconds is a number of seconds"),
        ({"step_seconds": -1}, "step_seconds is from 0 to"),
        ({"step_seconds": 10**400}, "step_seconds is from 0 to"),
        ({"load_seconds": float("nan")}, "load_seconds is from 0 to"),
        ({"seed": 1.5}, "seed is a whole number or null"),
        ({"images": "huge"}, "images is compact, realistic or a folder"),
        ({"images": "a" * 5000}, "images is compact, realistic or a folder"),
        ({"strict": 1}, "strict is true or false"),
        ([], "settings are an object"),
        (None, "settings are an object"),
    ],
)
def test_wrong_settings_change_nothing(fake: FakeWebUI, body: Any, words: str) -> None:
    """Not even those beside them that are right."""
    right = {"step_seconds": 0.25} if isinstance(body, dict) else None
    response = patch(fake, {**right, **body} if right else body)
    assert response.status_code == 422
    assert words in response.json()["error"]
    assert fake.settings() == AT_START


def test_step_seconds_count_from_the_next_generation(fake: FakeWebUI) -> None:
    """And back to none at once."""
    fake.settings(step_seconds=0.02)
    txt2img(fake, steps=10)
    assert duration_s(fake.requests("txt2img")[0]) > 0.2
    fake.settings(step_seconds=3600)
    fake.settings(step_seconds=0)
    txt2img(fake, steps=10)


def test_load_seconds_count_at_the_next_switch(fake: FakeWebUI) -> None:
    """A checkpoint switch takes them."""
    fake.settings(load_seconds=0.3)
    assert post(fake, "options", {"sd_model_checkpoint": OTHER_CHECKPOINT}).ok
    assert duration_s(fake.requests("options")[0]) > 0.3


def test_a_seed_begins_anew(fake: FakeWebUI) -> None:
    """What was drawn after a seed is drawn again after the same one."""
    drawn = []
    for seed in (7, 7, 8):
        fake.settings(seed=seed)
        drawn.append([answered(post(fake, "txt2img", SMALL | {"seed": -1})).info["seed"]])
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_seed_decides_faults_too(fake: FakeWebUI) -> None:
    """By which of the requests they hit."""

    def hit(seed: int) -> list[bool]:
        fake.reset()
        fake.settings(seed=seed)
        fake.fault("status", "samplers", when={"probability": 0.5})
        for _ in range(12):
            send(fake, SAMPLERS)
        return [entry["fault"] is not None for entry in fake.requests("samplers")]

    assert hit(7) == hit(7) != hit(8)


def test_pictures_grow_where_that_is_set(fake: FakeWebUI) -> None:
    """`realistic` pictures are larger ones."""
    size = {"width": 512, "height": 512}
    compact = txt2img(fake, **size).files[0]
    fake.settings(images="realistic")
    assert len(txt2img(fake, **size).files[0]) > 2 * len(compact)


def test_a_strict_server_refuses_unknown_fields(fake: FakeWebUI) -> None:
    """With the nearest known name, so that a client in any language fails where it errs."""
    fake.settings(strict=True)
    response = post(fake, "txt2img", SMALL | {"negativ_prompt": "blurry"})
    assert response.status_code == 422
    words = "`negativ_prompt` is not a field of the WebUI: did you mean `negative_prompt`?"
    assert words in response.json()["detail"]
    unit = {"alwayson_scripts": {"ADetailer": {"args": [{"ad_modell": "face_yolov8n.pt"}]}}}
    response = post(fake, "txt2img", SMALL | unit)
    assert "did you mean `ad_model`?" in response.json()["detail"]
    txt2img(fake)


def test_a_setting_that_is_not_there_is_told(fake: FakeWebUI) -> None:
    """In Python it is an error with the server's words."""
    with pytest.raises(ControlError, match='"steps" can\'t be changed'):
        fake.settings(steps=1)  # type: ignore[call-arg]


def test_a_server_can_be_started_strict() -> None:
    """With a flag of its own."""
    with FakeWebUI("--strict") as webui:
        assert post(webui, "txt2img", SMALL | {"stepps": 1}).status_code == 422
