"""Opening the app for one command."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from app.bootstrap import Application, build_app
from app.commands.shared.options import home_option, webui_option

Result = TypeVar("Result")


@contextmanager
def opened(home: Path | None, webui_urls: Sequence[str] = ()) -> Iterator[Application]:
    """Give the app on this home, with no runner started; close it afterwards.

    Raises:
        AppError: if the home, its store or a URL can't be used.
    """
    application = build_app(webui_url=webui_urls or None, home=home)
    try:
        yield application
    finally:
        application.close()


def with_app(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add `--home`; the command gets the app on that home, open while it runs."""

    @wraps(command)
    def run(*, home: Path | None, webui_urls: tuple[str, ...] = (), **given: Any) -> Result:
        with opened(home, webui_urls) as app:
            return command(app, **given)

    return home_option(run)


def with_webuis(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add `--webui` and `--home`; the command gets the app on them, open while it runs."""
    return webui_option(with_app(command))
