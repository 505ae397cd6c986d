"""Extras, png-info and interrogate."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.generating import decoded, encoded, failure, gradient, post, txt2img

LANCZOS = Image.Resampling.LANCZOS
NEAREST = Image.Resampling.NEAREST
SINGLE, BATCH, PNG_INFO = "extra-single-image", "extra-batch-images", "png-info"
IMAGE = gradient(64, 48)


def enlarged(fake: FakeWebUI, image: Image.Image = IMAGE, **asked: Any) -> tuple[Image.Image, str]:
    """Return the result of extra-single-image and what it says."""
    answer = post(fake, SINGLE, {"image": encoded(image), **asked}).json()
    return decoded(base64.b64decode(answer["image"])), answer["html_info"]


def with_text(**texts: str) -> str:
    """Return a PNG that carries texts."""
    info = PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    return encoded(IMAGE, pnginfo=info)


def test_without_an_upscaler_nothing_happens(fake: FakeWebUI) -> None:
    """Not even at a factor: the picture comes back as it was."""
    image, text = enlarged(fake, upscaling_resize=4)
    assert (image.tobytes(), text) == (IMAGE.tobytes(), "<p></p>")
    assert image.info == {"postprocessing": ""}


@pytest.mark.parametrize(
    ("size", "factor", "between", "made"),
    [
        ((64, 48), 2, (128, 96), (128, 96)),
        ((63, 41), 1.5, (94, 61), (88, 56)),
        ((63, 41), 1.3, (81, 53), (80, 48)),
        ((64, 48), 0.5, None, (32, 24)),
    ],
)
@pytest.mark.parametrize(("name", "filter_"), [("Lanczos", LANCZOS), ("Nearest", NEAREST)])
def test_lanczos_and_nearest_are_pillows_own(
    fake: FakeWebUI,
    size: tuple[int, int],
    factor: float,
    between: tuple[int, int] | None,
    made: tuple[int, int],
    name: str,
    filter_: Image.Resampling,
) -> None:
    """To the pixel; what isn't a multiple of 8 is brought down by Lanczos in a second step."""
    image = gradient(*size)
    expected = image.resize(between, filter_) if between else image
    expected = expected if expected.size == made else expected.resize(made, LANCZOS)
    result, text = enlarged(fake, image, upscaler_1=name, upscaling_resize=factor)
    assert result.tobytes() == expected.tobytes()
    assert text == f"<p>Postprocess upscale by: {float(factor)}, Postprocess upscaler: {name}</p>"


@pytest.mark.parametrize(
    ("asked", "size", "text"),
    [
        ({}, (512, 512), "upscale to: 512x512, Postprocess crop to: 512x512"),
        ({"upscaling_resize_w": 100, "upscaling_resize_h": 90}, (100, 90),
         "upscale to: 100x90, Postprocess crop to: 100x90"),
        ({"upscaling_resize_w": 128, "upscaling_resize_h": 128, "upscaling_crop": False},
         (168, 128), "upscale to: 128x128"),
    ],
)  # fmt: skip
def test_a_size_is_covered_and_cropped(
    fake: FakeWebUI, asked: dict[str, Any], size: tuple[int, int], text: str
) -> None:
    """In mode 1; without cropping, what stands over stays."""
    image, said = enlarged(fake, resize_mode=1, upscaler_1="Lanczos", **asked)
    assert image.size == size
    assert said == f"<p>Postprocess {text}, Postprocess upscaler: Lanczos</p>"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"upscaler_2": "Nearest", "extras_upscaler_2_visibility": 0.5},
         "Postprocess upscaler: Lanczos, Postprocess upscaler 2: Nearest"),
        ({"upscaler_2": "Nearest"}, "Postprocess upscaler: Lanczos"),
        ({"gfpgan_visibility": 0.5}, "Postprocess upscaler: Lanczos, GFPGAN visibility: 0.5"),
        ({"codeformer_visibility": 1, "codeformer_weight": 0.2},
         "Postprocess upscaler: Lanczos, CodeFormer visibility: 1.0, CodeFormer weight: 0.2"),
    ],
)  # fmt: skip
def test_a_second_upscaler_and_faces_are_noted(
    fake: FakeWebUI, asked: dict[str, Any], text: str
) -> None:
    """Where they are visible."""
    said = enlarged(fake, upscaler_1="Lanczos", **asked)[1]
    assert said == f"<p>Postprocess upscale by: 2, {text}</p>"


