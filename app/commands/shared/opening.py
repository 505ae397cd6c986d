"""Opening the app for one command."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from app.bootstrap import Application, build_app
from app.commands.shared.options import (
    LIMITS,
    home_option,
    images_option,
    store_option,
    together,
    webui_option,
)
from app.config.limit_settings import resolve_limits

Result = TypeVar("Result")
NOTHING: Mapping[str, float | None] = {}


@contextmanager
def opened(
    home: Path | None,
    webui_urls: Sequence[str] = (),
    limits: Mapping[str, float | None] = NOTHING,
    *,
    store: str | None = None,
    images: Path | None = None,
    to_read: bool = False,
) -> Iterator[Application]:
    """Give the app on this home, with no runner started; close it afterwards.

    Raises:
        AppError: if the home, its store or a URL can't be used.
    """
    application = build_app(
        webui_url=webui_urls or None,
        home=home,
        store=store,
        images=images,
        limits=resolve_limits(limits),
        to_read=to_read,
    )
    try:
        yield application
    finally:
        application.close()


def with_app(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add `--home`, `--store` and `--images`; the command gets the app on them while it runs."""
    return _with_app(command, to_read=False)


def with_app_to_read(command: Callable[..., Result]) -> Callable[..., Result]:
    """Do as `with_app` for a command that changes nothing: a home may be read-only."""
    return _with_app(command, to_read=True)


def _with_app(command: Callable[..., Result], *, to_read: bool) -> Callable[..., Result]:
    @wraps(command)
    def run(*, home: Path | None, webui_urls: tuple[str, ...] = (), **given: Any) -> Result:
        limits = {name: given.pop(name) for name in LIMITS if name in given}
        store, images = given.pop("store_url"), given.pop("images_folder")
        with opened(home, webui_urls, limits, store=store, images=images, to_read=to_read) as app:
            return command(app, **given)

    return together(home_option, store_option, images_option)(run)


def with_webuis(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add `--webui` and `--home`; the command gets the app on them, open while it runs."""
    return webui_option(with_app(command))
