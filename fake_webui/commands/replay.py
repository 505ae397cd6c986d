"""Sending captured requests, for `capture` and `diff`."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fake_webui.testing.client import WebUIClient
from fake_webui.upstream.captures import (
    Capture,
    captured_answer,
    request_body,
    request_headers,
)

SLOWEST_ANSWER_S = 600.0  # a real WebUI on a processor alone


@dataclass(frozen=True, slots=True)
class Replay:
    """Sends captures to one WebUI; their input images are files under `root`."""

    client: WebUIClient
    root: Path
    authorization: str | None = None

    def answer(self, capture: Capture) -> dict[str, Any]:
        """Send what a capture needs before, then its request, and return the answer to that.

        Raises:
            UnreachableError: if the WebUI does not answer.
            ConfigError: if an input image is not there.
        """
        for step in capture.setup:
            self._send(step)
        return self._send(capture.request)

    def record(self, captures: Iterable[Capture]) -> Iterator[Capture]:
        """Yield each capture with the answer that this WebUI gives."""
        for one in captures:
            yield replace(one, response=self.answer(one))

    def _send(self, request: Mapping[str, Any]) -> dict[str, Any]:
        headers = request_headers(request)
        if self.authorization:
            headers.setdefault("Authorization", self.authorization)
        answer = self.client.send(
            request["method"],
            request["path"],
            body=request_body(request, self.root),
            headers=headers,
            timeout_s=SLOWEST_ANSWER_S,
        )
        return captured_answer(answer.status_code, dict(answer.headers), answer.content)


def basic(credentials: str | None) -> str | None:
    """Return the Authorization header for `user:password`."""
    if credentials is None:
        return None
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"
