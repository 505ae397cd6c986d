"""`--upstream`: in front of a real WebUI, here another fake one or a server of few lines."""

import queue
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.errors import ControlError
from tests.conftest import PROFILES, StartFake
from tests.fake_webui.generating import OTHER_CHECKPOINT, SMALL, post
from tests.support import run_module, wait_until

TXT2IMG, SAMPLERS = "/sdapi/v1/txt2img", "/sdapi/v1/samplers"
CONNECTION_S = 60
TIMESTAMP = re.compile(rb"20\d{12}")
OF_THIS_ANSWER = ("date", "x-process-time", "content-length")
"""These are there or not, whatever they say; the length of a compressed body goes with its time."""
LARGE = b"0123456789abcdef" * 1024 * 1024  # 16 MB

Act = Callable[["Handler"], None]
InFrontOf = Callable[[Act], AbstractContextManager[FakeWebUI]]


@pytest.fixture(scope="module")
def front_server(start_fake: StartFake, fake_server: FakeWebUI) -> FakeWebUI:
    """A server that passes on to the session's fake."""
    return start_fake("front", "--upstream", fake_server.url)


@pytest.fixture
def front(front_server: FakeWebUI, fake: FakeWebUI) -> FakeWebUI:
    """The server in front, as fresh as the one behind it."""
    assert fake.url
    front_server.reset()
    return front_server


class Handler(BaseHTTPRequestHandler):
    """Answers with what a test says; the server has it."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        """Read a request's head and let the test do the rest."""
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self.server.act(self)  # type: ignore[attr-defined]
            self.wfile.flush()
        self.close_connection = True


