"""A threaded HTTP/1.1 server for one WSGI application, with keep-alive and a quick exit.

The application finds the raw socket of a request under `werkzeug.socket` in its environ, as
werkzeug's own server does it. That one closes every connection after 10 ms, so it can't serve here.
"""

import contextlib
import selectors
import socket
import sys
import threading
from collections.abc import Iterator
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssl import SSLContext

    from fake_webui.http.connection import Application

IDLE_S = 5.0  # of the real server with its page
MAX_BODY_BYTES = 512 * 1024 * 1024
ACCEPT_S = 1.0  # a client may be gone again before it is accepted


class HttpServer(ThreadingMixIn, TCPServer):
    """Serves `application`; every connection has a thread that never holds up the exit.

    It has its address at once, and refuses connections until `start`.

    A connection that has had its answer is closed after `idle_s`; with `tls` all is HTTPS.
    """

    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        application: "Application",
        *,
        idle_s: float = IDLE_S,
        max_body_bytes: int = MAX_BODY_BYTES,
        tls: "SSLContext | None" = None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.application = application
        self.idle_s = idle_s
        self.max_body_bytes = max_body_bytes
        self.tls = tls
        self.closing = False
        self._accepting = contextlib.ExitStack()  # what ends it, once it has begun
        self._idle = threading.Condition()
        self._under_way = 0
        super().__init__(address, RequestHandler, bind_and_activate=False)
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise

    @property
    def scheme(self) -> str:
        """How addresses on this server begin."""
        return "https" if self.tls else "http"

    @property
    def url(self) -> str:
        """The address to reach this server at."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes) else str(host)
        return f"{self.scheme}://{f'[{name}]' if ':' in name else name}:{port}"

    def start(self) -> None:
        """Listen, and serve in a thread of its own."""
        self.server_activate()
        self.socket.settimeout(ACCEPT_S)
        woken, waker = socket.socketpair()
        thread = threading.Thread(target=self._accept, args=[woken], daemon=True)
        thread.start()
        self._accepting.callback(thread.join)
        self._accepting.callback(waker.close)

    def _accept(self, woken: socket.socket) -> None:
        """Take connections until `refuse` wakes it: nothing is looked at now and then."""
        with woken, selectors.DefaultSelector() as either:
            either.register(self, selectors.EVENT_READ)
            either.register(woken, selectors.EVENT_READ)
            while not self.closing:
                either.select()
                if not self.closing:
                    self._handle_request_noblock()  # type: ignore[attr-defined]

    def refuse(self) -> None:
        """Take no more requests; those under way go on."""
        if not self.closing:
            self.closing = True
            self._accepting.close()
            self.socket.close()

    def wait_until_idle(self, timeout_s: float) -> None:
        """Wait until no request is under way, or for `timeout_s` seconds."""
        with self._idle:
            self._idle.wait_for(lambda: not self._under_way, timeout_s)

    @contextlib.contextmanager
    def request_under_way(self) -> Iterator[None]:
        """Count a request until it is answered."""
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - inherited
        """Say nothing of connections that the other side gave up."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"fake-webui: {client_address}: {error!r}", file=sys.stderr)


class RequestHandler(BaseRequestHandler):
    """Hands a connection over, in the thread that it has."""

    server: HttpServer
    request: socket.socket

    def handle(self) -> None:
        """Serve one connection to its end."""
        from fake_webui.http.connection import Connection  # noqa: PLC0415 - h11 is a 20th of a start

        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.tls is None:
            return Connection(self.request, self.server).serve()
        with self.server.tls.wrap_socket(self.request, server_side=True) as client:
            return Connection(client, self.server).serve()
