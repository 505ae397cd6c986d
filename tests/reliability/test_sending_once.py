"""A generation goes out once, to where it was sent, and what a proxy says of it is not believed."""

from collections.abc import Iterator

import pytest

from app.errors import OutcomeUnknownError, WebUIAnswerError
from app.webui.api_client import ApiClient
from fake_webui import FakeWebUI
from tests.reliability.conftest import SHORT
from tests.reliability.hostile_webui import HostileWebUI, answer, hostile_webui

TXT2IMG, INTERRUPT = "/sdapi/v1/txt2img", "/sdapi/v1/interrupt"


@pytest.fixture
def hostile(fake: FakeWebUI) -> Iterator[HostileWebUI]:
    """A WebUI that passes on to the session's fake until it is told otherwise."""
    with hostile_webui(fake.url) as webui:
        yield webui


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Go", "308 Go"])
def test_a_redirected_generation_is_not_sent_again(status: str, hostile: HostileWebUI) -> None:
    """A redirect is the answer."""
    hostile.once[TXT2IMG] = [answer("", status, f"Location: {TXT2IMG}")]
    with pytest.raises(WebUIAnswerError, match=status[:3]):
        ApiClient(hostile.url, SHORT).generate(TXT2IMG, {"steps": 1}, 20.0)
    assert hostile.seen == [TXT2IMG]


@pytest.mark.parametrize("status", [502, 503, 504, 520, 522, 524])
def test_a_gateways_error_leaves_the_outcome_unknown(status: int, hostile: HostileWebUI) -> None:
    """The WebUI behind it may be working on the request, which is not sent again."""
    hostile.once[TXT2IMG] = [answer("<h1>Oops</h1>", f"{status} Oops", "Retry-After: 0")]
    with pytest.raises(OutcomeUnknownError, match=f"answered {status}: Oops"):
        ApiClient(hostile.url, SHORT).generate(TXT2IMG, {"steps": 1}, 20.0)
    assert hostile.seen == [TXT2IMG]


def test_a_generation_whose_answer_is_lost_is_not_sent_again(hostile: HostileWebUI) -> None:
    """Nobody knows whether it ran."""
    hostile.always[TXT2IMG] = b""
    with pytest.raises(OutcomeUnknownError):
        ApiClient(hostile.url, SHORT).generate(TXT2IMG, {"steps": 1}, 20.0)
    assert hostile.seen == [TXT2IMG]


def test_a_generations_connection_is_for_it_alone(fake: FakeWebUI) -> None:
    """The WebUI is told so: one that is kept may be closed just as the next request goes out."""
    client = ApiClient(fake.url, SHORT)
    client.generate(TXT2IMG, {"steps": 1, "width": 64, "height": 64}, 20.0)
    assert fake.requests(TXT2IMG)[0]["headers"]["Connection"] == "close"


def test_a_command_whose_answer_is_lost_is_not_sent_again(hostile: HostileWebUI) -> None:
    """It may have been carried out: a second interrupt would hit the next generation."""
    hostile.always[INTERRUPT] = b""
    with pytest.raises(OutcomeUnknownError):
        ApiClient(hostile.url, SHORT).interrupt()
    assert hostile.seen == [INTERRUPT]


def test_no_proxy_is_used_for_this_machine(
    hostile: HostileWebUI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert "state" in ApiClient(hostile.url, SHORT).progress()
