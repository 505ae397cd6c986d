"""Who may call: credentials, origins, host names, sizes, and a server without its page."""

import base64
import http.client
from urllib.parse import urlsplit

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake

GOOD, OTHER, EVIL = "http://good.example", "http://other.example", "http://evil.example"
NONE_GIVEN = "Not authenticated"
WRONG = "Incorrect username or password"
UNREADABLE = "Invalid authentication credentials"
SAMPLERS = "/sdapi/v1/samplers"


def basic(credentials: str) -> str:
    """Return an Authorization header."""
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


@pytest.fixture(scope="module")
def guarded(start_fake: StartFake) -> FakeWebUI:
    """A server that asks for credentials, and lets two origins in."""
    flags = ["--api-auth", "user:pw,u2:p2", "--cors-allow-origins", f"{GOOD},{OTHER}"]
    return start_fake("guarded", *flags)


@pytest.fixture(scope="module")
def pageless(start_fake: StartFake) -> FakeWebUI:
    """A server without its page, that has the server-* routes."""
    return start_fake("pageless", "--nowebui", "--api-server-stop")


def refused(detail: str) -> tuple[int, dict[str, str]]:
    """Return status and body of a 401."""
    return 401, {"error": "HTTPException", "detail": detail, "body": "", "errors": ""}


@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        (None, NONE_GIVEN),
        ("", NONE_GIVEN),
        ("Bearer abc", NONE_GIVEN),
        ("Basic ", UNREADABLE),
        ("Basic %%%", UNREADABLE),
        (basic("userpw"), UNREADABLE),
        (basic("üser:pw"), UNREADABLE),
        (basic("user:bad"), WRONG),
        (basic("nobody:pw"), WRONG),
        (basic("user:"), WRONG),
    ],
)
def test_wrong_credentials_are_refused_in_the_webuis_words(
    guarded: FakeWebUI, authorization: str | None, detail: str
) -> None:
    """Always 401, and never a header that makes browsers ask."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.get(guarded.url + SAMPLERS, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()) == refused(detail)
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("credentials", ["user:pw", "u2:p2"])
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_right_credentials_are_let_in(guarded: FakeWebUI, credentials: str, scheme: str) -> None:
    """Any of the accounts, in any spelling of the scheme."""
    headers = {"Authorization": basic(credentials).replace("Basic", scheme)}
    assert requests.get(guarded.url + SAMPLERS, headers=headers, timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sdapi/v1/loras"),
        ("POST", "/sdapi/v1/refresh-loras"),
        ("GET", "/internal/ping"),
        ("GET", "/internal/sysinfo"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/"),
        ("GET", "/__fake/v1/health"),
    ],
)
def test_some_paths_need_no_credentials(guarded: FakeWebUI, method: str, path: str) -> None:
    """What is not the core API is open."""
    assert requests.request(method, guarded.url + path, timeout=60).status_code == 200


def test_json_comes_before_credentials_and_validation_after(guarded: FakeWebUI) -> None:
    """A malformed body is a 422 to strangers too, an invalid one a 401."""
    url = f"{guarded.url}/sdapi/v1/txt2img"
    assert requests.post(url, data=b'{"a', timeout=60).status_code == 422
    assert requests.post(url, json={"steps": "abc"}, timeout=60).status_code == 401
    auth = ("user", "pw")
    assert requests.post(url, json={"steps": "abc"}, auth=auth, timeout=60).status_code == 422


def test_a_wrong_method_comes_before_credentials(guarded: FakeWebUI) -> None:
    """Routing is first of all."""
    assert requests.delete(guarded.url + SAMPLERS, timeout=60).status_code == 405


def test_without_accounts_credentials_are_ignored(fake: FakeWebUI) -> None:
    """Some clients always send an empty header."""
    headers = {"Authorization": "Basic "}
    assert requests.get(fake.url + SAMPLERS, headers=headers, timeout=60).status_code == 200


@pytest.mark.parametrize(("origin", "allowed"), [(GOOD, GOOD), (OTHER, OTHER), (EVIL, None)])
def test_only_allowed_origins_are_named(
    guarded: FakeWebUI, origin: str, allowed: str | None
) -> None:
    """The request itself is answered either way; the browser decides."""
    answer = requests.get(f"{guarded.url}/internal/ping", headers={"Origin": origin}, timeout=60)
    assert answer.status_code == 200
    assert answer.headers.get("access-control-allow-origin") == allowed
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_a_refusal_can_be_read_by_an_allowed_origin(guarded: FakeWebUI) -> None:
    """A 401 carries the CORS headers."""
    answer = requests.get(guarded.url + SAMPLERS, headers={"Origin": GOOD}, timeout=60)
    assert answer.headers["access-control-allow-origin"] == GOOD


@pytest.mark.parametrize(
    ("origin", "method", "status", "text"),
    [
        (GOOD, "POST", 200, "OK"),
        (EVIL, "POST", 400, "Disallowed CORS origin"),
        (GOOD, "PURGE", 400, "Disallowed CORS method"),
        (EVIL, "PURGE", 400, "Disallowed CORS origin, method"),
    ],
)
def test_a_preflight_says_what_is_disallowed(
    guarded: FakeWebUI, origin: str, method: str, status: int, text: str
) -> None:
    """It is answered before credentials are asked for."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = requests.options(f"{guarded.url}/sdapi/v1/txt2img", headers=headers, timeout=60)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_without_origins_no_page_may_call(fake: FakeWebUI) -> None:
    """The preflight of every origin is refused."""
    headers = {"Origin": GOOD, "Access-Control-Request-Method": "GET"}
    answer = requests.options(fake.url + SAMPLERS, headers=headers, timeout=60)
    assert (answer.status_code, answer.text) == (400, "Disallowed CORS origin")


