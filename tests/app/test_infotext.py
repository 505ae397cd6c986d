"""An image's generation parameters can be read and made into a draft again."""

from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.config.infotext import parse_infotext, read_parameters, settings_from
from app.errors import ImageFileError

TEXT = (
    "a castle, (dawn:1.2)\nby the sea <lora:ink:0.6>\n"
    "Negative prompt: blurry,\nlow quality\n"
    "Steps: 34, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.1, Seed: 1234, "
    'Size: 1024x1408, Model hash: 125fe1606e, Model: ink, Lora hashes: "ink: c2b0, x: 1", '
    "Clip skip: 2, Version: v1.10.1"
)
UNICODE_TEXT = TEXT.replace("castle", "ch\u00e2teau \u57ce \U0001f3f0")


def save_png(path: Path, text: str) -> None:
    """Write a PNG as A1111 does: tEXt, or iTXt when the text is not Latin-1."""
    info = PngInfo()
    info.add_text("parameters", text)
    Image.new("RGB", (8, 8), "teal").save(path, pnginfo=info)


def save_with_exif(path: Path, text: str, encoding: str = "utf-16-be") -> None:
    """Write a JPEG or WebP with the text in EXIF's UserComment."""
    image = Image.new("RGB", (8, 8), "teal")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode(encoding)
    image.save(path, exif=exif)


@pytest.mark.parametrize("text", [TEXT, UNICODE_TEXT])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_parameters_are_read_from_each_format(tmp_path: Path, name: str, text: str) -> None:
    """PNG, JPEG and WebP give back the text they were saved with."""
    save = save_png if name.endswith("png") else save_with_exif
    save(tmp_path / name, text)
    assert read_parameters(tmp_path / name) == text


def test_the_other_byte_order_is_understood(tmp_path: Path) -> None:
    """Some programs write UserComment with the low byte first."""
    save_with_exif(tmp_path / "a.jpg", UNICODE_TEXT, "utf-16-le")
    assert read_parameters(tmp_path / "a.jpg") == UNICODE_TEXT


def test_prompt_and_negative_prompt_keep_their_lines() -> None:
    """Both may have several lines; the last line is the parameters."""
    parsed = parse_infotext(TEXT)
    assert parsed.prompt == "a castle, (dawn:1.2)\nby the sea <lora:ink:0.6>"
    assert parsed.negative_prompt == "blurry,\nlow quality"
    assert parsed.fields["Lora hashes"] == "ink: c2b0, x: 1"


def test_a_bare_prompt_is_all_prompt() -> None:
    """A text without a line of parameters is a prompt and nothing else."""
    assert parse_infotext("a cat, note: sleepy").prompt == "a cat, note: sleepy"
    assert parse_infotext("").prompt == ""


def test_a_draft_asks_for_the_same_again() -> None:
    """Each parameter lands in the config under the app's own key."""
    draft = settings_from(parse_infotext(TEXT))
    assert draft.layer["txt2img"] == {
        "steps": 34,
        "sampler_name": "DPM++ 2M",
        "scheduler": "Karras",
        "cfg_scale": 6.1,
        "seed": 1234,
        "width": 1024,
        "height": 1408,
        "checkpoint": "ink",
        "clip_skip": 2,
    }
    assert draft.ignored == ()


def test_an_old_sampler_name_is_split() -> None:
    """Versions before 1.9 wrote sampler and schedule as one."""
    draft = settings_from(parse_infotext("x\nSteps: 5, Sampler: DPM++ 2M Karras, Seed: 1"))
    assert draft.layer["txt2img"]["sampler_name"] == "DPM++ 2M"
    assert draft.layer["txt2img"]["scheduler"] == "Karras"


def test_hires_fix_comes_back() -> None:
    """Denoising strength belongs to hires fix only where hires fix was on."""
    line = "x\nSteps: 5, Denoising strength: 0.4, Hires upscale: 1.5, Hires upscaler: Latent"
    hires = settings_from(parse_infotext(line)).layer["txt2img"]
    assert hires["hires_enabled"] is True
    assert hires["hires_denoising_strength"] == 0.4
    assert hires["hires_scale"] == 1.5
    alone = settings_from(parse_infotext("x\nSteps: 5, Denoising strength: 0.4, Seed: 1"))
    assert alone.ignored == ("Denoising strength",)


