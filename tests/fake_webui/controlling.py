"""Sending requests to the fake WebUI and to its control endpoints."""

from typing import Any

import requests

from fake_webui import FakeWebUI

OPTIONS = "/sdapi/v1/options"
SAMPLERS = "/sdapi/v1/samplers"


def post(fake: FakeWebUI, path: str, body: Any = None, **options: Any) -> requests.Response:
    """Post JSON to a control endpoint and return whatever it answers."""
    return requests.post(f"{fake.url}/__fake/v1/{path}", json=body, timeout=60, **options)


def send(fake: FakeWebUI, path: str = SAMPLERS, method: str = "GET", **options: Any) -> None:
    """Send something to the WebUI."""
    requests.request(method, fake.url + path, timeout=60, **options)
