"""The journal under load: memory stays flat, numbers stay right."""

import http.client
import json
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from fake_webui import FakeWebUI

REQUESTS = int(os.environ.get("JOURNAL_REQUESTS", "100000"))
PICTURE_EVERY = 20  # requests; the others are small
BODY = json.dumps({"prompt": "a cat in the rain", "width": 256, "height": 256, "steps": 1})
JSON_TYPE = {"Content-Type": "application/json"}
MIB = 1024 * 1024


def resident_mib(pid: int) -> float:
    """Return how much memory a process has, in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / MIB


def send_many(url: str, count: int) -> Iterator[int]:
    """Send requests over one connection, a picture now and then; yield how many were sent."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    for number in range(1, count + 1):
        if number % PICTURE_EVERY == 0:
            connection.request("POST", "/sdapi/v1/txt2img", BODY, JSON_TYPE)
        else:
            connection.request("GET", "/sdapi/v1/samplers")
        connection.getresponse().read()
        yield number
    connection.close()


@pytest.mark.slow
def test_memory_stays_flat_over_many_requests(capsys: pytest.CaptureFixture[str]) -> None:
    """After the first few thousand requests memory does not grow, evictions or not.

    Evicted entries make a count an error; under a mark it is right again.
    """
    curve: dict[int, float] = {}
    with FakeWebUI(seed=1) as webui:
        pid = webui.health()["pid"]
        for sent in send_many(webui.url, REQUESTS):
            if sent == 100 or sent % (REQUESTS // 20) == 0:
                curve[sent] = resident_mib(pid)
        refused = requests.post(f"{webui.url}/__fake/v1/requests/count", timeout=600)
        last = webui.request(REQUESTS)
        webui.mark("afterwards")
        list(send_many(webui.url, 7))
        assert webui.count(mark="afterwards", exactly=7) == 7
    with capsys.disabled():
        print("\nrequests  resident MiB")
        print("\n".join(f"{sent:8}  {mib:.1f}" for sent, mib in curve.items()))
    assert max(curve.values()) <= 1.1 * curve[100]
    assert last["n"] == REQUESTS
    assert (refused.status_code, refused.json().get("evicted", 0) > 0) in (
        (200, False),
        (410, True),
    )
