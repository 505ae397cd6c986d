"""Using the inspector page, and what there is to be seen in it."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests import browser as chromium
from tests.browser import Browser

TXT2IMG = "/sdapi/v1/txt2img"
SAMPLERS = "/sdapi/v1/samplers"


def needs_browser(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test for the session that has a browser; it says where there is none."""
    there = pytest.mark.skipif(not chromium.IS_THERE, reason=chromium.WHY_NOT)
    marked: Callable[..., None] = pytest.mark.browser(there(test))
    return marked


def get(fake: FakeWebUI, path: str = SAMPLERS, times: int = 1) -> None:
    """Send GETs."""
    with requests.Session() as session:
        for _ in range(times):
            session.get(fake.url + path, timeout=60)


def generate(fake: FakeWebUI, path: str = TXT2IMG, **fields: Any) -> None:
    """Send a payload that makes a picture."""
    body = {"prompt": "a cat", "width": 64, "height": 64, "steps": 1, **fields}
    requests.post(fake.url + path, json=body, timeout=60)


def choose(page: Browser, n: int) -> None:
    """Click the row of an entry and wait for what it shows."""
    page.wait_for(f'.row[data-n="{n}"]')
    page.click(f'.row[data-n="{n}"]')
    page.wait_for("#detail .facts", f"#{n}")
