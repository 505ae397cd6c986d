"""Opening the app for one command."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.bootstrap import Application, build_app


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
