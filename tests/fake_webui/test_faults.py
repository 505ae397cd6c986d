"""What each fault makes of an answer."""

import base64
import binascii
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.support import SLOW_STEP_S, control, wait_until

TXT2IMG = "/sdapi/v1/txt2img"
OPTIONS = "/sdapi/v1/options"
SAMPLERS = "/sdapi/v1/samplers"
EXTRAS = "/sdapi/v1/extra-single-image"
SMALL = {"prompt": "a cat", "width": 64, "height": 64, "steps": 4, "seed": 1}


def generate(fake: FakeWebUI, path: str = TXT2IMG, **options: Any) -> requests.Response:
    """Ask for one small picture."""
    body = SMALL | options
    return requests.post(fake.url + path, json=body, timeout=60)


@pytest.mark.parametrize(
    ("action", "settings", "error", "words"),
    [
        ("out-of-memory", {}, "OutOfMemoryError", "CUDA out of memory. Tried to allocate 1.11 GiB"),
        ("nan", {}, "NansException", "A tensor with NaNs was produced in VAE. Use"),
        ("nan", {"module": "Unet"}, "NansException", "A tensor with NaNs was produced in Unet"),
        ("cuda-error", {}, "RuntimeError", "CUDA error: an illegal memory access was encountered"),
        ("missing-model", {}, "AttributeError", "'NoneType' object has no attribute 'lowvram'"),
    ],
)
def test_a_failed_generation_answers_as_the_webui_does(
    fake: FakeWebUI, action: str, settings: dict[str, Any], error: str, words: str
) -> None:
    """Status 500, the four keys, the class and the message; the next generation works."""
    fake.fault(action, TXT2IMG, when="first", **settings)
    answer = generate(fake)
    assert answer.status_code == 500
    assert list(answer.json()) == ["error", "detail", "body", "errors"]
    assert (answer.json()["error"], answer.json()["detail"]) == (error, "")
    assert answer.json()["errors"].startswith(words)
    assert "x-process-time" not in answer.headers
    assert generate(fake).status_code == 200
    assert [entry["fault"] for entry in fake.requests()] == [action, None]


def progress(fake: FakeWebUI) -> dict[str, Any]:
    """Return what the WebUI tells of its progress."""
    answer: dict[str, Any] = requests.get(f"{fake.url}/sdapi/v1/progress", timeout=60).json()
    return answer


def test_memory_runs_out_on_the_way(slow: FakeWebUI) -> None:
    """The steps up to the failure take their time, the others none; then the server is idle."""
    slow.fault("out-of-memory", TXT2IMG, when="first", at=0.001)
    started = time.monotonic()
    answer = generate(slow, steps=10_000)  # of 200 seconds
    assert answer.json()["error"] == "OutOfMemoryError"
    assert time.monotonic() - started >= 0.15
    assert progress(slow)["state"]["job"] == ""
    assert generate(slow, steps=1).ok


def test_an_invalid_request_is_refused_before_anything_can_fail(fake: FakeWebUI) -> None:
    """Validation comes first, as in the WebUI."""
    fake.fault("out-of-memory", TXT2IMG, when="first")
    assert generate(fake, steps="many").status_code == 422


def test_progress_stalls_near_the_end(slow: FakeWebUI) -> None:
    """The generation waits; in the end it answers as usual."""
    slow.fault("stalled-progress", TXT2IMG, when="first", at=0.75, seconds=0.5)
    started = time.monotonic()
    assert generate(slow, steps=10).ok
    assert time.monotonic() - started >= 0.5 + 2 * SLOW_STEP_S


def test_an_interrupt_ends_a_stall(slow: FakeWebUI) -> None:
    """Progress freezes; without an end of its own a stall gives way to interrupt."""
    slow.fault("stalled-progress", TXT2IMG, when="first", at=0.75)
    with ThreadPoolExecutor() as pool:
        late = pool.submit(generate, slow, steps=10)
        wait_until(lambda: progress(slow)["state"]["sampling_step"] == 6)
        assert not late.done()
        requests.post(f"{slow.url}/sdapi/v1/interrupt", timeout=60)
        assert late.result(timeout=60).ok


