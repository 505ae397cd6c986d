"""Who may steer the server: pure rules over names and headers."""

import ipaddress
import re
from collections.abc import Collection
from typing import Final, Protocol

HOST: Final = re.compile(
    r"(?:(?P<name>[a-z0-9._-]+)|\[(?P<address>[0-9a-f:.]*:[0-9a-f:.]*)\])(?::\d*)?"
)
OWN_SITE: Final = ("", "same-origin", "none")  # none: typed, or from a bookmark


def allowed_host(host: str, names: Collection[str]) -> bool:
    """Return whether a Host header names this machine's loopback interface, or is one of `names`.

    A page of another site that resolves to 127.0.0.1 keeps its own name, and is refused.
    """
    if not (parts := HOST.fullmatch(host.strip().lower())):
        return False
    name = parts["name"] or parts["address"]
    return name.endswith(".localhost") or is_loopback(name) or name in names


def is_loopback(host: str) -> bool:
    """Return whether binding to `host` reaches this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Headers(Protocol):
    """Headers of a request, whatever the case of their names."""

    def get(self, key: str, /) -> str | None:
        """Return a header's value, None without it."""


def is_cross_site(headers: Headers, own_origin: str) -> bool:
    """Return whether a page of another origin caused a request.

    Browsers say so in Sec-Fetch-Site, older ones in Origin alone; programs send neither.
    """
    if (headers.get("Sec-Fetch-Site") or "").lower() not in OWN_SITE:
        return True
    origin = headers.get("Origin")
    return origin is not None and origin.lower() != own_origin.rstrip("/").lower()
