"""Flags of the real WebUI that change who sees what, and where."""

from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.raw import talk
from tests.support import started_here

TLS = Path(__file__).parent / "tls"
KEY, CERTIFICATE = TLS / "key.pem", TLS / "certificate.pem"
NOT_AUTHENTICATED = {
    "error": "HTTPException", "detail": "Not authenticated", "body": "", "errors": "",
}  # fmt: skip


def get(fake: FakeWebUI, path: str, **options: Any) -> requests.Response:
    """GET a path."""
    return requests.get(fake.url + path, timeout=60, **options)


def flags_of(fake: FakeWebUI) -> dict[str, Any]:
    """Return what the server says it was started with."""
    flags: dict[str, Any] = get(fake, "/sdapi/v1/cmd-flags").json()
    return flags


@pytest.fixture(scope="module")
def private(start_fake: StartFake) -> FakeWebUI:
    """A server whose page has users."""
    return start_fake("private", "--gradio-auth", "u:p,v:q")


@pytest.mark.parametrize(
    "path", ["/config", "/config/", "/info", "/queue/status", "/startup-events", "/login_check"]
)
def test_a_page_with_users_is_closed(private: FakeWebUI, path: str) -> None:
    """Those who are not logged in get a 401, in the WebUI's own form."""
    answer = get(private, path)
    assert (answer.status_code, answer.json()) == (401, NOT_AUTHENTICATED)
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/sdapi/v1/samplers", "/sdapi/v1/loras", "/internal/ping", "/docs", "/theme.css", "/user"],
)
def test_users_of_the_page_do_not_close_the_api(private: FakeWebUI, path: str) -> None:
    """That has credentials of its own."""
    assert get(private, path).status_code == 200
    assert flags_of(private)["gradio_auth"] == "u:p,v:q"


def test_whoever_logs_in_sees_the_page(private: FakeWebUI) -> None:
    """By the cookies that the login sets; strangers see a form."""
    assert "password" in get(private, "/").text
    with requests.Session() as session:
        form = {"username": "v", "password": "q"}
        answer = session.post(f"{private.url}/login", form, timeout=60)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        assert set(session.cookies.keys()) == {"access-token", "access-token-unsecure"}
        assert session.get(f"{private.url}/config", timeout=60).status_code == 200
        assert session.get(f"{private.url}/user", timeout=60).json() == "v"
        assert "password" not in session.get(private.url, timeout=60).text


@pytest.mark.parametrize("form", [("u", "q"), ("x", "p"), ("u", "P")])
def test_wrong_users_of_the_page_are_refused(private: FakeWebUI, form: tuple[str, str]) -> None:
    """With a 400, and a made-up cookie opens nothing."""
    fields = dict(zip(("username", "password"), form, strict=True))
    answer = requests.post(f"{private.url}/login", fields, timeout=60)
    assert (answer.status_code, answer.json()["detail"]) == (400, "Incorrect credentials.")
    assert get(private, "/config", cookies={"access-token": "u"}).status_code == 401


def test_a_subpath_is_said_and_moves_nothing(start_fake: StartFake) -> None:
    """A proxy in front takes it away; addresses that the server makes have it."""
    fake = start_fake("below", "--subpath", "/sdiff/")
    assert get(fake, "/sdapi/v1/samplers").status_code == 200
    assert get(fake, "/sdiff/sdapi/v1/samplers").status_code == 404
    assert get(fake, "/config").json()["root"] == "/sdiff"
    assert get(fake, "/openapi.json").json()["servers"] == [{"url": "/sdiff"}]
    redirect = get(fake, "/redoc/", allow_redirects=False)
    assert redirect.headers["location"] == f"{fake.url}/sdiff/redoc"
    assert flags_of(fake)["subpath"] == "sdiff"


def test_without_a_subpath_nothing_is_said(fake: FakeWebUI) -> None:
    """The document has no servers."""
    assert get(fake, "/config").json()["root"] == ""
    assert "servers" not in get(fake, "/openapi.json").json()