def test_a_reset_ends_a_stall(slow: FakeWebUI) -> None:
    """A reset ends a stalled generation with an error and the server is free again."""
    slow.fault("stalled-progress", TXT2IMG, when="first")
    with ThreadPoolExecutor() as pool:
        late = pool.submit(generate, slow, steps=2)
        wait_until(lambda: progress(slow)["progress"] > 0)
        slow.reset()
        assert late.result(timeout=60).status_code == 503
    assert generate(slow, steps=1).ok


def test_a_proxy_gives_up_on_a_generation_that_goes_on(slow: FakeWebUI) -> None:
    """After the gateway's page the server is still at work."""
    slow.fault("proxy-timeout", TXT2IMG, when="first", seconds=0.1)
    slow.settings(step_seconds=0.5)
    assert generate(slow, steps=40).status_code == 504
    assert progress(slow)["state"]["job"] == "scripts_txt2img"
    requests.post(f"{slow.url}/sdapi/v1/interrupt", timeout=60)


def test_the_next_checkpoint_switch_is_slow(fake: FakeWebUI) -> None:
    """One switch takes the time asked for, the one after it does not."""
    titles = [
        one["title"] for one in requests.get(f"{fake.url}/sdapi/v1/sd-models", timeout=60).json()
    ]
    fake.fault("slow-load", OPTIONS, when="first", seconds=0.3)
    started = time.monotonic()
    for title in titles[1], titles[0]:
        body = {"sd_model_checkpoint": title}
        assert requests.post(fake.url + OPTIONS, json=body, timeout=60).ok
    assert time.monotonic() - started >= 0.3
    assert [entry["fault"] for entry in fake.requests(OPTIONS)] == ["slow-load", None]


def test_a_missing_model_is_named_by_the_options(fake: FakeWebUI) -> None:
    """Switching to a checkpoint that is gone names it."""
    fake.fault("missing-model", OPTIONS, when="first")
    answer = requests.post(fake.url + OPTIONS, json={"sd_model_checkpoint": "x"}, timeout=60)
    assert (answer.status_code, answer.json()["errors"]) == (500, "model 'x' not found")


@pytest.mark.parametrize(
    ("settings", "status", "content_type", "text"),
    [
        ({}, 500, "application/json", '{"detail": "Internal Server Error"}'),
        ({"status": 429}, 429, "application/json", '{"detail": "Too Many Requests"}'),
        ({"status": 503, "body": "busy"}, 503, "text/plain; charset=utf-8", "busy"),
        ({"status": 502, "body": "<h1>no</h1>"}, 502, "text/html; charset=utf-8", "<h1>no</h1>"),
        ({"status": 200, "body": {"images": []}}, 200, "application/json", '{"images": []}'),
    ],
)
def test_any_status_and_body_can_be_asked_for(
    fake: FakeWebUI, settings: dict[str, Any], status: int, content_type: str, text: str
) -> None:
    """`status` answers with exactly what the rule says."""
    fake.fault("status", SAMPLERS, when="first", **settings)
    answer = requests.get(fake.url + SAMPLERS, timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)
    assert answer.text == text


