"""A small client of a WebUI, and of the control endpoints of a fake one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from fake_webui.errors import ControlError, ExpectationError, UnreachableError

CONTROL_PREFIX = "/__fake/v1"
ANSWER_TIMEOUT_S = 30.0


class _Client:
    """Connections to one server, with nothing from the environment in between.

    `certificate` is a file with the one that an HTTPS server signed itself.
    """

    def __init__(self, url: str, certificate: Path | None = None) -> None:
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
        response = self._send(method, path, json=json, params=params, timeout=timeout_s)
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
        return self._send("GET", f"requests/{n}/images/{index}").content

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.url}{CONTROL_PREFIX}/{path}"
        options.setdefault("timeout", ANSWER_TIMEOUT_S)
        try:
            return self._session.request(method, url, **options)
        except requests.RequestException as error:
            raise UnreachableError(f"no fake WebUI answers at {self.url}: {error}") from error
