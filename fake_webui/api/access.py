"""Who may call and from which origin: pure rules over headers."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final

from fake_webui.errors import HttpError

CORS_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def authenticate(authorization: str | None, accounts: Mapping[str, str]) -> None:
    """Check an Authorization header against user names and passwords.

    Raises:
        HttpError: 401, saying what is missing or wrong.
    """
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        raise HttpError(401, "Not authenticated")
    user, password = _decode_credentials(credentials)
    if not _matches(password, accounts.get(user)):
        raise HttpError(401, "Incorrect username or password")


def _decode_credentials(credentials: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(credentials).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    user, colon, password = decoded.partition(":")
    if not colon:
        raise HttpError(401, "Invalid authentication credentials")
    return user, password


def _matches(password: str, expected: str | None) -> bool:
    equal = hmac.compare_digest(password.encode(), (expected or "").encode())
    return equal and expected is not None


def simple_cors_headers(origin: str, allowed: tuple[str, ...], *, cookie: bool) -> dict[str, str]:
    """Return what an ordinary answer to a request from `origin` carries."""
    headers = {"Access-Control-Allow-Credentials": "true"}
    if "*" in allowed and not cookie:
        headers["Access-Control-Allow-Origin"] = "*"
    elif "*" in allowed or origin in allowed:
        headers |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return headers


def preflight(
    origin: str, method: str, requested_headers: str | None, allowed: tuple[str, ...]
) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of the answer to a browser's preflight request."""
    headers = {
        "Vary": "Origin",
        "Access-Control-Allow-Methods": ", ".join(CORS_METHODS),
        "Access-Control-Max-Age": "600",
        "Access-Control-Allow-Credentials": "true",
    }
    refused = []
    if "*" in allowed or origin in allowed:
        headers["Access-Control-Allow-Origin"] = origin
    else:
        refused.append("origin")
    if method not in CORS_METHODS:
        refused.append("method")
    if requested_headers is not None:
        headers["Access-Control-Allow-Headers"] = requested_headers
    if refused:
        return 400, f"Disallowed CORS {', '.join(refused)}", headers
    return 200, "OK", headers
