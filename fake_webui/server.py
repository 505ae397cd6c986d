"""Putting a server together and running it.

request → journal → fault gate → api → contract → webui → response

With --upstream a real WebUI takes the place of api, contract and webui.
"""

import contextlib
import errno
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.wrappers import Request
from werkzeug.routing import MapAdapter

from fake_webui.api import pictures
from fake_webui.api.dispatch import is_for_the_tool
from fake_webui.api.families import core_endpoints
from fake_webui.api.services import KEY, Services
from fake_webui.config.file import read_settings
from fake_webui.config.settings import ServerConfig
from fake_webui.contract import Endpoint, index
from fake_webui.control import (
    exporting,
    holds,
    inspector,
    order,
    resetting,
    running,
    scopes,
    settings,
    strictness,
    views,
)
from fake_webui.control.access import is_loopback
from fake_webui.control.scope_registry import EXTENSION, ScopeGate, Scopes
from fake_webui.errors import ConfigError
from fake_webui.faults.actions import possible_actions
from fake_webui.faults.holds import Holds
from fake_webui.faults.parsing import parse_spec
from fake_webui.faults.rules import FaultRules
from fake_webui.faults.wire import Waits, Wire
from fake_webui.http.server import IDLE_S, HttpServer
from fake_webui.journal.recorder import SMALLEST_CAPACITY_BYTES, Recorder
from fake_webui.profiles import Profile, adapted, extensions_of, find_profile, options_of
from fake_webui.version import __version__
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.extension import Extension, endpoints_of
from fake_webui.webui.state import Phase, WebUIState
from fake_webui.wording import shown

if TYPE_CHECKING:
    from ssl import SSLContext

    from fake_webui.upstream.forwarding import Upstream
    from fake_webui.upstream.keeping import Record
    from fake_webui.upstream.replay import Replay

SIGNAL_POLL_S = 0.5 if sys.platform == "win32" else None  # there, Ctrl-C is seen between waits
ANSWER_S = 0.1  # for the answer to server-stop to get out
IDLE_WITHOUT_PAGE_S = 30.0  # of a connection between two requests
RETIRE_S = 60.0  # for a generation under way to end after server-stop


class FakeApp(Flask):
    """A Flask application that says in one line where it broke."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view or hook as it is: none here is a coroutine, and flask asks every time."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds a view; requests to the WebUI have none, and are not looked up."""
        if request is not None and not is_for_the_tool(request.path):
            return None
        return super().create_url_adapter(request)

    def log_exception(self, exc_info: Any) -> None:
        """Name a bug of this fake and its place."""
        _, error, traceback = exc_info
        place = extract_tb(traceback)[-1]
        print(f"fake-webui: {error!r} at {place.filename}:{place.lineno}", file=sys.stderr)