class Quiet(ThreadingHTTPServer):
    """Says nothing of connections that end."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def in_front_of() -> Iterator[InFrontOf]:
    """What yields a fake, as fresh as at its start, in front of a server that acts so."""
    with Quiet(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        with FakeWebUI(upstream=f"http://127.0.0.1:{server.server_port}") as front:

            @contextmanager
            def acting(act: Act) -> Iterator[FakeWebUI]:
                server.act = act  # type: ignore[attr-defined]
                front.reset()
                yield front

            yield acting
        server.shutdown()


def get(webui: FakeWebUI, path: str = SAMPLERS, **options: Any) -> requests.Response:
    """Get something without following redirects."""
    return requests.get(webui.url + path, timeout=60, allow_redirects=False, **options)


def told(answer: requests.Response) -> tuple[int, dict[str, str], bytes]:
    """Return what must be the same of two answers to the same request."""
    headers = {
        name: "" if name.lower() in OF_THIS_ANSWER else value
        for name, value in answer.headers.items()
    }
    return answer.status_code, headers, TIMESTAMP.sub(b"", answer.content)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_answer_is_that_of_the_real_one(profile: str) -> None:
    """Status, headers and body, of lists, pictures, refusals and failures, of every kind."""
    sent: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/sdapi/v1/options", {}),
        ("GET", "/sdapi/v1/samplers?x=%2F&x=%20", {"headers": {"Accept-Encoding": "identity"}}),
        ("GET", "/sdapi/v1/n%C3%B6%2Fpe", {}),
        ("HEAD", "/", {}),
        ("DELETE", SAMPLERS, {}),
        ("POST", TXT2IMG, {"json": SMALL | {"seed": 3, "batch_size": 2}}),
        ("POST", TXT2IMG, {"json": {"steps": "many"}}),
        ("POST", TXT2IMG, {"data": b"\xff"}),
        ("POST", TXT2IMG, {"json": SMALL | {"width": 0}}),
        ("POST", "/sdapi/v1/interrupt", {}),
    ]
    with FakeWebUI(profile=profile, seed=1) as real, FakeWebUI(upstream=real.url) as front:
        statuses = []
        for method, path, options in sent:
            answers = []
            for webui in (real, front):
                real.reset()
                url = webui.url + path
                answers.append(told(requests.request(method, url, timeout=60, **options)))
            assert answers[0] == answers[1], path
            statuses.append(answers[0][0])
        assert [entry["status"] for entry in front.requests()] == statuses


def test_the_journal_says_what_it_says_of_the_imitation(front: FakeWebUI) -> None:
    """Payload, unknown fields with the nearest name, pictures in and out."""
    unit = {"ADetailer": {"args": [{"ad_modell": "face_yolov8n.pt"}]}}
    payload = SMALL | {"negativ_prompt": "x", "alwayson_scripts": unit}
    assert post(front, "txt2img", payload).ok
    (entry,) = front.requests()
    assert entry["payload"] == payload
    assert entry["unknown_fields"] == [
        "negativ_prompt",
        "alwayson_scripts.ADetailer.args.0.ad_modell",
    ]
    assert any("did you mean `negative_prompt`" in line for line in front.unexpected())
    (image,) = front.request(1)["images"]
    assert (image["width"], str(image["parameters"]).splitlines()[0]) == (64, SMALL["prompt"])
    assert (entry["matched"], entry["status"]) == (True, 200)


def test_what_the_real_one_did_otherwise_is_found(front: FakeWebUI, fake: FakeWebUI) -> None:
    """From its answer: a sampler, a checkpoint and a LoRA that it did not take."""
    lora = requests.get(f"{fake.url}/sdapi/v1/loras", timeout=60).json()[0]["name"]
    other = {"override_settings": {"sd_model_checkpoint": OTHER_CHECKPOINT}}
    unknown = {"override_settings": {"sd_model_checkpoint": "nope.safetensors"}}
    for changes in (
        {"prompt": f"a cat <lora:{lora}:1>", "sampler_name": "Euler a"} | other,
        {"prompt": "a cat <lora:nope:1>", "sampler_name": "Nope"} | unknown,
    ):
        assert post(front, "txt2img", SMALL | changes).ok
    right, wrong = (entry["findings"] for entry in front.requests("txt2img"))
    assert right == []
    assert [finding.split(" ")[:2] for finding in wrong] == [
        ["sampler", "'Nope'"], ["checkpoint", "'nope.safetensors'"], ["LoRA", "'nope'"],
    ]  # fmt: skip


def test_an_address_that_the_real_one_has_is_known(in_front_of: InFrontOf) -> None:
    """Extensions have addresses that no table lists; what is answered 404 is not there."""

    def act(handler: Handler) -> None:
        known = handler.path.startswith("/my-extension")
        handler.send_response(200 if known else 404)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with in_front_of(act) as other:
        for path in ("/my-extension/x", "/nope"):
            get(other, path)
        assert [entry["matched"] for entry in other.requests()] == [True, False]


def test_credentials_are_passed_and_not_shown(start_fake: StartFake) -> None:
    """The real WebUI checks them; the journal says no more than that there were some."""
    real = start_fake("locked", "--api-auth", "user:pw")
    with FakeWebUI(upstream=real.url) as front:
        assert get(front).status_code == 401
        assert get(front, auth=("user", "pw"), headers={"Cookie": "a=b"}).ok
        shown = front.requests()[-1]["headers"]
        assert (shown["Authorization"], shown["Cookie"]) == ("<present>", "<present>")
        assert real.requests()[-1]["headers"]["Cookie"] == "<present>"


def test_headers_of_one_connection_end_there(in_front_of: InFrontOf) -> None:
    """In both directions, with those that Connection names; a proxy says who asked it."""
    seen: dict[str, str] = {}

    def act(handler: Handler) -> None:
        seen.update(handler.headers.items())
        handler.send_response(200)
        for name, value in (
            ("Connection", "X-Mine"), ("X-Mine", "1"), ("Keep-Alive", "timeout=5"),
            ("X-Theirs", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"),
            ("Content-Length", "0"),
        ):  # fmt: skip
            handler.send_header(name, value)
        handler.end_headers()

    with in_front_of(act) as front:
        sent = {
            "Connection": "keep-alive, X-Hop", "X-Hop": "1", "X-End": "2", "TE": "trailers",
            "Proxy-Authorization": "Basic x", "X-Forwarded-For": "10.0.0.1",
            "X-Fake-WebUI-Scope": "mine", "Accept-Encoding": "br, gzip",
        }  # fmt: skip
        answer = get(front, headers=sent)
        address = urlsplit(front.url).netloc
    assert not seen.keys() & {"X-Hop", "Te", "TE", "Proxy-Authorization", "X-Fake-Webui-Scope"}
    assert (seen["X-End"], seen["Accept-Encoding"], seen["Connection"]) == ("2", "gzip", "close")
    assert seen["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"
    assert (seen["X-Forwarded-Host"], seen["X-Forwarded-Proto"]) == (address, "http")
    assert seen["Host"] != address
    assert not answer.headers.keys() & {"X-Mine", "Keep-Alive"}
    assert answer.headers["X-Theirs"] == "2"
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_a_redirect_leads_through_the_front(front: FakeWebUI, fake: FakeWebUI) -> None:
    """And stays in its scope; one that leads elsewhere is left alone."""
    scope = f"{front.url}/__fake/scope/moved"
    for base in (front.url, scope):
        answer = requests.get(f"{base}/sdapi/v1/samplers/?a=b", timeout=60, allow_redirects=False)
        assert answer.headers["Location"] == f"{base}/sdapi/v1/samplers?a=b"
    assert len(fake.requests("samplers/")) == 2


def test_other_requests_pass_while_a_generation_is_open(front: FakeWebUI, fake: FakeWebUI) -> None:
    """Progress and interrupt reach the real WebUI, whose generation ends by that."""
    with ThreadPoolExecutor(1) as thread, fake.hold("txt2img", at_step=2) as held:
        future = thread.submit(post, front, "txt2img", SMALL | {"steps": 9})
        held.wait()
        assert get(front, "/sdapi/v1/progress").json()["state"]["sampling_step"] == 2
        assert front.requests("txt2img")[0]["status"] is None
        assert not future.done()
        assert post(front, "interrupt", None).ok
        assert future.result(60).ok
    assert front.requests("txt2img")[0]["status"] == 200


def test_a_stream_comes_as_it_is_sent(in_front_of: InFrontOf) -> None:
    """Each event reaches the client before the next one is made; the entry has them all."""
    events: queue.Queue[bytes] = queue.Queue()

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while data := events.get(timeout=CONNECTION_S):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        handler.wfile.write(b"0\r\n\r\n")

    with in_front_of(act) as front, get(front, "/queue/data", stream=True) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"  # before any event
        lines = answer.iter_lines(chunk_size=1)
        for number in (b"1", b"2"):
            events.put(b"data: %s\n\n" % number)
            assert (next(lines), next(lines)) == (b"data: " + number, b"")
        assert front.requests()[0]["status"] is None
        events.put(b"")
        assert list(lines) == []
        entry = front.request(1)
    assert (entry["status"], entry["answer_text"]) == (200, "data: 1\n\ndata: 2\n\n")


def test_large_bodies_pass_whole(in_front_of: InFrontOf) -> None:
    """Sixteen megabytes in each direction, with a length and in chunks."""

    def act(handler: Handler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with in_front_of(act) as other:
        url = f"{other.url}/echo"
        for data in (LARGE, iter([LARGE[:1000], LARGE[1000:]])):
            assert requests.post(url, data=data, timeout=60).content == LARGE
        sizes = [(entry["sent_bytes"], entry["received_bytes"]) for entry in other.requests()]
    assert sizes == [(len(LARGE), len(LARGE))] * 2


def test_a_body_larger_than_the_journal_passes(tmp_path: Any) -> None:
    """It is not kept, and that is said."""
    (tmp_path / "small.toml").write_text("journal_bytes = 1048576\n")

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(LARGE)))
        handler.end_headers()
        handler.wfile.write(LARGE)

    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.act = act  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with FakeWebUI(upstream=url, config=tmp_path / "small.toml") as front:
            assert get(front).content == LARGE
            (entry,) = front.requests()
        server.shutdown()
    assert entry["findings"] == [f"answer of {len(LARGE)} bytes not kept: too large"]


def test_a_client_that_goes_away_takes_its_request_along(in_front_of: InFrontOf) -> None:
    """The real WebUI sees the end of the connection, as without anybody in between."""
    came, ended = threading.Event(), threading.Event()

    def act(handler: Handler) -> None:
        came.set()
        handler.connection.settimeout(CONNECTION_S)
        if not handler.connection.recv(1):
            ended.set()

    with in_front_of(act) as front:
        address = urlsplit(front.url)
        with socket.create_connection((address.hostname, address.port), CONNECTION_S) as client:
            client.sendall(b"GET /sdapi/v1/samplers HTTP/1.1\r\nHost: x\r\n\r\n")
            assert came.wait(CONNECTION_S)
        assert ended.wait(CONNECTION_S)
        entry = wait_until(lambda: [one for one in front.requests() if one["duration_s"]])[0]
        assert entry["status"] is None


def test_a_webui_that_is_gone_is_a_bad_gateway() -> None:
    """One sentence, to the client and in the journal; the server stays up and takes it back."""
    with FakeWebUI() as real, FakeWebUI(upstream=real.url) as front:
        real.stop()
        answer = get(front)
        sentence = f"no WebUI answers at {real.url}: Connection refused"
        assert answer.status_code == 502
        assert sentence in answer.text
        assert front.requests()[0]["findings"] == [sentence]
        real.start()
        assert get(front).ok
        assert not front.errors()


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200", b"SSH-2.0-x\r\n\r\n"])
def test_what_is_no_answer_is_a_bad_gateway(in_front_of: InFrontOf, sent: bytes) -> None:
    """A connection that ends, or does not speak HTTP."""

    def act(handler: Handler) -> None:
        handler.wfile.write(sent)

    with in_front_of(act) as front:
        answer = get(front)
        assert answer.status_code == 502
        assert "no WebUI answers at http://127.0.0.1:" in answer.text
        assert not front.errors()


@pytest.mark.parametrize("framing", ["Content-Length: 10", "Transfer-Encoding: chunked"])
def test_an_answer_that_breaks_off_breaks_off(in_front_of: InFrontOf, framing: str) -> None:
    """The client can tell that it has not all; the journal says so too."""
    start = b"4\r\nhalf\r\n" if "chunked" in framing else b"half"

    def act(handler: Handler) -> None:
        handler.wfile.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode() + start)

    with in_front_of(act) as front:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            get(front)
        assert front.requests()[0]["findings"] == ["the answer broke off after 4 bytes"]
        assert not front.errors()


def test_no_websocket_is_passed(front: FakeWebUI, fake: FakeWebUI) -> None:
    """That is said, with the place of the page itself."""
    answer = get(front, "/queue/join", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert answer.status_code == 501
    assert f"passes no WebSocket on; the page itself is at {fake.url}" in answer.text
    assert fake.requests() == []


@pytest.mark.parametrize(
    ("action", "status", "reached"),
    [
        ("out-of-memory", 500, False),
        ("status", 418, False),
        ("delay", 200, True),
        ("dribble", 200, True),
        ("missing-info", 200, True),
        ("truncated-png", 200, True),
        ("wrong-content-type", 200, True),
    ],
)
def test_faults_happen_in_front_of_it(
    front: FakeWebUI, fake: FakeWebUI, action: str, status: int, *, reached: bool
) -> None:
    """An error takes its answer's place, a change is made to its answer, and it never knows."""
    details: dict[str, dict[str, Any]] = {
        "delay": {"seconds": 0.1}, "dribble": {"seconds": 0.1}, "status": {"status": 418}
    }  # fmt: skip
    front.fault(action, "txt2img", when="first", **details.get(action, {}))
    hit, after = (post(front, "txt2img", SMALL | {"seed": 1}) for _ in range(2))
    assert (hit.status_code, after.status_code) == (status, 200)
    assert bool(fake.count("txt2img") == 2) == reached
    if action in ("missing-info", "truncated-png"):
        assert hit.json() != after.json()
    assert [entry["fault"] for entry in front.requests()] == [action, None]


