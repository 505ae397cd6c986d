"""A small client of a WebUI, and of the control endpoints of a fake one."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from fake_webui.errors import ControlError, EventLoopError, ExpectationError, UnreachableError

__tracebackhide__ = True  # what fails is the test

CONTROL_PREFIX = "/__fake/v1"
SCOPE_PREFIX = "/__fake/scope"
ANSWER_TIMEOUT_S = 30.0


class _Client:
    """Connections to one server, with nothing from the environment in between.

    `certificate` is a file with the one that an HTTPS server signed itself.
    """

    def __init__(self, url: str, certificate: Path | str | None = None) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        if certificate:
            self._session.verify = str(certificate)

    def close(self) -> None:
        """Close the connections that were kept."""
        self._session.close()


class WebUIClient(_Client):
    """Sends requests to one WebUI, real or fake, and hands back whatever it answers."""

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> requests.Response:
        """Send bytes as they are and return the answer, redirects not followed.

        Raises:
            UnreachableError: if there is no answer.
        """
        try:
            return self._session.request(
                method,
                self.url + path,
                data=body,
                headers=dict(headers or {}),
                timeout=timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise UnreachableError(f"{method} {self.url}{path}: {error}") from error


class ControlClient(_Client):
    """Calls the control endpoints of one fake WebUI."""

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> Any:
        """Call `/__fake/v1/<path>` and return its JSON.

        Raises:
            ExpectationError: if an expectation does not hold; its text says what came nearest.
            ControlError: for any other refusal.
            UnreachableError: if there is no fake WebUI at this address.
        """
        url = f"{self.url}{CONTROL_PREFIX}/{path}"
        return self._read(self._send(method, url, json=json, params=params, timeout=timeout_s))

    def put_scope(self, name: str, birth: Mapping[str, Any]) -> Any:
        """Make a scope with a profile and a configuration of its own.

        Raises:
            ControlError: if it can't be as asked.
        """
        return self._read(self._send("PUT", f"{self.url}{SCOPE_PREFIX}/{name}", json=birth))

    def _read(self, response: requests.Response) -> Any:
        try:
            answer = response.json()
        except ValueError as error:
            raise UnreachableError(f"{self.url} is not a fake WebUI: no JSON") from error
        if response.ok:
            return answer
        if not isinstance(answer, dict) or "error" not in answer:
            raise UnreachableError(f"{self.url} is not a fake WebUI: {response.status_code}")
        kind = ExpectationError if response.status_code == 409 else ControlError
        raise kind(response.status_code, answer.pop("error"), **answer)

    def image(self, n: int, index: int) -> bytes:
        """Return the bytes of an image that an exchange carried."""
        url = f"{self.url}{CONTROL_PREFIX}/requests/{n}/images/{index}"
        return self._send("GET", url).content

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        """Call without cookies, redirects and what else takes longer than the answer."""
        refuse_in_event_loop()
        timeout_s = options.pop("timeout", ANSWER_TIMEOUT_S)
        prepared = requests.Request(method, url, **options).prepare()
        adapter, verify = self._session.get_adapter(url), self._session.verify or True
        try:
            response = adapter.send(prepared, timeout=timeout_s, verify=verify)
            _ = response.content  # which is read here, so that the connection is free again
        except requests.RequestException as error:
            raise UnreachableError(f"no fake WebUI answers at {self.url}: {error}") from error
        return response


def refuse_in_event_loop() -> None:
    """Refuse to block where coroutines are waiting for this thread, but in a notebook.

    Raises:
        EventLoopError: with what to do instead.
    """
    asyncio = sys.modules.get("asyncio")  # without it no loop runs, and importing it takes time
    if asyncio is None or "ipykernel" in sys.modules:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise EventLoopError(
        "this would hold the event loop that runs in this thread: await the same method of "
        "AsyncFakeWebUI, which the fixture async_fake_webui is"
    )
