"""A headless Chromium, driven through the W3C WebDriver protocol of its own chromedriver."""

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.support import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
IS_THERE = bool(CHROMIUM and CHROMEDRIVER)
WHY_NOT = "there is no Chromium with its chromedriver on this machine"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
STARTED = re.compile(r"started successfully on port (\d+)")


class BrowserError(Exception):
    """What WebDriver answers when something can't be done; `name` is its own word for it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Browser:
    """One window."""

    def __init__(self, session_url: str) -> None:
        self._url = session_url

    def _call(self, method: str, path: str, **body: Any) -> Any:
        url = f"{self._url}/{path}"
        answer = requests.request(method, url, json=body if method == "POST" else None, timeout=60)
        value = answer.json()["value"]
        if not answer.ok:
            raise BrowserError(value["error"], value["message"])
        return value

    def open(self, url: str) -> None:
        """Load a page."""
        self._call("POST", "url", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a JavaScript function in the page and return what it returns."""
        return self._call("POST", "execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Click the first element that matches, as a mouse would."""
        wait_until(lambda: self._act(selector, "click"))

    def type(self, selector: str, text: str) -> None:
        """Type into the first element that matches."""
        wait_until(lambda: self._act(selector, "value", text=text))

    def _act(self, selector: str, action: str, **body: Any) -> bool:
        """Do something to an element; False where the page drew it anew in between."""
        try:
            found = self._call("POST", "element", using="css selector", value=selector)
            self._call("POST", f"element/{found[ELEMENT]}/{action}", **body)
        except BrowserError as error:
            if error.name != "stale element reference":
                raise
            return False
        return True

    def texts(self, selector: str) -> list[str]:
        """Return the visible text of every element that matches."""
        script = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())"
        return list(self.run(script, selector))

    def wait_for(self, selector: str, text: str = "") -> None:
        """Wait until an element that matches has this text somewhere."""
        wait_until(lambda: any(text in one for one in self.texts(selector)))

    def resize(self, width: int, height: int) -> None:
        """Give the window a size in pixels."""
        self._call("POST", "window/rect", width=width, height=height)

    def errors(self) -> list[str]:
        """Return what the console has logged as errors since the last call."""
        entries = self._call("POST", "se/log", type="browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def picture(self, path: Path) -> None:
        """Save what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", "screenshot")))

    def close(self) -> None:
        """Close the window and the browser."""
        requests.delete(self._url, timeout=30)


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it."""
    words = [str(CHROMEDRIVER), "--port=0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout
        found = next(filter(None, map(STARTED.search, driver.stdout)))
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        url = f"http://127.0.0.1:{found[1]}/session"
        answer = requests.post(
            url, json={"capabilities": {"alwaysMatch": wanted}}, timeout=60
        ).json()["value"]
        browser = Browser(f"{url}/{answer['sessionId']}")
        try:
            yield browser
        finally:
            browser.close()
            driver.terminate()
