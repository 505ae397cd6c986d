"""Who may read an answer in a browser: the page decides, --cors-allow-origins has no say."""

from typing import Final
from urllib.parse import urlsplit

from fake_webui.contract.transport import CORS_METHODS, CrossOrigin, Headers

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "0.0.0.0", "null")  # noqa: S104 - a name in a header


def headers(asked: CrossOrigin) -> Headers:
    """Let pages of this machine read what this machine answers, anybody what other names answer."""
    found = {"Access-Control-Allow-Credentials": "true"}
    if _may_read(asked):
        found |= {"Access-Control-Allow-Origin": asked.origin, "Vary": "Origin"}
    return found


def preflight(asked: CrossOrigin) -> tuple[int, str, Headers]:
    """Permit whatever a browser asks for, to whom the answer may be read."""
    found = headers(asked) | {
        "Access-Control-Allow-Methods": ", ".join(CORS_METHODS),
        "Access-Control-Max-Age": "600",
    }
    if asked.headers is not None:
        found["Access-Control-Allow-Headers"] = asked.headers
    return 200, "OK", found


def _may_read(asked: CrossOrigin) -> bool:
    return not _is_local(f"//{asked.host}") or _is_local(asked.origin)


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in LOCAL_NAMES
