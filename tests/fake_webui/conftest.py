"""The inspector page in a browser, and an SD.Next, for the modules that use them."""

from collections.abc import Iterator

import pytest

from fake_webui import FakeWebUI
from tests.browser import Browser, open_browser
from tests.conftest import StartFake


@pytest.fixture(scope="session")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser window that the tests of one process share."""
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        browser.resize(1440, 940)
        yield browser


@pytest.fixture
def page(window: Browser, fake: FakeWebUI) -> Browser:
    """The inspector of a fresh server, connected."""
    window.open(f"{fake.url}/__fake/")
    window.wait_for("#live", "live")
    window.errors()
    return window


@pytest.fixture(scope="session")
def sdnext_server(start_fake_for_all: StartFake) -> FakeWebUI:
    """An SD.Next."""
    return start_fake_for_all("sdnext", "--profile", "sdnext", "--seed", "1")


@pytest.fixture
def sdnext(sdnext_server: FakeWebUI) -> FakeWebUI:
    """An SD.Next as fresh as at its start."""
    sdnext_server.reset()
    return sdnext_server