@pytest.mark.parametrize(("status", "words"), [(504, "504 Gateway Time-out"), (524, "Error 524")])
def test_a_proxy_gives_up_while_the_work_goes_on(fake: FakeWebUI, status: int, words: str) -> None:
    """The client gets the gateway's page; behind it the options were changed all the same."""
    fake.fault("proxy-timeout", OPTIONS, when="first", seconds=0.1, status=status)
    answer = requests.post(fake.url + OPTIONS, json={"jpeg_quality": 33}, timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert words in answer.text
    wait_until(lambda: requests.get(fake.url + OPTIONS, timeout=60).json()["jpeg_quality"] == 33)
    assert fake.requests()[0]["status"] == status
    assert len(fake.requests(method="POST")) == 1


def test_truncated_json_ends_in_the_middle(fake: FakeWebUI) -> None:
    """The HTTP answer is complete, its JSON is not."""
    whole = requests.get(fake.url + SAMPLERS, timeout=60).content
    fake.fault("truncated-json", SAMPLERS, when="first")
    answer = requests.get(fake.url + SAMPLERS, timeout=60)
    assert (answer.status_code, answer.content) == (200, whole[: len(whole) // 2])


def test_garbage_is_the_same_in_every_run(fake: FakeWebUI) -> None:
    """Bytes that are neither JSON nor text, called JSON; a repeated run has the same ones."""
    seen = []
    for _ in range(2):
        fake.reset()
        fake.fault("garbage", SAMPLERS, when="first")
        answer = requests.get(fake.url + SAMPLERS, timeout=60)
        assert answer.headers["Content-Type"] == "application/json"
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
        seen.append(answer.content)
    assert seen[0] == seen[1]


def test_wrong_content_type_keeps_the_body(fake: FakeWebUI) -> None:
    """The JSON is right, its media type is not."""
    fake.fault("wrong-content-type", SAMPLERS, when="first")
    answer = requests.get(fake.url + SAMPLERS, timeout=60)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.json()[0]["name"]


def test_missing_keys_are_missing(fake: FakeWebUI) -> None:
    """`info` or `images` is left out and everything else stays."""
    fake.fault("missing-info", TXT2IMG, when="first")
    fake.fault("missing-images", TXT2IMG, when="first")
    assert list(generate(fake).json()) == ["images", "parameters"]
    assert list(generate(fake).json()) == ["parameters", "info"]


def test_corrupt_base64_does_not_decode(fake: FakeWebUI) -> None:
    """Neither a strict nor a lenient decoder takes it."""
    fake.fault("corrupt-base64", TXT2IMG, when="first")
    (image,) = generate(fake).json()["images"]
    for validate in (True, False):
        with pytest.raises(binascii.Error):
            base64.b64decode(image, validate=validate)


def test_a_truncated_png_decodes_and_does_not_load(fake: FakeWebUI) -> None:
    """Good base64 of half a picture."""
    (whole,) = generate(fake).json()["images"]
    fake.fault("truncated-png", TXT2IMG, when="first")
    (image,) = generate(fake).json()["images"]
    data = base64.b64decode(whole)
    assert base64.b64decode(image) == data[: len(data) // 2]
    with pytest.raises((OSError, SyntaxError)):
        Image.open(io.BytesIO(base64.b64decode(image))).load()


def test_a_black_image_is_black_and_otherwise_right(fake: FakeWebUI) -> None:
    """The size, the parameters and info are those of the picture it should have been."""
    good = generate(fake).json()
    fake.fault("black-image", TXT2IMG, when="first")
    bad = generate(fake).json()
    image = Image.open(io.BytesIO(base64.b64decode(bad["images"][0])))
    usual = Image.open(io.BytesIO(base64.b64decode(good["images"][0])))
    assert image.getextrema() == ((0, 0),) * 3
    assert (image.size, image.info["parameters"]) == (usual.size, usual.info["parameters"])
    assert bad["parameters"] == good["parameters"]


def test_a_data_uri_holds_the_usual_image(fake: FakeWebUI) -> None:
    """The prefix is all that differs."""
    good = generate(fake).json()["images"][0]
    fake.fault("data-uri", TXT2IMG, when="first")
    assert generate(fake).json()["images"] == [f"data:image/png;base64,{good}"]


def test_image_faults_reach_the_extras(fake: FakeWebUI) -> None:
    """The single image of an upscale is changed like those of a generation."""
    image = generate(fake).json()["images"][0]
    fake.fault("data-uri", EXTRAS, when="first")
    answer = requests.post(
        fake.url + EXTRAS, json={"image": image, "upscaler_1": "Lanczos"}, timeout=20
    )
    assert answer.json()["image"].startswith("data:image/png;base64,iVBOR")


def test_ignored_options_change_nothing(fake: FakeWebUI) -> None:
    """Success is answered, and the options are as before."""
    before = requests.get(fake.url + OPTIONS, timeout=60).json()
    fake.fault("ignored-options", OPTIONS, when="first")
    answer = requests.post(fake.url + OPTIONS, json={"jpeg_quality": 1}, timeout=60)
    assert (answer.status_code, answer.json()) == (200, None)
    assert requests.get(fake.url + OPTIONS, timeout=60).json() == before


def test_ignored_overrides_leave_the_generation_as_it_is(fake: FakeWebUI) -> None:
    """A request's override_settings do nothing; the journal shows what was sent."""
    fake.fault("ignored-options", TXT2IMG, when="first")
    info = json.loads(
        generate(fake, override_settings={"CLIP_stop_at_last_layers": 2}).json()["info"]
    )
    assert info["clip_skip"] == 1
    (entry,) = fake.requests()
    assert entry["payload"]["override_settings"] == {"CLIP_stop_at_last_layers": 2}


def test_faults_of_many_threads_are_the_same_as_one_by_one(fake: FakeWebUI) -> None:
    """The entries that fail are decided by their number in the journal alone."""
    rule = {"action": "status", "match": {"path": SAMPLERS}, "when": {"probability": 0.4}}

    def failed(threads: int) -> list[int]:
        fake.reset()
        control(fake, "POST", "faults", json=rule)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: requests.get(fake.url + SAMPLERS, timeout=60), range(40)))
        return [entry["n"] for entry in fake.requests() if entry["status"] == 500]

    assert 5 < len(failed(1)) < 30
    assert failed(8) == failed(1)


def test_faults_can_be_there_from_the_start(start_fake: StartFake) -> None:
    """`--fault` rules are in force at once and come back with a reset."""
    fake = start_fake("faulty", "--fault", "samplers:status:first:status=503")
    for _ in range(2):
        statuses = [requests.get(fake.url + SAMPLERS, timeout=60).status_code for _ in "ab"]
        assert statuses == [503, 200]
        fake.reset()


def test_the_first_byte_comes_late_and_the_work_is_done(fake: FakeWebUI) -> None:
    """Until then there are no headers; what was asked for has its effect at once."""
    fake.fault("slow-first-byte", OPTIONS, match={"method": "POST"}, when="first", seconds=30)
    with ThreadPoolExecutor(1) as thread:
        changes = {"CLIP_stop_at_last_layers": 3}
        future = thread.submit(requests.post, fake.url + OPTIONS, json=changes, timeout=40)
        wait_until(lambda: options_of(fake)["CLIP_stop_at_last_layers"] == 3)
        assert not future.done()
        fake.reset()
        assert future.result(60).status_code == 200


def options_of(fake: FakeWebUI) -> dict[str, Any]:
    """Return all options."""
    found: dict[str, Any] = requests.get(fake.url + OPTIONS, timeout=60).json()
    return found


def test_a_throttled_answer_takes_as_long_as_its_bytes_say(fake: FakeWebUI) -> None:
    """The headers are there at once, the whole is there in the end."""
    whole = requests.get(fake.url + SAMPLERS, timeout=60).content
    fake.fault("throttle", SAMPLERS, when="first", bytes_per_second=4 * len(whole))
    start = time.monotonic()
    plain = {"Accept-Encoding": "identity"}
    answer = requests.get(fake.url + SAMPLERS, headers=plain, timeout=60, stream=True)
    assert answer.headers["Content-Length"] == str(len(whole))
    assert answer.content == whole
    assert time.monotonic() - start >= 0.25


@pytest.mark.parametrize("distribution", ["fixed", "uniform", "log-normal"])
def test_a_delay_is_drawn(fake: FakeWebUI, distribution: str) -> None:
    """From one seed the same for the same request, whatever the distribution."""
    settings: dict[str, Any] = {"seconds": 0.05, "spread": 0.1, "distribution": distribution}
    fake.fault("delay", SAMPLERS, when="first", times=2, **settings)
    for _ in range(2):
        assert requests.get(fake.url + SAMPLERS, timeout=60).ok
    delays = [entry["duration_s"] or 0 for entry in fake.requests()]
    assert min(delays) >= (0.03 if distribution == "log-normal" else 0.05)


def test_a_sequence_fails_and_then_works(fake: FakeWebUI) -> None:
    """Twice an error, then a picture, then a late one, then as ever; the journal says which."""
    fake.fault(("nan", "out-of-memory", "ok", "delay"), "txt2img", seconds=0.05)
    answers = [generate(fake) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [500, 500, 200, 200, 200]
    faults = [entry["fault"] for entry in fake.requests()]
    assert faults == ["nan", "out-of-memory", None, "delay", None]


@pytest.mark.parametrize(
    ("phase", "there", "generates"),
    [
        ("page", {"/"}, 404),
        ("first-routes", {"/", OPTIONS}, 500),
        ("core", {"/", OPTIONS, SAMPLERS}, 200),
    ],
)
def test_a_start_can_stay_in_one_phase(
    fake: FakeWebUI, phase: str, there: set[str], generates: int
) -> None:
    """Until its time is over, or a reset."""
    fake.add_fault(f"starting:seconds=600:phase={phase}")
    found = {
        path for path in ("/", OPTIONS, SAMPLERS) if requests.get(fake.url + path, timeout=9).ok
    }
    assert found == there
    assert generate(fake).status_code == generates
    fake.reset()
    assert generate(fake).ok
