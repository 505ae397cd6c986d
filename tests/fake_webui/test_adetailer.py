"""ADetailer: which units take part, what they leave in the infotext, and its silence on errors."""

from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.fake_webui.generating import encoded, gradient, img2img, txt2img

FACE = {"ad_model": "face_yolov8n.pt"}
USUAL = (
    "ADetailer confidence{n}: 0.3, ADetailer dilate erode{n}: 4, ADetailer mask blur{n}: 4, "
    "ADetailer denoising strength{n}: 0.4, ADetailer inpaint only masked{n}: True, "
    "ADetailer inpaint padding{n}: 32"
)
VERSION = "ADetailer version: 25.3.0"
ONE_UNIT = f"ADetailer model: face_yolov8n.pt, {USUAL.format(n='')}, {VERSION}"


def units(*args: Any) -> dict[str, Any]:
    """Return the field that gives ADetailer these arguments."""
    return {"alwayson_scripts": {"ADetailer": {"args": list(args)}}}


def full(*given: dict[str, Any]) -> dict[str, Any]:
    """Return the field for units in the full form: on, img2img not skipped."""
    return units(*(True, False), *given)


def skipping(*given: dict[str, Any]) -> dict[str, Any]:
    """Return the field for units that stand in for img2img."""
    return units(*(True, True), *given)


def test_a_unit_is_in_the_infotext(fake: FakeWebUI) -> None:
    """In the full form: on, img2img not skipped, one unit."""
    assert txt2img(fake, **full(FACE)).notes == ONE_UNIT


def test_switches_alone_bring_the_pages_unit(fake: FakeWebUI) -> None:
    """On, and no unit given: the page has one of its own."""
    assert "ADetailer model: mediapipe_face_full" in txt2img(fake, **full()).notes


def test_a_unit_alone_brings_the_pages_first_one(fake: FakeWebUI) -> None:
    """As the page's own second argument slips into its place."""
    second = f"ADetailer model 2nd: mediapipe_face_full, {USUAL.format(n=' 2nd')}"
    assert second in txt2img(fake, **units(FACE)).notes


@pytest.mark.parametrize(
    "args",
    [
        [False, False, FACE],
        [True, False, {"ad_model": "None"}],
        [True, False, FACE | {"ad_tab_enable": False}],
        [True, False, FACE | {"ad_mask_k_largest": 1}],
        [True, False, FACE | {"ad_confidence": "high"}],
        [True, False, FACE | {"ad_confidence": 1.5}],
        [True, False, FACE | {"ad_mask_merge_invert": "Nope"}],
        [],
    ],
)
def test_units_that_do_not_fit_are_passed_over(fake: FakeWebUI, args: list[Any]) -> None:
    """Off, without model, misspelt or out of range: status 200 and no word."""
    assert txt2img(fake, **units(*args)).notes == ""


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"ad_prompt": "a face"}, "ADetailer prompt: a face"),
        ({"ad_mask_k": 2},
         "ADetailer method to decide top k masks: Area, ADetailer mask only top k: 2"),
        ({"ad_use_steps": True, "ad_steps": 9},
         "ADetailer use separate steps: True, ADetailer steps: 9"),
        ({"ad_use_sampler": True, "ad_sampler": "DDIM"},
         "ADetailer sampler: DDIM, ADetailer version"),
        ({"ad_use_sampler": True, "ad_scheduler": "Karras"}, "ADetailer scheduler: Karras"),
        ({"ad_inpaint_only_masked": False}, "inpaint only masked: False, ADetailer version"),
        ({"ad_use_cfg_scale": True, "ad_cfg_scale": 5}, "ADetailer CFG scale: 5.0"),
        ({"ad_model": "hand_yolov8n.pt"}, "ADetailer model: hand_yolov8n.pt"),
        ({"ad_model": "nope.pt"}, "ADetailer model: nope.pt"),
        ({"ad_x_offset": 3}, "ADetailer x offset: 3, ADetailer dilate erode: 4"),
    ],
)  # fmt: skip
def test_what_a_unit_changes_is_in_the_infotext(
    fake: FakeWebUI, fields: dict[str, Any], shown: str
) -> None:
    """Fields that go together are shown together."""
    assert shown in txt2img(fake, **full(FACE | fields)).notes


def test_fields_without_their_switch_are_not_shown(fake: FakeWebUI) -> None:
    """Steps without the use of separate steps, say."""
    idle = {"ad_steps": 9, "ad_cfg_scale": 3, "ad_inpaint_width": 64}
    assert txt2img(fake, **full(FACE | idle)).notes == ONE_UNIT


def test_the_picture_shows_that_it_was_detailed(fake: FakeWebUI) -> None:
    """It is another than without; where nothing is found, it is the same."""
    plain = txt2img(fake, width=256, height=256).images[0].tobytes()
    with_face = txt2img(fake, width=256, height=256, **full(FACE)).images[0]
    surest = FACE | {"ad_confidence": 1.0}
    nothing_found = txt2img(fake, width=256, height=256, **full(surest)).images[0]
    assert with_face.tobytes() != plain
    assert nothing_found.tobytes() == plain


def test_skipping_img2img_details_the_init_image(fake: FakeWebUI) -> None:
    """The result has its size; the outer generation was one small step."""
    init = encoded(gradient(128, 96))
    answer = img2img(fake, init_images=[init], steps=20, **skipping(FACE))
    assert answer.sizes == [(128, 96)]
    assert "Steps: 1, Sampler: Euler," in answer.infotexts[0]
    assert ONE_UNIT in answer.notes


def test_skipping_has_no_effect_on_txt2img(fake: FakeWebUI) -> None:
    """There is nothing to skip."""
    assert txt2img(fake, **skipping(FACE)).notes == ONE_UNIT


def test_masked_img2img_can_not_be_skipped(fake: FakeWebUI) -> None:
    """The units are left out instead, without a word."""
    mask = encoded(gradient(64, 64))
    assert "ADetailer" not in img2img(fake, mask=mask, **skipping(FACE)).notes
