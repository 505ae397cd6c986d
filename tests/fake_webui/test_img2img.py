"""img2img: init images, sizes, masks and the errors of both."""

import base64
from typing import Any

import pytest
import requests
from PIL import Image, PngImagePlugin

from fake_webui import FakeWebUI
from tests.fake_webui.generating import SMALL, encoded, failure, gradient, img2img, post

INIT = encoded(gradient(64, 64))
WIDE = encoded(gradient(128, 96))


def mask_with(box: tuple[int, int, int, int], size: tuple[int, int] = (64, 64)) -> str:
    """Return a black mask with a white rectangle."""
    mask = Image.new("L", size)
    mask.paste(255, box)
    return encoded(mask)


MIDDLE = mask_with((16, 16, 48, 48))
ONLY_MASKED = "Inpaint area: Only masked, Masked area padding: 0"


@pytest.mark.parametrize("mode", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize(("width", "height", "size"), [(64, 64, (64, 64)), (65, 100, (64, 96))])
def test_every_resize_mode_makes_the_size_asked_for(
    fake: FakeWebUI, mode: int, width: int, height: int, size: tuple[int, int]
) -> None:
    """Rounded down to a multiple of 8, whatever the init image's own size."""
    answer = img2img(fake, init_images=[WIDE], resize_mode=mode, width=width, height=height)
    assert answer.sizes == [size]


@pytest.mark.parametrize(
    ("asked", "notes"),
    [
        ({}, "Denoising strength: 0.75"),
        ({"denoising_strength": 0}, "Denoising strength: 0.0"),
        ({"initial_noise_multiplier": 0.5}, "Denoising strength: 0.75, Noise multiplier: 0.5"),
        ({"initial_noise_multiplier": 1}, "Denoising strength: 0.75"),
        ({"override_settings": {"img2img_extra_noise": 0.1}},
         "Denoising strength: 0.75, Extra noise: 0.1"),
        ({"override_settings": {"sd_vae_encode_method": "TAESD"}},
         "Denoising strength: 0.75, VAE Encoder: TAESD"),
        ({"image_cfg_scale": 1.2}, "Denoising strength: 0.75"),
    ],
)  # fmt: skip
def test_the_infotext_says_how_the_image_was_used(
    fake: FakeWebUI, asked: dict[str, Any], notes: str
) -> None:
    """The strength always, the rest where it differs from the defaults."""
    assert img2img(fake, **asked).notes == notes


@pytest.mark.parametrize(
    ("asked", "notes"),
    [
        ({}, f"Mask blur: 4, {ONLY_MASKED}, Masked content: fill"),
        ({"mask_blur": 0}, f"{ONLY_MASKED}, Masked content: fill"),
        ({"mask_blur_x": 2, "mask_blur_y": 8}, f"{ONLY_MASKED}, Masked content: fill"),
        ({"inpainting_fill": 1}, f"Mask blur: 4, {ONLY_MASKED}"),
        ({"inpainting_fill": 2}, f"Mask blur: 4, {ONLY_MASKED}, Masked content: latent noise"),
        ({"inpainting_fill": 3}, f"Mask blur: 4, {ONLY_MASKED}, Masked content: latent nothing"),
        ({"inpainting_mask_invert": 1},
         f"Mask mode: Inpaint not masked, Mask blur: 4, {ONLY_MASKED}, Masked content: fill"),
        ({"inpaint_full_res": False}, "Mask blur: 4, Masked content: fill"),
        ({"inpaint_full_res": False, "override_settings": {"sd_vae_encode_method": "TAESD"}},
         "Mask blur: 4, Masked content: fill, VAE Encoder: TAESD"),
        ({"inpaint_full_res_padding": 8},
         "Mask blur: 4, Inpaint area: Only masked, Masked area padding: 8, Masked content: fill"),
        ({"mask": mask_with((0, 0, 0, 0))}, "Mask blur: 4"),
    ],
)  # fmt: skip
def test_the_infotext_says_how_the_mask_was_used(
    fake: FakeWebUI, asked: dict[str, Any], notes: str
) -> None:
    """A blank mask is no mask, an uneven blur has no number."""
    assert img2img(fake, **{"mask": MIDDLE, **asked}).notes == f"Denoising strength: 0.75, {notes}"


def test_only_the_masked_part_changes(fake: FakeWebUI) -> None:
    """Far from the mask, the result is the init image to the pixel."""
    big = gradient(256, 256)
    mask = mask_with((100, 100, 150, 150), (256, 256))
    result = img2img(fake, init_images=[encoded(big)], mask=mask, width=256, height=256).images[0]
    for box in ((0, 0, 60, 256), (200, 0, 256, 256)):
        assert result.crop(box).tobytes() == big.crop(box).tobytes()
    assert result.crop((110, 110, 140, 140)).tobytes() != big.crop((110, 110, 140, 140)).tobytes()


def test_an_inverted_mask_changes_the_rest(fake: FakeWebUI) -> None:
    """The middle stays."""
    big = gradient(256, 256)
    mask = mask_with((64, 64, 192, 192), (256, 256))
    asked = {"mask": mask, "inpainting_mask_invert": 1, "inpaint_full_res": False}
    result = img2img(fake, init_images=[encoded(big)], width=256, height=256, **asked).images[0]
    middle = (100, 100, 150, 150)
    assert result.crop(middle).tobytes() == big.crop(middle).tobytes()


def test_a_masked_result_has_the_size_of_its_init_image(fake: FakeWebUI) -> None:
    """The masked area is generated at the size asked for and pasted back."""
    mask = mask_with((10, 10, 40, 40), (128, 96))
    assert img2img(fake, init_images=[WIDE], mask=mask).sizes == [(128, 96)]


@pytest.mark.parametrize(
    "asked",
    [
        {"width": 69, "height": 71},
        {"resize_mode": 3, "inpainting_fill": 1, "init_images": [WIDE]},
    ],
)
def test_the_unmasked_part_may_be_larger_than_the_result(
    fake: FakeWebUI, asked: dict[str, Any]
) -> None:
    """It is laid over the result from the corner, which keeps its size."""
    answer = img2img(fake, mask=MIDDLE, inpaint_full_res=False, **asked)
    assert answer.sizes == [(64, 64)]


def test_masks_may_be_transparent_images(fake: FakeWebUI) -> None:
    """Then what is opaque is the mask."""
    mask = Image.new("RGBA", (64, 64))
    mask.paste((0, 0, 0, 255), (16, 16, 48, 48))
    assert ONLY_MASKED in img2img(fake, mask=encoded(mask)).notes


def test_the_options_answer_with_the_mask_too(fake: FakeWebUI) -> None:
    """The mask and what was made under it come behind the picture; infotexts have one entry."""
    override = {"return_mask": True, "return_mask_composite": True}
    answer = img2img(fake, mask=MIDDLE, override_settings=override)
    assert [image.mode for image in answer.images] == ["RGB", "RGB", "RGBA"]
    assert len(answer.infotexts) == 1


@pytest.mark.parametrize(
    ("asked", "count", "seeds"),
    [
        ({"init_images": [INIT, INIT], "batch_size": 3}, 2, [42, 43, 44]),
        ({"init_images": [INIT, INIT], "batch_size": 2, "n_iter": 2}, 4, [42, 43, 44, 45]),
        ({"batch_size": 2, "n_iter": 2}, 4, [42, 43, 44, 45]),
    ],
)
def test_several_init_images_are_a_batch(
    fake: FakeWebUI, asked: dict[str, Any], count: int, seeds: list[int]
) -> None:
    """One picture each; one init image alone serves the whole batch."""
    answer = img2img(fake, **asked)
    assert (len(answer.images), answer.info["all_seeds"]) == (count, seeds)


@pytest.mark.parametrize("text", [INIT, f"data:image/png;base64,{INIT}", f"\n{INIT}\n"])
def test_init_images_are_base64_with_or_without_a_head(fake: FakeWebUI, text: str) -> None:
    """As browsers and libraries send them."""
    assert img2img(fake, init_images=[text]).images


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
def test_init_images_of_any_mode_are_fine(fake: FakeWebUI, mode: str) -> None:
    """The result is RGB."""
    image = gradient(64, 64).convert(mode)
    text = encoded(image if mode != "CMYK" else image.convert("RGB"))
    assert img2img(fake, init_images=[text]).images[0].mode == "RGB"


def test_the_sent_images_are_echoed_only_on_demand(fake: FakeWebUI) -> None:
    """Null otherwise, so that answers stay small."""
    without = img2img(fake, mask=MIDDLE).body["parameters"]
    assert (without["init_images"], without["mask"]) == (None, None)
    assert "include_init_images" in without
    echoed = img2img(fake, mask=MIDDLE, include_init_images=True).body["parameters"]
    assert echoed["mask"] == MIDDLE


@pytest.mark.parametrize(
    ("asked", "status", "error", "words"),
    [
        ({"init_images": None}, 404, "HTTPException", "Init image not found"),
        ({"init_images": []}, 500, "RuntimeError", "Expected 3D"),
        ({"init_images": ["not base64!!"]}, 500, "HTTPException", "Invalid encoded image"),
        ({"init_images": [None]}, 500, "AttributeError", "startswith"),
        ({"init_images": ["data:image/png;base64"]}, 500, "IndexError", "list index"),
        ({"init_images": [f"data:text/plain;base64,{INIT}"]}, 500, "HTTPException", "Invalid"),
        ({"init_images": ["http://127.0.0.1/x"]}, 500, "HTTPException", "local resource"),
        ({"init_images": ["https://x.example/x"]}, 500, "HTTPException", "Invalid image url"),
        ({"init_images": [INIT, INIT]}, 500, "RuntimeError", "bad number of images passed: 2"),
        ({"mask": "xxx"}, 500, "HTTPException", "Invalid encoded image"),
        ({"mask": ""}, 500, "AttributeError", "'str' object has no attribute 'mode'"),
        ({"mask": MIDDLE, "latent_mask": "x"}, 500, "AttributeError", "convert"),
        ({"mask": MIDDLE, "inpaint_full_res": False, "resize_mode": 3, "init_images": [WIDE]},
         500, "ValueError", "images do not match"),
        ({"denoising_strength": 0, "sampler_name": "DDIM",
          "override_settings": {"img2img_fix_steps": True}},
         500, "ZeroDivisionError", "integer division"),
        ({"sampler_name": "UniPC"}, 500, "AssertionError", "UniPC order"),
        ({"sampler_name": "UniPC", "denoising_strength": 0}, 500, "IndexError", "out of bounds"),
        ({"width": 0}, 500, "ValueError", "must be > 0"),
        ({"width": 7}, 500, "RuntimeError", "Kernel size"),
        ({"height": 0, "resize_mode": 1}, 500, "ZeroDivisionError", "division by zero"),
        ({"steps": 0}, 500, "ZeroDivisionError", "integer division"),
        ({"width": None}, 500, "TypeError", "NoneType"),
    ],
)  # fmt: skip
def test_bad_images_and_sizes_fail_as_in_the_real_server(
    fake: FakeWebUI, asked: dict[str, Any], status: int, error: str, words: str
) -> None:
    """Each with its own status, class and words; nothing is ever fetched."""
    payload = {**SMALL, "steps": 3, "init_images": [INIT], **asked}
    assert failure(post(fake, "img2img", payload))[:2] == (status, error)
    assert words in failure(post(fake, "img2img", payload))[2]


def test_an_infotext_gives_img2img_less_than_txt2img(fake: FakeWebUI) -> None:
    """Steps, sampler and seed; not prompt, size, guidance or strength."""
    infotext = (
        "p\nSteps: 9, Sampler: DDIM, CFG scale: 3, Seed: 7, Size: 9x9, Denoising strength: 0.2"
    )
    payload = {"infotext": infotext, "init_images": [INIT], "width": 64, "height": 64}
    facts = img2img(fake).info | post(fake, "img2img", payload).json()["parameters"]
    assert (facts["steps"], facts["sampler_name"], facts["seed"]) == (9, "DDIM", 7)
    assert (facts["prompt"], facts["cfg_scale"], facts["denoising_strength"]) == ("", 7.0, 0.75)


def test_a_saved_init_image_leaves_its_hash(fake: FakeWebUI) -> None:
    """MD5 of its pixels, as the option save_init_img asks."""
    notes = img2img(fake, override_settings={"save_init_img": True}).notes
    assert notes.startswith("Denoising strength: 0.75, Init image hash: ")


def cut_off(image: Image.Image) -> str:
    """Return a picture whose file ends too early."""
    data = base64.b64decode(encoded(image))
    return base64.b64encode(data[: len(data) * 3 // 4]).decode()


def test_files_that_are_cut_off_fail_when_their_pixels_are_read(fake: FakeWebUI) -> None:
    """As init image, mask and for extras; png-info reads the head alone."""
    image, broken = encoded(gradient(64, 64)), cut_off(gradient(64, 64))
    for name, body in (
        ("img2img", SMALL | {"init_images": [broken]}),
        ("img2img", SMALL | {"init_images": [image], "mask": broken}),
        ("extra-single-image", {"image": broken, "upscaler_1": "Lanczos"}),
        ("interrogate", {"image": broken, "model": "clip"}),
    ):
        words = "image file is truncated"
        assert failure(post(fake, name, body)) == (500, "OSError", words)
    assert post(fake, "png-info", {"image": broken}).status_code == 200


def test_damage_that_leaves_pixels_is_passed_over(fake: FakeWebUI) -> None:
    """A byte that was changed, and a text by a name that promises something else."""
    data = bytearray(base64.b64decode(encoded(gradient(64, 64))))
    data[len(data) // 2] ^= 0x55
    texts = PngImagePlugin.PngInfo()
    texts.add_text("exif", "x")
    named = encoded(gradient(64, 64), pnginfo=texts)
    for image in (base64.b64encode(data).decode(), named):
        assert img2img(fake, init_images=[image]).sizes == [(64, 64)]


def test_a_task_whose_picture_is_none_waits_for_ever(fake: FakeWebUI) -> None:
    """It never has its turn, stays in the list, and those behind it are further back."""
    body = SMALL | {"init_images": ["x"], "force_task_id": "task(bad)"}
    assert failure(post(fake, "img2img", body)) == (500, "HTTPException", "Invalid encoded image")
    pending = requests.get(f"{fake.url}/internal/pending-tasks", timeout=60).json()
    assert pending == {"size": 1, "tasks": ["task(bad)"]}
    asked = {"id_task": "task(bad)"}
    answer = requests.post(f"{fake.url}/internal/progress", json=asked, timeout=60).json()
    assert (answer["queued"], answer["textinfo"]) == (True, "In queue: 1/1")


def test_an_overridden_noise_multiplier_is_too_late(fake: FakeWebUI) -> None:
    """It is settled before; a field of the request and an option that was posted count."""
    override = {"override_settings": {"initial_noise_multiplier": 0.9}}
    assert "Noise multiplier" not in img2img(fake, **override).infotexts[0]
    assert "Noise multiplier: 1.1" in img2img(fake, initial_noise_multiplier=1.1).infotexts[0]
    post(fake, "options", {"initial_noise_multiplier": 0.5})
    assert "Noise multiplier: 0.5" in img2img(fake).infotexts[0]


def test_an_image_too_narrow_for_the_encoder_fails(fake: FakeWebUI) -> None:
    """At whichever of its halvings nothing is left."""
    for width, rest in ((1, "(65 x 2)"), (7, "(17 x 2)")):
        body = SMALL | {"init_images": [encoded(gradient(64, 64))], "width": width}
        assert f"input size per channel: {rest}." in failure(post(fake, "img2img", body))[2]
