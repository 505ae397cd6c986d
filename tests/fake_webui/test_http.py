"""HTTP as the real server speaks it: connections, bodies, and what it does not take for HTTP."""

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.raw import PING, Answer, ask, connect, read_answers, talk
from tests.support import wait_until

IDLE_S = 5.0
REFUSAL = b"Invalid HTTP request received."
HOST = b"Host: 127.0.0.1\r\n"
GOOD = json.dumps({"prompt": "x", "width": 8, "height": 8, "steps": 1}).encode()
POST = b"POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SIZED = POST + b"Content-Length: %d\r\n" % len(GOOD)


def get(path: bytes, *headers: bytes, version: bytes = b"1.1", host: bytes = HOST) -> bytes:
    """Return a GET as it is sent."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"GET " + path + b" HTTP/" + version + b"\r\n" + host + lines + b"\r\n"


def chunks(data: bytes, size: int) -> bytes:
    """Return data as chunks of a size."""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        get(b"/internal/ping", b"Connection: close"),
        get(b"/internal/ping", b"Connection: Close"),
        get(b"/internal/ping", b"Connection: x, close"),
        get(b"/internal/ping", version=b"1.0"),
        get(b"/internal/ping", version=b"1.0", host=b""),
        get(b"/internal/ping", b"Connection: keep-alive", version=b"1.0"),
        get(b"/sdapi/v1/nope", b"Connection: close"),
        SIZED + b"Connection: close\r\n\r\n" + GOOD,
    ],
)
def test_an_answer_that_ends_its_connection_says_so(fake: FakeWebUI, sent: bytes) -> None:
    """Clients that pool connections would send their next request into the void."""
    answer, goes_on = ask(fake, sent)
    assert (answer.header("connection"), goes_on) == ("close", False)
    assert answer.line.startswith("HTTP/1.1 ")


@pytest.mark.parametrize(
    "sent",
    [
        PING,
        get(b"/internal/ping", b"Connection: keep-alive"),
        get(b"/internal/ping", b"Connection: Upgrade", b"Upgrade: h2c"),
        get(b"/internal/ping", version=b"1.9"),
        get(b"/internal/ping", version=b"2.0"),
        get(b"/sdapi/v1/nope"),
        SIZED + b"\r\n" + GOOD,
    ],
)
def test_any_other_connection_is_kept(fake: FakeWebUI, sent: bytes) -> None:
    """The answer does not speak of it."""
    answer, goes_on = ask(fake, sent)
    assert (answer.header("connection"), goes_on) == (None, True)


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (PING, "HTTP/1.1 200 OK"),
        (get(b"/robots.txt/"), "HTTP/1.1 307 Temporary Redirect"),
        (get(b"/nope"), "HTTP/1.1 404 Not Found"),
        (get(b"/sdapi/v1/txt2img"), "HTTP/1.1 405 Method Not Allowed"),
        (POST + b"Content-Length: 0\r\n\r\n", "HTTP/1.1 422 Unprocessable Entity"),
        (
            POST + b'Content-Length: 11\r\n\r\n{"steps":0}',
            "HTTP/1.1 500 Internal Server Error",
        ),
    ],
)
def test_a_status_has_its_words(fake: FakeWebUI, sent: bytes, line: str) -> None:
    """Clients show them to people; they are the same in every version of Python."""
    assert ask(fake, sent)[0].line == line


def test_headers_stand_in_the_real_servers_order(fake: FakeWebUI) -> None:
    """With small letters, date and server first."""
    with connect(fake) as client:
        client.sendall(get(b"/internal/ping", b"Connection: close"))
        head = b"".join(iter(lambda: client.recv(4096), b"")).partition(b"\r\n\r\n")[0]
    lines = [line.split(b": ") for line in head.split(b"\r\n")[1:]]
    names = [b"date", b"server", b"content-length", b"content-type", b"x-process-time"]
    assert [name for name, _ in lines[:5]] == names
    assert [value for _, value in lines[1:4]] == [b"uvicorn", b"2", b"application/json"]
    (answer,) = talk(fake, get(b"/sdapi/v1/txt2img"))
    assert [name for name, _ in answer.headers[2:5]] == ["allow", "content-length", "content-type"]


def test_a_body_that_is_held_back_is_asked_for_at_once(fake: FakeWebUI) -> None:
    """`Expect: 100-continue`; the answer follows the body."""
    with connect(fake) as client:
        client.sendall(SIZED + b"Expect: 100-continue\r\n\r\n")
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(GOOD)
        (answer,) = read_answers(client, 1)
    assert answer.status == 200


def test_a_body_that_is_there_is_not_asked_for(fake: FakeWebUI) -> None:
    """Nor is one for which something else is expected."""
    for expected in (b"100-continue", b"200-ok"):
        (answer,) = talk(fake, SIZED + b"Expect: " + expected + b"\r\n\r\n" + GOOD)
        assert answer.status == 200


def test_an_idle_connection_is_closed_but_not_one_in_the_middle_of_a_request(
    fake: FakeWebUI, start_fake: StartFake
) -> None:
    """After five seconds; a server without its page waits longer."""
    pageless = start_fake("pageless", "--nowebui")
    with ExitStack() as stack:
        idle, half_sent, silent = (stack.enter_context(connect(fake)) for _ in range(3))
        without_page = stack.enter_context(connect(pageless))
        half_sent.sendall(PING[:20])
        asked_s = time.monotonic()
        for client in (idle, without_page):
            client.sendall(get(b"/sdapi/v1/samplers"))
            next(iter(read_answers(client, 1)))
        assert idle.recv(1) == b""
        assert time.monotonic() - asked_s >= IDLE_S
        half_sent.sendall(PING[20:])
        silent.sendall(PING)
        without_page.sendall(get(b"/sdapi/v1/samplers"))
        for client in (half_sent, silent, without_page):
            assert next(iter(read_answers(client, 1))).status == 200


MALFORMED = {
    "no HTTP at all": b"nonsense\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "HTTP/0.9": b"GET /internal/ping\r\n\r\n",
    "an empty line first": b"\r\n" + PING,
    "no Host": get(b"/internal/ping", host=b""),
    "two Hosts": get(b"/internal/ping", b"Host: b"),
    "a space before a colon": get(b"/internal/ping", host=b"Host : h\r\n"),
    "a header without a name": get(b"/internal/ping", b": x"),
    "NUL in a header": get(b"/internal/ping", b"X: a\0b"),
    "tabs in the first line": PING.replace(b" /internal/ping ", b"\t/internal/ping\t"),
    "a space in the address": get(b"/internal/ping x"),
    "letters in UTF-8 in the address": get("/internal/ping/é".encode()),
    "an address with a host that is none": get(b"http://["),
    "a length that is no number": POST + b"Content-Length: many\r\n\r\n",
    "a negative length": POST + b"Content-Length: -5\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\n{}   ",
    "two lengths": SIZED + b"Content-Length: 5\r\n\r\n" + GOOD,
    "a transfer that is not chunked": get(b"/internal/ping", b"Transfer-Encoding: identity"),
    "a head without end": b"GET / HTTP/1.1\r\nX: " + b"x" * 400_000,
}
BAD_CHUNKS = {
    "a transfer that is packed too": POST
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
    + chunks(GOOD, 9),
    "no number": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "a negative size": CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
    "a size with a sign": CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n",
    "a size with an underscore": CHUNKED + b"1_0\r\n" + b" " * 16 + b"\r\n0\r\n\r\n",
    "a size in other letters": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "no size": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "a later chunk": CHUNKED + b"2\r\n{}\r\nzz\r\n",
    "more than its size": CHUNKED + b"2\r\n{}{}\r\n0\r\n\r\n",
}


def assert_refused(answers: list[Answer]) -> None:
    """Check that there is nothing but the plain refusal."""
    (answer,) = answers
    assert (answer.line, answer.body) == ("HTTP/1.1 400 Bad Request", REFUSAL)
    assert answer.headers[0] == ("content-type", "text/plain; charset=utf-8")
    assert answer.header("connection") == "close"
    assert not {"server", "date", "content-length"} & dict(answer.headers).keys()


@pytest.mark.parametrize("what", MALFORMED | BAD_CHUNKS)
def test_what_is_not_http_is_refused_in_plain_text(fake: FakeWebUI, what: str) -> None:
    """The connection ends, nothing reaches the journal, and the server goes on."""
    assert_refused(talk(fake, (MALFORMED | BAD_CHUNKS)[what], 2))
    assert fake.requests() == []
    assert ask(fake, PING)[0].status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (get(b"/internal/ping", b"X: " + b"x" * 70_000), 200),
        (get(b"/internal/ping", *(b"X-%d: v" % n for n in range(300))), 200),
        (get(b"/internal/ping", b"X: a", b" folded"), 200),
        (get(b"/internal/ping", b"X: \xe9"), 200),
        (get(b"/internal/ping?" + b"y" * 70_000), 200),
        (PING.replace(b"\r\n", b"\n"), 200),
        (PING.replace(b"GET", b"get"), 405),
        (PING.replace(b"GET", b"FOO"), 405),
        (get(b"http://h/internal/ping"), 404),
        (get(b"//["), 404),
        (PING.replace(b"GET /internal/ping", b"OPTIONS *"), 404),
        (PING.replace(b"GET /internal/ping", b"CONNECT h:80"), 404),
        (SIZED + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD, 200),
        (POST.replace(b"1.1", b"1.0") + b"\r\n", 422),
        (CHUNKED + chunks(GOOD, 1), 200),
        (CHUNKED + chunks(GOOD, 1000), 200),
        (CHUNKED.replace(b"chunked", b"Chunked") + chunks(GOOD, 16), 200),
        (CHUNKED + b"%x;a=b\r\n%s\r\n0\r\nX-T: 1\r\n\r\n" % (len(GOOD), GOOD), 200),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(GOOD, 9), 200),
    ],
)
def test_what_is_unusual_is_answered(fake: FakeWebUI, sent: bytes, status: int) -> None:
    """As the real server does."""
    (answer,) = talk(fake, sent)
    assert (answer.status, answer.header("server")) == (status, "uvicorn")


def test_requests_may_be_sent_ahead(fake: FakeWebUI) -> None:
    """They are answered in their order; a body that nobody asked for is no request."""
    samplers = get(b"/sdapi/v1/samplers", b"Content-Length: 2") + b"{}"
    answers = talk(fake, SIZED + b"\r\n" + GOOD + samplers + PING, 3)
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [answer.body[:2] for answer in answers] == [b'{"', b"[{", b"{}"]


def test_what_follows_the_last_request_is_refused(fake: FakeWebUI) -> None:
    """The refusal takes the place of the answer, and the request is not served."""
    closing = get(b"/internal/ping", b"Connection: close")
    for sent in (closing + PING, SIZED + b"Connection: close\r\n\r\n" + GOOD + PING):
        assert_refused(talk(fake, sent, 2))
    assert fake.requests() == []


def test_a_head_is_answered_without_a_body(fake: FakeWebUI) -> None:
    """With the length that the body would have."""
    with connect(fake) as client:
        client.sendall(b"HEAD /internal/ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(4096), b""))
    assert received.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
    assert b"content-length: 31\r\n" in received
    assert received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt": "\xff"}',
        b"\x1f\x8b\x08\0\0",
        b"[" * 100_000,
        '{"prompt": "é"}'.encode("cp1252"),
    ],
)
@pytest.mark.parametrize("path", ["/sdapi/v1/txt2img", "/sdapi/v1/options", "/internal/progress"])
def test_a_body_that_is_not_text_is_a_400_and_nothing_else(
    fake: FakeWebUI, path: str, body: bytes
) -> None:
    """The framework answers, not the WebUI."""
    headers = {"Content-Type": "application/json"}
    answer = requests.post(fake.url + path, data=body, headers=headers, timeout=60)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "There was an error parsing the body"}


def test_logging_in_where_there_are_no_users_leads_to_the_page(fake: FakeWebUI) -> None:
    """Without a body, and without a type for it."""
    form = {"username": "a", "password": "b"}
    answer = requests.post(f"{fake.url}/login", form, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, "/", b"")
    assert (answer.headers["content-length"], answer.headers.get("content-type")) == ("0", None)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/openapi.json", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
        ("/redoc", "GET, HEAD"),
        ("/", "GET"),
        ("/sdapi/v1/options", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(fake: FakeWebUI, path: str, allowed: str) -> None:
    """Routes of the framework itself name all, others their first."""
    answer = requests.delete(fake.url + path, timeout=60)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_the_icon_is_a_drawing(fake: FakeWebUI) -> None:
    """In SVG."""
    answer = requests.get(f"{fake.url}/favicon.ico", timeout=60)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")


@pytest.mark.parametrize(
    ("path", "headers", "location"),
    [
        ("/redoc/", {"Host": "h:1"}, "http://h:1/redoc"),
        ("/redoc/?a=b&c", {"Host": ""}, "http:///redoc?a=b&c"),
        ("/redoc/", {"Host": "a b"}, "http://a%20b/redoc"),
        ("/queue/status%2F", {"Host": "h"}, "http://h/queue/status"),
        ("/redoc/", {"Host": "h", "X-Forwarded-Proto": "https"}, "https://h/redoc"),
        ("/redoc/", {"Host": "h", "X-Forwarded-Proto": "ftp"}, "http://h/redoc"),
    ],
)
def test_a_slash_too_many_leads_to_the_same_host(
    fake: FakeWebUI, path: str, headers: dict[str, str], location: str
) -> None:
    """As the client names it, and as a proxy on this machine says that it was called."""
    lines = [f"{name}: {value}".encode() for name, value in headers.items()]
    (answer,) = talk(fake, get(path.encode(), *lines, host=b""))
    assert (answer.status, answer.header("location")) == (307, location)


def test_bodies_that_are_abandoned_hold_nobody_up(fake: FakeWebUI) -> None:
    """Six large ones at a time; what did not arrive whole was no request."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(fake)) for _ in range(6)]
        with ThreadPoolExecutor(6) as threads:
            sending = [threads.submit(send_most, client) for client in clients]
            assert ask(fake, PING)[0].status == 200
            for one in sending:
                one.result()
        assert ask(fake, PING)[0].status == 200
    assert ask(fake, PING)[0].status == 200
    assert {entry["path"] for entry in fake.requests()} == {"/internal/ping"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it this way")
def test_bodies_that_are_abandoned_are_let_go(start_fake: StartFake) -> None:
    """Their memory is free again."""
    fake = start_fake("abandoned")
    status = Path(f"/proc/{fake.health()['pid']}/status")
    before = resident_kilobytes(status)
    for _ in range(3):
        with connect(fake) as client:
            send_most(client, 64_000_000)
    wait_until(lambda: resident_kilobytes(status) < before + 48_000)


def resident_kilobytes(status: Path) -> int:
    """Return how much memory a process has."""
    return int(status.read_text().partition("VmRSS:")[2].split()[0])


def send_most(client: socket.socket, size: int = 8_000_000) -> None:
    """Send the head of a request and a part of its large body."""
    client.sendall(POST + b"Content-Length: 200000000\r\n\r\n")
    client.sendall(b" " * size)


@pytest.fixture(scope="module")
def limited(start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory) -> FakeWebUI:
    """A server that takes bodies of a thousand bytes."""
    config = tmp_path_factory.mktemp("limit") / "limit.toml"
    config.write_text("max_body_bytes = 1000")
    return start_fake("limit", "--config", str(config))


@pytest.mark.parametrize(
    "head", [b"Content-Length: 2000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"]
)
def test_a_body_over_the_limit_ends_its_connection(limited: FakeWebUI, head: bytes) -> None:
    """Announced or not; the client gets to read why."""
    body = b" " * 2000 if b"Length" in head else chunks(b" " * 2000, 100)
    answer, goes_on = ask(limited, POST + head + body)
    assert (answer.status, answer.header("connection"), goes_on) == (413, "close", False)


def test_a_body_that_is_announced_as_too_large_is_not_asked_for(limited: FakeWebUI) -> None:
    """It stays where it is."""
    announced = POST + b"Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n"
    assert [answer.status for answer in talk(limited, announced)] == [413]


def test_a_length_beside_chunks_says_nothing(limited: FakeWebUI) -> None:
    """The body is as large as its chunks are."""
    lengths = b"Content-Length: 2000\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert [answer.status for answer in talk(limited, POST + lengths + chunks(GOOD, 9))] == [200]


def test_a_connection_that_is_ended_early_ends_in_order(limited: FakeWebUI) -> None:
    """What the client is still sending is taken in: left unread, it would reset the connection."""
    with connect(limited) as client:
        client.sendall(POST + b"Content-Length: 400000\r\n\r\n" + b" " * 400_000)
        assert [answer.status for answer in read_answers(client, 1)] == [413]
        assert client.recv(1) == b""
        assert ask(limited, PING)[0].status == 200  # a reset has had the time to come
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def test_mistakes_of_clients_are_no_bugs_of_the_fake() -> None:
    """Nothing is said on standard error, and no request stays open for ever."""
    with FakeWebUI("--api-server-stop") as webui:
        for sent in (*MALFORMED.values(), *BAD_CHUNKS.values()):
            talk(webui, sent)
        for sent in (PING[:10], SIZED + b"\r\n{", CHUNKED + b"5\r\n{"):
            with connect(webui) as client:
                client.sendall(sent)
        requests.post(f"{webui.url}/sdapi/v1/server-stop", timeout=60)
        wait_until(lambda: webui.exit_status is not None)
        assert (webui.exit_status, webui.errors()) == (0, "")