def test_a_refiner_loses_its_hash() -> None:
    """The checkpoint's name is kept, the hash beside it is not part of it."""
    line = "x\nSteps: 5, Refiner: other [9a5405c9f6], Refiner switch at: 0.8"
    refined = settings_from(parse_infotext(line)).layer["txt2img"]
    assert refined["refiner_checkpoint"] == "other"
    assert refined["refiner_switch_at"] == 0.8


def test_what_has_no_place_is_named() -> None:
    """Labels that a job can't carry are listed, so that nothing is dropped in silence."""
    draft = settings_from(parse_infotext("x\nSteps: 5, Seed: 1, Tiling: True, Script: Loopback"))
    assert draft.ignored == ("Tiling", "Script")


def test_a_number_that_is_none_is_said() -> None:
    """The label and its value are in the sentence."""
    with pytest.raises(ImageFileError, match="Steps is 'many'"):
        settings_from(parse_infotext("x\nSteps: many, Seed: 1, Size: 8x8"))


def test_a_file_without_parameters_is_refused(tmp_path: Path) -> None:
    """A missing file, a text file and a bare picture each get their own sentence."""
    (tmp_path / "a.txt").write_text("hello")
    Image.new("RGB", (8, 8)).save(tmp_path / "bare.png")
    for name, said in [
        ("no.png", "no such file"),
        ("a.txt", "not an image"),
        ("bare.png", "no gen"),
    ]:
        with pytest.raises(ImageFileError, match=said):
            read_parameters(tmp_path / name)


def test_what_sdnext_repeats_of_the_prompts_is_no_part_of_them() -> None:
    """Its lines of templates are left out, and its own labels mean the same settings."""
    text = (
        "a barn\nin snow\nNegative prompt: fog,\nrain\nTemplate: a barn\nin snow\n"
        "Negative template: fog,\nrain\n"
        "Steps: 9, Size: 64x96, Sampler: Euler, Scheduler: EulerDiscreteScheduler, Seed: 3, "
        "CFG scale: 5.0, CLiP-skip: 2, App: SD.Next, Version: abc, Pipeline: P, "
        "Operations: txt2img; hires, Model: dream, Sampler sigma: karras, "
        "Hires upscaler: Latent Bilinear, Hires scale: 1.5, Hires steps: 4, Hires strength: 0.6"
    )
    parsed = parse_infotext(text)
    assert (parsed.prompt, parsed.negative_prompt) == ("a barn\nin snow", "fog,\nrain")
    found = settings_from(parsed)
    assert found.ignored == ()
    assert found.layer["txt2img"] == {
        "steps": 9, "width": 64, "height": 96, "sampler_name": "Euler", "seed": 3,
        "cfg_scale": 5.0, "clip_skip": 2, "checkpoint": "dream", "scheduler": "karras",
        "hires_enabled": True, "hires_upscaler": "Latent Bilinear", "hires_scale": 1.5,
        "hires_steps": 4, "hires_denoising_strength": 0.6,
    }  # fmt: skip


def test_a_prompt_of_a1111_may_speak_of_templates() -> None:
    """Only SD.Next has such lines of its own."""
    parsed = parse_infotext("a barn\nNegative prompt: fog\nTemplate: old\nSteps: 2, Seed: 3")
    assert parsed.negative_prompt == "fog\nTemplate: old"


def test_modules_of_forge_are_taken_over() -> None:
    """They stand one by one behind the version."""
    line = "x\nSteps: 5, Distilled CFG Scale: 3.5, Version: f2, Module 1: ae, Module 2: clip_l"
    layer = settings_from(parse_infotext(line)).layer
    assert layer["txt2img"]["additional_modules"] == ("ae", "clip_l")
    assert layer["txt2img"]["distilled_cfg_scale"] == 3.5
