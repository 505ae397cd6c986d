"""Packs: the editor, its notices and its count."""

from tests.gui.browser.conftest import AppPage
from tests.support import wait_until

PACK = "name: Coast\na lighthouse in [[season]]\nseason: spring | winter\n"


def open_pack(page: AppPage) -> None:
    """Open the editor on a pack of two jobs."""
    (page.home / "packs" / "coast.txt").write_text(PACK, encoding="utf-8")
    page.open("packs/coast")
    page.browser.wait_for("#pack-count", "2 jobs from 1 prompt")


def test_the_count_follows_the_text_and_saving_writes_it(idle_page: AppPage) -> None:
    """Another value makes another job before anything is saved; Ctrl+S writes the file."""
    open_pack(idle_page)
    idle_page.enter("#pack-text", PACK.replace("winter", "winter | summer"))
    idle_page.browser.wait_for("#pack-count", "3 jobs from 1 prompt")
    idle_page.browser.wait_for("#pack-state", "not saved")
    path = idle_page.home / "packs" / "coast.txt"
    assert "summer" not in path.read_text(encoding="utf-8")
    idle_page.browser.press("Ctrl+S")
    wait_until(lambda: "summer" in path.read_text(encoding="utf-8"))
    wait_until(lambda: idle_page.browser.texts("#pack-state") == [""])


def test_a_notice_stands_beside_its_line(idle_page: AppPage) -> None:
    """An error names the line, and is as high as that; its button goes there."""
    open_pack(idle_page)
    idle_page.enter("#pack-text", PACK.replace("season: ", "seasons: "))
    idle_page.browser.wait_for(".editor-notes li", "season")
    lines = "return [...document.querySelectorAll('.editor-copy div')].map(d => d.offsetTop)"
    [note] = idle_page.browser.run(
        "return [...document.querySelectorAll('.editor-notes li')].map(n => n.offsetTop)"
    )
    assert note == idle_page.browser.run(lines)[1]
    idle_page.browser.click(".editor-notes .link")
    at = idle_page.browser.run("return document.activeElement.selectionStart")
    assert PACK[:at].count("\n") == 1


def test_a_new_pack_is_made_and_used(idle_page: AppPage) -> None:
    """It starts with an example that works; Use saves it and takes it into Run."""
    idle_page.open("packs")
    idle_page.browser.click("#pack-new")
    idle_page.browser.type("#ask-input", "mine")
    idle_page.browser.press("Enter")
    idle_page.browser.wait_for("#pack-count", "2 jobs from 1 prompt")
    idle_page.browser.click('.pack-work [data-act="run"]')
    idle_page.browser.wait_for(".outcome-count", "2 jobs · 2 images")
    assert (idle_page.home / "packs" / "mine.txt").exists()
