"""The first and the last to see a request: it is recorded, and may be made to fail.

A fault acts before the view (an error in its place, a wait), after it (a changed body), or on the
wire, below HTTP.
"""

import io
import json
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from fake_webui import wire
from fake_webui.exchange import Exchange
from fake_webui.fault_actions import GENERATION, OPTIONS
from fake_webui.fault_answers import change_body, error_of, gateway_page
from fake_webui.faults import Fault, FaultBook, parse_spec
from fake_webui.payloads import parse_json
from fake_webui.recorder import Recorder
from fake_webui.routes._context import (
    current_faults,
    current_patience,
    current_recorder,
    current_state,
)
from fake_webui.state import Trouble
from fake_webui.wire import Patience

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from fake_webui.config import ServerConfig

CONTROL = "/__fake"
BEHIND_PROXY = "fake_webui.behind_proxy"
GATEWAY_STATUS = {524: "524 A Timeout Occurred"}  # which is no status of HTTP's own


def receive() -> ResponseReturnValue | None:
    """Record the request, and answer it at once where a fault does so."""
    if request.path.startswith(CONTROL) or BEHIND_PROXY in request.environ:
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
    act = BEFORE.get(g.fault.name) if g.fault else None
    return act(g.fault, g.exchange) if act else None


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
        apply_after(g.fault, response)
        if on_the_wire := ON_THE_WIRE.get(g.fault.name):
            request.environ[wire.FAULT] = on_the_wire(g.fault, exchange)
    if not g.fault or g.fault.name not in UNANSWERED:
        answer = b"" if response.is_streamed else response.get_data()
        kind = response.mimetype or ""
        current_recorder().finish(exchange, response.status_code, answer, kind)
    return response


def apply_after(fault: Fault, response: Response) -> None:
    """Change an answer as the fault says."""
    if (body := response.get_data()) != (changed := change_body(fault, body)):
        response.set_data(changed)
    if fault.name == "garbage":
        response.content_type = "application/json"
    if fault.name == "wrong-content-type":
        response.content_type = fault.settings["content_type"]


def fail(fault: Fault, exchange: Exchange) -> None:
    """Fail as the WebUI does: a generation on its way, anything else at once.

    Raises:
        ApiError: the error of this fault.
    """
    error = error_of(fault, exchange)
    if exchange.path not in GENERATION:
        raise error
    g.trouble = Trouble(fault.settings.get("at", 0.0), error)


def stall(fault: Fault, _: Exchange) -> None:
    """Let a generation stand still on its way."""
    g.trouble = Trouble(fault.settings["at"], stall_seconds=fault.settings["seconds"])


def slow_down_loading(fault: Fault, _: Exchange) -> None:
    """Let the next checkpoint switch, be it this request's or a later one's, take its time."""
    current_state().models.next_load_seconds = fault.settings["seconds"]


def answer_nothing(fault: Fault, exchange: Exchange) -> ResponseReturnValue:
    """Leave the view out: on the wire there will be no answer."""
    if fault.name != "hang":
        current_recorder().finish(exchange, None)
    return Response()


def answer_status(fault: Fault, _: Exchange) -> ResponseReturnValue:
    """Answer with the status and body that the rule asks for."""
    status, body = fault.settings["status"], fault.settings["body"]
    if isinstance(body, str):
        kind = "text/html" if body.lstrip().startswith("<") else "text/plain"
        return Response(body, status, content_type=f"{kind}; charset=utf-8")
    reason = HTTP_STATUS_CODES.get(status, "Unknown")
    answer = {"detail": reason} if body is None else body
    return Response(json.dumps(answer), status, content_type="application/json")


def delay(fault: Fault, _: Exchange) -> None:
    """Wait before the view."""
    current_patience().wait(fault.settings["seconds"])


def time_out(fault: Fault, _: Exchange) -> ResponseReturnValue:
    """Answer as a proxy that lost patience, while the request is worked on behind it."""
    environ = {key: value for key, value in request.environ.items() if key != "werkzeug.request"}
    environ |= {BEHIND_PROXY: True, "wsgi.input": io.BytesIO(request.get_data())}
    application = current_app.wsgi_app
    threading.Thread(target=work_on, args=(application, environ), daemon=True).start()
    current_patience().wait(fault.settings["seconds"])
    status = fault.settings["status"]
    answer = Response(gateway_page(status), GATEWAY_STATUS.get(status, status))
    answer.timed = False  # type: ignore[attr-defined] # it is not the WebUI that answers
    return answer


def work_on(application: "WSGIApplication", environ: "WSGIEnvironment") -> None:
    """Do what a request asks for, and throw the answer away."""
    wire.whole(application(environ, lambda *_: lambda _: None))


def ignore_options(_: Fault, exchange: Exchange) -> ResponseReturnValue | None:
    """Answer options with success and no effect; take overrides out of a generation request."""
    if exchange.path == OPTIONS:
        return Response("null", content_type="application/json")
    payload = parse_json(exchange.body)
    if isinstance(payload, dict):
        payload.pop("override_settings", None)
        replace_body(json.dumps(payload).encode())
    return None


def replace_body(body: bytes) -> None:
    """Let the view read another body than the one that was sent."""
    request._cached_data = body  # noqa: SLF001 (what get_data() keeps for the next caller)


def hang(_: Fault, exchange: Exchange) -> wire.WireFault:
    """Keep the connection open; the entry stays open with it."""
    return wire.hang(current_patience(), partial(current_recorder().finish, exchange, None))


BEFORE: dict[str, Callable[[Fault, Exchange], ResponseReturnValue | None]] = {
    "out-of-memory": fail,
    "nan": fail,
    "cuda-error": fail,
    "missing-model": fail,
    "status": answer_status,
    "proxy-timeout": time_out,
    "delay": delay,
    "hang": answer_nothing,
    "reset": answer_nothing,
    "empty": answer_nothing,
    "stalled-progress": stall,
    "slow-load": slow_down_loading,
    "ignored-options": ignore_options,
}
UNANSWERED = ("hang", "reset", "empty")
ON_THE_WIRE: dict[str, Callable[[Fault, Exchange], wire.WireFault]] = {
    "hang": hang,
    "reset": lambda *_: wire.reset,
    "reset-mid-body": lambda *_: wire.reset_mid_body,
    "empty": lambda *_: wire.empty,
    "dribble": lambda fault, _: wire.dribble(current_patience(), **fault.settings),
}


def install(application: Flask) -> None:
    """Put journal and gate around every request of an application."""
    config = cast("ServerConfig", application.extensions["fake_webui.config"])
    rules = [parse_spec(spec) for spec in config.faults]
    application.extensions["fake_webui.recorder"] = Recorder(config.journal_bytes)
    application.extensions["fake_webui.faults"] = FaultBook(rules, config.seed)
    application.extensions["fake_webui.patience"] = Patience()
    application.before_request(receive)
    application.after_request(complete)
    application.wsgi_app = wire.Wire(application.wsgi_app)  # type: ignore[method-assign]