def test_a_pattern_allows_origins_that_it_fits_as_a_whole(start_fake: StartFake) -> None:
    """Beside those of the list."""
    pattern = r"https://.*\.good\.example"
    listed = "http://one.example"
    fake = start_fake(
        "origins", "--cors-allow-origins-regex", pattern, "--cors-allow-origins", listed
    )
    for origin, is_allowed in (
        ("https://a.good.example", True),
        (listed, True),
        ("https://a.good.example.evil", False),
        ("x https://a.good.example", False),
        ("https://good.example", False),
    ):
        answer = get(fake, "/internal/ping", headers={"Origin": origin})
        allowed = origin if is_allowed else None
        assert answer.headers.get("access-control-allow-origin") == allowed
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = requests.options(f"{fake.url}/sdapi/v1/txt2img", headers=headers, timeout=60)
        assert preflight.status_code == (200 if is_allowed else 400)
    assert flags_of(fake)["cors_allow_origins_regex"] == pattern


def test_with_a_certificate_all_is_https() -> None:
    """The address says so, control calls work, and plain HTTP gets no answer."""
    with FakeWebUI(tls_keyfile=KEY, tls_certfile=CERTIFICATE) as webui:
        assert webui.url.startswith("https://127.0.0.1:")
        answer = requests.get(f"{webui.url}/redoc/", verify=str(CERTIFICATE), timeout=60)
        assert (answer.status_code, answer.history[0].headers["location"][:6]) == (200, "https:")
        flags = requests.get(f"{webui.url}/sdapi/v1/cmd-flags", verify=str(CERTIFICATE), timeout=60)
        assert flags.json()["tls_keyfile"] == str(KEY)
        assert flags.json()["tls_certfile"] == str(CERTIFICATE)
        assert webui.count("/redoc") == 1
        assert webui.scope("another").count() == 0
        webui.fault("reset", "/internal/ping")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{webui.url}/internal/ping", verify=str(CERTIFICATE), timeout=60)
        with pytest.raises(ConnectionError):
            list(talk(webui, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        assert webui.errors() == ""


def test_listen_opens_it_to_the_network(start_fake: StartFake) -> None:
    """And keeps its control plane to the names of this machine."""
    fake = start_fake("open", "--listen")
    port = fake.url.rpartition(":")[2]
    local = FakeWebUI.at(f"http://127.0.0.1:{port}")
    assert fake.url == f"http://0.0.0.0:{port}"
    assert flags_of(local)["listen"] is True
    for url in (fake.url, local.url):
        assert requests.get(f"{url}/__fake/v1/health", timeout=60).status_code == 200
    headers = {"Host": f"webui:{port}"}
    assert get(local, "/internal/ping", headers=headers).status_code == 200
    assert get(local, "/__fake/v1/health", headers=headers).status_code == 400


def test_listen_may_stand_in_the_file(start_fake: StartFake, tmp_path: Path) -> None:
    """Under a host that is given."""
    (tmp_path / "open.toml").write_text('listen = true\nhost = "127.0.0.1"\n')
    fake = start_fake("open-file", "--config", str(tmp_path / "open.toml"))
    assert flags_of(fake)["listen"] is True
    assert fake.url.startswith("http://127.0.0.1:")


def test_without_the_api_there_is_the_page_alone(start_fake: StartFake) -> None:
    """Extensions add their routes all the same."""
    fake = start_fake("apiless", "--no-api")
    for path in ("samplers", "options", "txt2img", "cmd-flags", "progress"):
        answer = get(fake, f"/sdapi/v1/{path}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    for path in ("/", "/config", "/internal/ping", "/sdapi/v1/loras", "/adetailer/v1/version"):
        assert get(fake, path).status_code == 200
    assert "/sdapi/v1/txt2img" not in get(fake, "/openapi.json").json()["paths"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--tls-keyfile", "k.pem"], "go together"),
        (["--tls-keyfile", "none.pem", "--tls-certfile", "none.pem"], "none.pem for TLS"),
        (["--tls-keyfile", str(CERTIFICATE), "--tls-certfile", str(KEY)], "for TLS"),
        (["--cors-allow-origins-regex", "("], 'cors_allow_origins_regex "("'),
        (["--gradio-auth", "user"], "user:password"),
        (["--no-api", "--nowebui"], "leave nothing"),
        (["--startup-seconds", "-1"], "startup_seconds is from 0"),
    ],
)
def test_flags_that_can_not_be_are_said_in_a_sentence(flags: list[str], words: str) -> None:
    """Exit status 2, one line, no traceback."""
    result = started_here(*flags)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert words in result.stderr
