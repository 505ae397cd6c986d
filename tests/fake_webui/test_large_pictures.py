"""Pictures that are small as files and large in memory: counted before they are made or decoded."""

import base64
import zlib
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.generating import SMALL, encoded, failure, gradient, post

MIB = 2**20
ROOM_MIB = 300  # what the server takes by itself and for small pictures
SIDE_PX = 13_000


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    checksum = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + checksum.to_bytes(4, "big")


def black(width: int, height: int) -> str:
    """Return a black PNG in base64 that is never whole in memory."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    packer = zlib.compressobj(wbits=-15)
    scanline = packer.compress(bytes(1 + 3 * width)) + packer.flush(zlib.Z_FULL_FLUSH)
    adler = (1 + 3 * width) * height % 65521 << 16 | 1
    packed = b"\x78\x01" + scanline * height + b"\x03\x00" + adler.to_bytes(4, "big")
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


@pytest.fixture(scope="module")
def bomb() -> str:
    """A picture of 169 megapixels in a file of about a megabyte."""
    return black(SIDE_PX, SIDE_PX)


@pytest.fixture(scope="module")
def frugal_server(start_fake: StartFake) -> FakeWebUI:
    """A server that nothing else asks for pictures."""
    return start_fake("frugal", "--seed", "1")


@pytest.fixture
def fresh(frugal_server: FakeWebUI) -> FakeWebUI:
    """That server, as at its start but for the most memory that it has ever needed."""
    frugal_server.reset()
    return frugal_server


def peak_mib(fake: FakeWebUI) -> float:
    """Return the most memory that the server had at a time, or has where nobody keeps count."""
    server = psutil.Process(fake.health()["pid"])
    try:
        facts = Path(f"/proc/{server.pid}/status").read_text().splitlines()
        return next(int(one.split()[1]) / 1024 for one in facts if one.startswith("VmHWM"))
    except FileNotFoundError:
        return float(server.memory_info().rss) / MIB


def as_init(picture: str) -> tuple[str, dict[str, Any]]:
    """Return a request that starts from a picture."""
    return "img2img", {**SMALL, "init_images": [picture]}


def as_mask(picture: str) -> tuple[str, dict[str, Any]]:
    """Return a request with a picture for its mask."""
    return "img2img", {**SMALL, "init_images": [encoded(gradient(8, 8))], "mask": picture}


def for_extras(picture: str) -> tuple[str, dict[str, Any]]:
    """Return a request to enlarge a picture."""
    return "extra-single-image", {"image": picture, "upscaler_1": "Lanczos"}


def in_a_batch(picture: str) -> tuple[str, dict[str, Any]]:
    """Return a request to enlarge a picture among others."""
    images = [{"data": encoded(gradient(8, 8)), "name": "a"}, {"data": picture, "name": "b"}]
    return "extra-batch-images", {"imageList": images}


def to_read(picture: str) -> tuple[str, dict[str, Any]]:
    """Return a request to read what a picture says."""
    return "png-info", {"image": picture}


def to_describe(picture: str) -> tuple[str, dict[str, Any]]:
    """Return a request for a description."""
    return "interrogate", {"image": picture, "model": "clip"}


USES = [as_init, as_mask, for_extras, in_a_batch, to_read, to_describe]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_a_picture_of_too_many_pixels_is_not_decoded(fresh: FakeWebUI, bomb: str, use: Any) -> None:
    """It is answered as one that can't be, whatever it is for, and takes no memory."""
    answer = post(fresh, *use(bomb))
    assert failure(answer) == (500, "HTTPException", "Invalid encoded image")
    assert peak_mib(fresh) < ROOM_MIB


def test_the_journal_shows_it_undecoded(fresh: FakeWebUI, bomb: str) -> None:
    """With its size."""
    post(fresh, *to_read(bomb))
    [entry] = fresh.requests()
    assert entry["payload"]["image"]["width"] == SIDE_PX
    assert peak_mib(fresh) < ROOM_MIB


def test_the_inspector_does_not_decode_it_either(fresh: FakeWebUI, bomb: str) -> None:
    """A thumbnail of it is refused with a sentence."""
    post(fresh, *to_read(bomb))
    answer = requests.get(
        f"{fresh.url}/__fake/v1/requests/1/images/0", params={"thumbnail": "64"}, timeout=30
    )
    assert answer.status_code == 422
    assert f"{SIDE_PX}x{SIDE_PX} pixels" in answer.json()["error"]
    assert peak_mib(fresh) < ROOM_MIB


