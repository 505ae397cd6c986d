"""Which headers go on to the other side of a proxy, and which end at it."""

from collections.abc import Iterable
from typing import Final

Headers = list[tuple[str, str]]

# Of one connection, not of the message (RFC 9110, 7.6.1).
HOP_BY_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
# Of a request, what this side says anew: the body is sent whole, to another host.
SAID_ANEW: Final = frozenset({"accept-encoding", "content-length", "expect", "host"})


def end_to_end(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return the headers without those that are about one connection."""
    found = list(headers)
    named = {
        word.strip().lower()
        for name, value in found
        if name.lower() == "connection"
        for word in value.split(",")
    }
    ended = HOP_BY_HOP | named
    return [(name, value) for name, value in found if name.lower() not in ended]


def known_coding(accepted: str, *, plain: bool) -> str:
    """Return the content coding to ask for: gzip where the client takes it, else none.

    Others could not be read by the journal; `plain` is for answers that are to be changed.
    """
    return "gzip" if "gzip" in accepted.lower() and not plain else "identity"


def asks_to_upgrade(headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether a request wants to speak another protocol, which is WebSocket."""
    return any(
        name.lower() == "upgrade" and value.lower() == "websocket" for name, value in headers
    )