def test_a_second_upscaler_is_mixed_in_by_its_visibility(fake: FakeWebUI) -> None:
    """Half of each."""
    result, _ = enlarged(fake, upscaler_1="Lanczos", upscaler_2="Nearest",
                         extras_upscaler_2_visibility=0.5)  # fmt: skip
    large = IMAGE.resize((128, 96), LANCZOS), IMAGE.resize((128, 96), NEAREST)
    assert result.tobytes() == Image.blend(*large, 0.5).tobytes()


def test_texts_and_transparency_survive(fake: FakeWebUI) -> None:
    """The infotext stays, what extras did comes beside it."""
    payload = {"image": with_text(parameters="a cat", Title="t"), "upscaler_1": "Lanczos"}
    image = decoded(base64.b64decode(post(fake, SINGLE, payload).json()["image"]))
    assert image.info["parameters"] == "a cat"
    assert image.info["Title"] == "t"
    assert enlarged(fake, IMAGE.convert("RGBA"), upscaler_1="Lanczos")[0].mode == "RGBA"


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"upscaler_1": "Nope"}, "AssertionError", "could not find upscaler named Nope"),
        ({"upscaler_1": "lanczos"}, "AssertionError", "could not find upscaler named lanczos"),
        ({"upscaler_1": "Lanczos", "upscaler_2": "x"}, "AssertionError", "upscaler named x"),
        ({"image": ""}, "HTTPException", "Invalid encoded image"),
        ({"image": "xx!!"}, "HTTPException", "Invalid encoded image"),
        ({"upscaler_1": "Lanczos", "upscaling_resize": 1e5}, "OutOfMemoryError", "out of memory"),
    ],
)
def test_what_extras_trip_over(
    fake: FakeWebUI, asked: dict[str, Any], error: str, words: str
) -> None:
    """Status 500 with class and words."""
    status, kind, said = failure(post(fake, SINGLE, {"image": encoded(IMAGE), **asked}))
    assert (status, kind) == (500, error)
    assert words in said


def test_a_batch_is_enlarged_picture_by_picture(fake: FakeWebUI) -> None:
    """All with one set of settings, in their order."""
    listed = [{"data": encoded(gradient(size, size)), "name": f"{size}.png"} for size in (16, 32)]
    answer = post(fake, BATCH, {"imageList": listed, "upscaler_1": "Nearest"}).json()
    assert [decoded(base64.b64decode(text)).width for text in answer["images"]] == [32, 64]
    assert post(fake, BATCH, {"imageList": []}).json() == {"images": [], "html_info": "<p></p>"}


def test_png_info_reads_what_txt2img_wrote(fake: FakeWebUI) -> None:
    """Every value as text, sizes as two, and the defaults of what is missing."""
    picture = base64.b64encode(txt2img(fake, negative_prompt="bad").files[0]).decode()
    answer = post(fake, PNG_INFO, {"image": f" {picture}\n"}).json()
    assert answer["info"].startswith("a cat\nNegative prompt: bad\nSteps: 2")
    read = answer["parameters"]
    assert (read["Prompt"], read["Negative prompt"]) == ("a cat", "bad")
    assert (read["Steps"], read["Size-1"], read["Size-2"]) == ("2", "64", "64")
    assert (read["Clip skip"], read["Hires resize-1"], read["RNG"]) == ("1", 0, "GPU")


