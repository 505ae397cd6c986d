"""The pictures of the inspector in the README: `nox -s screenshots` makes them anew."""

import base64
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from PIL import Image

from fake_webui import FakeWebUI
from tests.browser import Browser, open_browser
from tests.fake_webui.pictures import png

WIDTHS = {"": (1280, 860), "-narrow": (400, 860)}
SCHEMES = {"": "light", "-dark": "dark"}
COLOURS = 256  # of a palette; as true colours they would be three times as large
HELD_REQUEST = 11


def post(url: str, path: str, **payload: Any) -> None:
    """Send a payload."""
    requests.post(f"{url}/sdapi/v1/{path}", json=payload, timeout=60)


def use(fake: FakeWebUI) -> None:
    """Send what clients send, some of it wrong."""
    url, picture = fake.url, base64.b64encode(png("a cat\nSteps: 1")).decode()
    for path in ("samplers", "sd-models", "options"):
        requests.get(f"{url}/sdapi/v1/{path}", timeout=60)
    cat = {"prompt": "a cat in a garden, oil painting", "width": 512, "height": 512}
    post(url, "txt2img", **cat, steps=20, sampler_name="Euler a")
    post(url, "txt2img", **cat, steps=20, negativ_prompt="blurry", stpes=30)
    fake.fault("out-of-memory", "/sdapi/v1/txt2img", when="first")
    post(url, "txt2img", **cat, steps=30)
    fake.fault("delay", "/sdapi/v1/img2img", when="every", seconds=0.2)
    post(url, "img2img", **cat, steps=8, init_images=[picture], denoising_strength=0.4)
    post(url, "extra-single-image", image=picture, upscaler_1="Lanczos", upscaling_resize=2)
    requests.get(f"{url}/sdapi/v1/an-address-that-no-webui-of-this-kind-has/at-all", timeout=60)
    post(url, "txt2img", **cat, steps=6, sampler_name="Eulr")


def take(browser: Browser, fake: FakeWebUI, folder: Path) -> None:
    """Take the pictures: the list, narrow too, and the chosen request where it is alone."""
    for width, size in WIDTHS.items():
        browser.resize(*size)
        for scheme, name in SCHEMES.items():
            browser.prefer(name)
            browser.open("about:blank")
            browser.open(f"{fake.url}/__fake/" + ("" if width else "#5"))
            browser.wait_for("#running-text", "step 8 of 20")
            browser.wait_for("#counts", f"{HELD_REQUEST} requests")
            browser.wait_for("#preview" if width else "#detail .facts")
            browser.picture(folder / f"inspector{width}{scheme}.png")


def shrink(path: Path) -> None:
    """Give a picture a palette."""
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS).save(path, optimize=True)


def main(folder: Path) -> None:
    """Make the pictures in a folder."""
    with (
        FakeWebUI(seed=1) as fake,
        TemporaryDirectory() as profile,
        ThreadPoolExecutor(1) as executor,
        open_browser(Path(profile)) as browser,
    ):
        use(fake)
        with fake.hold("txt2img", at_step=8) as held:
            executor.submit(post, fake.url, "txt2img", prompt="a castle on a hill", steps=20)
            held.wait()
            take(browser, fake, folder)
    for path in folder.glob("inspector*.png"):
        shrink(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
