"""What goes around every answer: compression, timing, and who may read it in a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Headers = dict[str, str]

CLOSES: Final = "fake_webui.closes"
"""Set in the environment of a request behind which the connection ends without a word."""

CORS_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins that browsers may call from: names, of which `*` is all, and a pattern."""

    names: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def are_all(self) -> bool:
        """Whether every origin may."""
        return "*" in self.names

    def allow(self, origin: str) -> bool:
        """Return whether this origin may."""
        fits = self.pattern and re.fullmatch(self.pattern, origin)
        return self.are_all or origin in self.names or bool(fits)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossOrigin:
    """A browser's question or request from another origin.

    `host` is the Host header, `allowed` the origins that the command line allows, `cookie` says
    whether one came along; `method` and `headers` are what a preflight request asks for.
    """

    origin: str
    host: str
    allowed: Origins
    cookie: bool = False
    method: str = ""
    headers: str | None = None


def listed_origins(asked: CrossOrigin) -> Headers:
    """Let the listed origins read an answer."""
    headers = {"Access-Control-Allow-Credentials": "true"}
    if asked.allowed.are_all and not asked.cookie:
        headers["Access-Control-Allow-Origin"] = "*"
    elif asked.allowed.allow(asked.origin):
        headers |= {"Access-Control-Allow-Origin": asked.origin, "Vary": "Origin"}
    return headers


def listed_preflight(asked: CrossOrigin) -> tuple[int, str, Headers]:
    """Return status, text and headers of the answer to a browser's preflight request."""
    headers = {
        "Vary": "Origin",
        "Access-Control-Allow-Methods": ", ".join(CORS_METHODS),
        "Access-Control-Max-Age": "600",
        "Access-Control-Allow-Credentials": "true",
    }
    refused = []
    if asked.allowed.allow(asked.origin):
        headers["Access-Control-Allow-Origin"] = asked.origin
    else:
        refused.append("origin")
    if asked.method not in CORS_METHODS:
        refused.append("method")
    if asked.headers is not None:
        headers["Access-Control-Allow-Headers"] = asked.headers
    if refused:
        return 400, f"Disallowed CORS {', '.join(refused)}", headers
    return 200, "OK", headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What goes around every answer; the defaults are A1111's.

    `gzips` from 1000 bytes on, if the client takes that; `tells_time` in X-Process-Time;
    `closes_after_failure`: whether the connection ends behind an exception that nobody handled;
    `ends_when_stopped`: whether server-stop ends the process too, or HTTP alone.
    """

    gzips: bool = True
    tells_time: bool = True
    closes_after_failure: bool = False
    ends_when_stopped: bool = True
    cors: Callable[[CrossOrigin], Headers] = listed_origins
    preflight: Callable[[CrossOrigin], tuple[int, str, Headers]] = listed_preflight
