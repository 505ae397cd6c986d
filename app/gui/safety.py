"""Who may ask, and what a browser may do with the answers.

On loopback the machine's users may. Elsewhere a token is needed: in `Authorization: Bearer`, or in
the cookie that the first visit with `?token=` sets. A name that somebody points at this machine is
refused, and so is what another site's page sends.
"""

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, request

from app.errors import RefusedError

COOKIE = "webui_jobs_token"
YEAR_S = 365 * 24 * 3600
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ASKING = (
    "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    '<title>Token</title><form action="/"><p><label>This page wants its token, which was shown when'
    ' it was first started: <input name="token" type="password" required autofocus></label>'
    " <button>Go on</button><p>Lost? Start the page with --new-token.</form>"
)
SIGNED_IN = (
    "<!doctype html><meta charset=utf-8><title>Signed in</title>"
    '<p>Signed in. <a href="/">Go to the page</a>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask.

    Args:
        names: host names under which the page may be called, beside this machine's own.
        token_sha256: the hash of the token that is needed, or None where none is.
    """

    names: Collection[str] = ()
    token_sha256: str | None = None

    def guard(self, flask_app: Flask) -> None:
        """Have every request checked, and every answer carry what a browser should know."""
        flask_app.before_request(self._refuse_foreign)
        flask_app.before_request(self._ask_for_token)
        flask_app.after_request(_add_headers)

    def _refuse_foreign(self) -> None:
        """Refuse names that are not this machine's, and requests of other sites' pages.

        Raises:
            RefusedError: with status 403.
        """
        if not self._is_own_name(_host_name(request.host)):
            raise RefusedError(
                f"{request.host!r:.80} is not a name of this page", "Host",
                "use its address, or start it with --allow-host NAME", status=403,
            )  # fmt: skip
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise RefusedError("pages of other sites may not ask here", "Origin", status=403)
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and not _is_visit():
            raise RefusedError(
                "pages of other sites may not ask here", "Sec-Fetch-Site", status=403
            )

    def _is_own_name(self, name: str) -> bool:
        known = {"localhost", *(name.lower() for name in self.names)}
        if self.token_sha256 is not None:
            known |= {socket.gethostname().lower()}
        return name in known or self._is_own_address(name)

    def _is_own_address(self, name: str) -> bool:
        """Return whether it is an address, which nobody can point elsewhere; loopback's or any."""
        return is_loopback(name) or (self.token_sha256 is not None and _is_address(name))

    def _ask_for_token(self) -> Response | None:
        """Let in who brings the token; a first visit with it gets the cookie, without it a form.

        Raises:
            RefusedError: with status 401.
        """
        if self.token_sha256 is None:
            return None
        if self._is_token(request.args.get("token")):
            return _signed_in(request.args["token"])
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        brought = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE)
        if self._is_token(brought):
            return None
        if request.path == "/":
            return make_response(ASKING, 401)
        raise RefusedError(
            "this page wants its token", "token",
            "open the address with ?token= that was shown at its start, or make another"
            " with --new-token", status=401,
        )  # fmt: skip

    def _is_token(self, token: str | None) -> bool:
        return token is not None and hmac.compare_digest(hash_of(token), self.token_sha256 or "")


LOOPBACK_ONLY = Access()
"""Who may ask of a page that only this machine can reach."""


def _is_visit() -> bool:
    """Return whether somebody follows a link to the page itself."""
    return request.path == "/" and request.headers.get("Sec-Fetch-Mode") == "navigate"


def is_loopback(name: str) -> bool:
    """Return whether a host's name or address is this machine's own, that no other reaches."""
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _host_name(host: str) -> str:
    """Return the name of a `Host` header, without port and brackets, lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _signed_in(token: str) -> Response:
    """Keep the token in the browser, and go to an address without it."""
    response = make_response(SIGNED_IN)
    response.set_cookie(COOKIE, token, max_age=YEAR_S, httponly=True, samesite="Strict")
    response.headers["Refresh"] = "0; url=/"
    return response


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if not response.cache_control:
        response.headers.setdefault(
            "Cache-Control", "no-cache" if request.path == "/" else "no-store"
        )
    return response
