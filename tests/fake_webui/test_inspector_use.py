"""What a user does in the inspector: search, links, keys, holds, settings, curl, narrow screens."""

import base64
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from fake_webui import FakeWebUI
from tests.browser import Browser
from tests.fake_webui.inspecting import SAMPLERS, TXT2IMG, choose, generate, get, needs_browser
from tests.fake_webui.pictures import png
from tests.support import control, payloads, wait_until

WIDE, NARROW = (1440, 940), (400, 860)
ROWS = "return [...document.querySelectorAll('#rows .row')].map(row => Number(row.dataset.n))"
CLIPPED = """
    const isCut = e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
    return [...document.querySelectorAll('#rows .what')].filter(isCut).map(e => e.innerText);
"""
OVERLAPPING = """
    const boxes = [...document.querySelectorAll('#rows .row')].map(e => e.getBoundingClientRect());
    return boxes.filter((box, i) => i && box.top < boxes[i - 1].bottom - 1).length;
"""
# The texts whose contrast to what is behind them is below WCAG's AA.
TOO_FAINT = """
    const number = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map(c => c / 255).map(
            c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = element => {
        for (let one = element; one; one = one.parentElement) {
            const colour = number(getComputedStyle(one).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const hasText = element => [...element.childNodes].some(
        node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    return [...document.querySelectorAll('body *')].filter(
        one => hasText(one) && one.checkVisibility() && !one.disabled).flatMap(one => {
        const [a, b] = [light(number(getComputedStyle(one).color)), light(behind(one))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        return ratio < 4.5 ? [`${one.innerText.slice(0, 40)}: ${ratio.toFixed(2)}`] : [];
    });
"""

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """A thread to send requests in that are held."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def narrow(page: Browser) -> Iterator[Browser]:
    """The page on a telephone."""
    page.resize(*NARROW)
    yield page
    page.resize(*WIDE)


def hold_next(page: Browser, at_step: int) -> None:
    """Fill in the form for a hold and send it."""
    page.run("document.querySelector('#hold-step').value = arguments[0]", str(at_step))
    page.click("#hold-form button")
    page.wait_for(".hold", f"The next generation will be held at step {at_step}")


def run(line: str) -> str:
    """Run a command line as it stands and return what it printed."""
    words = ["sh", "-c", line]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


@needs_browser
def test_a_generation_is_seen_held_and_released(
    page: Browser, fake: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """Step and preview of what is going on are shown, and nothing of that is in the journal."""
    hold_next(page, 3)
    future = threads.submit(generate, fake, steps=10)
    page.wait_for(".hold", "Request 1 is held at step 3")
    page.wait_for("#running-text", "txt2img, part 1 of 1, step 3 of 10")
    wait_until(lambda: page.run("return document.querySelector('#preview').naturalWidth > 0"))
    assert not future.done()
    page.click(".hold button")
    future.result(60)
    page.wait_for("#running-text", "Nothing is being generated")
    assert [entry["path"] for entry in fake.requests()] == [TXT2IMG]
    assert page.errors() == []


@needs_browser
@pytest.mark.parametrize(("button", "flag"), [("interrupt", "interrupted"), ("skip", "skipped")])
def test_a_generation_is_ended_by_a_button(
    page: Browser, fake: FakeWebUI, threads: ThreadPoolExecutor, button: str, flag: str
) -> None:
    """Interrupt and Skip do what the WebUI's own do, without a request of the client's."""
    fake.hold("txt2img", at_step=3)
    future = threads.submit(generate, fake, steps=10)
    page.wait_for("#running-text", "step 3 of 10")
    page.click(f"#{button}")
    future.result(60)
    state = requests.get(f"{fake.url}/sdapi/v1/progress", timeout=60).json()["state"]
    assert state[flag] is True
    assert not fake.requests(f"/sdapi/v1/{button}")


@needs_browser
def test_a_hold_that_waits_can_be_taken_back(page: Browser, fake: FakeWebUI) -> None:
    """Then the next generation runs through."""
    hold_next(page, 0)
    page.click(".hold button")
    wait_until(lambda: page.texts(".hold") == [])
    generate(fake)
    assert fake.last(TXT2IMG)


def test_looking_at_a_preview_does_not_make_one(
    fake: FakeWebUI, threads: ThreadPoolExecutor
) -> None:
    """A client gets the previews that it would get without an inspector."""
    address = f"{fake.url}/__fake/running"
    assert requests.get(f"{address}/preview", timeout=60).status_code == 404
    with fake.hold("txt2img", at_step=3) as held:
        threads.submit(generate, fake, steps=20)
        held.wait()
        assert requests.get(address, timeout=60).json()["has_preview"] is True
        preview = requests.get(f"{address}/preview", timeout=60)
        assert preview.headers["Content-Type"] == "image/png"
        progress = requests.get(f"{fake.url}/sdapi/v1/progress", timeout=60).json()
        assert progress["current_image"] is None  # it comes every 10 steps


@needs_browser
def test_search_looks_into_payloads(page: Browser, fake: FakeWebUI) -> None:
    """Every word must be in the request or its payload, those that come later too."""
    generate(fake, prompt="a castle in Zürich", steps=7)
    generate(fake, prompt="a cat")
    page.wait_for("#counts", "2 requests")
    page.type("#filter", "ZÜRICH txt2img castle")
    page.wait_for("#counts", "1 of 2 requests")
    assert page.run(ROWS) == [1]
    generate(fake, prompt="another castle, zürich")
    page.wait_for("#counts", "2 of 3 requests")
    page.type("#filter", " nothing-like-that")
    page.wait_for("#nothing-found", "No request is like that")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("castle", [1]), ("CASTLE get", []), ("samplers 200", [3]), ("\"steps\": 1", [1, 2]),
        ("\\u00fc", []), ("ü", [2]), ("form&data", [4]), ("iVBORw0KGgo", []), ("", [1, 2, 3, 4]),
    ],
)  # fmt: skip
def test_what_words_find(fake: FakeWebUI, text: str, found: list[int]) -> None:
    """Texts are found however they were escaped, and the bytes of images are not texts."""
    generate(fake, prompt="a castle")
    image = base64.b64encode(png("x")).decode()
    generate(fake, "/sdapi/v1/img2img", prompt="ü", init_images=[image])
    get(fake)
    requests.post(fake.url + TXT2IMG, data="form&data", timeout=60)
    answer = requests.get(f"{fake.url}/__fake/search", {"text": text}, timeout=60).json()
    assert (answer["found"], answer["through"]) == (found, 4)


def test_letters_that_were_escaped_without_need_are_found(fake: FakeWebUI) -> None:
    """JSON may write any letter as its number."""
    requests.post(fake.url + TXT2IMG, data='{"prompt": "\\u0063astle", "steps": 0}', timeout=60)
    answer = requests.get(f"{fake.url}/__fake/search", {"text": "castle"}, timeout=60).json()
    assert answer["found"] == [1]


def test_search_goes_on_where_it_was(fake: FakeWebUI) -> None:
    """What was looked at is not looked at again."""
    get(fake, times=3)
    address = f"{fake.url}/__fake/search"
    answer = requests.get(address, {"text": "samplers", "after": "2"}, timeout=60).json()
    assert (answer["found"], answer["through"]) == ([3], 3)


@needs_browser
def test_each_request_has_a_link(page: Browser, fake: FakeWebUI) -> None:
    """The address follows what is chosen, and leads there when it is opened."""
    get(fake, times=60)
    generate(fake)
    page.wait_for('.row[data-n="61"]')
    choose(page, 61)
    assert page.run("return location.hash") == "#61"
    page.open("about:blank")
    page.open(f"{fake.url}/__fake/#2")
    page.wait_for("#detail .facts", "#2")
    page.wait_for('.row[data-n="2"][aria-selected=true]')
    page.run("location.hash = '#61'")
    page.wait_for("#detail h2", "POST /sdapi/v1/txt2img")
    page.run("location.hash = '#99'")
    page.wait_for("#detail .empty", "there is no request 99; the last is 61")


@needs_browser
def test_keys_lead_through_the_page(page: Browser, fake: FakeWebUI) -> None:
    """Home and End choose the ends, Enter reads, Escape goes back, a slash searches."""
    get(fake, times=80)
    generate(fake)
    focus = "return document.activeElement.id"
    page.wait_for("#counts", "81 requests")
    page.run("document.querySelector('#rows').focus()")
    page.press("Home")
    page.wait_for("#detail .facts", "#1")
    page.wait_for('.row[data-n="1"][aria-selected=true]')
    page.press("End")
    page.wait_for("#detail h2", "POST /sdapi/v1/txt2img")
    page.press("Enter")
    wait_until(lambda: page.run(focus) == "detail")
    page.press("Escape")
    wait_until(lambda: page.run(focus) == "rows")
    page.press("/")
    wait_until(lambda: page.run(focus) == "filter")
    page.type("#filter", "/txt")
    page.wait_for("#counts", "1 of 81")
    page.press("Escape")
    page.wait_for("#counts", "81 requests")
    assert page.run("return document.querySelector('#filter').value") == ""


@needs_browser
def test_a_fault_form_says_all_that_a_rule_can(page: Browser, fake: FakeWebUI) -> None:
    """Times, a part of the payload, and the body of a status."""
    page.click("#open-faults")
    page.wait_for('[data-action="status"]')
    page.type("#fault-times", "2")
    page.type("#fault-payload", "{steps")
    page.click('[data-action="status"]')
    page.wait_for("#fault-message", "The payload is not JSON")
    page.run("document.querySelector('#fault-payload').value = '{\"steps\": 30}'")
    page.type(".action input[name=body]", '{"detail": "busy"}')
    page.click('[data-action="status"]')
    page.wait_for("#fault-rules tbody tr", "first, 2 times")
    (rule,) = control(fake, "GET", "faults")["rules"]
    assert rule["match"] == {"payload": {"steps": 30}}
    assert rule["with"] == {"status": 500, "body": {"detail": "busy"}}
    answer = requests.post(fake.url + TXT2IMG, json={"steps": 30}, timeout=60)
    assert (answer.status_code, answer.json()) == (500, {"detail": "busy"})


@needs_browser
def test_settings_can_be_changed(page: Browser, fake: FakeWebUI) -> None:
    """Each is shown and saved; what the server refuses is said in its words."""
    page.click("#open-settings")
    page.wait_for("#settings-fields code", "step_seconds")
    settings = control(fake, "GET", "settings")
    assert page.texts("#settings-fields code") == list(settings)
    page.run("document.querySelector('[name=load_seconds]').value = '0.5'")
    page.click("#settings-fields [name=strict]")
    page.click("#settings-form button")
    page.wait_for("#settings-message", "Saved")
    changed = {**settings, "load_seconds": 0.5, "strict": True}
    assert control(fake, "GET", "settings") == changed
    page.run("document.querySelector('[name=step_seconds]').value = 'long'")
    page.click("#settings-form button")
    page.wait_for("#settings-message", "step_seconds is a number of seconds")
    assert control(fake, "GET", "settings") == changed


@needs_browser
@needs_curl
def test_an_empty_list_says_how_to_fill_it(page: Browser, fake: FakeWebUI) -> None:
    """With the base URL, and a line that works as it stands."""
    assert page.texts("#base-url") == [fake.url]
    (line,) = page.texts("#first-line")
    run(line)
    page.wait_for('.row[data-n="1"]', "200")
    wait_until(lambda: page.run("return document.querySelector('#nothing-sent').hidden"))
    assert payloads(fake, TXT2IMG) == [{"prompt": "a cat", "steps": 5}]


@needs_browser
def test_reset_is_asked_back(page: Browser, fake: FakeWebUI) -> None:
    """Nothing is lost by one click."""
    get(fake)
    page.wait_for('.row[data-n="1"]')
    page.click("#reset")
    page.wait_for("#ask", "Put everything back")
    page.click('#ask [value="cancel"]')
    page.click("#reset")
    page.press("Escape")
    get(fake)
    page.wait_for('.row[data-n="2"]')
    assert fake.count() == 2


@needs_browser
@needs_curl
@pytest.mark.parametrize("fields", [{"prompt": 'it\'s "a" $cat `x`\n'}, {"image": ""}])
def test_a_request_is_sent_again_with_curl(
    page: Browser, fake: FakeWebUI, fields: dict[str, str]
) -> None:
    """The line sends the same, images too, whatever the shell makes of its signs."""
    path = TXT2IMG
    if "image" in fields:
        path, fields = "/sdapi/v1/png-info", {"image": base64.b64encode(png("x" * 9000)).decode()}
    requests.post(f"{fake.url}{path}?a=1&a=2&b=%26", json=fields, timeout=60)
    choose(page, 1)
    page.run("document.querySelector('#curl').closest('details').open = true")
    page.wait_for("#curl", "curl")
    (line,) = page.texts("#curl")
    run(line)
    first, again = fake.requests()
    for name in ("method", "path", "query", "payload", "sent_bytes"):
        assert again[name] == first[name]
    assert shlex.split(line)[0] == "curl"


@needs_browser
def test_a_narrow_page_has_one_column(narrow: Browser, fake: FakeWebUI) -> None:
    """The list or the request is shown, with a way back, and nothing sticks out at the side."""
    get(fake)
    generate(fake, negativ_prompt="x")
    choose(narrow, 2)
    visible = "return ['list', 'reading'].filter(id => document.getElementById(id).offsetWidth)"
    wait_until(lambda: narrow.run(visible) == ["reading"])
    sticks_out = "return document.documentElement.scrollWidth > innerWidth"
    assert not narrow.run(sticks_out)
    narrow.click("#back")
    assert narrow.run(visible) == ["list"]
    for panel in ("faults", "settings"):
        narrow.click(f"#open-{panel}")
        narrow.wait_for(f"#{panel} button")
        assert not narrow.run(sticks_out)
        assert not narrow.run(
            f"const p = document.getElementById('{panel}'); return p.scrollWidth > p.clientWidth"
        )


@needs_browser
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_paths_and_notes_are_shown_whole(
    page: Browser, fake: FakeWebUI, size: tuple[int, int]
) -> None:
    """A row is as high as its texts need, and the next one begins below."""
    fake.fault("wrong-content-type", "/sdapi/v1/extra-single-image", when="every")
    get(fake, "/sdapi/v1/" + "a-long-address/" * 9)
    get(fake, "/sdapi/v1/長い" + "名前" * 30)
    generate(fake, "/sdapi/v1/extra-single-image", image="x", unknown=1)
    get(fake)
    page.resize(*size)
    page.wait_for("#counts", "4 requests")
    wait_until(lambda: len(page.run(ROWS)) == 4)
    wait_until(lambda: page.run(OVERLAPPING) == 0)
    assert page.run(CLIPPED) == []
    page.resize(*WIDE)


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(page: Browser, fake: FakeWebUI, scheme: str) -> None:
    """The contrast is AA's 4.5 to 1 or more, in both colour schemes."""
    page.prefer(scheme)
    fake.hold("txt2img", at_step=50)
    fake.fault("out-of-memory", TXT2IMG, when="first")
    assert page.run(TOO_FAINT) == []  # the empty list
    generate(fake, stpes=5)
    generate(fake, sampler_name="Eulr", stpes=5)
    get(fake, "/sdapi/v1/nowhere")
    choose(page, 2)
    for panel in ("settings", "faults"):
        page.click(f"#open-{panel}")
        page.wait_for(f"#{panel} button")
        assert page.run(TOO_FAINT) == []
    page.prefer("light")


@needs_browser
def test_the_page_says_which_scope_it_shows(page: Browser, fake: FakeWebUI) -> None:
    """A scope's own page has its name, its requests and its base URL."""
    base = f"{fake.url}/__fake/scope/checkout-1"
    page.open(f"{base}/__fake/")
    page.wait_for("#scope", "scope checkout-1")
    assert page.texts("#base-url") == [base]
    get(fake)
    requests.get(base + SAMPLERS, timeout=60)
    page.wait_for("#counts", "1 requests")
    page.open(f"{fake.url}/__fake/")
    page.wait_for("#scope", "outside of its")
