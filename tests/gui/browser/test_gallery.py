"""Gallery: pictures, search, the viewer, and twenty thousand of them."""

from tests.gui.browser.conftest import AppPage
from tests.support import wait_until


def with_pictures(page: AppPage, *prompts: str) -> None:
    """Make pictures and open the gallery."""
    page.add(*prompts)
    page.ended(len(prompts))
    page.open("gallery")
    wait_until(lambda: len(page.browser.texts(".cell")) == len(prompts))


def test_the_viewer_is_worked_with_keys(page: AppPage) -> None:
    """Enter opens, arrows go on, Escape closes; the parameters are those of the picture."""
    with_pictures(page, "a red fox", "a blue jay")
    page.focus(".sheet")
    page.browser.press("Enter")
    page.browser.wait_for(".prompt-text", "a blue jay")
    page.browser.press("ArrowRight")
    page.browser.wait_for(".prompt-text", "a red fox")
    page.browser.press("Escape")
    wait_until(lambda: page.dialogs() == 0)
    page.no_errors()


def test_a_search_finds_and_escape_clears_it(page: AppPage) -> None:
    """Typing narrows the pictures; `/` goes to the field from anywhere."""
    with_pictures(page, "a red fox", "a blue jay")
    page.go("queue")
    page.browser.press("/")
    page.browser.type("#search", "fox")
    wait_until(lambda: page.browser.texts("#gallery-count") == ["1 picture"])
    page.browser.press("Escape")
    page.browser.wait_for("#gallery-count", "2 pictures")


def test_two_pictures_are_compared(page: AppPage) -> None:
    """Chosen with x and compared; the slider cuts the upper one."""
    with_pictures(page, "a red fox", "a blue jay")
    page.focus(".sheet")
    page.browser.press("x")
    page.browser.press("ArrowRight")
    page.browser.press("x")
    page.browser.click('.chosen-bar [data-act="compare"]')
    assert len(page.browser.texts(".compare-side figure")) == 2
    page.browser.click("#compare-tools button:last-child")
    page.focus(".compare-edge")
    page.browser.press("ArrowLeft")
    clip = "return document.querySelector('.compare-top').style.clipPath"
    assert "51%" in page.browser.run(clip)


def test_again_with_the_same_seed(page: AppPage) -> None:
    """One key queues the very same job once more."""
    with_pictures(page, "a red fox")
    page.focus(".sheet")
    page.browser.press("s")
    newer, older = page.ended(2)
    assert newer["seed"] == older["seed"]
    page.browser.wait_for("#gallery-count", "2 pictures")


def test_edit_takes_a_picture_into_the_form(page: AppPage) -> None:
    """Its prompt and settings are the draft."""
    with_pictures(page, "a red fox")
    page.browser.click(".cell")
    page.browser.click('#viewer-actions [data-act="edit"]')
    page.browser.wait_for(".outcome-count", "1 job")
    assert page.value("#prompt") == "a red fox"


def test_before_and_after_a_stage(page: AppPage) -> None:
    """The viewer has the picture of each stage, and compares one with the result."""
    upscaled = {"txt2img": {"width": 64, "height": 64, "steps": 2}, "upscale": {"enabled": True}}
    page.add("a red fox", config=upscaled)
    page.ended(1)
    page.open("gallery")
    page.browser.click(".cell")
    page.browser.wait_for(".thumb-name", "Upscale")
    page.browser.click(".stage-thumbs .link")
    captions = page.browser.texts(".compare-side figcaption")
    assert captions == ["Text to image, 64×64", "Upscale, 128×128"]
