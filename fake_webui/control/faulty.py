"""What a fault does to a request: before its view, to its answer, and on the wire."""

import io
import json
import threading
from collections.abc import Callable
from functools import partial
from wsgiref.types import WSGIApplication, WSGIEnvironment

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.http import HTTP_STATUS_CODES

from fake_webui.api.services import current_services
from fake_webui.contract.endpoint import Work, work_at
from fake_webui.faults import wire
from fake_webui.faults.answers import change_body, changes_body, error_of, gateway_page
from fake_webui.faults.latency import drawn_seconds
from fake_webui.faults.rules import Fault
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.payloads import parse_json
from fake_webui.webui.state import Failure, Phase

START_PHASES = {"page": Phase.PAGE, "first-routes": Phase.FIRST_ROUTES, "core": Phase.CORE}
GATEWAY_STATUS = {524: "524 A Timeout Occurred"}  # which HTTP itself does not have


def before_view(fault: Fault, exchange: Exchange) -> ResponseReturnValue | None:
    """Do what this fault does before the view, and return the answer that takes its place.

    Raises:
        ApiError: where the fault is an error of the WebUI.
    """
    act = BEFORE.get(fault.name)
    return act(fault, exchange) if act else None


def after_view(fault: Fault, exchange: Exchange, response: Response) -> bool:
    """Change an answer as the fault says; return whether the client gets one at all."""
    change(fault, response)
    if on_the_wire := ON_THE_WIRE.get(fault.name):
        request.environ[wire.FAULT] = on_the_wire(fault, exchange)
    return fault.name not in UNANSWERED


def change(fault: Fault, response: Response) -> None:
    """Change body and media type of an answer."""
    if changes_body(fault):
        body = change_body(fault, response.get_data())
        response.set_data(body)
        response.content_length = len(body)
    if fault.name == "garbage":
        response.content_type = "application/json"
    if fault.name == "wrong-content-type":
        response.content_type = fault.settings["content_type"]


def fail(fault: Fault, exchange: Exchange) -> None:
    """Fail as the WebUI does: an imitated generation on its way, anything else at once.

    Raises:
        ApiError: the error of this fault.
    """
    services = current_services()
    work = work_at(services.endpoints, exchange.path)
    error = error_of(fault, exchange, work)
    if work is not Work.GENERATION or services.upstream:
        raise error
    g.failure = Failure(fault.settings.get("at", 0.0), error)


def stall(fault: Fault, _: Exchange) -> None:
    """Let a generation stand still on its way."""
    g.failure = Failure(fault.settings["at"], stall_seconds=fault.settings["seconds"])


def start_over(fault: Fault, _: Exchange) -> None:
    """Let the WebUI start from now on, this request the first to meet it."""
    seconds, phase = fault.settings["seconds"], START_PHASES.get(fault.settings.get("phase", ""))
    current_services().state.startup.begin(seconds, phase)


def slow_down_loading(fault: Fault, _: Exchange) -> None:
    """Let the next checkpoint switch, be it this request's or a later one's, take its time."""
    current_services().state.models.next_load_seconds = fault.settings["seconds"]


def answer_nothing(fault: Fault, exchange: Exchange) -> ResponseReturnValue:
    """Leave the view out: on the wire there will be no answer."""
    if fault.name != "hang":
        current_services().recorder.finish(exchange, None)
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
    current_services().waits.wait(drawn_seconds(fault.settings, fault.draw))


def time_out(fault: Fault, _: Exchange) -> ResponseReturnValue:
    """Answer as a proxy that waited long enough, while the request is worked on behind it."""
    environ = {key: value for key, value in request.environ.items() if key != "werkzeug.request"}
    environ |= {wire.BEHIND_PROXY: True, "wsgi.input": io.BytesIO(request.get_data())}
    application = current_app.wsgi_app
    threading.Thread(target=work_on, args=(application, environ), daemon=True).start()
    current_services().waits.wait(fault.settings["seconds"])
    status = fault.settings["status"]
    answer = Response(gateway_page(status), GATEWAY_STATUS.get(status, status))
    answer.timed = False  # type: ignore[attr-defined] # it is not the WebUI that answers
    return answer


def work_on(application: WSGIApplication, environ: WSGIEnvironment) -> None:
    """Do what a request asks for, and throw the answer away."""
    wire.whole(application(environ, lambda *_: lambda _: None))


def ignore_options(_: Fault, exchange: Exchange) -> ResponseReturnValue | None:
    """Answer options with success and no effect; take overrides out of a generation request."""
    if work_at(current_services().endpoints, exchange.path) is Work.OPTIONS:
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
    services = current_services()
    return wire.hang(services.waits, partial(services.recorder.finish, exchange, None))


def slow_first_byte(fault: Fault, _: Exchange) -> wire.WireFault:
    """Let the first byte of the answer come late."""
    waits, seconds = current_services().waits, drawn_seconds(fault.settings, fault.draw)
    return wire.slow_first_byte(waits, seconds)


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
    "starting": start_over,
    "ignored-options": ignore_options,
}
UNANSWERED = ("hang", "reset", "empty")
ON_THE_WIRE: dict[str, Callable[[Fault, Exchange], wire.WireFault]] = {
    "hang": hang,
    "reset": lambda *_: wire.reset,
    "reset-mid-body": lambda *_: wire.reset_mid_body,
    "empty": lambda *_: wire.empty,
    "dribble": lambda fault, _: wire.dribble(current_services().waits, **fault.settings),
    "throttle": lambda fault, _: wire.throttle(current_services().waits, **fault.settings),
    "slow-first-byte": slow_first_byte,
}
