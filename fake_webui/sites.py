"""Which requests come from pages of other sites."""

from typing import Protocol

OWN_SITE = ("", "same-origin", "none")  # none: typed, or from a bookmark


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