def test_the_pictures_of_a_request_are_counted_together(fresh: FakeWebUI) -> None:
    """Many that are each small enough are too many."""
    images = [{"data": black(9_000, 9_000), "name": "a"}] * 4
    answer = post(fresh, "extra-batch-images", {"imageList": images})
    assert failure(answer)[:2] == (500, "OutOfMemoryError")
    assert peak_mib(fresh) < ROOM_MIB


def plot(values: str, margin: int = 0, **changes: Any) -> tuple[str, dict[str, Any]]:
    """Return a request for a plot of a prompt's words."""
    axes = [7, values, [], 0, "", [], 0, "", []]
    switches = [True, False, False, False, False, False, False, margin, False]
    script = {"script_name": "X/Y/Z plot", "script_args": [*axes, *switches], "prompt": "cat"}
    return "txt2img", SMALL | script | changes


def img2img(script: str = "", arguments: Any = (), **changes: Any) -> tuple[str, dict[str, Any]]:
    """Return a request that starts from a small picture."""
    asked = {"init_images": [encoded(gradient(64, 64))], "steps": 1}
    named = {"script_name": script, "script_args": list(arguments)} if script else {}
    return "img2img", {**SMALL, **asked, **named, **changes}


SIDES = ["left", "right", "up", "down"]


def answered_as(image_format: str) -> dict[str, Any]:
    """Return what sets the format of an answer, which is made after overrides are put back."""
    settings = {"samples_format": image_format}
    return {"override_settings": settings, "override_settings_restore_afterwards": False}


OUT_OF_MEMORY = {
    "a batch": ("txt2img", SMALL | {"width": 4096, "height": 4096, "batch_size": 17}),
    "wide margins": plot("cat,dog", margin=10**7),
    "a long legend": plot("cat," + "b " * 60_000, width=1024, height=1024),
    "outpainting": img2img("poor man's outpainting", (10**5, 4, 0, SIDES)),
    "outpainting mk2": img2img("outpainting mk2", (None, 10**5, 4, SIDES, 1, 0.05)),
    "a thin picture cropped": img2img(init_images=[black(1, 60_000)], resize_mode=1, width=512),
    "a drawing as a photo": (
        "txt2img",
        SMALL | {"width": 16_384, "height": 16_384, **answered_as("jpg")},
    ),
}


@pytest.mark.parametrize("asked", OUT_OF_MEMORY.values(), ids=OUT_OF_MEMORY)
def test_what_takes_too_much_memory_is_not_made(
    fresh: FakeWebUI, asked: tuple[str, dict[str, Any]]
) -> None:
    """It is answered as a graphics card would, and takes none."""
    assert failure(post(fresh, *asked))[:2] == (500, "OutOfMemoryError")
    assert peak_mib(fresh) < ROOM_MIB


def test_a_long_word_of_a_legend_is_written_as_far_as_it_is_seen(fresh: FakeWebUI) -> None:
    """The rest of it takes no memory."""
    answer = post(fresh, *plot("cat," + "b" * 120_000, width=2048, height=2048))
    assert answer.status_code == 200
    assert peak_mib(fresh) < ROOM_MIB


MEMORY_ERROR = {
    "tiles": img2img("sd upscale", (None, 7, 0, 2), width=8, height=8,
                     init_images=[black(1024, 1024)]),
    "pictures": ("txt2img", SMALL | {"width": 16_384, "height": 16_384, "n_iter": 20}),
    "larger pictures": (
        "txt2img",
        SMALL
        | {"enable_hr": True, "hr_resize_x": 8192, "hr_resize_y": 8192, "n_iter": 40,
           "denoising_strength": 0.5, "hr_upscaler": "Latent"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("asked", MEMORY_ERROR.values(), ids=MEMORY_ERROR)
def test_more_pictures_than_anybody_waits_for_are_not_made(
    fake: FakeWebUI, asked: tuple[str, dict[str, Any]]
) -> None:
    """However small each of them is, or the first pass."""
    assert failure(post(fake, *asked))[:2] == (500, "MemoryError")


def test_what_a_format_can_not_hold_is_its_own_error(fake: FakeWebUI) -> None:
    """WebP ends at 16,383 pixels."""
    asked = {"width": 16_384, "height": 64, **answered_as("webp")}
    assert failure(post(fake, "txt2img", SMALL | asked))[:2] == (500, "ValueError")


def test_formats_that_other_programs_read_are_no_pictures(fake: FakeWebUI) -> None:
    """Nobody's PostScript is run."""
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    answer = post(fake, *to_read(base64.b64encode(script).decode()))
    assert failure(answer) == (500, "HTTPException", "Invalid encoded image")