@pytest.mark.parametrize("action", ["reset", "reset-mid-body", "empty"])
def test_connections_break_in_front_of_it(front: FakeWebUI, action: str) -> None:
    """The client loses its connection."""
    front.fault(action, "samplers", when="first")
    with pytest.raises(requests.RequestException):
        get(front)
    assert get(front).ok


def test_a_gateway_times_out_while_the_real_one_works(front: FakeWebUI, fake: FakeWebUI) -> None:
    """The generation goes on behind it when the client has its 504 and is gone."""
    front.fault("proxy-timeout", "txt2img", when="first", seconds=0.1)
    with fake.hold("txt2img", at_step=1) as held:
        assert post(front, "txt2img", SMALL).status_code == 504
        held.wait()
        held.release()
    wait_until(lambda: [one for one in fake.requests("txt2img") if one["status"] == 200])


@pytest.mark.parametrize("action", ["slow-load", "stalled-progress"])
def test_what_happens_inside_a_webui_is_refused(front: FakeWebUI, action: str) -> None:
    """Nobody can make a real one do it; the other actions are listed."""
    with pytest.raises(ControlError, match=f"{action} can't be had with --upstream"):
        front.fault(action)
    with pytest.raises(ControlError, match="nothing can be held with --upstream"):
        front.hold("txt2img", at_step=1)
    listed = requests.get(f"{front.url}/__fake/v1/faults", timeout=60).json()["actions"]
    assert action not in listed
    assert "delay" in listed


