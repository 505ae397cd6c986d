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
KEYS = {
    "Ctrl": "\ue009", "Alt": "\ue00a", "Shift": "\ue008", "Enter": "\ue007", "Escape": "\ue00c",
    "Delete": "\ue017", "Home": "\ue011", "End": "\ue010", "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
}  # fmt: skip
"""The keys without a letter, as WebDriver names them."""
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

    def run_async(self, script: str, *arguments: Any) -> Any:
        """Run a function body whose last argument is called with what is to be returned."""
        return self._call("POST", "execute/async", script=script, args=list(arguments))

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

    def press(self, keys: str) -> None:
        """Press a key where the focus is, like "Ctrl+Enter" or "f"."""
        codes = [KEYS.get(key, key) for key in keys.split("+")]
        down = [{"type": "keyDown", "value": code} for code in codes]
        up = [{"type": "keyUp", "value": code} for code in reversed(codes)]
        self._perform("key", down + up)

    def drag(self, selector: str, to: str) -> None:
        """Drag one element to the lower edge of another, with the mouse."""
        (x, y), (_, bottom) = self._middle(selector), self._lower_edge(to)
        move = {"type": "pointerMove", "duration": 100, "x": x}
        self._perform(
            "pointer",
            [
                {**move, "y": y}, {"type": "pointerDown", "button": 0},
                {**move, "y": bottom}, {"type": "pointerUp", "button": 0},
            ],
        )  # fmt: skip

    def _perform(self, kind: str, actions: list[dict[str, Any]]) -> None:
        self._call("POST", "actions", actions=[{"type": kind, "id": kind, "actions": actions}])

    def _middle(self, selector: str) -> tuple[int, int]:
        x, y, width, height = self._place(selector)
        return int(x + width / 2), int(y + height / 2)

    def _lower_edge(self, selector: str) -> tuple[int, int]:
        x, y, _, height = self._place(selector)
        return int(x), int(y + height) - 2

    def _place(self, selector: str) -> list[float]:
        script = (
            "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [box.x, box.y, box.width, box.height]"
        )
        return list(self.run(script, selector))

    def open_tab(self) -> str:
        """Open a new tab and go to it; return the handle of the one before."""
        before = str(self._call("GET", "window"))
        self.go_to_tab(self._call("POST", "window/new", type="tab")["handle"])
        return before

    def go_to_tab(self, handle: str) -> None:
        """Go to the tab with a handle."""
        self._call("POST", "window", handle=handle)

    def close_tab(self) -> None:
        """Close the tab that is shown; go to another one before anything else."""
        self._call("DELETE", "window")

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

    def prefer(self, scheme: str) -> None:
        """Let the user prefer a colour scheme, "light" or "dark"."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        parameters = {"features": features}
        self._call("POST", "goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params=parameters)

    def errors(self) -> list[str]:
        """Return what the console has logged as errors since the last call."""
        entries = self._call("POST", "se/log", type="browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def picture(self, path: Path) -> None:
        """Save what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", "screenshot")))

    def close(self) -> None:
        """Close the window and the browser."""
        requests.delete(self._url, timeout=60)


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
