"""A WebUI that answers anything: it passes on to a sane one, but for the answers it is told."""

import gzip
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answer = bytes | Callable[[Callable[[bytes], object]], None]
"""Raw bytes of a whole answer, or what writes them."""


def answer(body: bytes | str, status: str = "200 OK", *headers: str) -> bytes:
    """Return the raw bytes of an answer with a body."""
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith("content-length") for line in headers):
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + data


def endless(first: bytes, *headers: str) -> Answer:
    """Return an answer whose body never ends."""

    def write(send: Callable[[bytes], object]) -> None:
        send("\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode() + first)
        while True:
            send(b"A" * 65536)

    return write


def gzip_bomb(megabytes: int) -> bytes:
    """Return an answer that is a thousand times as large when it is inflated."""
    data = gzip.compress(b'{"images": ["' + b"A" * megabytes * 1_000_000)
    return answer(data, "200 OK", "Content-Encoding: gzip")


class HostileWebUI:
    """What it answers by path, once for each entry; `always` for as long as it is there."""

    def __init__(self, url: str, upstream: str) -> None:
        self.url, self.upstream = url, urlsplit(upstream).netloc
        self.once: dict[str, list[Answer]] = {}
        self.always: dict[str, Answer] = {}
        self.seen: list[str] = []
        self.sent_bytes = 0

    def next_answer(self, path: str) -> Answer | None:
        """Return what to answer instead of the truth, if anything."""
        self.seen.append(path)
        waiting = self.once.get(path)
        return waiting.pop(0) if waiting else self.always.get(path)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    webui: HostileWebUI

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None: ...

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = self.webui.next_answer(self.path.partition("?")[0])
        self.close_connection = True
        with suppress(OSError):
            if told is None:
                self.send(self.truth(body))
            elif isinstance(told, bytes):
                self.send(told)
            else:
                told(self.send)

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.webui.sent_bytes += len(data)

    def truth(self, body: bytes) -> bytes:
        connection = http.client.HTTPConnection(self.webui.upstream, timeout=60)
        headers = {"Content-Type": "application/json"}
        connection.request(self.command, self.path, body or None, headers)
        received = connection.getresponse()
        data = received.read()
        connection.close()
        return answer(data, f"{received.status} {received.reason}")


@contextmanager
def hostile_webui(upstream: str) -> Iterator[HostileWebUI]:
    """Give a WebUI that passes on to `upstream` until it is told otherwise."""

    class Handler(_Handler):
        webui = HostileWebUI("", upstream)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.webui.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Handler.webui
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def deep(levels: int) -> str:
    """Return JSON that is nested so deeply."""
    return "[" * levels + "]" * levels


def generation(**info: Any) -> bytes:
    """Return a generation's answer with a broken picture and this info."""
    return answer(json.dumps({"images": ["AAAA"], "info": json.dumps(info)}))


ODD_BODIES: dict[str, bytes] = {
    "lone surrogate": answer('{"errors": "bad \\ud800 name"}', "500 Oops"),
    "raw surrogate": answer('{"errors": "bad \ud800 name"}', "500 Oops"),
    "escape sequence": answer('{"errors": "\\u001b[2J\\u009b31m red"}', "500 Oops"),
    "errors is a list": answer('{"errors": [1, {"a": null}], "error": {"b": 5}}', "500 Oops"),
    "detail without sense": answer('{"detail": [{"loc": 5, "msg": []}, 7]}', "422 No"),
    "deep error": answer(deep(100_000), "500 Oops"),
    "deep answer": answer(deep(100_000)),
    "not so deep answer": answer(deep(500)),
    "a number": answer("5"),
    "null": answer("null"),
    "a text": answer('"text"'),
    "list for object": answer("[5]"),
    "list of nulls": answer("[null]"),
    "object of wrong types": answer(
        '{"state": [], "progress": "x", "textinfo": 5, "images": {}, "image": 5, "img2img": 5}'
    ),
    "NaN": answer('{"progress": NaN, "images": [NaN], "image": NaN}'),
    "huge number": answer('{"progress": 1e999, "images": [], "image": ""}'),
    "five thousand digits": answer('{"progress": ' + "9" * 5000 + "}"),
    "not UTF-8": answer(b'{"errors": "\xff\xfe"}', "500 Oops"),
    "binary": answer(bytes(range(256))),
    "empty": answer(b""),
    "broken Location": answer("", "302 Found", "Location: http://[::bad:99999/\\x00"),
    "endless redirect": answer("", "307 Go", "Location: /sdapi/v1/progress"),
    "negative length": answer("{}", "200 OK", "Content-Length: -1"),
    "length that is no number": answer("{", "200 OK", "Content-Length: many"),
    "length too long": answer("{}", "200 OK", "Content-Length: 999999999999"),
    "broken chunks": answer("zz\r\n{}", "200 OK", "Transfer-Encoding: chunked"),
    "negative chunk": answer("-1\r\n{}\r\n0\r\n\r\n", "200 OK", "Transfer-Encoding: chunked"),
    "half headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "no HTTP": b"hello\r\n\r\n",
    "status of letters": b"HTTP/1.1 two OK\r\n\r\n",
    "thousand headers": answer("{}", "200 OK", *(f"X-{n}: 1" for n in range(1000))),
    "odd header": answer("{}", "200 OK", "X-Odd: \x00\x1b[31m\xff"),
    "odd cookie": answer("{}", "200 OK", "Set-Cookie: =\xff; expires=never; Max-Age=1e999"),
    "long wait": answer("{}", "503 Later", "Retry-After: 999999"),
    "unknown compression": answer("{}", "200 OK", "Content-Encoding: zstd"),
    "broken gzip": answer("{}", "200 OK", "Content-Encoding: gzip"),
    "gzip twice": answer("{}", "200 OK", "Content-Encoding: gzip, gzip"),
}
ODD_GENERATIONS: dict[str, bytes] = {
    **ODD_BODIES,
    "no images": answer('{"images": [], "info": "{}"}'),
    "images of numbers": answer('{"images": [5], "info": "{}"}'),
    "info is an object": answer('{"images": ["AAAA"], "info": {}}'),
    "deep info": answer(json.dumps({"images": ["AAAA"], "info": deep(100_000)})),
    "not a picture": generation(),
    "model is a list": generation(sd_model_name=[1]),
    "model with a surrogate": generation(sd_model_name="\ud800", infotexts=["\ud800\x1b[2J"]),
    "infotexts of numbers": generation(infotexts=[5]),
    "infotexts is a number": generation(infotexts=5),
    "seeds of texts": generation(all_seeds=["x"]),
    "huge seeds": generation(all_seeds=[10**400]),
    "negative first image": generation(index_of_first_image=-5),
    "first image is a text": generation(index_of_first_image="x"),
    "params is a list": generation(extra_generation_params=[]),
    "huge steps": generation(steps=10**19, cfg_scale=10**400),
}