def create_app(config: ServerConfig | None = None) -> Flask:
    """Build a WebUI as a WSGI application.

    Raises:
        ConfigError: if a fault rule of the configuration is wrong.
    """
    config = config or ServerConfig()
    app = FakeApp(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.extensions[KEY] = create_services(config)
    app.before_request(order.before)
    app.after_request(order.after)
    for kind, answer in order.ERRORS:
        app.register_error_handler(kind, answer)
    app.url_map.converters["int"] = views.Number
    for blueprint in (
        views.bp,
        exporting.bp,
        holds.bp,
        settings.bp,
        scopes.bp,
        strictness.bp,
        inspector.bp,
        resetting.bp,
        running.bp,
    ):
        app.register_blueprint(blueprint)
    separate = Scopes(
        lambda birth: create_scope(app.extensions[KEY], birth),
        config.most_scopes,
        config.scope_idle_seconds,
    )
    app.extensions[EXTENSION] = separate
    app.wsgi_app = ScopeGate(Wire(app.wsgi_app), separate)  # type: ignore[method-assign]
    return app


def create_services(config: ServerConfig) -> Services:
    """Build the parts of a server.

    Raises:
        ConfigError: if a fault rule of the configuration is wrong.
    """
    profile = find_profile(config.profile)
    extensions = extensions_of(profile, config.extensions)
    every = server_endpoints(config, profile, extensions)
    endpoints = index(every, server_parts(config, extensions))
    upstream = create_upstream(config)
    actions = possible_actions(is_imitation=upstream is None)
    rules = [parse_spec(spec, endpoints, actions) for spec in config.faults]
    return Services(
        config=config,
        profile=profile,
        transport=profile.transport(config),
        state=WebUIState(config, Catalog(config, extensions, profile.policy)),
        endpoints=endpoints,
        recorder=Recorder(max(config.journal_bytes, SMALLEST_CAPACITY_BYTES)),
        faults=FaultRules(rules, config.seed),
        holds=Holds(),
        waits=Waits(),
        upstream=upstream,
        record=create_record(config),
        replay=create_replay(config),
        stop=_stay,
        kill=_stay,
    )


def create_scope(server: Services, birth: Mapping[str, Any]) -> Services:
    """Build the parts of a scope: the server's own kind, unless its birth says otherwise.

    Raises:
        ConfigError: if its profile or configuration is wrong.
    """
    config, profile = server.config, birth.get("profile", server.config.profile)
    if not isinstance(profile, str):
        raise ConfigError(f"profile is a name, not {shown(profile)}")
    if "config" in birth:
        read = read_settings(birth["config"], options_of, birth.get("profile"))
        where = {name: getattr(config, name) for name in ("host", "listen", "allow_host")}
        config = replace(read, **where)
        profile = birth.get("profile", config.profile)
    if birth:
        fresh = create_services(replace(config, profile=profile))
        return replace(fresh, **shared(server))
    return replace(
        server,
        state=WebUIState(config, server.state.catalog),
        recorder=Recorder(max(config.journal_bytes, SMALLEST_CAPACITY_BYTES)),
        faults=FaultRules(server.faults.initial, config.seed),
        holds=Holds(),
        waits=Waits(),
        **shared(server),
    )


def create_upstream(config: ServerConfig) -> "Upstream | None":
    """Return the real WebUI to pass requests on to, if there is one."""
    if not config.upstream:
        return None
    from fake_webui.upstream.forwarding import Upstream  # noqa: PLC0415 - few servers have one

    return Upstream(config.upstream)


def create_record(config: ServerConfig) -> "Record | None":
    """Return the recording that exchanges are added to, if any.

    Raises:
        ConfigError: if it can't be written.
    """
    if not config.record:
        return None
    from fake_webui.upstream.keeping import Record  # noqa: PLC0415

    return Record(config.record, config.profile)


def create_replay(config: ServerConfig) -> "Replay | None":
    """Return the recorded answers to give, if any.

    Raises:
        ConfigError: if they can't be read.
    """
    if not config.replay:
        return None
    from fake_webui.upstream.replay import Replay  # noqa: PLC0415

    return Replay.read(config.replay)


def shared(server: Services) -> dict[str, Any]:
    """Return the parts that a scope has from its server, whatever its birth says."""
    return {
        "upstream": server.upstream,
        "record": server.record,
        "replay": server.replay.fresh() if server.replay else None,
        "stop": server.stop,
        "kill": server.kill,
    }


def server_endpoints(
    config: ServerConfig, profile: Profile, extensions: Iterable[Extension]
) -> list[Endpoint]:
    """Return the endpoints that this server may have: without the API, the rest."""
    every = adapted((*core_endpoints(profile), *endpoints_of(extensions)), profile)
    return [one for one in every if not (config.no_api and one.guarded)]


def server_parts(config: ServerConfig, extensions: Iterable[Extension]) -> tuple[str, ...]:
    """Return what endpoints may need that this server has."""
    webui = () if config.nowebui else ("webui",)
    stop = ("stop",) if config.api_server_stop else ()
    return (*webui, *stop, *(extension.name for extension in extensions))


def serve(
    config: ServerConfig,
    *,
    ready_file: Path | None = None,
    exit_on_stdin_eof: bool = False,
    as_json: bool = False,
) -> None:
    """Run a server until it is told to stop; prints its address when it is listening.

    Raises:
        ConfigError: if the address can't be listened on, the output folder can't be made, or the
            ready file can't be written.
    """
    stopped = threading.Event()
    _make_folder(config.output_dir)
    app = create_app(config)
    with _ready_file(ready_file) as announce, _bound(config, app) as server:
        _obey(app, server, stopped)
        if exit_on_stdin_eof:
            threading.Thread(target=_watch_stdin, args=[stopped], daemon=True).start()
        _start_slowly(app, stopped)
        server.start()
        announce(server.url)
        ready = json.dumps(_facts(server.url))
        print(ready if as_json else f"fake-webui listening on {server.url}", flush=True)
        state = app.extensions[KEY].state
        threading.Thread(target=_warm_up, args=[state], daemon=True).start()
        while not stopped.wait(SIGNAL_POLL_S):
            pass
    app.extensions[EXTENSION].close()
    app.extensions[KEY].state.close()


def _start_slowly(app: Flask, stopped: threading.Event) -> None:
    """Let connections be refused for as long as each later phase of the start takes.

    Without its page a WebUI listens when all is there, and some kinds always do.
    """
    services = app.extensions[KEY]
    seconds = services.config.startup_seconds
    at_once = services.config.nowebui or services.state.policy.opens_when_ready
    refused_s = seconds if at_once else seconds / (Phase.ALL + 1)
    stopped.wait(refused_s)
    services.state.startup.begin(seconds - refused_s)


def _warm_up(state: WebUIState) -> None:
    """Import what the first request for a picture would wait for."""
    pictures.of(state, "generation")


def _make_folder(path: Path | None) -> None:
    if path:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"can't make the output folder {path}: {error.strerror}") from None


