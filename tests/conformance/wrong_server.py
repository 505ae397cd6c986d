"""A server that passes requests on to another one and spoils the answers on purpose."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "date", "server")


@dataclass(slots=True)
class Answer:
    """An answer on its way: what may be spoiled."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Spoil = Callable[[Answer], Answer | None]  # None: no answer at all


class PassingOn(BaseHTTPRequestHandler):
    """Sends any request to `upstream` and answers as that does, but for what `spoil` changes."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for an answer
    upstream: str
    spoil: Spoil

    def __getattr__(self, name: str) -> Any:
        """Handle every method alike."""
        if name.startswith("do_"):
            return self.pass_on
        raise AttributeError(name)

    def pass_on(self) -> None:
        """Answer one request."""
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        left_out = ("connection", "accept-encoding")  # what is compressed can't be spoiled
        headers = {n: v for n, v in self.headers.items() if n.lower() not in left_out}
        connection.request(self.command, self.path, body or None, headers)
        received = connection.getresponse()
        kept = {n.lower(): v for n, v in received.getheaders() if n.lower() not in HOP_BY_HOP}
        answer = Answer(received.status, received.read(), kept)
        connection.close()
        self.send(answer if self.path.startswith("/__fake/") else type(self).spoil(answer))

    def send(self, answer: Answer | None) -> None:
        """Send an answer, or close the connection without one."""
        if answer is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


@contextmanager
def wrong_server(url: str, spoil: Spoil) -> Iterator[str]:
    """Yield the URL of a server that answers as the one at `url`, but for what `spoil` changes."""
    members = {"upstream": urlsplit(url).netloc, "spoil": staticmethod(spoil)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (PassingOn,), members))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
