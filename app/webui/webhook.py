"""Telling another program, over HTTP, what has happened here."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from app.errors import ConfigurationError, NotTakenError
from app.limits import Limits
from app.storage.home import is_http_url

_REFUSED = 400
_AGAIN = Retry(total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.5)
"""Only a connection that was refused is tried again: nothing was told yet."""


class Webhook:
    """A URL that takes JSON.

    Args:
        url: where to post.
        limits: the time-outs.

    Raises:
        ConfigurationError: if it is not a URL.
    """

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = _checked(url)
        self._timeouts = limits.connect_timeout_s, limits.read_timeout_s
        self.host = urlsplit(self._url).hostname or ""

    def post(self, body: Mapping[str, Any]) -> None:
        """Post one object.

        Raises:
            NotTakenError: if nobody took it; the sentence has the host alone, for an address may
                hold a secret.
        """
        try:
            with requests.Session() as session:
                for scheme in ("http://", "https://"):
                    session.mount(scheme, HTTPAdapter(max_retries=_AGAIN))
                answer = session.post(
                    self._url, json=dict(body), timeout=self._timeouts, allow_redirects=False
                )
        except (requests.RequestException, OSError) as error:
            raise NotTakenError(f"{self.host} was not told: {type(error).__name__}") from error
        if answer.status_code >= _REFUSED:
            raise NotTakenError(f"{self.host} was not told: it answered {answer.status_code}")


def _checked(url: str) -> str:
    if not is_http_url(url):
        raise ConfigurationError(
            "what --notify has is not a URL; give one like https://example.org/hook"
        )
    return url.strip()
