"""Pictures: files that any program reads, different where the request is, and readable."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fake_webui import FakeWebUI
from fake_webui.webui.images import Drawing
from fake_webui.webui.images.resizing import fit, floor8, grid_shape, upscale
from tests.conftest import StartFake
from tests.fake_webui.generating import decoded, gradient, img2img, txt2img

SIDES = st.integers(1, 200)


@given(SIDES, SIDES, st.text(max_size=30), st.sampled_from(["compact", "realistic"]))
@settings(max_examples=60)
def test_a_drawing_of_any_size_is_a_png(width: int, height: int, text: str, kind: str) -> None:
    """Every size and text makes a PNG that Pillow reads, checksums and all."""
    lines = ("txt2img", f"{width}x{height}", text)
    drawing = Drawing((width, height), text, lines, realistic=kind == "realistic")
    image = decoded(drawing.to_png({"parameters": "a cat"}))
    assert image.size == (width, height)
    assert image.mode == "RGB"
    assert image.info == {"parameters": "a cat"}


@pytest.mark.parametrize("text", ["plain", "naïve ñ", "猫 🐱\nsecond line"])
def test_text_chunks_hold_any_script(fake: FakeWebUI, text: str) -> None:
    """The infotext in the file is the one in the answer, whatever it is written in."""
    answer = txt2img(fake, prompt=text)
    assert answer.images[0].info["parameters"] == answer.infotexts[0]
    assert answer.infotexts[0].startswith(text)


def test_text_that_is_not_latin_is_kept_in_an_international_chunk(fake: FakeWebUI) -> None:
    """Latin-1 goes into tEXt, anything else into iTXt."""
    assert b"tEXt" in txt2img(fake, prompt="ñ").files[0]
    assert b"iTXt" in txt2img(fake, prompt="猫").files[0]


def test_the_same_payload_makes_the_same_picture(fake: FakeWebUI) -> None:
    """A test that compares pictures can rely on them."""
    assert txt2img(fake).files == txt2img(fake).files


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a dog"},
        {"seed": 43},
        {"negative_prompt": "bad"},
        {"steps": 3},
        {"subseed": 1, "subseed_strength": 0.5},
        {"cfg_scale": 3},
        {"sampler_name": "DDIM"},
    ],
)
def test_another_request_makes_another_picture(fake: FakeWebUI, change: dict[str, object]) -> None:
    """What changes a real picture changes these."""
    assert txt2img(fake).images[0].tobytes() != txt2img(fake, **change).images[0].tobytes()


def test_img2img_starts_from_its_image(fake: FakeWebUI) -> None:
    """Below the caption, the result resembles the image that was sent."""
    result = img2img(fake, denoising_strength=0.1).images[0].crop((0, 40, 64, 64))
    sent = gradient(64, 64).crop((0, 40, 64, 64))
    differences = [abs(a - b) for a, b in zip(result.tobytes(), sent.tobytes(), strict=True)]
    assert max(differences) < 40


def test_realistic_pictures_are_as_large_as_photographs(start_fake: StartFake) -> None:
    """More than a byte a pixel, where compact ones take a fiftieth of that."""
    fake = start_fake("realistic", "--seed", "1", "--images", "realistic")
    size = len(txt2img(fake, width=512, height=512).files[0])
    assert 512 * 512 < size < 3 * 512 * 512


def test_pictures_come_from_a_folder(start_fake: StartFake, tmp_path: Path) -> None:
    """With a folder, its pictures fill whatever size is asked for."""
    Image.new("RGB", (40, 30), (200, 30, 30)).save(tmp_path / "red.png")
    fake = start_fake("folder", "--seed", "1", "--images", str(tmp_path))
    image = txt2img(fake, width=128, height=96).images[0]
    assert image.size == (128, 96)
    assert image.getpixel((120, 90)) == (200, 30, 30)


@pytest.mark.parametrize(
    ("asked", "made"),
    [(64, 64), (63, 56), (65, 64), (68, 64), (71, 64), (72, 72), (8, 8)],
)
def test_sides_are_rounded_down_to_a_multiple_of_eight(
    fake: FakeWebUI, asked: int, made: int
) -> None:
    """The picture is smaller; infotext and info keep what was asked for."""
    answer = txt2img(fake, width=asked)
    assert answer.sizes == [(made, 64)]
    assert f"Size: {asked}x64" in answer.infotexts[0]
    assert answer.info["width"] == asked


@pytest.mark.parametrize(
    ("count", "batch_size", "rows_wanted", "shape"),
    [
        (2, 2, -1, (2, 1)),
        (3, 3, -1, (2, 2)),
        (4, 2, -1, (2, 2)),
        (6, 2, -1, (3, 2)),
        (9, 3, -1, (3, 3)),
        (4, 2, 0, (2, 2)),
        (3, 3, 1, (3, 1)),
        (2, 2, 5, (1, 2)),
    ],
)
def test_grids_have_the_shape_that_the_options_say(
    count: int, batch_size: int, rows_wanted: int, shape: tuple[int, int]
) -> None:
    """A square, the batch size, or a number of rows."""
    assert grid_shape(count, batch_size, rows_wanted) == shape


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 3))
@settings(max_examples=60)
def test_every_resize_mode_makes_exactly_the_size(
    width: int, height: int, to_width: int, to_height: int, mode: int
) -> None:
    """Stretched, cropped or filled: the size is what was asked for, except where nothing fits."""
    shape = (width * to_height // height, height * to_width // width)
    if min(shape) > 0:
        image = fit(gradient(width, height), mode, (to_width, to_height))
        assert image.size == (to_width, to_height)


@given(st.integers(8, 200), st.integers(8, 200), st.floats(0.5, 3))
@settings(max_examples=60)
def test_upscaled_sides_are_multiples_of_eight(width: int, height: int, factor: float) -> None:
    """Rounded down, whatever the factor."""
    wanted = floor8(width * factor), floor8(height * factor)
    if min(wanted) > 0:
        assert upscale(gradient(width, height), "Lanczos", factor).size == wanted


@pytest.mark.parametrize(("name", "file_format"), [("jpg", "JPEG"), ("webp", "WEBP")])
def test_other_formats_carry_their_infotext_as_exif(
    fake: FakeWebUI, name: str, file_format: str
) -> None:
    """The option samples_format changes what the API answers with, too."""
    answer = txt2img(fake, override_settings={"samples_format": name},
                     override_settings_restore_afterwards=False)  # fmt: skip
    image = Image.open(io.BytesIO(answer.files[0]))
    comment = image.getexif().get_ifd(0x8769)[0x9286]
    assert image.format == file_format
    assert comment[8:].decode("utf-16-be") == answer.infotexts[0]
