"""How the fake does against its budgets; printed, judged by whoever reads it."""

import io
import json
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI
from tests.bench.measuring import (
    interleaved,
    percentile,
    python,
    report,
    resident_bytes,
)
from tests.bench.test_journal_memory import send_many
from tests.conftest import StartFake
from tests.support import ROOT, wait_until

pytestmark = pytest.mark.slow

TXT2IMG = "/sdapi/v1/txt2img"
PING = "/internal/ping"
EXTRAS = "/sdapi/v1/extra-single-image"
LARGE = {"prompt": "a lighthouse", "width": 1024, "height": 1024, "steps": 20, "seed": 1}
SMALLER = {**LARGE, "width": 512, "height": 512}
WRK_S = 3


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """One kept-alive connection, as a client under test has."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept-Encoding"] = "identity"
        yield session


@contextmanager
def floor_server(body: bytes, folder: Path) -> Iterator[str]:
    """Run a plain Flask view that returns these bytes, and give its URL."""
    file = folder / "body.json"
    file.write_bytes(body)
    command = [sys.executable, "-m", "tests.bench.floor_server", str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        assert server.stdin
        server.stdin.close()


@pytest.fixture
def floor_url(fake: FakeWebUI, session: requests.Session, tmp_path: Path) -> Iterator[str]:
    """A plain Flask view that returns the bytes which the fake would."""
    with floor_server(session.post(fake.url + TXT2IMG, json=LARGE).content, tmp_path) as url:
        yield url


def test_start() -> None:
    """From nothing to the ready line."""

    def start() -> None:
        words = [sys.executable, "-m", "fake_webui", "--port", "0", "--exit-on-stdin-eof"]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, cwd=ROOT, stdin=pipe, stdout=pipe) as server:
            assert server.stdout
            assert b"listening" in server.stdout.readline()
            server.kill()

    ready, floor = interleaved(15, start, lambda: python("-c", "import flask, PIL.Image"))
    report("start to the ready line", min(ready), min(floor), 1.4)


def test_txt2img(fake: FakeWebUI, session: requests.Session, floor_url: str) -> None:
    """A 1024x1024 picture, journaled."""
    measured, floor = interleaved(
        100,
        lambda: session.post(fake.url + TXT2IMG, json=LARGE).content,
        lambda: session.post(floor_url + TXT2IMG, json=LARGE).content,
    )
    report("txt2img 1024x1024, p50", percentile(measured, 50), percentile(floor, 50), 2)


def test_what_a_test_costs(fake: FakeWebUI, session: requests.Session) -> None:
    """Reset, mark and settings before it, the look at what it sent after it, to a bare GET."""

    def one_test() -> None:
        with fake.test("tests/test_client.py::test_a_picture", step_seconds=0.01):
            pass

    measured, floor = interleaved(200, one_test, lambda: session.get(fake.url + PING).content)
    report("a test on a shared server", percentile(measured, 50), percentile(floor, 50), 2)


def wrk(url: str, connections: int, folder: Path) -> tuple[float, float]:
    """Send small txt2imgs for a while; return the median in seconds and requests a second."""
    script = folder / "txt2img.lua"
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f"wrk.body = [[{json.dumps(SMALLER)}]]\n"
        "done = function(summary, latency, requests)\n"
        '    io.write(string.format("%f %f\\n", latency:percentile(50) / 1e6, '
        "summary.requests / summary.duration * 1e6))\nend\n"
    )
    words = ["wrk", "-t1", f"-c{connections}", f"-d{WRK_S}s", "-s", str(script), url + TXT2IMG]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    median_s, rate = told[-1].split()
    return float(median_s), float(rate)


@pytest.mark.skipif(not shutil.which("wrk"), reason="there is no wrk here, a client in C")
def test_txt2img_by_a_client_in_c(
    fake: FakeWebUI, session: requests.Session, tmp_path: Path
) -> None:
    """A 512x512 picture where the client takes no time: latency of one, throughput of 64."""
    body = session.post(fake.url + TXT2IMG, json=SMALLER).content
    with floor_server(body, tmp_path) as floor_url:
        rounds = [(wrk(fake.url, 1, tmp_path), wrk(floor_url, 1, tmp_path)) for _ in range(2)]
        one, floor_one = (min(times[side][0] for times in rounds) for side in (0, 1))
        report("txt2img 512x512, wrk, 1 connection, p50", one, floor_one, 2)
        many = wrk(fake.url, 64, tmp_path)[1], wrk(floor_url, 64, tmp_path)[1]
        report("seconds for one, wrk, 64 connections", 1 / many[0], 1 / many[1], 1 / 0.45)


@pytest.mark.parametrize("path", ["/sdapi/v1/progress", "/sdapi/v1/options"])
def test_polling_during_a_generation(
    path: str, start_fake: StartFake, session: requests.Session
) -> None:
    """Progress and options answer as fast while a generation runs."""
    fake = start_fake("bench-slow", "--seed", "1", "--step-seconds", "0.05")
    poll = lambda: session.get(fake.url + path).content  # noqa: E731 - two names for one call
    [idle] = interleaved(200, poll)
    with_steps = {**LARGE, "steps": 150}
    generation = threading.Thread(
        target=lambda: requests.post(fake.url + TXT2IMG, json=with_steps, timeout=60)
    )
    generation.start()
    state_url = f"{fake.url}/sdapi/v1/progress"
    wait_until(lambda: session.get(state_url).json()["state"]["job_count"] > 0)
    [busy] = interleaved(200, poll)
    session.post(f"{fake.url}/sdapi/v1/interrupt")
    generation.join()
    report(f"{path} during a generation, p90", percentile(busy, 90), percentile(idle, 90), 2)


def test_a_page_of_a_long_journal(session: requests.Session) -> None:
    """Ten entries, and a count, of 100,000 requests as of 100."""
    with FakeWebUI() as short, FakeWebUI() as long:
        for webui, count in ((short, 100), (long, 100_000)):
            for _ in send_many(webui.url, count):
                pass

        def page(webui: FakeWebUI, since: int) -> bytes:
            where = f"{webui.url}/__fake/v1/requests?path=samplers&limit=10&since={since}"
            return session.get(where).content

        def count_of(webui: FakeWebUI) -> bytes:
            question = {"match": {"path": "txt2img"}}
            return session.post(f"{webui.url}/__fake/v1/requests/count", json=question).content

        pages = interleaved(50, lambda: page(long, 99_900), lambda: page(short, 0))
        counts = interleaved(50, lambda: count_of(long), lambda: count_of(short))
    for what, (measured, floor) in (("a page", pages), ("a count", counts)):
        report(f"{what} of 100,000 requests", percentile(measured, 50), percentile(floor, 50), 3)


def test_extras(fake: FakeWebUI, session: requests.Session) -> None:
    """A 1024x1024 PNG made twice as large."""
    picture = io.BytesIO()
    Image.effect_noise((1024, 1024), 40).convert("RGB").save(picture, "PNG", compress_level=1)
    payload = {
        "image": b64encode(picture.getvalue()).decode(),
        "upscaling_resize": 2,
        "upscaler_1": "Lanczos",
    }

    def pillow() -> None:
        with Image.open(io.BytesIO(picture.getvalue())) as image:
            large = image.resize((2048, 2048), Image.Resampling.LANCZOS)
        large.save(io.BytesIO(), "PNG")

    data = json.dumps(payload)
    headers = {"Content-Type": "application/json"}
    measured, floor = interleaved(
        5, lambda: session.post(fake.url + EXTRAS, data=data, headers=headers).content, pillow
    )
    report("extras 2x of 1024x1024", min(measured), min(floor), 1.3)


def test_memory(fake: FakeWebUI, session: requests.Session) -> None:
    """Ten thousand generations leave no trace in memory."""
    pid = fake.health()["pid"]
    small = {**LARGE, "width": 512, "height": 512}

    def generate(count: int) -> None:
        for number in range(count):
            session.post(fake.url + TXT2IMG, json={**small, "seed": number}).close()

    generate(100)
    after_100 = resident_bytes(pid)
    generate(10_000)
    report("memory after 10,000 generations", resident_bytes(pid) / 1e6, after_100 / 1e6, 1.1, "MB")
