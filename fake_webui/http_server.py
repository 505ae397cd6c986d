"""A threaded HTTP/1.1 server for one WSGI application, with keep-alive and an early exit.

The application finds the raw socket of a request under `werkzeug.socket` in its environ.
"""

import io
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from itertools import chain
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import unquote_to_bytes

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
IDLE_SECONDS = 30
DRAIN_BYTES = 64 * 1024
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
        super().__init__(address, RequestHandler)

    @property
    def url(self) -> str:
        """The address to reach this server at."""
        host, port = self.server_address[:2]
        host = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        loop = {"poll_interval": 0.05}
        threading.Thread(target=self.serve_forever, kwargs=loop, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - inherited
        """Say nothing of connections that the other side gave up."""
        error = sys.exception()
        if not isinstance(error, (OSError, EOFError)):
            print(f"{client_address}: {error!r}", file=sys.stderr)


class RequestHandler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 on one connection, request after request."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "HttpServer"

    def version_string(self) -> str:
        """Return the `server` header of the real WebUI."""
        return "uvicorn"

    def log_message(self, *_: Any) -> None:
        """Log nothing; the journal has every request."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.run
        raise AttributeError(name)

    def run(self) -> None:
        """Hand the request to the application and send its answer."""
        body = self._body_stream()
        if body is None:
            self.close_connection = True
            self.send_error(400)
            return
        answer = _Answer(self)
        parts = self.server.application(self._environ(body), answer.start)
        try:
            answer.send(parts)
        finally:
            close = getattr(parts, "close", None)
            if close:
                close()
        self._drain(body)

    def _body_stream(self) -> "_Body | None":
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return _Body(_ChunkedReader(self.rfile), None)
        length = self.headers.get("Content-Length", "0")
        return _Body(self.rfile, int(length)) if length.isdigit() else None

    def _drain(self, body: "_Body") -> None:
        """Read what the application left of a body, or close where that is much."""
        if body.left is None or body.left > DRAIN_BYTES:
            self.close_connection = True
        else:
            body.read()

    def _environ(self, body: "_Body") -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
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

    def start(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        self._status, self._headers = status, headers

    def send(self, parts: Iterable[bytes]) -> None:
        handler = self._handler
        parts = iter(parts)
        first = next(parts, b"")  # before the headers: it may end the connection instead
        code, _, reason = self._status.partition(" ")
        handler.send_response(int(code), reason)
        for name, value in self._headers:
            handler.send_header(name, value)
        if not self._has_length(int(code)):
            handler.send_header("Connection", "close")
        handler.end_headers()
        for part in chain((first,), parts):
            if handler.command != "HEAD":
                handler.wfile.write(part)
            handler.wfile.flush()

    def _has_length(self, code: int) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return "content-length" in names or code in BODYLESS


class _Body(io.RawIOBase):
    """A request body that ends where its length says; `left` is None where that is unknown."""

    def __init__(self, stream: Any, length: int | None) -> None:
        self._stream = stream
        self.left = length

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if self.left is None:
            data: bytes = self._stream.read(size)
            self.left = 0 if not data or size is None or size < 0 else None
            return data
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        data = self._stream.read(wanted) if wanted else b""
        self.left = self.left - len(data) if len(data) == wanted else 0
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _ChunkedReader:
    """Reads a body that was sent in chunks."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._chunk_left = 0
        self._ended = False

    def read(self, size: int | None = -1) -> bytes:
        data = bytearray()
        unlimited = size is None or size < 0
        while not self._ended and (unlimited or len(data) < (size or 0)):
            if not self._chunk_left:
                self._next_chunk()
                continue
            wanted = self._chunk_left if unlimited else min(self._chunk_left, size - len(data))  # type: ignore[operator]
            data += self._stream.read(wanted)
            self._chunk_left -= wanted
            if not self._chunk_left:
                self._stream.readline()
        return bytes(data)

    def _next_chunk(self) -> None:
        self._chunk_left = int(self._stream.readline().split(b";")[0] or b"0", 16)
        if not self._chunk_left:
            self._ended = True
            while self._stream.readline().strip():
                pass
