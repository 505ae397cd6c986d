"""The inspector page, in a real browser."""

import base64

import pytest
import requests

from fake_webui import FakeWebUI
from tests.browser import Browser
from tests.fake_webui.inspecting import SAMPLERS, TXT2IMG, choose, generate, get, needs_browser
from tests.fake_webui.pictures import png
from tests.support import ROOT, control, wait_until

EXTRAS = "/sdapi/v1/extra-single-image"
MORE_THAN_ONE_ANSWER = 2_300  # rows; the page gets 2,000 at once
IMAGES = ROOT / ".github" / "images"
STATIC = ROOT / "fake_webui" / "control" / "static"


@needs_browser
def test_requests_show_while_they_come(page: Browser, fake: FakeWebUI) -> None:
    """A row appears for each request without reloading, and nothing is logged as an error."""
    get(fake)
    page.wait_for('.row[data-n="1"]', SAMPLERS)
    generate(fake)
    page.wait_for('.row[data-n="2"]', "200")
    page.wait_for("#counts", "2 requests")
    assert page.errors() == []


@needs_browser
def test_an_open_request_is_shown_and_then_completed(page: Browser, fake: FakeWebUI) -> None:
    """A request without an answer stands as open; when it is cut off it has none."""
    fake.fault("hang", SAMPLERS, when="first")
    with pytest.raises(requests.ReadTimeout):
        requests.get(fake.url + SAMPLERS, timeout=0.5)
    page.wait_for('.row[data-n="1"]', "hang")
    page.wait_for('.row[data-n="1"]', "none")


@needs_browser
def test_unknown_and_default_fields_are_marked(page: Browser, fake: FakeWebUI) -> None:
    """What the API ignores stands out, and what was left to its default is listed."""
    generate(fake, stpes=5)
    page.wait_for('.row[data-n="1"]', "1 unknown")
    choose(page, 1)
    assert page.texts(".fields tr.unknown td") == ["stpesunknown", "5"]
    assert "The API ignores what it does not know: stpes" in page.texts("#detail .note")
    defaults = page.texts(".fields tr.default td:first-child")
    assert "sampler_name" in defaults
    assert "steps" not in defaults


@needs_browser
def test_images_in_and_out_have_thumbnails(page: Browser, fake: FakeWebUI) -> None:
    """Both pictures of an upscale are seen, with size and hash."""
    image = base64.b64encode(png("a cat\nSteps: 1")).decode()
    generate(fake, EXTRAS, image=image, upscaler_1="Lanczos", upscaling_resize=2)
    choose(page, 1)
    assert page.texts("#detail .sides h3") == ["Images in", "Images out"]
    sent, received = page.texts("figcaption")
    assert sent.startswith("image · 40×24 PNG")
    assert received.startswith("image · 80×48 PNG")
    widths = "return [...document.querySelectorAll('figure img')].map(i => i.naturalWidth)"
    wait_until(lambda: page.run(widths) == [40, 80])


@needs_browser
def test_markup_in_a_payload_stays_text(page: Browser, fake: FakeWebUI) -> None:
    """What a client sends is never run in the page."""
    evil = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    generate(fake, prompt=evil, **{evil: evil})
    get(fake, f"/{evil}")
    choose(page, 1)
    assert evil in page.texts(".fields pre")
    choose(page, 2)
    assert page.run("return document.title") == "fake-webui inspector"


@needs_browser
def test_a_button_makes_requests_fail(page: Browser, fake: FakeWebUI) -> None:
    """Each fault has a button; the rule is in force at once, is listed, and can be removed."""
    page.click("#open-faults")
    page.wait_for('[data-action="reset-mid-body"]')
    actions = control(fake, "GET", "faults")["actions"]
    assert page.texts("[data-action]") == list(actions)
    page.click('#fault-path option[value="/sdapi/v1/txt2img"]')
    page.click('[data-action="out-of-memory"]')
    page.wait_for("#fault-rules tbody tr", "out-of-memory")
    generate(fake)
    page.wait_for('.row[data-n="1"]', "out-of-memory")
    page.wait_for("#fault-rules tbody tr", "1\t1")
    page.click("#fault-rules tbody button")
    wait_until(lambda: control(fake, "GET", "faults")["rules"] == [])


@needs_browser
def test_buttons_that_make_no_sense_are_off(page: Browser) -> None:
    """Choosing an address leaves the faults that it can show."""
    page.click("#open-faults")
    page.wait_for('[data-action="nan"]')
    page.click('#fault-path option[value="/sdapi/v1/samplers"]')
    off = "return [...document.querySelectorAll('[data-action]:disabled')].map(b => b.innerText)"
    assert "black-image" in page.run(off)
    assert "delay" not in page.run(off)


@needs_browser
def test_settings_of_a_fault_are_sent_along(page: Browser, fake: FakeWebUI) -> None:
    """What is typed beside a button becomes the rule's settings."""
    page.click("#open-faults")
    page.wait_for('[data-action="delay"]')
    page.click('#fault-when option[value="every"]')
    page.run("document.querySelector('[data-action=delay]').nextSibling.lastChild.value = '0.25'")
    page.click('[data-action="delay"]')
    page.wait_for("#fault-rules tbody tr", "seconds 0.25")
    (rule,) = control(fake, "GET", "faults")["rules"]
    assert (rule["when"], rule["with"]) == ("every", {"seconds": 0.25})