def _obey(app: Flask, server: HttpServer, stopped: threading.Event) -> None:
    """Let signals and the server-* endpoints end the server."""
    services = app.extensions[KEY]

    def retire() -> None:
        time.sleep(ANSWER_S)
        server.refuse()
        server.wait_until_idle(RETIRE_S)
        if services.transport.ends_when_stopped:
            stopped.set()

    app.extensions[KEY] = replace(
        services,
        stop=lambda: threading.Thread(target=retire, daemon=True).start(),
        kill=lambda: os._exit(0),
    )
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())


def _stay() -> None:
    """Do nothing where the application is not served by this module."""


@contextlib.contextmanager
def _bound(config: ServerConfig, app: Flask) -> Iterator[HttpServer]:
    host = config.address
    if not (config.allow_remote or config.listen or is_loopback(host)):
        raise ConfigError(f"{host} is not a loopback address; --allow-remote permits it")
    try:
        server = HttpServer(
            (host, config.port),
            app,
            idle_s=IDLE_WITHOUT_PAGE_S if config.nowebui else IDLE_S,
            max_body_bytes=config.max_body_bytes,
            tls=_tls_context(config),
        )
    except OSError as error:
        raise ConfigError(_why_not_listening(host, config.port, error)) from None
    try:
        yield server
    finally:
        server.refuse()


def _why_not_listening(host: str, port: int, error: OSError) -> str:
    why = error.strerror or error
    if error.errno == errno.EADDRINUSE:
        why = "another program does already; --port 0 takes a free port"
    return f"can't listen on {host}:{port}: {why}"


def _tls_context(config: ServerConfig) -> "SSLContext | None":
    """Return what encrypts connections, None where nothing does.

    Raises:
        ConfigError: if key or certificate can't be read.
    """
    if not (config.tls_certfile and config.tls_keyfile):
        return None
    import ssl  # noqa: PLC0415 - few servers need it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.tls_certfile, config.tls_keyfile)
    except OSError as error:
        files = f"{config.tls_certfile} and {config.tls_keyfile}"
        raise ConfigError(f"can't use {files} for TLS: {error.strerror or error}") from None
    return context


def _watch_stdin(stopped: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin and os.read(sys.stdin.fileno(), 4096):  # None where it was closed at start
            pass
    stopped.set()


def _facts(url: str) -> dict[str, Any]:
    """Return what whoever started the server may want to know."""
    return {"url": url, "pid": os.getpid(), "version": __version__}


@contextlib.contextmanager
def _ready_file(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Yield what writes an address into the ready file, which is there only as long as that holds.

    Raises:
        ConfigError: if it can't be written, before anybody relies on it.
    """
    if path is None:
        yield lambda _: None
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}") if path.name else path

    def announce(url: str) -> None:
        with _writing(path):
            partial.write_text(json.dumps(_facts(url)))
            partial.replace(path)

    with _writing(path):
        if path.exists() and not path.is_file():
            raise FileExistsError(errno.EEXIST, "it is there and is not a file")
        path.unlink(missing_ok=True)
        partial.touch()
    try:
        yield announce
    finally:
        partial.unlink(missing_ok=True)
        _remove_own(path)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn errors into one that names the ready file."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"can't write the ready file {path}: {error.strerror}") from None


def _remove_own(path: Path) -> None:
    """Remove a ready file, unless a server that was started later has written it."""
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path.read_text())["pid"] == os.getpid():
            path.unlink()
