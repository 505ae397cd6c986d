"""A fake AUTOMATIC1111 Stable Diffusion WebUI for testing its clients."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fake_webui.version import EMULATED_VERSION, __version__

if TYPE_CHECKING:
    from fake_webui.config.settings import ServerConfig
    from fake_webui.server import create_app
    from fake_webui.testing.asynchronous import AsyncFakeWebUI
    from fake_webui.testing.fake import FakeWebUI

__all__ = [
    "EMULATED_VERSION",
    "AsyncFakeWebUI",
    "FakeWebUI",
    "ServerConfig",
    "__version__",
    "create_app",
]

_HOMES = {
    "AsyncFakeWebUI": "fake_webui.testing.asynchronous",
    "FakeWebUI": "fake_webui.testing.fake",
    "ServerConfig": "fake_webui.config.settings",
    "create_app": "fake_webui.server",
}

if not TYPE_CHECKING:  # or type checkers would take any name for one of these

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first asked for, so that no command imports too much."""
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
