"""Putting a server together and running it.

request → recorder → fault gate → contract → route → generation → response
"""

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from fake_webui import __version__
from fake_webui.access import is_loopback
from fake_webui.catalog import Catalog
from fake_webui.config import ServerConfig
from fake_webui.contract import index
from fake_webui.errors import ConfigError
from fake_webui.http_server import HttpServer
from fake_webui.routes import _middleware, catalog, control, gate, internal, options
from fake_webui.state import WebUIState

BLUEPRINTS = (options.bp, catalog.bp, internal.bp, control.bp)


def create_app(config: ServerConfig | None = None) -> Flask:
    """Build a WebUI as a WSGI application."""
    config = config or ServerConfig()
    installed = Catalog(config)
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    app.extensions["fake_webui.config"] = config
    app.extensions["fake_webui.catalog"] = installed
    app.extensions["fake_webui.state"] = WebUIState(config, installed)
    app.extensions["fake_webui.endpoints"] = index(server_parts(config))
    _middleware.install(app)
    gate.install(app)
    _middleware.install_admission(app)
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
        ConfigError: if the address can't be listened on.
    """
    stopped = threading.Event()
    app = create_app(config)
    app.extensions["fake_webui.stop"] = stopped.set
    with _listening(config, app) as server, _until_signalled(stopped):
        server.start()
        if exit_on_stdin_eof:
            threading.Thread(target=_watch_stdin, args=[stopped], daemon=True).start()
        if ready_file:
            _write_ready_file(ready_file, server.url)
        print(f"fake-webui listening on {server.url}", flush=True)
        while not stopped.wait(0.5):
            pass
    app.extensions["fake_webui.state"].close()


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
        server.socket.close()


@contextlib.contextmanager
def _until_signalled(stopped: threading.Event) -> Iterator[None]:
    def stop(*_: object) -> None:
        stopped.set()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
    yield


def _watch_stdin(stopped: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    stopped.set()


def _write_ready_file(path: Path, url: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps({"url": url, "pid": os.getpid(), "version": __version__}))
    partial.replace(path)