def test_a_start_can_be_imitated_in_front_of_it(front: FakeWebUI, fake: FakeWebUI) -> None:
    """The page is passed on, the API is not there yet."""
    front.fault("starting", when="first", seconds=60)
    assert get(front).status_code == 404
    assert get(front, "/").ok
    assert [entry["path"] for entry in fake.requests()] == ["/"]
    front.reset()
    assert get(front).ok


def test_scopes_part_journal_and_faults_and_not_the_webui(
    front: FakeWebUI, fake: FakeWebUI
) -> None:
    """What one sets the other sees; what one is sent it does not. A profile says whose fields."""
    one, two = (FakeWebUI.at(f"{front.url}/__fake/scope/{name}") for name in ("one", "two"))
    two.fault("status", "options")
    assert post(one, "options", {"CLIP_stop_at_last_layers": 3}).ok
    assert get(front, "/sdapi/v1/options").json()["CLIP_stop_at_last_layers"] == 3
    assert get(two, "/sdapi/v1/options").status_code == 500
    assert [entry["path"] for entry in one.requests()] == ["/sdapi/v1/options"]
    assert len(fake.requests()) == 2
    url = f"{front.url}/__fake/scope/forge"
    assert requests.put(url, json={"profile": "forge"}, timeout=60).status_code == 201
    assert post(FakeWebUI.at(url), "txt2img", SMALL | {"distilled_cfg_scale": 3}).ok
    assert FakeWebUI.at(url).requests()[0]["unknown_fields"] == []
    assert fake.count("txt2img") == 1