@needs_browser
def test_reset_and_clear_empty_the_list(page: Browser, fake: FakeWebUI) -> None:
    """Clear keeps faults and numbers, reset starts over."""
    fake.fault("delay", TXT2IMG, when="first")
    get(fake)
    page.wait_for('.row[data-n="1"]')
    page.click("#clear")
    page.wait_for("#counts", "0 requests")
    assert len(control(fake, "GET", "faults")["rules"]) == 1
    get(fake)
    page.wait_for('.row[data-n="2"]')
    page.click("#reset")
    page.click('#ask [value="reset"]')
    page.wait_for("#counts", "0 requests")
    assert control(fake, "GET", "faults")["rules"] == []
    get(fake)
    page.wait_for('.row[data-n="1"]')


@needs_browser
def test_the_list_can_be_filtered(page: Browser, fake: FakeWebUI) -> None:
    """By words, and down to what is in trouble."""
    get(fake)
    get(fake, "/sdapi/v1/nowhere")
    generate(fake)
    page.wait_for("#counts", "3 requests")
    page.type("#filter", "post 200")
    page.wait_for("#counts", "1 of 3")
    assert len(page.texts("#rows .row")) == 1
    page.run("const f = document.querySelector('#filter'); f.value = ''")
    page.click("#problems")
    page.wait_for("#rows .row", "no such address")
    assert len(page.texts("#rows .row")) == 1


@needs_browser
def test_a_chosen_request_can_be_left_by_keyboard(page: Browser, fake: FakeWebUI) -> None:
    """The arrow keys go through the list."""
    get(fake)
    generate(fake)
    choose(page, 1)
    page.type("#rows", "\ue015")  # arrow down, in WebDriver's alphabet
    page.wait_for("#detail h2", "POST /sdapi/v1/txt2img")


def check_long_list(page: Browser, fake: FakeWebUI, count: int) -> None:
    """Send many requests and look at both ends of the list."""
    get(fake, times=count)
    page.wait_for("#counts", f"{count} requests")
    assert len(page.texts("#rows .row")) < 120
    page.wait_for(f'.row[data-n="{count}"]')
    page.click("#follow")
    page.run("document.querySelector('#rows').scrollTop = 0")
    choose(page, 1)
    page.run("document.querySelector('#rows').scrollTop = 1e9")
    choose(page, count)
    assert page.errors() == []


@needs_browser
def test_a_long_list_has_few_rows_in_the_page(page: Browser, fake: FakeWebUI) -> None:
    """Only what is in sight is drawn, and every row can be reached."""
    check_long_list(page, fake, MORE_THAN_ONE_ANSWER)


@needs_browser
@pytest.mark.slow
def test_ten_thousand_requests_are_no_trouble(page: Browser, fake: FakeWebUI) -> None:
    """The page stays quick with a journal of 10,000 entries, opened anew and searched as well."""
    check_long_list(page, fake, 10_000)
    page.open(f"{fake.url}/__fake/")
    page.wait_for("#counts", "10000 requests")
    generate(fake, prompt="a castle")
    page.type("#filter", "castle")
    page.wait_for("#counts", "1 of 10001 requests")
    wait_until(lambda: "searching" not in page.texts("#counts")[0])


@needs_browser
def test_the_page_asks_nobody_else(page: Browser, fake: FakeWebUI) -> None:
    """Everything it loads comes from the server itself, so it works without a network."""
    script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
    loaded = page.run(script)
    assert len(loaded) >= len(list(STATIC.iterdir())) - 1
    assert all(address.startswith(fake.url) for address in loaded)


def test_every_part_of_the_page_is_served(fake: FakeWebUI) -> None:
    """Each file of the page arrives with its type and a policy that lets in nothing else."""
    for path in STATIC.iterdir():
        answer = requests.get(f"{fake.url}/__fake/static/{path.name}", timeout=60)
        assert answer.content == path.read_bytes()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert requests.get(f"{fake.url}/__fake", timeout=60).url == f"{fake.url}/__fake/"


@pytest.mark.parametrize("name", ["nothing.js", "..%2Finspector.html", "%2Fetc%2Fpasswd", "../x"])
def test_no_path_reaches_the_file_system(fake: FakeWebUI, name: str) -> None:
    """Only the page's own files are there, whatever the address."""
    with requests.Session() as session:
        prepared = requests.Request("GET", fake.url).prepare()
        prepared.url = f"{fake.url}/__fake/static/{name}"
        assert session.send(prepared, timeout=60).status_code == 404


def test_the_pictures_of_the_readme_are_there() -> None:
    """The README shows the page, and what it shows is of a reasonable size."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = [path for path in IMAGES.glob("inspector*.png") if path.name in readme]
    assert IMAGES / "inspector.png" in pictures
    assert all(path.stat().st_size < 100_000 for path in pictures)
