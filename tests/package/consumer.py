"""Uses every public name of fake_webui as another project would; type checkers must be content."""

from pathlib import Path

from flask.testing import FlaskClient

import fake_webui
from fake_webui import (
    EMULATED_VERSION,
    AsyncFakeWebUI,
    FakeWebUI,
    ServerConfig,
    __version__,
    create_app,
)


def client() -> FlaskClient:
    """Return a client of a server in this process."""
    return create_app(ServerConfig(seed=1)).test_client()


def prompt_of_the_last() -> str:
    """Generate on a server of its own, and return what it was sent."""
    with FakeWebUI(seed=1) as webui:
        same: FakeWebUI = FakeWebUI.at(webui.url)
        return str(same.last("/sdapi/v1/txt2img")["prompt"])


async def count_of(webui: AsyncFakeWebUI) -> int:
    """Ask without holding the event loop."""
    async with webui.test("counting", allow=["/own/*"]) as same:
        return await same.count("txt2img", method="POST")


def test_with_the_fixture(fake_webui: FakeWebUI, tmp_path: Path) -> None:
    """Use the plugin's fixture."""
    fake_webui.fault("out-of-memory", "/sdapi/v1/txt2img", when="first")
    paths: list[str] = [one["path"] for one in fake_webui.wait("/sdapi/v1/txt2img", at_least=1)]
    (tmp_path / "entries").write_text(f"{paths} {fake_webui.count(exactly=1)}")


NAMES: tuple[str, str, list[str]] = (EMULATED_VERSION, __version__, fake_webui.__all__)