@pytest.mark.parametrize("path", ["/", "/internal/ping", "/internal/sysinfo", "/config", "/user"])
def test_without_its_page_a_server_has_only_the_api(pageless: FakeWebUI, path: str) -> None:
    """With --nowebui the page's own paths are gone."""
    answer = requests.get(pageless.url + path, timeout=60)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    assert requests.get(pageless.url + SAMPLERS, timeout=60).status_code == 200


def test_without_its_page_a_server_only_says_that_it_stops(pageless: FakeWebUI) -> None:
    """The answer has no content type, and the server stays."""
    answer = requests.post(f"{pageless.url}/sdapi/v1/server-stop", timeout=60)
    assert (answer.status_code, answer.text) == (200, "Stopping.")
    assert "content-type" not in answer.headers
    assert requests.get(pageless.url + SAMPLERS, timeout=60).status_code == 200


def test_a_server_can_not_restart_itself(pageless: FakeWebUI) -> None:
    """The real one can where its launcher script started it."""
    answer = requests.post(f"{pageless.url}/sdapi/v1/server-restart", timeout=60)
    assert (answer.status_code, answer.text) == (501, "")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7860", 200),
        ("127.0.0.1", 200),
        ("127.0.0.9:1", 200),
        ("[::1]:7860", 200),
        ("[::1]", 200),
        ("webui.localhost", 200),
        ("LOCALHOST", 200),
        ("", 400),
        ("evil.example", 400),
        ("evil.example:7860", 400),
        ("127.0.0.1.evil.example", 400),
        ("[127.0.0.1]evil.com", 400),
        ("[::1]evil.com", 400),
        ("[127.0.0.1]", 400),
        ("evil.com#.localhost", 400),
        ("evil.com/.localhost", 400),
        ("evil.com@localhost", 400),
        ("evil.com .localhost", 400),
        ("localhost:80:evil.com", 400),
        ("0.0.0.0:7860", 400),
        ("host.docker.internal", 400),
        ("192.168.1.5:7860", 400),
    ],
)
def test_a_server_is_steered_under_loopback_names_alone(
    fake: FakeWebUI, host: str, status: int
) -> None:
    """A page of another site can't steer it by pointing its own name at 127.0.0.1."""
    assert status_for(fake, "/__fake/v1/health", host) == status


@pytest.mark.parametrize("host", ["webui", "host.docker.internal", "0.0.0.0:1", "evil.com#.x", ""])
def test_the_webui_answers_under_any_name(fake: FakeWebUI, host: str) -> None:
    """The real server never looks at the name."""
    assert status_for(fake, "/internal/ping", host) == 200


def test_more_names_to_steer_it_under_can_be_allowed(
    start_fake: StartFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By flags, or by the environment with spaces in between; case does not count."""
    flagged = start_fake("named", "--allow-host", "webui", "--allow-host", "Fake.Example")
    monkeypatch.setenv("FAKE_WEBUI_ALLOW_HOST", "webui fake.example")
    for server in (flagged, start_fake("named-too")):
        hosts = ("webui:7860", "fake.example", "FAKE.example", "localhost", "web", "webui.example")
        found = [status_for(server, "/__fake/v1/health", host) for host in hosts]
        assert found == [200, 200, 200, 200, 400, 400]


def status_for(fake: FakeWebUI, path: str, host: str) -> int:
    """Return the status of a GET under a name."""
    connection = http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=60)
    connection.request("GET", path, headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_body_over_the_limit_is_refused(
    start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With 413, while the client is still sending."""
    config = tmp_path_factory.mktemp("limit") / "limit.toml"
    config.write_text("max_body_bytes = 100000\n")
    server = start_fake("limit", "--config", str(config))
    body = b'{"prompt": "%s"}' % (b"x" * 2_000_000)
    answer = requests.post(f"{server.url}/sdapi/v1/txt2img", data=body, timeout=60)
    assert answer.status_code == 413
    small = {"prompt": "x", "width": 8, "height": 8, "steps": 1}
    assert (
        requests.post(f"{server.url}/sdapi/v1/txt2img", json=small, timeout=60).status_code == 200
    )
