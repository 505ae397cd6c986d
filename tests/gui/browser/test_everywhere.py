"""What holds in every view: accessibility, a phone's width, keys, and that it all stays its own."""

import importlib.resources
import importlib.util
from typing import Any

import pytest

from tests.gui.browser.conftest import NARROW, TINY, VIEWS, AppPage
from tests.support import ROOT, wait_until

AXE = "axe_playwright_python"
STATIC = ROOT / "app" / "gui" / "static"

needs_axe = pytest.mark.skipif(
    importlib.util.find_spec(AXE) is None,
    reason="axe-core is not installed; `nox -s browser` installs it",
)


def fill(page: AppPage) -> None:
    """Have something to show everywhere: a picture, a failure, waiting jobs, a pause."""
    page.add("a cat", mode="now")
    page.post("queue/pause", reason="looking around")
    page.ended(1)
    page.add("one", "two", config={**TINY, "upscale": {"enabled": True}})
    (page.home / "packs" / "coast.txt").write_text("a lighthouse\n", encoding="utf-8")


def violations(page: AppPage) -> list[Any]:
    """Return what axe finds wrong with what is shown: rule, and where."""
    source = importlib.resources.files(AXE).joinpath("axe.min.js").read_text(encoding="utf-8")
    page.browser.run(source)
    found = page.browser.run_async(
        "const done = arguments[arguments.length - 1];"
        "axe.run().then(found => done(found.violations.map(v =>"
        " [v.id, v.nodes.map(n => n.target.join(' ') + ': ' + n.failureSummary)])))"
    )
    return list(found)


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: AppPage, theme: str) -> None:
    """In every view and dialog: names, roles, contrast, structure."""
    fill(page)
    page.open("run")
    page.browser.run("document.documentElement.dataset.theme = arguments[0]", theme)
    page.browser.type("#prompt", "a cat")
    for view in VIEWS:
        page.go(view)
        assert violations(page) == [], view
    page.go("gallery")
    page.browser.click(".cell")
    page.browser.wait_for(".prompt-text", "a cat")
    assert violations(page) == []
    page.browser.press("Escape")
    page.browser.press("?")
    assert violations(page) == []


def test_nothing_is_wider_than_a_phone(page: AppPage) -> None:
    """At 360 pixels every view fits, and the views' names are at the bottom."""
    fill(page)
    page.browser.resize(*NARROW)
    page.open("run")
    page.browser.type("#prompt", "a cat")
    for view in VIEWS:
        page.go(view)
        widths = (
            "const view = document.getElementById('view-' + arguments[0]);"
            "return [document.documentElement.scrollWidth, view.scrollWidth - view.clientWidth]"
        )
        assert page.browser.run(widths, view) == [NARROW[0], 0], view
    at = "return document.querySelector('.views').getBoundingClientRect().bottom - innerHeight"
    assert page.browser.run(at) == 0


def test_the_keys_are_listed(idle_page: AppPage) -> None:
    """A question mark lists them, Escape closes, numbers go to the views."""
    idle_page.open("run")
    idle_page.browser.press("?")
    idle_page.browser.wait_for("#keys-list", "Run now")
    idle_page.browser.press("Escape")
    wait_until(lambda: idle_page.dialogs() == 0)
    idle_page.browser.press("2")
    wait_until(lambda: idle_page.browser.texts(".views [aria-current]") == ["Queue"])


def test_the_theme_follows_the_switch_and_is_kept(idle_page: AppPage) -> None:
    """One click is light, the next dark; a reload keeps it."""
    idle_page.open("run")
    idle_page.browser.click("#theme")
    idle_page.browser.click("#theme")
    idle_page.open("run")
    assert idle_page.browser.run("return document.documentElement.dataset.theme") == "dark"
    scheme = "return getComputedStyle(document.documentElement).colorScheme"
    assert idle_page.browser.run(scheme) == "dark"
    idle_page.browser.run("localStorage.clear()")


def test_empty_views_say_what_to_do_first(idle_page: AppPage) -> None:
    """In a new home every view has a sentence that tells how to begin."""
    idle_page.open("run")
    for view in VIEWS:
        idle_page.go(view)
        idle_page.browser.wait_for(f"#view-{view} .empty:not([hidden])")
    idle_page.no_errors()


def test_it_works_offline() -> None:
    """No file of the page names another site's address."""
    for path in STATIC.rglob("*.*"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//www." not in text
        assert "https://" not in text, path


def test_nothing_is_ever_markup() -> None:
    """The modules have no way to make markup of text; the document has nothing inline."""
    for path in STATIC.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, path
    document = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "style=" not in document
    assert "<script>" not in document
