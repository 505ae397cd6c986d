"""Run: the form, what it makes, and the way from there to a picture."""

import base64
import json

import pytest
import requests

from fake_webui import FakeWebUI
from tests.gui.browser.conftest import LONG, AppPage
from tests.support import payloads, wait_until

TXT2IMG = "/sdapi/v1/txt2img"
PACK = """\
name: Coast
a lighthouse in [[season]], [[light]]
season: spring | winter
light: morning | night
"""
EVIL = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


def save_pack(page: AppPage, name: str = "coast", text: str = PACK) -> None:
    """Put a pack into the home."""
    (page.home / "packs" / f"{name}.txt").write_text(text, encoding="utf-8")


def test_ctrl_enter_runs_and_the_picture_shows(page: AppPage, fake: FakeWebUI) -> None:
    """What was typed goes over the wire, and its picture comes up without reloading."""
    page.draft("a lighthouse")
    page.browser.type("#prompt", " at dawn")
    page.browser.press("Ctrl+Enter")
    page.browser.wait_for(".toast", "Runs next")
    wait_until(
        lambda: page.browser.run("return document.querySelector('.latest img')?.naturalWidth")
    )
    [payload] = payloads(fake, TXT2IMG)
    assert payload["prompt"] == "a lighthouse at dawn"
    page.no_errors()


def test_a_wrong_setting_is_said_at_its_field(idle_page: AppPage) -> None:
    """In the server's words; it goes when the value is right, and nothing was queued."""
    idle_page.draft()
    idle_page.browser.type("#field-txt2img-width", "5")
    idle_page.browser.wait_for("#field-txt2img-width-error", "it must be a whole number from 64")
    assert (
        idle_page.browser.run("return document.querySelector('[aria-invalid=true]').id")
        == "field-txt2img-width"
    )
    idle_page.enter("#field-txt2img-width", "128")
    idle_page.browser.wait_for(".outcome-count", "1 job · 1 image")
    assert (
        idle_page.browser.run("return document.querySelectorAll('[aria-invalid=true]').length") == 0
    )
    assert idle_page.waiting() == []


def test_choices_come_from_the_webui(idle_page: AppPage) -> None:
    """Samplers, upscalers and models are those that it lists."""
    idle_page.draft(config={"upscale": {"enabled": True}})
    idle_page.browser.wait_for("#field-txt2img-sampler_name", "Euler a")
    models = "return [...document.getElementById('field-txt2img-checkpoint').options].length"
    assert idle_page.browser.run(models) > 1
    assert "Lanczos" in idle_page.browser.texts("#field-upscale-upscaler")[0]


def test_a_stage_is_switched_on_and_sent(page: AppPage, fake: FakeWebUI) -> None:
    """The switch of a card opens it, and the job goes through that stage."""
    page.draft()
    page.browser.click("#field-upscale-enabled")
    page.browser.wait_for("#field-upscale-upscaler")
    page.browser.click("#run-now")
    wait_until(lambda: payloads(fake, "/sdapi/v1/extra-single-image"), 60)


def test_the_payloads_are_shown_before_they_are_sent(idle_page: AppPage) -> None:
    """What stands there is what a job will send, and nothing is queued by looking."""
    idle_page.draft("a copper teapot")
    idle_page.browser.wait_for(".outcome-count", "1 job")
    idle_page.browser.click(".outcome summary")
    idle_page.browser.click(".payloads summary")
    shown = json.loads(idle_page.browser.texts(".payloads pre")[0])
    assert (shown["prompt"], shown["width"]) == ("a copper teapot", 64)
    assert idle_page.waiting() == []


def test_a_pack_of_four_makes_four_pictures(page: AppPage) -> None:
    """The count is said before, and the gallery has all of them after."""
    save_pack(page)
    page.draft("", pack_id="coast")
    page.browser.wait_for(".outcome-count", "4 jobs · 4 images")
    page.browser.press("Ctrl+E")
    page.browser.wait_for(".toast", "4 jobs added to the queue")
    assert {job["status"] for job in page.ended(4)} == {"succeeded"}
    page.go("gallery")
    page.browser.wait_for("#gallery-count", "4 pictures")


def test_a_reload_in_the_middle_loses_nothing(slow_page: AppPage) -> None:
    """The draft is still in the form, and the running job shows how far it is."""
    slow_page.draft("a slow cat", LONG)
    slow_page.browser.click("#run-now")
    slow_page.browser.wait_for(".running-words", "of 100")
    slow_page.open("run")
    slow_page.browser.wait_for(".running-words", "of 100")
    assert slow_page.value("#prompt") == "a slow cat"


def test_a_dropped_picture_becomes_the_draft(page: AppPage) -> None:
    """Its prompt and settings stand in the form."""
    page.add("a fox asleep")
    [job] = page.ended(1)
    picture = requests.get(page.url + job["images"][0]["url"], timeout=60).content
    page.open("queue")
    page.browser.run(
        "const bytes = Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0));"
        "const files = new DataTransfer(); files.items.add(new File([bytes], 'fox.png'));"
        "dispatchEvent(new DragEvent('drop', {dataTransfer: files, cancelable: true}))",
        base64.b64encode(picture).decode(),
    )
    page.browser.wait_for(".outcome-count", "1 job")
    assert page.value("#prompt") == "a fox asleep"
    assert page.value("#field-txt2img-width") == "64"


@pytest.mark.parametrize("view", ["run", "queue", "gallery"])
def test_a_prompt_full_of_markup_stays_text(page: AppPage, view: str) -> None:
    """Nothing in a prompt becomes an element or runs, wherever it is shown."""
    page.add(EVIL)
    page.ended(1)
    page.post("queue/pause")
    page.add(EVIL)
    page.draft(EVIL)
    page.browser.wait_for("#queue-count", "1")
    page.go(view)
    if view == "gallery":
        page.browser.click(".cell")
        page.browser.wait_for(".prompt-text", EVIL)
    planted = "return document.querySelectorAll('img[src=x], main script, dialog script').length"
    assert page.browser.run(planted) == 0
    assert "webui-jobs" in page.browser.run("return document.title")
    page.no_errors()


def test_names_are_suggested_while_a_tag_is_written(idle_page: AppPage) -> None:
    """`<` lists the LoRAs and embeddings of the WebUI; Enter takes the chosen one."""
    idle_page.draft("a cat ")
    loras = wait_until(lambda: idle_page.get("choices")["loras"]["names"])
    idle_page.browser.wait_for("#field-txt2img-sampler_name", "Euler a")
    idle_page.browser.type("#prompt", "<lora:" + loras[0][:2])
    idle_page.browser.wait_for(".suggestions:not([hidden]) li", loras[0])
    idle_page.browser.press("Enter")
    text = idle_page.value("#prompt")
    assert text == f"a cat <lora:{loras[0]}:1>"


def test_a_setting_takes_several_values(idle_page: AppPage) -> None:
    """One job for each combination of them; they are kept over a reload."""
    idle_page.draft("a castle")
    idle_page.browser.type("#axes", "steps=1|2; cfg=5|6|7")
    idle_page.browser.wait_for(".outcome-count", "6 jobs")
    idle_page.open("run")
    idle_page.browser.wait_for(".outcome-count", "6 jobs")
    assert idle_page.value("#axes") == "steps=1|2; cfg=5|6|7"
