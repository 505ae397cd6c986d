"""A page on a home of its own and a fake WebUI, for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from app.bootstrap import Application, build_app
from app.gui.factory import Page
from app.gui.safety import LOOPBACK_ONLY, Access
from app.limits import Limits
from fake_webui import FakeWebUI
from tests.support import wait_until

LIMITS = Limits(poll_s=0.02, idle_poll_s=0.02, webui_look_s=0.05, heartbeat_s=0.2)
SMALL = {"txt2img": {"width": 64, "height": 64, "steps": 2}}


class PageClient:
    """The interface of one page, called over HTTP.

    Args:
        page: which one.
        application: what it drives, to make homes with.
    """

    def __init__(self, page: Page, application: Application) -> None:
        self.url, self.application = page.url.rstrip("/"), application
        self.session = requests.Session()

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to a path of the interface."""
        return self.session.request(method, f"{self.url}/api/v1{path}", timeout=30, **options)

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a path."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        """Return the JSON that came of an order."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def refused(self, method: str, path: str, status: int, body: Any = None) -> Any:
        """Return the error of a request that is refused with a status."""
        answer = self.call(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()["error"]

    def run(self, prompt: str = "a cat", **config: Any) -> Any:
        """Run a small job now, and return its row of the history."""
        draft = {"prompt": prompt, "config": {**SMALL, **config}}
        [job_id] = self.post("/jobs", {"draft": draft, "mode": "now"})["job_ids"]
        return self.ended(job_id)

    def add(self, prompt: str = "a cat") -> str:
        """Queue a small job, and return its id."""
        draft = {"prompt": prompt, "config": SMALL}
        [job_id] = self.post("/jobs", {"draft": draft, "mode": "queue"})["job_ids"]
        return str(job_id)

    def ended(self, job_id: str) -> Any:
        """Return a job's row once it has ended."""

        def row() -> Any:
            found = self.get(f"/history/{job_id}")
            return found if found["completed_at"] else None

        return wait_until(row)


OpenPage = Callable[..., PageClient]


@pytest.fixture
def open_page(fake: FakeWebUI, tmp_path: Path) -> Iterator[OpenPage]:
    """Open a page; what is not said is a home of the test's own and the fake WebUI."""
    with ExitStack() as stack:

        def open_one(access: Access | None = None, **given: Any) -> PageClient:
            options: dict[str, Any] = {
                "home": tmp_path / "home",
                "webui_url": fake.url,
                "limits": LIMITS,
            }
            runs_jobs = given.pop("runs_jobs", True)
            application = build_app(**options | given)
            stack.callback(application.close)
            page = Page(application, access or LOOPBACK_ONLY, runs_jobs=runs_jobs)
            return PageClient(stack.enter_context(page), application)

        yield open_one


@pytest.fixture
def page(open_page: OpenPage) -> PageClient:
    """A page that runs jobs."""
    return open_page()


@pytest.fixture
def idle_page(open_page: OpenPage) -> PageClient:
    """A page that runs nothing, so that what is queued stays."""
    return open_page(runs_jobs=False)
