"""pytest fixtures: a fake WebUI for each test process, as fresh as at start for each test.

Nothing but pytest is imported until a test asks for a fixture, because every pytest run of an
environment that has this package installed loads this module.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Unpack, cast

import pytest

if TYPE_CHECKING:
    from fake_webui.testing.asynchronous import AsyncFakeWebUI
    from fake_webui.testing.fake import FakeWebUI
    from fake_webui.testing.types import OptionsOfTest

MARKER = "fake_webui"
ARGUMENTS = ("strict", "allow", "faults", "step_seconds", "load_seconds", "seed", "images")
FINDINGS = "fake WebUI findings"
USED = pytest.StashKey["FakeWebUI"]()
FOUND = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --fake-webui-url and the setting for how the server is started."""
    group = parser.getgroup("fake-webui", "a fake Stable Diffusion WebUI")
    group.addoption("--fake-webui-url", metavar="URL", help="use a fake WebUI that runs already")
    parser.addini(
        "fake_webui_options", "flags the fake WebUI is started with", type="args", default=[]
    )
    parser.addini(
        "fake_webui_strict", "fail on unknown addresses and fields", type="bool", default=True
    )
    parser.addini(
        "fake_webui_allow", "patterns of paths that may be unknown", type="args", default=[]
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}({', '.join(f'{name}=…' for name in ARGUMENTS)}): strict=False lets the test "
        "send addresses and fields that the WebUI does not have, allow=[…] on these paths alone; "
        "faults are rules, the others settings of the server, for this test",
    )


@pytest.fixture(scope="session")
def fake_webui_server(request: pytest.FixtureRequest) -> "Iterator[FakeWebUI]":
    """A fake WebUI for the whole session of this test process."""
    from fake_webui.testing.fake import FakeWebUI  # noqa: PLC0415 (see the module's docstring)

    if url := request.config.getoption("--fake-webui-url"):
        yield part_of(FakeWebUI.at(url), request.config)
        return
    with FakeWebUI(*request.config.getini("fake_webui_options")) as webui:
        yield webui


@pytest.fixture
def fake_webui(request: pytest.FixtureRequest, fake_webui_server: "FakeWebUI") -> "FakeWebUI":
    """The session's fake WebUI, reset; what the test sends carries the test's name as mark."""
    if fake_webui_server.exit_status is not None:
        fake_webui_server.start()
    begin(fake_webui_server, request.node)
    request.node.stash[USED] = fake_webui_server
    return fake_webui_server


@pytest.fixture
def async_fake_webui(fake_webui: "FakeWebUI") -> "AsyncFakeWebUI":
    """The same for tests that are coroutines: what FakeWebUI does, awaited."""
    from fake_webui.testing.asynchronous import AsyncFakeWebUI  # noqa: PLC0415 (as above)

    return AsyncFakeWebUI.of(fake_webui)


def mark(**arguments: "Unpack[OptionsOfTest]") -> pytest.MarkDecorator:
    """Return `@pytest.mark.fake_webui(…)`, whose arguments a type checker knows."""
    decorator: pytest.MarkDecorator = getattr(pytest.mark, MARKER)(**arguments)
    return decorator


def arguments_for(item: pytest.Item) -> "OptionsOfTest":
    """Return what the test's markers say, the closest last; what they allow adds up."""
    found: dict[str, Any] = {}
    allow: list[str] = []
    for marker in reversed(list(item.iter_markers(MARKER))):
        for name in marker.kwargs:
            if name not in ARGUMENTS:
                refuse_argument(name)
        if marker.args:
            pytest.fail(f"@pytest.mark.{MARKER} takes its arguments by name", pytrace=False)
        allow += marker.kwargs.get("allow", [])
        found |= marker.kwargs
    return cast("OptionsOfTest", found | {"allow": allow})


def refuse_argument(name: str) -> NoReturn:
    """Fail a test whose marker has an argument that there is not."""
    remedy = f"it takes {', '.join(ARGUMENTS)}"
    if name == "allow_unmatched":
        remedy = 'allow=["/path/*"] is what it was: patterns of the paths that may be unknown'
    pytest.fail(f'@pytest.mark.{MARKER} has no argument "{name}"; {remedy}', pytrace=False)


def begin(webui: "FakeWebUI", item: pytest.Item) -> None:
    """Reset the server, and let it be as the test's markers want it."""
    from fake_webui.errors import ControlError  # noqa: PLC0415 (see the module's docstring)
    from fake_webui.testing.one_test import prepare  # noqa: PLC0415

    try:
        prepare(webui, item.nodeid, arguments_for(item))
    except ControlError as error:
        pytest.fail(f"@pytest.mark.{MARKER}: {error}", pytrace=False)


def part_of(webui: "FakeWebUI", config: pytest.Config) -> "FakeWebUI":
    """Return the server, or a scope of it where pytest-xdist lets other processes use it too."""
    worker = getattr(config, "workerinput", None)
    return webui.scope(f"{worker['workerid']}-{worker['testrunuid']}") if worker else webui


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that sent requests which the WebUI would not know, or lost its server."""
    outcome = yield
    if webui := used_by(item):
        if (status := webui.exit_status) is not None:
            pytest.fail(f"the fake WebUI ended with status {status}: {webui.errors()}")
        refuse_unexpected(item, webui)
    return outcome


def used_by(item: pytest.Item) -> "FakeWebUI | None":
    """Return the fake WebUI that a test, or a fixture of its, asked for."""
    return item.stash.get(USED, None)


def refuse_unexpected(item: pytest.Item, webui: "FakeWebUI") -> None:
    """Fail on addresses and fields that are not there, unless the test may send them."""
    arguments = arguments_for(item)
    allow = [*item.config.getini("fake_webui_allow"), *arguments["allow"]]
    lines, item.stash[FOUND] = webui.noted(allow)
    if lines and arguments.get("strict", item.config.getini("fake_webui_strict")):
        names = "".join(f"\n  {line}" for line in lines)
        pytest.fail(
            f"requests that the WebUI does not know:{names}\n"
            f'(allow paths with @pytest.mark.{MARKER}(allow=["/path/*"]), all with strict=False)',
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the journal to the report of a test that failed, and the findings to any."""
    report = yield
    if call.when == "call" and (webui := used_by(item)):
        if report.failed:
            report.sections.append(("fake WebUI", story(webui, call)))
        if webui.exit_status is None and (lines := found_in(item, webui)):
            report.sections.append((FINDINGS, "\n".join(lines)))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what the fake noticed in tests that passed; the reports of the others have it."""
    shown = [
        (report.nodeid, text)
        for report in terminalreporter.stats.get("passed", [])
        for name, text in report.sections
        if name == FINDINGS
    ]
    if shown:
        terminalreporter.section(FINDINGS)
        for nodeid, text in shown:
            terminalreporter.line(nodeid)
            terminalreporter.line("".join(f"  {line}\n" for line in text.splitlines()))


def found_in(item: pytest.Item, webui: "FakeWebUI") -> list[str]:
    """Return the findings of a test, none where the server has gone."""
    if (found := item.stash.get(FOUND, None)) is not None:
        return found
    from fake_webui.errors import FakeWebUIError  # noqa: PLC0415 (see the module's docstring)

    try:
        return webui.findings()
    except FakeWebUIError:
        return []


def story(webui: "FakeWebUI", call: pytest.CallInfo[None]) -> str:
    """Return what there is to say about a failure: its journal in short, or its last words."""
    from fake_webui.testing.one_test import told_by  # noqa: PLC0415 (see the module's docstring)

    return told_by(webui, call.excinfo.value if call.excinfo else None)
