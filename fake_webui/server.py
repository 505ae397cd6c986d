"""Putting a server together and running it.

request → recorder → fault gate → contract → route → generation → response
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from fake_webui import __version__
from fake_webui.api import (
    adetailer,
    documents,
    extras,
    generation,
    internal,
    lifecycle,
    lists,
    middleware,
    models,
    options,
    page,
    progress,
)
from fake_webui.api.access import is_loopback
from fake_webui.config.settings import ServerConfig
from fake_webui.contract import index
from fake_webui.control import gate, routes
from fake_webui.errors import ConfigError
from fake_webui.http.server import HttpServer
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.state import WebUIState

BLUEPRINTS = (
    options.bp,
    lists.bp,
    models.bp,
    generation.bp,
    extras.bp,
    progress.bp,
    internal.bp,
    page.bp,
    lifecycle.bp,
    adetailer.bp,
    documents.bp,
    routes.bp,
)
SIGNAL_POLL_S = 0.5  # on Windows, Ctrl-C is seen between two waits only
ANSWER_S = 0.1  # for the answer to server-stop to get out
PICTURES = (
    "fake_webui.webui.generation"  # imported when listening, so that the first request need not
)
RETIRE_S = 60.0  # for a generation under way to end after server-stop


class MatchOnlyRule(Rule):
    """A URL rule that no URL is built from; compiling builders is a tenth of the whole start."""

    def _compile_builder(self, *_: Any, **__: Any) -> Any:
        """Return a builder of no URLs."""
        return _no_url


def _no_url(*_: Any) -> None:
    """Build no URL."""


class FakeApp(Flask):
    """A Flask application that says in one line where it broke."""

    url_rule_class = MatchOnlyRule

    def log_exception(self, exc_info: Any) -> None:
        """Name a bug of this fake and its place."""
        _, error, traceback = exc_info
        place = extract_tb(traceback)[-1]
        print(f"fake-webui: {error!r} at {place.filename}:{place.lineno}", file=sys.stderr)


def create_app(config: ServerConfig | None = None) -> Flask:
    """Build a WebUI as a WSGI application."""
    config = config or ServerConfig()
    installed = Catalog(config)
    app = FakeApp(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    app.extensions["fake_webui.config"] = config
    app.extensions["fake_webui.catalog"] = installed
    app.extensions["fake_webui.state"] = WebUIState(config, installed)
    app.extensions["fake_webui.stop"] = app.extensions["fake_webui.kill"] = _stay
    app.extensions["fake_webui.endpoints"] = index(server_parts(config))
    middleware.install(app)
    gate.install(app)
    middleware.install_admission(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def server_parts(config: ServerConfig) -> tuple[str, ...]:
    """Return what endpoints may need that this server has."""
    webui = () if config.nowebui else ("webui",)
    stop = ("stop",) if config.api_server_stop else ()
    return (*webui, *stop, *config.extensions)


def serve(
    config: ServerConfig, *, ready_file: Path | None = None, exit_on_stdin_eof: bool = False
) -> None:
    """Run a server until it is told to stop; prints its address when it is listening.

    Raises:
        ConfigError: if the address can't be listened on, or the output folder can't be made.
    """
    stopped = threading.Event()
    _make_folder(config.output_dir)
    app = create_app(config)
    with _listening(config, app) as server:
        _obey(app, server, stopped)
        server.start()
        if exit_on_stdin_eof:
            threading.Thread(target=_watch_stdin, args=[stopped], daemon=True).start()
        if ready_file:
            _write_ready_file(ready_file, server.url)
        print(f"fake-webui listening on {server.url}", flush=True)
        threading.Thread(target=import_module, args=[PICTURES], daemon=True).start()
        while not stopped.wait(SIGNAL_POLL_S):
            pass
    app.extensions["fake_webui.state"].close()


def _make_folder(path: Path | None) -> None:
    if path:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"can't make the output folder {path}: {error.strerror}") from None


def _obey(app: Flask, server: HttpServer, stopped: threading.Event) -> None:
    """Let signals and the server-* endpoints end the server."""

    def retire() -> None:
        time.sleep(ANSWER_S)
        server.refuse()
        server.wait_until_idle(RETIRE_S)
        stopped.set()

    app.extensions["fake_webui.stop"] = lambda: threading.Thread(target=retire, daemon=True).start()
    app.extensions["fake_webui.kill"] = lambda: os._exit(0)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())


def _stay() -> None:
    """Do nothing where the application is not served by this module."""


@contextlib.contextmanager
def _listening(config: ServerConfig, app: Flask) -> Iterator[HttpServer]:
    if not config.allow_remote and not is_loopback(config.host):
        raise ConfigError(f"{config.host} is not a loopback address; --allow-remote permits it")
    try:
        server = HttpServer((config.host, config.port), app)
    except OSError as error:
        raise ConfigError(f"can't listen on {config.host}:{config.port}: {error}") from None
    try:
        yield server
    finally:
        server.refuse()


def _watch_stdin(stopped: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    stopped.set()


def _write_ready_file(path: Path, url: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps({"url": url, "pid": os.getpid(), "version": __version__}))
    partial.replace(path)
