"""Who may call, from where, and by which name: pure rules over headers."""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping
from typing import Final, Protocol

from fake_webui.errors import HttpError

CORS_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
OWN_SITE: Final = ("", "same-origin", "none")  # none: typed, or from a bookmark


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


def allowed_host(host: str) -> bool:
    """Return whether a Host header names this machine's loopback interface.

    A page of another site that resolves to 127.0.0.1 keeps its own name, and is refused.
    """
    name = host.strip().lower()
    name = name[1 : name.find("]")] if name.startswith("[") else name.rsplit(":", 1)[0]
    return name.endswith(".localhost") or is_loopback(name)


def is_loopback(host: str) -> bool:
    """Return whether binding to `host` reaches this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


class Headers(Protocol):
    """Headers of a request, whatever the case of their names."""

    def get(self, key: str, /) -> str | None:
        """Return a header's value, None without it."""


def is_cross_site(headers: Headers, own_origin: str) -> bool:
    """Say whether a page of another origin caused a request.

    Browsers say so in Sec-Fetch-Site, older ones in Origin alone; programs send neither.
    """
    if (headers.get("Sec-Fetch-Site") or "").lower() not in OWN_SITE:
        return True
    origin = headers.get("Origin")
    return origin is not None and origin.lower() != own_origin.rstrip("/").lower()
