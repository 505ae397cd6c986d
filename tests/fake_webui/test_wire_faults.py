"""What faults of the connection look like to a raw socket and to an HTTP client."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from urllib.parse import urlsplit

import pytest
import requests

from fake_webui import FakeWebUI
from tests.support import duration_s

TXT2IMG = "/sdapi/v1/txt2img"
OPTIONS = "/sdapi/v1/options"
SAMPLERS = "/sdapi/v1/samplers"
ROOM_BYTES = 16 * 1024
SMALL = {"prompt": "a cat", "width": 64, "height": 64, "steps": 4, "seed": 1}


def pieces(fake: FakeWebUI, path: str = SAMPLERS) -> Iterator[bytes]:
    """Send a GET over a raw socket and yield what comes, up to the end of the connection."""
    address = urlsplit(fake.url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        while piece := connection.recv(65536):
            yield piece


def exchange(fake: FakeWebUI, path: str = SAMPLERS) -> bytes:
    """Send a GET over a raw socket and return every byte up to the end of the connection."""
    return b"".join(pieces(fake, path))


def test_reset_is_a_reset_before_a_byte(fake: FakeWebUI) -> None:
    """The client gets ECONNRESET, not an orderly end."""
    fake.fault("reset", SAMPLERS, when="first")
    with pytest.raises(ConnectionResetError):
        exchange(fake)
    assert fake.requests()[0]["status"] is None
    assert exchange(fake).startswith(b"HTTP/1.1 200 ")


def test_reset_mid_body_sends_half_of_it_first(fake: FakeWebUI) -> None:
    """Headers with the full length, exactly half of the body, then ECONNRESET."""
    whole = requests.get(fake.url + OPTIONS, timeout=60, headers={"Accept-Encoding": ""}).content
    fake.fault("reset-mid-body", OPTIONS, when="first")
    address = urlsplit(fake.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("GET", OPTIONS)
    answer = connection.getresponse()
    assert int(answer.headers["Content-Length"]) == len(whole)
    received = answer.read(len(whole) // 2)
    assert received == whole[: len(whole) // 2]
    with pytest.raises(ConnectionResetError):
        answer.read(1)
    connection.close()


def test_half_of_a_large_body_arrives_at_a_slow_reader(fake: FakeWebUI) -> None:
    """The reset waits until the peer has taken everything, however slowly it reads."""
    fake.fault("reset-mid-body", TXT2IMG, when="first")
    address = urlsplit(fake.url)
    body = json.dumps(SMALL | {"width": 512, "height": 512, "batch_size": 64})
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.sock = with_little_room(str(address.hostname), address.port)
    connection.request("POST", TXT2IMG, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    half = int(answer.headers["Content-Length"]) // 2
    assert half > 10 * ROOM_BYTES
    for _ in range(5):
        fake.health()  # it has had the time to go too early
    pieces = [answer.read(min(1000, half - start)) for start in range(0, half, 1000)]
    assert sum(map(len, pieces)) == half
    with pytest.raises(ConnectionResetError):
        answer.read(1)
    connection.close()


def with_little_room(host: str, port: int | None) -> socket.socket:
    """Open a connection whose far end has to keep nearly all of a large body until it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
    connection.settimeout(20)
    connection.connect((host, port))
    return connection


def test_empty_is_an_orderly_end_without_a_byte(fake: FakeWebUI) -> None:
    """The connection is closed, not reset, and nothing was sent."""
    fake.fault("empty", SAMPLERS, when="first")
    assert exchange(fake) == b""


def test_hang_sends_nothing_and_holds_nobody_up(fake: FakeWebUI) -> None:
    """No byte comes, others are served, and reset ends it."""
    fake.fault("hang", TXT2IMG, when="first")
    with ThreadPoolExecutor() as pool:
        hung = pool.submit(requests.post, fake.url + TXT2IMG, json=SMALL, timeout=60)
        fake.wait(path=TXT2IMG)
        assert requests.post(fake.url + TXT2IMG, json=SMALL, timeout=60).status_code == 200
        assert not hung.done()
        fake.reset()
        with pytest.raises(requests.ConnectionError):
            hung.result(60)


def test_a_hung_client_may_give_up(fake: FakeWebUI) -> None:
    """The client's read timeout ends the hang on the server too."""
    fake.fault("hang", SAMPLERS, when="first")
    with pytest.raises(requests.ReadTimeout):
        requests.get(fake.url + SAMPLERS, timeout=1.0)
    assert requests.get(fake.url + SAMPLERS, timeout=60).ok


def test_delay_holds_the_answer_back(fake: FakeWebUI) -> None:
    """The answer is the usual one, late."""
    fake.fault("delay", SAMPLERS, when="first", seconds=0.3)
    started = time.monotonic()
    assert requests.get(fake.url + SAMPLERS, timeout=60).ok
    assert time.monotonic() - started >= 0.3
    assert duration_s(fake.requests()[0]) >= 0.3


def test_reset_ends_a_delay(fake: FakeWebUI) -> None:
    """Nobody waits for the rest of a delay after a reset."""
    fake.fault("delay", SAMPLERS, when="first", seconds=3600)
    with ThreadPoolExecutor() as pool:
        late = pool.submit(requests.get, fake.url + SAMPLERS, timeout=60)
        fake.wait(path=SAMPLERS)
        fake.reset()
        assert late.result(60).ok


def test_the_slowest_line_brings_one_byte_at_a_time(fake: FakeWebUI) -> None:
    """No rate is too low for a piece of the body."""
    fake.fault("throttle", SAMPLERS, when="first", bytes_per_second=8)
    arriving = pieces(fake)
    assert any(b"\r\n\r\n" in piece for piece in arriving)
    assert any(len(piece) == 1 for piece in islice(arriving, 20))  # a busy machine brings more


def test_dribble_sends_the_whole_body_bit_by_bit(fake: FakeWebUI) -> None:
    """Many pieces over the time asked for, and together the usual body."""
    whole = requests.get(fake.url + SAMPLERS, timeout=60).content
    fake.fault("dribble", SAMPLERS, when="first", seconds=0.4, pieces=8)
    started = time.monotonic()
    arrivals = list(pieces(fake))
    assert time.monotonic() - started >= 0.3
    assert len(arrivals) >= 6
    assert b"".join(arrivals).endswith(whole)
