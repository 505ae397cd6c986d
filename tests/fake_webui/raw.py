"""Talking to a server over a bare socket."""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fake_webui import FakeWebUI

PING = b"GET /internal/ping HTTP/1.1\r\nHost: h\r\n\r\n"


@dataclass
class Answer:
    """One answer: its first line, its headers with small names in their order, its body."""

    line: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def status(self) -> int:
        """The number in the first line."""
        return int(self.line.split(" ")[1])

    def header(self, name: str) -> str | None:
        """Return a header's value, None without it."""
        return dict(self.headers).get(name)


@contextmanager
def connect(fake: FakeWebUI, timeout_s: float = 30) -> Iterator[socket.socket]:
    """Open a connection."""
    address = urlsplit(fake.url)
    with socket.create_connection((address.hostname, address.port or 80), timeout_s) as client:
        yield client


def talk(fake: FakeWebUI, sent: bytes, count: int = 1) -> list[Answer]:
    """Send bytes and return as many answers as come, at most `count`."""
    with connect(fake) as client:
        client.sendall(sent)
        return list(read_answers(client, count))


def ask(fake: FakeWebUI, sent: bytes) -> tuple[Answer, bool]:
    """Send bytes; return the answer, and whether a second request is answered after it."""
    with connect(fake) as client:
        client.sendall(sent)
        (answer,) = read_answers(client, 1)
        try:
            client.sendall(PING)
            return answer, bool(client.recv(1))
        except OSError:
            return answer, False


def read_answers(client: socket.socket, count: int) -> Iterator[Answer]:
    """Yield answers to anything but HEAD, until there are `count` or the connection ends."""
    with client.makefile("rb") as stream:
        for _ in range(count):
            if not (line := stream.readline()):
                return
            answer = Answer(line.decode().rstrip("\r\n"), list(read_headers(stream)))
            answer.body = read_body(stream, answer)
            yield answer


def read_headers(stream: io.BufferedReader) -> Iterator[tuple[str, str]]:
    """Yield names in small letters, and values."""
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def read_body(stream: io.BufferedReader, answer: Answer) -> bytes:
    """Return the body, by its length, in chunks, or up to the end of the connection."""
    if (length := answer.header("content-length")) is not None:
        return stream.read(int(length))
    if answer.header("transfer-encoding") != "chunked":
        return stream.read()
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body