def test_a_word_without_an_end_is_read_too(fake: FakeWebUI) -> None:
    """Reading takes time by the length of a text, not by its square."""
    text = f"a cat\nSteps: 2, Sampler: Euler, Seed: 1, {'x' * 500_000}"
    read = post(fake, PNG_INFO, {"image": with_text(parameters=text)}).json()["parameters"]
    assert (read["Prompt"], read["Seed"]) == ("a cat", "1")


def test_png_info_without_infotext_has_the_defaults(fake: FakeWebUI) -> None:
    """Two empty prompts and what the WebUI assumes."""
    answer = post(fake, PNG_INFO, {"image": encoded(IMAGE)}).json()
    assert (answer["info"], answer["items"]) == ("", {})
    assert len(answer["parameters"]) == 23
    assert post(fake, PNG_INFO, {"image": ""}).status_code == 500


def test_png_info_lists_other_texts(fake: FakeWebUI) -> None:
    """Beside the infotext, under items."""
    answer = post(fake, PNG_INFO, {"image": with_text(parameters="a\nb", Title="t")}).json()
    assert (answer["info"], answer["items"]) == ("a\nb", {"Title": "t"})


def test_png_info_finds_styles_and_loras(fake: FakeWebUI) -> None:
    """Styles are taken out of the prompt, LoRAs get the names that they have here."""
    text = (
        "a <lora:old:1>, oil painting, visible brush strokes\n"
        'Steps: 1, Sampler: Euler, CFG scale: 1, Lora hashes: "old: 5d1f7a2b9c04"'
    )
    read = post(fake, PNG_INFO, {"image": with_text(parameters=text)}).json()["parameters"]
    assert read["Prompt"] == "a <lora:ink:1>"
    assert read["Styles array"] == ["oil painting"]


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_png_info_reads_exif(fake: FakeWebUI, file_format: str) -> None:
    """The UserComment that the WebUI writes into other formats."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "a cat 猫".encode("utf-16-be")
    stream = io.BytesIO()
    IMAGE.save(stream, file_format, exif=exif)
    image = base64.b64encode(stream.getvalue()).decode()
    assert post(fake, PNG_INFO, {"image": image}).json()["info"] == "a cat 猫"


def test_interrogate_needs_its_model(fake: FakeWebUI) -> None:
    """Without weights there is no caption; an unknown model isn't found."""
    image = encoded(IMAGE)
    assert post(fake, "interrogate", {"image": image}).json() == {"caption": "<error>"}
    assert post(fake, "interrogate", {"image": image, "model": "x"}).status_code == 404
    assert post(fake, "interrogate", {"image": "zz"}).status_code == 500


def test_interrogate_answers_with_the_caption_of_the_configuration(
    start_fake: StartFake, tmp_path: Path
) -> None:
    """For clients that go on from a caption."""
    config = tmp_path / "caption.toml"
    config.write_text('caption = "a ramp of grey"\n')
    fake = start_fake("caption", "--seed", "1", "--config", str(config))
    for model in ("clip", "deepdanbooru"):
        answer = post(fake, "interrogate", {"image": encoded(IMAGE), "model": model})
        assert answer.json() == {"caption": "a ramp of grey"}


@pytest.mark.parametrize(
    ("sampler", "name"),
    [("k_euler", "Euler"), ("k_lms", "LMS"), ("plms", "PLMS"), ("ddim", "DDIM"),
     ("k_dpmpp_2m", "DPM++ 2M"), ("nai_smea", "Euler a")],
)  # fmt: skip
def test_samplers_of_novelai_have_their_names_here(
    fake: FakeWebUI, sampler: str, name: str
) -> None:
    """By the aliases of samplers; any other is taken for Euler a."""
    comment = {"steps": 5, "scale": 3, "seed": 1, "sampler": sampler, "uc": "bad"}
    image = with_text(Software="NovelAI", Description="d", Comment=json.dumps(comment))
    assert post(fake, PNG_INFO, {"image": image}).json()["parameters"]["Sampler"] == name
