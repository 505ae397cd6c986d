"""Paths, methods and headers, as the real server's framework treats them."""

import gzip
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from fake_webui import FakeWebUI

NOT_FOUND = {"detail": "Not Found"}
NOT_ALLOWED = {"detail": "Method Not Allowed"}

UNKNOWN = [
    ("GET", "/sdapi/v1/nope"),
    ("POST", "/sdapi/v1/nope"),
    ("GET", "/sdapi/v1"),
    ("GET", "//sdapi/v1/samplers"),
    ("GET", "/controlnet/version"),
    ("GET", "/SDAPI/v1/samplers"),
    ("OPTIONS", "/nope"),
    ("POST", "/sdapi/v1/server-stop"),
    ("POST", "/sdapi/v1/server-kill"),
    ("POST", "/sdapi/v1/server-restart"),
]
REFUSED = [
    ("POST", "/sdapi/v1/samplers", "GET"),
    ("DELETE", "/sdapi/v1/txt2img", "POST"),
    ("GET", "/sdapi/v1/txt2img", "POST"),
    ("PUT", "/sdapi/v1/options", "GET"),
    ("OPTIONS", "/sdapi/v1/samplers", "GET"),
    ("PATCH", "/internal/ping", "GET"),
    ("GET", "/sdapi/v1/interrupt", "POST"),
]
GATES: list[tuple[str, Any]] = [
    ("/user", None),
    ("/login_check", None),
    ("/token", {"token": None, "user": None}),
    ("/startup-events", False),
    ("/info", {"named_endpoints": {}, "unnamed_endpoints": {}}),
    ("/internal/ping", {}),
]


def ask(
    fake: FakeWebUI, method: str, path: str, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a request with exactly this path; return the answer and its body as it came."""
    connection = http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=60)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_an_unknown_path_is_not_found_and_marked_unmatched(
    fake: FakeWebUI, method: str, path: str
) -> None:
    """Nothing that is not imitated is ever answered with success."""
    answer, body = ask(fake, method, path)
    assert (answer.status, json.loads(body)) == (404, NOT_FOUND)
    assert [entry["matched"] for entry in fake.requests()] == [False]


@pytest.mark.parametrize(("method", "path", "allowed"), REFUSED)
def test_a_wrong_method_names_the_first_that_is_there(
    fake: FakeWebUI, method: str, path: str, allowed: str
) -> None:
    """`allow` has one method even where the path has two."""
    answer, body = ask(fake, method, path)
    assert (answer.status, json.loads(body)) == (405, NOT_ALLOWED)
    assert answer.getheader("allow") == allowed


def test_head_is_refused_where_the_page_does_not_ask_for_it(fake: FakeWebUI) -> None:
    """API routes have no HEAD; the page and the descriptions do."""
    refused, _ = ask(fake, "HEAD", "/sdapi/v1/samplers")
    assert (refused.status, refused.getheader("content-type")) == (405, "application/json")
    assert [ask(fake, "HEAD", path)[0].status for path in ("/", "/docs", "/openapi.json")] == [
        200
    ] * 3


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/sdapi/v1/samplers/", "/sdapi/v1/samplers"),
        ("/internal/ping///", "/internal/ping"),
        ("/sdapi/v1/samplers/?x=1", "/sdapi/v1/samplers?x=1"),
    ],
)
def test_a_trailing_slash_is_redirected(fake: FakeWebUI, path: str, other: str) -> None:
    """With 307, so that a POST stays one; the query goes along."""
    answer, body = ask(fake, "GET", path)
    assert (answer.status, body) == (307, b"")
    assert answer.getheader("location") == fake.url + other


@pytest.mark.parametrize(("path", "expected"), GATES)
def test_connection_gates_answer_as_a_page_without_users(
    fake: FakeWebUI, path: str, expected: Any
) -> None:
    """Clients look at these to see whether a WebUI is there."""
    assert requests.get(fake.url + path, timeout=60).json() == expected


def test_the_page_has_a_config_an_id_and_an_empty_queue(fake: FakeWebUI) -> None:
    """Their shapes are those of the page's framework."""
    config = requests.get(f"{fake.url}/config", timeout=60).json()
    assert {"version", "mode", "components", "dependencies"} <= config.keys()
    assert isinstance(requests.get(f"{fake.url}/app_id", timeout=60).json()["app_id"], int)
    queue = requests.get(f"{fake.url}/queue/status", timeout=60).json()
    assert (queue["msg"], queue["queue_size"]) == ("estimation", 0)


def test_logging_in_leads_to_the_page(fake: FakeWebUI) -> None:
    """There are no users, so every name will do, but there must be one."""
    form = {"username": "a", "password": "b"}
    answer = requests.post(f"{fake.url}/login", data=form, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    refused = requests.post(f"{fake.url}/login", data={"username": "a"}, timeout=60)
    assert [entry["loc"] for entry in refused.json()["detail"]] == [["body", "password"]]


def test_long_answers_are_compressed_for_those_who_ask(fake: FakeWebUI) -> None:
    """1000 bytes is where it begins."""
    packed, body = ask(fake, "GET", "/sdapi/v1/samplers", Accept_Encoding="gzip, deflate")
    assert packed.getheader("content-encoding") == "gzip"
    assert json.loads(gzip.decompress(body))[0]["name"] == "DPM++ 2M"
    for path, encoding in [("/sdapi/v1/samplers", "identity"), ("/internal/ping", "gzip")]:
        plain, _ = ask(fake, "GET", path, Accept_Encoding=encoding)
        assert plain.getheader("content-encoding") is None


def test_answers_say_how_long_they_took_unless_a_handler_broke(fake: FakeWebUI) -> None:
    """`server` is the real one's; a 500 from inside a handler has no time."""
    answer = requests.get(f"{fake.url}/sdapi/v1/samplers", timeout=60)
    assert float(answer.headers["x-process-time"]) >= 0
    assert answer.headers["server"] == "uvicorn"
    broken = requests.post(f"{fake.url}/sdapi/v1/options", json={"nope": 1}, timeout=60)
    assert broken.status_code == 500
    assert "x-process-time" not in broken.headers


def test_a_connection_is_kept_for_the_next_request(fake: FakeWebUI) -> None:
    """Several requests go over one socket, after a refused body too."""
    connection = http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=60)
    connection.connect()
    port = connection.sock.getsockname()
    for path, body in [("/internal/ping", None), ("/sdapi/v1/nope", b"x" * 5000)] * 2:
        connection.request("GET", path, body=body)
        connection.getresponse().read()
        assert connection.sock.getsockname() == port
    connection.close()


def test_a_body_may_come_in_chunks(fake: FakeWebUI) -> None:
    """Without a length the chunks are put together."""
    chunks = iter([b'{"jpeg_', b'quality": 71}'])
    answer = requests.post(f"{fake.url}/sdapi/v1/options", data=chunks, timeout=60)
    assert (answer.status_code, answer.json()) == (200, None)
    options = requests.get(f"{fake.url}/sdapi/v1/options", timeout=60).json()
    assert options["jpeg_quality"] == 71


def test_the_flags_show_how_the_server_was_started(fake: FakeWebUI) -> None:
    """In the real one's names, for the flags that both have."""
    flags = requests.get(f"{fake.url}/sdapi/v1/cmd-flags", timeout=60).json()
    assert (flags["api"], flags["nowebui"], flags["api_auth"]) == (True, False, None)
    assert flags["port"] == fake.url.rpartition(":")[2]
