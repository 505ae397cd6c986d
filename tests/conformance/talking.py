"""Requests as bytes, and answers as they came: what a client library would hide."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from fake_webui.upstream.images import describe

TIMEOUT_S = 30.0
SILENCE_S = 3.0  # without an answer where none is expected
IDLE_S = 0.4  # after which a connection that is open was kept
CLOSING_S = 5.0  # within which one that is not kept is closed, on a busy machine too
WITHOUT_BODY = (101, 204, 304)


@dataclass(slots=True)
class Talk:
    """The answers to what was sent, and what became of the connection."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    end: str = "-"
    kept: socket.socket | None = None  # to be looked at once it had time to close
    since_s: float = 0.0

    def settle(self, expected: str) -> None:
        """Wait until it is known whether the server closes the connection, longer if it should."""
        if self.kept is None:
            return
        limit_s = CLOSING_S if expected == "closed" else IDLE_S
        self.kept.settimeout(max(0.001, self.since_s + limit_s - time.monotonic()))
        try:
            self.end = "open" if self.kept.recv(1) else "closed"
        except TimeoutError:
            self.end = "open"
        except OSError:
            self.end = "closed"
        self.kept.close()
        self.kept = None


def talk(address: tuple[str, int], request: dict[str, Any]) -> Talk:
    """Send a recorded request as it is."""
    sock = socket.create_connection(address, TIMEOUT_S)
    told = Talk(since_s=time.monotonic())
    try:
        exchange(sock, request, told)
    except OSError as error:
        told.answers, told.end = [], f"error {type(error).__name__}"
    if told.end == "-" and ("wire" in request or request.get("watch")):
        told.kept, told.since_s = sock, time.monotonic()
    else:
        sock.close()
    return told


def exchange(sock: socket.socket, request: dict[str, Any], told: Talk) -> None:
    """Send a request on a connection and read what is answered."""
    method = request.get("method", request.get("wire", "").partition(" ")[0])
    count = request.get("answers", 1)
    if "wire" in request:
        send_what_it_takes(sock, request["wire"].encode("latin-1"))
    else:
        sock.sendall(encoded(request))
    if count == 0:
        told.end = first_line(sock)
        return
    with sock.makefile("rb") as stream:
        for _ in range(count):
            answer, end = read_answer(stream, method)
            told.answers += [answer] if answer else []
            if end:
                told.end = end
                return


def send_what_it_takes(sock: socket.socket, data: bytes) -> None:
    """Send bytes, as many as the server reads before it answers."""
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return


def first_line(sock: socket.socket) -> str:
    """Return what a server says to a request that waits for leave to send its body."""
    sock.settimeout(SILENCE_S)
    try:
        return "sent " + sock.recv(200).partition(b"\r\n")[0].decode("latin-1")
    except TimeoutError:
        return "silent"


def encoded(request: dict[str, Any]) -> bytes:
    """Return a request as bytes, its headers in the given order."""
    headers = {"Host": "127.0.0.1", **request.get("headers", {})}
    body = request["raw_body"].encode("latin-1") if "raw_body" in request else None
    if "json" in request:
        body = json.dumps(request["json"]).encode()
        headers.setdefault("Content-Type", "application/json")
    if body is not None:
        headers.setdefault("Content-Length", str(len(body)))
    start = f"{request['method']} {request['path']} HTTP/{request.get('version', '1.1')}"
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (body or b"")


def read_answer(stream: BinaryIO, method: str) -> tuple[dict[str, Any] | None, str]:
    """Return an answer, and what became of the connection if it ended with it."""
    interim = 0
    while True:
        line = stream.readline(65537)
        if not line:
            return None, "closed"
        if not line.startswith(b"HTTP/"):
            return {"status": -1}, "not-http"
        version, status, reason = [*line.decode("latin-1").split(None, 2), ""][:3]
        headers = dict(read_headers(stream))
        if status != "100":
            break
        interim += 1
    bodiless = method == "HEAD" or int(status) in WITHOUT_BODY
    answer = {"status": int(status), "version": version, "reason": reason.strip()}
    answer |= {"interim": interim} if interim else {}
    body = b"" if bodiless else read_body(stream, headers)
    return answer | {"headers": headers} | shown(body), "upgraded" if status == "101" else ""


def read_headers(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    """Yield the headers of an answer, names in lower case."""
    while (line := stream.readline(65537).strip(b"\r\n")) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def read_body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    """Return a body in clear, whichever way it is framed."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join(read_chunks(stream))
    elif "content-length" in headers:
        body = stream.read(int(headers["content-length"]))
    else:
        body = stream.read()
    return gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body


def read_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the chunks of a body."""
    while size := int(stream.readline().partition(b";")[0] or b"0", 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()


def shown(body: bytes) -> dict[str, Any]:
    """Return a body as a recording keeps it: JSON with its images described, or text."""
    try:
        return {"json": describe(json.loads(body))}
    except (ValueError, RecursionError):
        return {"text": body.decode("latin-1")}
