"""pytest fixtures: a fake WebUI for each test process, as fresh as at start for each test.

Nothing but pytest is imported until a test asks for a fixture, because every pytest run of an
environment that has this package installed loads this module.
"""

import json
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fake_webui.testing.fake import FakeWebUI

MARKER = "fake_webui"
ENTRIES_SHOWN = 20
SHOWN_FACTS = (
    "n", "method", "path", "status", "fault", "matched", "unknown_fields", "findings", "payload",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --fake-webui-url and the setting for how the server is started."""
    group = parser.getgroup("fake-webui", "a fake Stable Diffusion WebUI")
    group.addoption("--fake-webui-url", metavar="URL", help="use a fake WebUI that runs already")
    parser.addini(
        "fake_webui_options", "flags the fake WebUI is started with", type="args", default=[]
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(allow_unmatched=False): allow_unmatched lets the test send requests to "
        "addresses that the WebUI does not have",
    )


@pytest.fixture(scope="session")
def fake_webui_server(request: pytest.FixtureRequest) -> "Iterator[FakeWebUI]":
    """A fake WebUI for the whole session of this test process."""
    from fake_webui.testing.fake import FakeWebUI  # noqa: PLC0415 (see the module's docstring)

    if url := request.config.getoption("--fake-webui-url"):
        refuse_sharing(request.config)
        yield FakeWebUI.at(url)
        return
    with FakeWebUI(*request.config.getini("fake_webui_options")) as webui:
        yield webui


@pytest.fixture
def fake_webui(
    request: pytest.FixtureRequest, fake_webui_server: "FakeWebUI"
) -> "Iterator[FakeWebUI]":
    """The session's fake WebUI, reset; what the test sends carries the test's name as mark."""
    if fake_webui_server.exit_status is not None:
        fake_webui_server.start()
    fake_webui_server.reset()
    fake_webui_server.mark(request.node.nodeid)
    yield fake_webui_server
    if fake_webui_server.exit_status is None:
        fake_webui_server.mark(None)


def refuse_sharing(config: pytest.Config) -> None:
    """Keep several test processes from resetting one server under each other.

    Raises:
        pytest.UsageError: under xdist with more than one worker.
    """
    if getattr(config, "workerinput", {"workercount": 1})["workercount"] > 1:
        raise pytest.UsageError(
            "--fake-webui-url is one server, and each test resets it: run without xdist, or "
            "without --fake-webui-url, which gives each worker a server of its own"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that sent requests which the WebUI would not know, or lost its server."""
    outcome = yield
    if webui := used_by(item):
        if (status := webui.exit_status) is not None:
            pytest.fail(f"the fake WebUI ended with status {status}: {webui.errors()}")
        refuse_unmatched(item, webui)
    return outcome


def used_by(item: pytest.Item) -> "FakeWebUI | None":
    """Return the fake WebUI that a test asked for."""
    webui: FakeWebUI | None = getattr(item, "funcargs", {}).get("fake_webui")
    return webui


def refuse_unmatched(item: pytest.Item, webui: "FakeWebUI") -> None:
    """Fail on requests to addresses that are not there, unless the test's marker allows them."""
    marker = item.get_closest_marker(MARKER)
    if marker and marker.kwargs.get("allow_unmatched"):
        return
    if unmatched := webui.requests(unmatched=True):
        names = "".join(f"\n  {one['method']} {one['path']}" for one in unmatched)
        pytest.fail(
            f"requests that the WebUI does not know:{names}\n"
            f"(allow them with @pytest.mark.{MARKER}(allow_unmatched=True))",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the journal to the report of a test that failed."""
    report = yield
    if call.when == "call" and report.failed and (webui := used_by(item)):
        report.sections.append(("fake WebUI", told_by(webui)))
    return report


def told_by(webui: "FakeWebUI") -> str:
    """Return what the server has to say about a failure: its journal, or its last words."""
    from fake_webui.errors import FakeWebUIError  # noqa: PLC0415 (see the module's docstring)

    if webui.exit_status is not None:
        return webui.errors()
    try:
        entries = webui.requests()
    except FakeWebUIError as error:
        return str(error)
    shown = [{name: one[name] for name in SHOWN_FACTS} for one in entries[-ENTRIES_SHOWN:]]
    lines = [json.dumps(one, ensure_ascii=False) for one in shown]
    return "\n".join([f"{len(entries)} requests, the last {len(lines)}:", *lines])
