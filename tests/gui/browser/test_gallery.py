"""Gallery: pictures, search, the viewer, and twenty thousand of them."""

from pathlib import Path

from app.bootstrap import build_app
from tests.gui.browser.conftest import AppPage, StartApp
from tests.gui.long_history import RARE_EVERY, fill_history
from tests.support import wait_until

MANY = 20_000


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


def test_a_favourite_is_kept(page: AppPage) -> None:
    """It is marked at once, and found under Favourites after a reload."""
    with_pictures(page, "a red fox", "a blue jay")
    page.focus(".sheet")
    page.browser.press("f")
    page.browser.wait_for(".cell.favourite")
    page.open("gallery")
    page.browser.click('#filter option[value="favourite"]')
    wait_until(lambda: page.browser.texts("#gallery-count") == ["1 picture"])


def test_delete_can_be_undone(page: AppPage) -> None:
    """The picture goes from the gallery and the history; Undo brings both back."""
    with_pictures(page, "a red fox", "a blue jay")
    page.focus(".sheet")
    page.browser.press("Delete")
    wait_until(lambda: page.browser.texts("#gallery-count") == ["1 picture"])
    assert [job["prompt"] for job in page.get("history")["jobs"]] == ["a red fox"]
    page.browser.click(".toast .link")
    page.browser.wait_for("#gallery-count", "2 pictures")
    assert len(page.get("history")["jobs"]) == 2


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


def with_long_history(start_app: StartApp, home: Path) -> AppPage:
    """Open the gallery of a home with twenty thousand pictures."""
    application = build_app(home=home)
    fill_history(application, MANY)
    application.close()
    page = start_app("--no-work", home=home)
    page.open("gallery")
    page.browser.wait_for(".cell")
    return page


def test_twenty_thousand_pictures(start_app: StartApp, tmp_path: Path) -> None:
    """All of them can be scrolled through, and only those in sight are elements."""
    page = with_long_history(start_app, tmp_path)
    page.browser.wait_for("#gallery-count", "20,000 jobs")
    further = (
        "const g = document.querySelector('.gallery-scroll'); g.scrollTop = g.scrollHeight;"
        "return [document.querySelectorAll('.cell').length,"
        " document.getElementById('gallery-count').textContent]"
    )

    def all_loaded() -> bool:
        elements, count = page.browser.run(further)
        assert elements < 200
        return bool(count == "20,000 pictures")

    wait_until(all_loaded, 240)
    page.focus(".sheet")
    page.browser.press("End")
    page.browser.press("Enter")
    page.browser.wait_for(".prompt-text", "a lighthouse 1")
    wait_until(lambda: page.browser.run("return document.querySelector('.cell img')?.naturalWidth"))
    page.no_errors()


def test_a_search_in_twenty_thousand(start_app: StartApp, tmp_path: Path) -> None:
    """The few pictures that have the word are found; Escape brings all back."""
    page = with_long_history(start_app, tmp_path)
    page.browser.type("#search", "rare")
    page.browser.wait_for("#gallery-count", f"{MANY // RARE_EVERY} pictures")
    page.browser.press("Escape")
    page.browser.wait_for("#gallery-count", "20,000 jobs")


def test_the_overview_of_a_batch_is_shown(page: AppPage) -> None:
    """The viewer of its last job has the labelled picture of all, and shows it large."""
    pack = "a castle\naxis steps: 1 | 2\n"
    (page.home / "packs" / "castle.txt").write_text(pack, encoding="utf-8")
    draft = {"pack_id": "castle", "config": {"txt2img": {"width": 64, "height": 64}}}
    page.post("jobs", draft=draft, mode="queue")
    page.ended(2)
    page.open("gallery")
    page.browser.click(".cell")
    page.browser.click("#viewer-overview button")
    large = "return document.getElementById('viewer-picture').naturalWidth"
    wait_until(lambda: page.browser.run(large) > 2 * 64)
