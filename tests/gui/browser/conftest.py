"""The page of a real app process, over a fake WebUI, in a real browser."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests import browser as chromium
from tests.browser import Browser, open_browser
from tests.support import ROOT, wait_until

WIDE, NARROW = (1440, 940), (360, 800)
TINY = {"txt2img": {"width": 64, "height": 64, "steps": 2}}
LONG = {"txt2img": {"width": 64, "height": 64, "steps": 100, "n_iter": 2}}
ADDRESS = re.compile(r"http://\S+")
VIEWS = ("run", "queue", "gallery", "packs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and skip it where there is no browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(not chromium.IS_THERE, reason=chromium.WHY_NOT))


class AppPage:
    """The page as somebody uses it: what is seen through the browser, what is true over HTTP.

    Args:
        browser: the window.
        url: where the page is.
        home: of the app behind it.
    """

    def __init__(self, browser: Browser, url: str, home: Path) -> None:
        self.browser, self.url, self.home = browser, url.rstrip("/"), home

    def open(self, view: str = "run") -> None:
        """Load the page with a view, and wait until it is connected."""
        self.browser.open("about:blank")  # the same address again would only change the view
        self.browser.open(f"{self.url}/#{view}")
        self.wait_until_connected()

    def wait_until_connected(self) -> None:
        """Wait until the WebUI is shown as up."""
        self.browser.wait_for('.chip[data-status="up"]', "up")

    def go(self, view: str) -> None:
        """Change to a view by its name at the top."""
        self.browser.click(f"#to-{view}")
        wait_until(
            lambda: self.browser.run(f"return !document.getElementById('view-{view}').hidden")
        )

    def draft(self, prompt: str = "a cat", config: Any = TINY, **more: Any) -> None:
        """Load the run view with a draft that is not sent yet."""
        draft = {"prompt": prompt, "config": config, **more}
        self.browser.open(self.url)
        self.browser.run("localStorage.setItem('draft', arguments[0])", json.dumps(draft))
        self.open("run")

    def get(self, path: str, **params: Any) -> Any:
        """Return what the interface says."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=params, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Ask something of the interface, as another page would."""
        answer = requests.post(f"{self.url}/api/v1/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def add(self, *prompts: str, config: Any = TINY, mode: str = "queue") -> list[str]:
        """Submit a job for each prompt; return their ids."""
        drafts = [{"prompt": prompt, "config": config} for prompt in prompts]
        return [self.post("jobs", draft=draft, mode=mode)["job_ids"][0] for draft in drafts]

    def waiting(self) -> list[str]:
        """Return the prompts that wait, in order."""
        return [job["prompt"] for job in self.get("queue")["queued"]]

    def ended(self, count: int) -> list[Any]:
        """Return the finished jobs, the newest first, once there are so many."""

        def found() -> list[Any]:
            jobs: list[Any] = self.get("history")["jobs"]
            return jobs if len(jobs) >= count else []

        return wait_until(found, 60)

    def enter(self, selector: str, value: str) -> None:
        """Put a value in place of what a field has."""
        script = (
            "const field = document.querySelector(arguments[0]); field.focus();"
            "field.value = arguments[1]; field.dispatchEvent(new Event('input', {bubbles: true}))"
        )
        self.browser.run(script, selector, value)

    def value(self, selector: str) -> str:
        """Return what a field has."""
        return str(self.browser.run("return document.querySelector(arguments[0]).value", selector))

    def focus(self, selector: str) -> None:
        """Put the focus on an element."""
        self.browser.run("document.querySelector(arguments[0]).focus()", selector)

    def dialogs(self) -> int:
        """Return how many dialogs are open."""
        return int(self.browser.run("return document.querySelectorAll('dialog[open]').length"))

    def no_errors(self) -> None:
        """See that nothing was logged as an error, a broken content policy for one."""
        assert self.browser.errors() == []


StartApp = Callable[..., AppPage]


@contextmanager
def running_app(home: Path, webui: str, *flags: str, port: int = 0) -> Iterator[str]:
    """Run the app's page in a process of its own; give its address."""
    words = [
        sys.executable, "-m", "app", "gui", "--no-open", "--port", str(port),
        "--home", str(home), "--webui", webui, *flags,
    ]  # fmt: skip
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield next(filter(None, map(ADDRESS.search, process.stdout)))[0]
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser window that all tests share."""
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def start_app(window: Browser, fake: FakeWebUI, tmp_path: Path) -> Iterator[StartApp]:
    """Start an app; what is not said is a home of the test's own and the fake WebUI."""
    window.resize(*WIDE)
    with ExitStack() as stack:

        def start(*flags: str, home: Path = tmp_path / "home", webui: str = fake.url) -> AppPage:
            url = stack.enter_context(running_app(home, webui, *flags))
            window.errors()
            return AppPage(window, url, home)

        yield start
        window.open("about:blank")


@pytest.fixture
def page(start_app: StartApp) -> AppPage:
    """The page of an app that runs jobs."""
    return start_app()


@pytest.fixture
def idle_page(start_app: StartApp) -> AppPage:
    """The page of an app that runs nothing, so that what is queued stays."""
    return start_app("--no-work")


@pytest.fixture
def slow_page(start_app: StartApp, slow: FakeWebUI) -> AppPage:
    """The page of an app whose WebUI takes its time."""
    return start_app(webui=slow.url)
