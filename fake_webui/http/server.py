"""A threaded HTTP/1.1 server for one WSGI application, with keep-alive and a quick exit.

The application finds the raw socket of a request under `werkzeug.socket` in its environ, as
werkzeug's own server does it. That one closes every connection after 10 ms, so it can't serve here.
"""

import contextlib
import itertools
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from fake_webui.http.body import Body, ChunkedBody, SizedBody

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
IDLE_S = 30
POLL_S = 0.05
LINGER_S = 0.5
DRAIN_BYTES = 64 * 1024  # of a body that nobody read; a larger one costs the connection
BODYLESS = (204, 304)


class HttpServer(ThreadingMixIn, TCPServer):
    """Serves `application`; every connection has a thread that never holds up the exit."""

    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.application = application
        self.closing = False
        self._idle = threading.Condition()
        self._under_way = 0
        super().__init__(address, RequestHandler)

    @property
    def url(self) -> str:
        """The address to reach this server at."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        target, interval = self.serve_forever, {"poll_interval": POLL_S}
        threading.Thread(target=target, kwargs=interval, daemon=True).start()

    def refuse(self) -> None:
        """Take no more requests; those under way go on."""
        if not self.closing:
            self.closing = True
            self.shutdown()
            self.socket.close()

    def wait_until_idle(self, timeout_s: float) -> None:
        """Wait until no request is under way, or for `timeout_s` seconds."""
        with self._idle:
            self._idle.wait_for(lambda: not self._under_way, timeout_s)

    def call(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Run the application for one request."""
        with self._idle:
            self._under_way += 1
        return self.application(environ, start)

    def done(self) -> None:
        """Note that a request is answered."""
        with self._idle:
            self._under_way -= 1
            self._idle.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - inherited
        """Say nothing of connections that the other side gave up."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"fake-webui: {client_address}: {error!r}", file=sys.stderr)


class RequestHandler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 on one connection, request after request."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpServer

    def version_string(self) -> str:
        """Return the `server` header of the real WebUI."""
        return "uvicorn"

    def log_message(self, *_: Any) -> None:
        """Log nothing; the journal has every request."""

    def send_error(self, code: int, *_: Any) -> None:
        """Refuse what is not HTTP, in plain text, and close the connection."""
        text = b"Invalid HTTP request received."
        self.close_connection = True
        self.request_version = self.protocol_version
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    def __getattr__(self, name: str) -> Any:
        """Take every method that a client makes up; the application decides."""
        if name.startswith("do_"):
            return self._run
        raise AttributeError(name)

    def _run(self) -> None:
        body = self._body()
        if body is None:
            return self.send_error(400)
        if self.server.closing:
            self.close_connection = True
            return None
        answer = _Answer(self)
        try:
            answer.send(self.server.call(self._environ(body), answer.start))
        finally:
            self.server.done()
        return self._drain(body)

    def _body(self) -> Body | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return ChunkedBody(self.rfile)
        length = self.headers.get("Content-Length", "0").strip()
        return SizedBody(self.rfile, int(length)) if length.isdecimal() else None

    def _drain(self, body: Body) -> None:
        """Read what the application left of a body; close the connection where that is much."""
        if body.unread is not None and body.unread <= DRAIN_BYTES:
            body.read()
            return
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_S)
            while self.rfile.read1(DRAIN_BYTES):
                pass

    def _environ(self, body: Body) -> dict[str, Any]:
        target = self.requestline.split()[1]
        target = (
            target
            if target.startswith("/")
            else urlsplit(target)._replace(scheme="", netloc="").geturl()
        )
        path, _, query = target.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": target,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "werkzeug.socket": self.connection,
        }
        for name, value in self.headers.items():
            _add_header(environ, name, value)
        return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    environ[key] = f"{environ[key]},{value}" if key in environ else value


class _Answer:
    """What the application answers, on its way to the client."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._status = "500 Internal Server Error"
        self._headers: list[tuple[str, str]] = []

    def start(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        """Take status and headers from the application."""
        self._status, self._headers = status, headers

    def send(self, parts: Iterable[bytes]) -> None:
        """Send the answer; nothing goes out before its first part is there."""
        try:
            chunks = iter(parts)
            first = next(chunks, b"")
            self._send_headers()
            for chunk in itertools.chain([first], chunks):
                if self._handler.command != "HEAD":
                    self._handler.wfile.write(chunk)
                self._handler.wfile.flush()
        finally:
            if close := getattr(parts, "close", None):
                close()

    def _send_headers(self) -> None:
        handler = self._handler
        code, _, reason = self._status.partition(" ")
        handler.send_response(int(code), reason)
        for name, value in self._headers:
            handler.send_header(name, value)
        if not self._ends_by_itself(int(code)):
            handler.send_header("Connection", "close")
        handler.end_headers()

    def _ends_by_itself(self, code: int) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return "content-length" in names or code in BODYLESS
