"""Queue: what runs, what waits, and what can be done with both."""

from contextlib import suppress
from pathlib import Path

import requests

from fake_webui import FakeWebUI
from tests.browser import Browser
from tests.conftest import StartFake
from tests.gui.browser.conftest import LONG, AppPage, StartApp, running_app
from tests.support import free_port, wait_until

TXT2IMG = "/sdapi/v1/txt2img"


def row(number: int) -> str:
    """Return the selector of a waiting job, the first being 1."""
    return f".line li:nth-child({number})"


def test_cancel_in_the_middle_ends_the_running_job(slow_page: AppPage) -> None:
    """It is recorded as cancelled, and the next one runs unharmed."""
    slow_page.add("a long one", config=LONG)
    slow_page.add("the next")
    slow_page.open("queue")
    slow_page.browser.wait_for(".view-queue .running-words", "step")
    slow_page.browser.click('.view-queue [data-act="cancel"]')
    ended = {job["prompt"]: job["status"] for job in slow_page.ended(2)}
    assert ended == {"a long one": "cancelled", "the next": "succeeded"}


def test_skip_goes_on_with_the_next_image(slow_page: AppPage, slow: FakeWebUI) -> None:
    """The WebUI is asked to skip, and the job is not over by that."""
    slow_page.add("two images", config=LONG)
    slow_page.open("queue")
    slow_page.browser.wait_for(".view-queue .running-words", "step")
    slow_page.browser.click('.view-queue [data-act="skip"]')
    wait_until(lambda: slow.requests("/sdapi/v1/skip"))
    [job] = slow_page.get("queue")["running"]
    assert job["prompt"] == "two images"


def test_a_job_is_dragged_to_another_place(idle_page: AppPage) -> None:
    """The first of three, dropped on the lower edge of the last, runs last."""
    idle_page.add("one", "two", "three")
    idle_page.open("queue")
    idle_page.browser.wait_for(row(3))
    idle_page.browser.drag(f"{row(1)} .grip", to=row(3))
    wait_until(lambda: idle_page.waiting() == ["two", "three", "one"])
    wait_until(lambda: idle_page.browser.texts(".job-title") == ["two", "three", "one"])


def test_the_keyboard_moves_jobs_too(idle_page: AppPage) -> None:
    """Arrows go through the jobs, Alt and an arrow move one; focus stays with it."""
    idle_page.add("one", "two", "three")
    idle_page.open("queue")
    idle_page.browser.wait_for(row(3))
    idle_page.focus(".line li")
    idle_page.browser.press("ArrowDown")
    idle_page.browser.press("Alt+ArrowUp")
    wait_until(lambda: idle_page.waiting() == ["two", "one", "three"])
    wait_until(lambda: idle_page.browser.texts(".job-title") == ["two", "one", "three"])
    assert idle_page.browser.run("return document.activeElement.innerText").count("two") == 1


def test_top_and_bottom(idle_page: AppPage) -> None:
    """One click puts a job before or behind all others."""
    idle_page.add("one", "two", "three")
    idle_page.open("queue")
    idle_page.browser.click(f"{row(3)} .act-top")
    wait_until(lambda: idle_page.waiting() == ["three", "one", "two"])
    wait_until(lambda: idle_page.browser.texts(".job-title") == ["three", "one", "two"])
    idle_page.browser.click(f"{row(1)} .act-bottom")
    wait_until(lambda: idle_page.waiting() == ["one", "two", "three"])


def test_a_waiting_job_is_edited(idle_page: AppPage) -> None:
    """It keeps its place in the line; a wrong value is said in the dialog and changes nothing."""
    idle_page.add("one", "two")
    idle_page.open("queue")
    idle_page.browser.click(f"{row(1)} .act-edit")
    idle_page.browser.type("#edit-prompt", " and more")
    idle_page.browser.type("#edit-txt2img-steps", "900")
    idle_page.browser.click("#edit-save")
    idle_page.browser.wait_for("#edit-dialog .problem", "steps")
    assert idle_page.waiting() == ["one", "two"]
    idle_page.enter("#edit-txt2img-steps", "7")
    idle_page.browser.click("#edit-save")
    wait_until(lambda: idle_page.waiting() == ["one and more", "two"])


def test_several_at_once_are_cancelled(idle_page: AppPage) -> None:
    """What is chosen goes, the rest stays."""
    idle_page.add("one", "two", "three")
    idle_page.open("queue")
    idle_page.browser.click(f"{row(1)} input")
    idle_page.browser.click(f"{row(3)} input")
    idle_page.browser.wait_for(".waiting h2", "2 of 3 chosen")
    idle_page.browser.click(".waiting .chosen-buttons button:last-child")
    wait_until(lambda: idle_page.waiting() == ["two"])


def test_a_failed_job_says_why_and_is_retried(page: AppPage, fake: FakeWebUI) -> None:
    """The WebUI's own words stand there; Retry queues it again, and then it succeeds."""
    fake.fault("out-of-memory", TXT2IMG, when="first")
    page.add("a cat")
    page.open("queue")
    page.browser.wait_for(".failed .bad", "out of memory")
    page.browser.click('.failed [data-act="retry"]')
    assert page.ended(2)[0]["status"] == "succeeded"


def test_a_pause_and_its_reason_are_seen_everywhere(page: AppPage) -> None:
    """While it is paused nothing starts; Resume in the banner lets it go on."""
    page.open("queue")
    page.browser.click("#pause")
    page.browser.wait_for("#banners", "The queue is paused")
    page.add("a cat")
    page.go("gallery")
    page.browser.wait_for("#queue-count", "1")
    page.browser.click("#banners button")
    assert page.ended(1)[0]["status"] == "succeeded"


def test_two_tabs_show_the_same(idle_page: AppPage) -> None:
    """What one does, the other shows without reloading."""
    idle_page.open("queue")
    first = idle_page.browser.open_tab()
    idle_page.draft("from the second tab")
    idle_page.browser.wait_for(".outcome-count", "1 job")
    idle_page.browser.click("#add-to-queue")
    wait_until(idle_page.waiting)
    idle_page.browser.close_tab()
    idle_page.browser.go_to_tab(first)
    idle_page.browser.wait_for(".job-title", "from the second tab")


def test_a_webui_that_is_killed_and_comes_back(start_app: StartApp, start_fake: StartFake) -> None:
    """The page says that it is gone and what to do, and shows when it is up again."""
    webui = start_fake("killed", "--api-server-stop")
    page = start_app(webui=webui.url)
    page.open("queue")
    with suppress(requests.ConnectionError):  # it dies before it answers, as the real one does
        requests.post(f"{webui.url}/sdapi/v1/server-kill", timeout=60)
    page.browser.wait_for('.chip[data-status="gone"]')
    assert "--api" in page.browser.texts("#banners")[0]
    start_fake("back", "--port", webui.url.rpartition(":")[2])
    page.wait_until_connected()
    assert page.browser.texts("#banners") == [""]


def test_the_page_goes_on_when_the_app_comes_back(
    window: Browser, fake: FakeWebUI, tmp_path: Path
) -> None:
    """While the app is away that is said; then the page is up to date without reloading."""
    port = free_port()
    with running_app(tmp_path, fake.url, "--no-work", port=port) as url:
        page = AppPage(window, url, tmp_path)
        page.open("queue")
    page.browser.wait_for("#banners", "The app does not answer")
    with running_app(tmp_path, fake.url, "--no-work", port=port):
        page.add("made meanwhile")
        page.browser.wait_for(".job-title", "made meanwhile")
        assert page.browser.texts("#banners") == [""]
        page.browser.open("about:blank")