def test_a_strict_front_refuses_what_the_webui_would_ignore(
    front: FakeWebUI, fake: FakeWebUI
) -> None:
    """Before it is passed on."""
    front.settings(strict=True)
    answer = post(front, "txt2img", SMALL | {"stepps": 1})
    assert answer.status_code == 422
    assert "did you mean `steps`" in answer.json()["detail"]
    assert fake.requests() == []
    assert post(front, "txt2img", SMALL).ok


def test_a_path_of_the_address_is_kept() -> None:
    """A WebUI that a proxy has under a path of its own."""
    paths: list[str] = []

    def act(handler: Handler) -> None:
        paths.append(handler.path)
        handler.send_response(307)
        handler.send_header("Location", f"http://{handler.headers['Host']}/sd/elsewhere?x=1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.act = act  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        with FakeWebUI(upstream=f"http://127.0.0.1:{server.server_port}/sd/") as front:
            answer = get(front, "/sdapi/v1/samplers?a=b")
            assert answer.headers["Location"] == f"{front.url}/elsewhere?x=1"
        server.shutdown()
    assert paths == ["/sd/sdapi/v1/samplers?a=b"]


def test_exec_runs_a_command_in_front_of_it(fake: FakeWebUI) -> None:
    """What it sent is told as of the imitation."""
    script = (
        "import os, urllib.request as u; u.urlopen(os.environ['WEBUI_URL'] + '/sdapi/v1/loras')"
    )
    done = run_module("fake_webui", "exec", "--upstream", fake.url, "--", "python3", "-c", script)
    assert done.returncode == 0, done.stderr
    assert "GET /sdapi/v1/loras" in done.stdout
    assert [entry["path"] for entry in fake.requests()] == ["/sdapi/v1/loras"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--upstream", "127.0.0.1:7860"], "upstream is an address such as http://"),
        (["--upstream", "ftp://x"], "upstream is an address such as http://"),
        (["--upstream", "http://x:99999"], "upstream is an address such as http://"),
        (["--upstream", "http://x/?a=b"], "upstream is an address such as http://"),
        (["--upstream", "http://u:p@x"], "upstream has no credentials in it"),
        (["--upstream", "http://localhost:7999", "--port", "7999"], "is this server itself"),
        (["--upstream", "http://x", "--fault", "slow-load"], "can't be had with --upstream"),
    ],
)
def test_what_can_not_be_passed_on_to_is_a_sentence(words: list[str], sentence: str) -> None:
    """Exit status 2, no traceback."""
    done = run_module("fake_webui", *words, "--exit-on-stdin-eof", input="")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_health_says_what_is_behind(front: FakeWebUI, fake: FakeWebUI) -> None:
    """An address, or null."""
    assert front.health()["upstream"] == fake.url
    assert fake.health()["upstream"] is None
