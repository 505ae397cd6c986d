"""The first and the last to see a request: it is recorded, and may be made to fail."""

from typing import TYPE_CHECKING, cast

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from fake_webui.api.middleware import is_control
from fake_webui.api.services import current_faults, current_recorder
from fake_webui.faults.book import FaultBook
from fake_webui.faults.wire import BEHIND_PROXY, Patience, Wire
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.recorder import SMALLEST_CAPACITY_BYTES, Recorder

if TYPE_CHECKING:
    from fake_webui.config.settings import ServerConfig


def receive() -> ResponseReturnValue | None:
    """Record the request, and answer it at once where a fault does so."""
    if is_control() or BEHIND_PROXY in request.environ:
        return None
    g.exchange = current_recorder().begin(
        request.method,
        request.path,
        request.query_string.decode("latin-1"),
        dict(request.headers),
        read_body(),
        matched=request.url_rule is not None,
        then=decide,
    )
    if g.fault is None:
        return None
    from fake_webui.control import faulty as _faulty  # noqa: PLC0415 (most runs have no fault)

    return _faulty.before_view(g.fault, g.exchange)


def read_body() -> bytes:
    """Return the body, or nothing where it is larger than the server takes."""
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        return b""


def decide(exchange: Exchange) -> None:
    """Let the fault rules see a request and note on it what will happen."""
    g.fault = current_faults().decide(exchange)
    exchange.fault = g.fault.name if g.fault else None


def complete(response: Response) -> Response:
    """Apply what a fault does to an answer, and complete the entry."""
    exchange: Exchange | None = g.get("exchange")
    if exchange is None:
        return response
    if g.fault:
        from fake_webui.control import faulty as _faulty  # noqa: PLC0415 (most runs have no fault)

        if not _faulty.after_view(g.fault, exchange, response):
            return response
    answer = b"" if response.is_streamed else response.get_data()
    current_recorder().finish(exchange, response.status_code, answer, response.mimetype or "")
    return response


def install(application: Flask) -> None:
    """Put journal and gate around every request of an application.

    Raises:
        ConfigError: if a rule of the configuration is wrong.
    """
    config = cast("ServerConfig", application.extensions["fake_webui.config"])
    capacity_bytes = max(config.journal_bytes, SMALLEST_CAPACITY_BYTES)
    application.extensions["fake_webui.recorder"] = Recorder(capacity_bytes)
    application.extensions["fake_webui.faults"] = make_book(config)
    application.extensions["fake_webui.patience"] = Patience()
    application.before_request(receive)
    application.after_request(complete)
    application.wsgi_app = Wire(application.wsgi_app)  # type: ignore[method-assign]


def make_book(config: "ServerConfig") -> FaultBook:
    """Return the fault rules that the server starts with.

    Raises:
        ConfigError: if one of them is wrong.
    """
    if not config.faults:
        return FaultBook(seed=config.seed)
    from fake_webui.faults.rules import parse_spec  # noqa: PLC0415 (most runs have no fault)

    return FaultBook([parse_spec(spec) for spec in config.faults], config.seed)
