"""Separate WebUIs of one server, told apart by base URL or header.

A WSGI middleware takes the scope out of a request before anything else looks at it, so that all
that follows sees the WebUI's own paths and the parts of that scope alone.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wsgi import ClosingIterator

from fake_webui.api.services import SCOPE, Services
from fake_webui.errors import ControlError
from fake_webui.wording import shown

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION: Final = "fake_webui.scopes"
PREFIX: Final = "/__fake/scope/"
SCOPE_HEADER: Final = "X-Fake-WebUI-Scope"
HEADER: Final = "HTTP_X_FAKE_WEBUI_SCOPE"  # as WSGI calls it
REFUSED: Final = "fake_webui.scope_refused"
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

Create = Callable[[dict[str, Any]], Services]


@dataclass(slots=True, eq=False)
class Scope:
    """A separate WebUI: its parts, how many requests are in it now, and when the last one was."""

    services: Services
    used_s: float
    open: int = 0


class Scopes:
    """The scopes of one server. `create` makes the parts of one from the body of a PUT."""

    def __init__(self, create: Create, most: int, idle_s: float) -> None:
        self._create = create
        self._most = most
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._scopes: dict[str, Scope] = {}
        self._forgotten = 0

    def facts(self) -> dict[str, int]:
        """Return how many there are, and how many were forgotten because nobody used them."""
        with self._lock:
            return {"scopes": len(self._scopes), "forgotten_scopes": self._forgotten}

    def names(self) -> list[str]:
        """Return what those that are there are called, the oldest first."""
        with self._lock:
            return list(self._scopes)

    def enter(self, name: str) -> Scope:
        """Return a scope, which is made where it is not there, and keep it until it is left.

        Raises:
            ControlError: 503 if there are too many.
        """
        with self._lock:
            scope = self._scopes.get(name) or self._add(name, self._create({}))
            scope.open += 1
            return scope

    def leave(self, scope: Scope) -> None:
        """Note that a request is over."""
        with self._lock:
            scope.open -= 1
            scope.used_s = time.monotonic()

    def put(self, name: str, birth: dict[str, Any]) -> Services:
        """Make a scope anew, in place of one of this name.

        Raises:
            ConfigError: if it can't be as asked.
            ControlError: 503 if there are too many.
        """
        services = self._create(birth)
        with self._lock:
            before = self._scopes.pop(name, None)
            self._add(name, services)
        if before:
            end(before.services)
        return services

    def _add(self, name: str, services: Services) -> Scope:
        now = time.monotonic()
        self._forget(now - self._idle_s)
        if len(self._scopes) >= self._most:
            raise ControlError(503, f"{self._most} scopes are in use, and there can't be more")
        scope = self._scopes[name] = Scope(services, now)
        return scope

    def _forget(self, before_s: float) -> None:
        unused = [k for k, one in self._scopes.items() if not one.open and one.used_s < before_s]
        for name in unused:
            del self._scopes[name]
        self._forgotten += len(unused)

    def close(self) -> None:
        """End what is going on in every scope."""
        with self._lock:
            scopes = list(self._scopes.values())
        for one in scopes:
            end(one.services)


def end(services: Services) -> None:
    """End generations, holds and waits of one WebUI."""
    services.holds.reset()
    services.recorder.reset()
    services.waits.release()
    services.state.close()


class ScopeGate:
    """WSGI middleware that hands a request on with the parts of its scope."""

    def __init__(self, application: "WSGIApplication", scopes: Scopes) -> None:
        self._application = application
        self._scopes = scopes

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request."""
        if SCOPE in environ or (name := take_name(environ)) is None:
            return self._application(environ, start_response)
        try:
            check_name(name)
            scope = self._scopes.enter(name)
        except ControlError as error:
            environ[REFUSED] = error
            return self._application(environ, start_response)
        environ[SCOPE] = scope.services
        chunks = self._application(environ, start_response)
        return ClosingIterator(chunks, lambda: self._scopes.leave(scope))


def take_name(environ: "WSGIEnvironment") -> str | None:
    """Return the name of a request's scope, and let the path do without it."""
    path: str = environ["PATH_INFO"]
    name, slash, rest = path.removeprefix(PREFIX).partition("/")
    if not path.startswith(PREFIX):
        return environ.get(HEADER)
    if not slash and environ["REQUEST_METHOD"] == "PUT":
        return None
    environ["SCRIPT_NAME"] += f"{PREFIX}{name}"
    environ["PATH_INFO"] = f"/{rest}"
    return name


def check_name(name: str) -> None:
    """Refuse what can't be the name of a scope.

    Raises:
        ControlError: 422.
    """
    if not NAME.fullmatch(name):
        raise ControlError(422, f"a scope's name is {NAME.pattern}, not {shown(name[:80])}")
