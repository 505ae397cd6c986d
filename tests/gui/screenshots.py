"""The pictures of the page in the README: `nox -s screenshots` makes them anew.

The WebUI is the fake one, answering with painted hills, so that the pictures look like pictures.
"""

import math
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageOps

from fake_webui import FakeWebUI
from tests.browser import Browser, open_browser
from tests.gui.browser.conftest import AppPage, running_app
from tests.support import wait_until

SIZES = ((1024, 704), (704, 1024), (832, 832), (1216, 704))
SKIES = (
    ("#1b2a49", "#e8a87c"),
    ("#274060", "#f6d6ad"),
    ("#3b1f3f", "#ee7b5f"),
    ("#0f3d3e", "#e2dcc8"),
)
Point = tuple[float, float]
WIDE, NARROW = (1280, 960), (360, 860)
STEP_S = 0.15
COLOURS = 256  # of a palette; as true colours they would be three times as large
PROMPTS = (
    "hills before a storm, wide view, oil painting",
    "a valley in the morning, soft light <lora:ink:0.6>",
    "mountains behind a lake at dusk, calm water",
    "dunes under two moons, long shadows",
)


def paint(number: int, size: tuple[int, int]) -> Image.Image:
    """Paint hills under a sky; each number is another place."""
    draw_of = random.Random(number)  # noqa: S311 - a picture, not a secret
    top, bottom = SKIES[number % len(SKIES)]
    sky = ImageOps.colorize(Image.linear_gradient("L").resize(size), top, bottom)
    draw = ImageDraw.Draw(sky)
    sun, at = size[1] // draw_of.randint(9, 16), (draw_of.random() * size[0], size[1] * 0.4)
    draw.ellipse((at[0] - sun, at[1] - sun, at[0] + sun, at[1] + sun), fill="#fff3d6")
    for layer in range(6):
        draw.polygon(ridge(draw_of, size, 0.45 + layer * 0.1), fill=shade(top, bottom, layer / 6))
    return sky


def ridge(draw_of: random.Random, size: tuple[int, int], height: float) -> list[Point]:
    """Return the outline of hills, from the left edge to the right and back along the bottom."""
    width, tall = size
    waves = [(draw_of.uniform(0.5, 3) * n, draw_of.random() * 7, 0.05 / n) for n in (1, 2, 4, 8)]
    outline = [
        (x, tall * (height + sum(a * math.sin(f * x / width * 6 + p) for f, p, a in waves)))
        for x in range(0, width + 8, 8)
    ]
    return [*outline, (width, tall), (0, tall)]


def shade(top: str, bottom: str, near: float) -> tuple[int, ...]:
    """Return a colour between both of a sky, darker the nearer it is."""
    pairs = zip(bytes.fromhex(top[1:]), bytes.fromhex(bottom[1:]), strict=True)
    return tuple(int(far * (1 - near) * 0.55 + close * near * 0.75) for close, far in pairs)


@contextmanager
def painted_page(browser: Browser, home: Path, pictures: Path) -> Iterator[AppPage]:
    """Give the page of an app that has made pictures, and has more to do."""
    for number in range(24):
        paint(number, SIZES[number % len(SIZES)]).save(pictures / f"{number:02}.png")
    fake = FakeWebUI(images=pictures, step_seconds=STEP_S, seed=1)
    with fake as webui, running_app(home, webui.url) as url:
        page = AppPage(browser, url, home)
        for number, (width, height) in enumerate(SIZES * 6):
            few = {"txt2img": {"width": width, "height": height, "steps": 1}}
            page.add(PROMPTS[number % len(PROMPTS)], config=few)
        page.ended(len(SIZES) * 6)
        yield page


def take(browser: Browser, folder: Path, name: str, theme: str) -> None:
    """Save what is seen, small."""
    browser.run("document.documentElement.dataset.theme = arguments[0]", theme)
    browser.run("document.querySelectorAll('.toast').forEach(toast => toast.remove())")
    pending = "return [...document.images].every(i => i.complete)"
    wait_until(lambda: browser.run(pending))
    path = folder / f"gui-{name}.png"
    browser.picture(path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    small.save(path, optimize=True)


def main(folder: Path) -> None:
    """Make all pictures."""
    with TemporaryDirectory() as scratch:
        home, art, profile = (Path(scratch, name) for name in ("home", "art", "profile"))
        art.mkdir()
        with open_browser(profile) as browser, painted_page(browser, home, art) as page:
            show(page, folder)


def show(page: AppPage, folder: Path) -> None:
    """Go through the views, wide and light or dark, then at a phone's width."""
    browser = page.browser
    browser.resize(*WIDE)
    page.draft("", {}, pack_id="samples/landscapes")
    browser.wait_for(".outcome-count", "5 jobs")
    browser.click("#add-to-queue")
    seen = "return document.querySelector('.running-picture')?.naturalWidth"
    wait_until(lambda: browser.run(seen))
    take(browser, folder, "run", "light")
    page.go("queue")
    browser.wait_for(".view-queue .running-words", "step")
    take(browser, folder, "queue", "dark")
    page.go("gallery")
    browser.wait_for(".cell")
    take(browser, folder, "gallery", "dark")
    page.open("packs/samples%2Flandscapes")
    browser.wait_for("#pack-count", "5 jobs")
    take(browser, folder, "packs", "light")
    browser.resize(*NARROW)
    page.go("gallery")
    browser.wait_for(".cell")
    take(browser, folder, "phone", "dark")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
