"""Which requests come from pages of other sites."""

from collections.abc import Mapping

OWN_SITE = ("", "same-origin", "none")  # none: typed, or from a bookmark


def is_cross_site(headers: Mapping[str, str], own_origin: str) -> bool:
    """Say whether a page of another origin caused a request.

    Browsers say so in Sec-Fetch-Site, older ones in Origin alone; programs send neither.
    """
    if headers.get("Sec-Fetch-Site", "").lower() not in OWN_SITE:
        return True
    origin = headers.get("Origin")
    return origin is not None and origin.lower() != own_origin.rstrip("/").lower()
