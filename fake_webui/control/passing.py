"""A request on its way to the real WebUI behind this server, and the answer on its way back."""

from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from flask import Response, g, request

from fake_webui.api.dispatch import (
    find_endpoint,
    is_control,
    methods_at,
    note_findings,
    read,
    refuse_unknown,
    sent_path,
)
from fake_webui.api.generation import note_unknown_arguments
from fake_webui.api.middleware import own_address
from fake_webui.api.services import Services, current_services
from fake_webui.contract import decode_body
from fake_webui.contract.endpoint import Work
from fake_webui.control.scope_registry import SCOPE_HEADER
from fake_webui.errors import ApiError, UnreachableError
from fake_webui.faults import wire
from fake_webui.faults.answers import changes_body, gateway_page
from fake_webui.journal.exchange import Exchange
from fake_webui.upstream.body import OnItsWay, decoded
from fake_webui.upstream.headers import (
    SAID_ANEW,
    Headers,
    asks_to_upgrade,
    end_to_end,
    known_coding,
)
from fake_webui.webui.state import Phase

if TYPE_CHECKING:
    from fake_webui.upstream.forwarding import Asked, Upstream

NO_SUCH_PLACE: Final = (404, 405)


class PassedResponse(Response):
    """An answer that has another server's headers, and no others."""

    automatically_set_content_length = False
    default_mimetype = None
    timed = False  # it is not the imitation that answers


def pass_on() -> Response | None:
    """Let the real WebUI answer, where there is one behind this server."""
    services = current_services()
    if services.upstream is None or is_control() or is_still_starting(services):
        return None
    note_unknown_fields(services)
    if asks_to_upgrade(request.headers.items()):
        where = services.upstream.url
        return refuse(501, f"fake-webui passes no WebSocket on; the page itself is at {where}")
    return ask(services.upstream)


def is_still_starting(services: Services) -> bool:
    """Return whether a start is imitated that has not come to what the request is for."""
    phase, endpoint = services.state.startup.phase, find_endpoint()
    generates = endpoint is not None and endpoint.work is Work.GENERATION
    too_early = generates and phase is Phase.FIRST_ROUTES
    return phase is not Phase.ALL and (too_early or not methods_at(sent_path()))


def note_unknown_fields(services: Services) -> None:
    """Note what the payload has and this kind of WebUI does not know.

    Raises:
        HttpError: 422 where the server was told to be strict.
    """
    endpoint = find_endpoint()
    if endpoint is None or not endpoint.body:
        return
    with suppress(ApiError):  # what is invalid, the real WebUI refuses itself
        syntax = services.profile.dialect.syntax
        parsed = read(endpoint, decode_body(request.get_data(), request.content_type, syntax))
        if endpoint.work is Work.GENERATION:
            note_unknown_arguments(services.state, parsed)
    if exchange := g.get("exchange"):
        refuse_unknown(exchange)


def ask(upstream: "Upstream") -> Response:
    """Pass the request on and return the answer, of which no more than the head is there yet."""
    from fake_webui.upstream.forwarding import ClientGoneError  # noqa: PLC0415 - few servers have it

    environ = request.environ
    client = None if wire.BEHIND_PROXY in environ else environ.get(wire.SOCKET)
    try:
        answered = upstream.ask(outgoing(), client)
    except ClientGoneError:
        return hang_up()
    except UnreachableError as error:
        return refuse(502, str(error))
    if answered.status not in NO_SUCH_PLACE and (exchange := g.get("exchange")):
        exchange.matched = True  # extensions have addresses that nobody here knows
    headers = [(name, led_back(name, value, upstream)) for name, value in answered.headers]
    body = answered.chunks() if answered.has_body else list(answered.chunks())
    return PassedResponse(body, answered.status, headers)


def hang_up() -> Response:
    """Answer nothing to a client that has gone."""
    if exchange := g.get("exchange"):
        current_services().recorder.finish(exchange, None)
    request.environ[wire.FAULT] = wire.empty
    return Response()


def refuse(status: int, why: str) -> Response:
    """Answer as a proxy that can't pass a request on, and say so in the journal."""
    note_findings([why])
    response = Response(gateway_page(status, why), status)
    response.timed = False  # type: ignore[attr-defined] # it is not the WebUI that answers
    return response


def outgoing() -> "Asked":
    """Return the request as the real WebUI is to get it."""
    from fake_webui.upstream.forwarding import Asked  # noqa: PLC0415

    environ, headers = request.environ, request.headers
    is_changed = g.get("fault") is not None and changes_body(g.fault)
    coding = known_coding(headers.get("Accept-Encoding", ""), plain=is_changed)
    return Asked(
        method=environ["REQUEST_METHOD"],
        target=own_target(environ["REQUEST_URI"], environ["SCRIPT_NAME"]),
        headers=[*passed_headers(), *forwarded(), ("Accept-Encoding", coding)],
        body=request.get_data(),
    )


def own_target(target: str, prefix: str) -> str:
    """Return an address as it was sent, without the prefix of a scope."""
    if target.startswith(prefix):
        return target.removeprefix(prefix)
    query = request.query_string.decode("latin-1")
    return quote(sent_path().encode("latin-1")) + (f"?{query}" if query else "")


def passed_headers() -> Headers:
    """Return the request's headers that go on as they are, credentials among them."""
    ended = {*SAID_ANEW, SCOPE_HEADER.lower(), *(name.lower() for name, _ in forwarded())}
    return [
        (name, value)
        for name, value in end_to_end(request.headers.items())
        if name.lower() not in ended
    ]


def forwarded() -> Headers:
    """Return the headers in which a proxy tells who asked it for what."""
    headers = request.headers
    past = [headers["X-Forwarded-For"]] if "X-Forwarded-For" in headers else []
    return [
        ("X-Forwarded-For", ", ".join([*past, request.remote_addr or "unknown"])),
        ("X-Forwarded-Host", headers.get("X-Forwarded-Host", headers.get("Host", ""))),
        ("X-Forwarded-Proto", headers.get("X-Forwarded-Proto", request.scheme)),
    ]


def led_back(name: str, value: str, upstream: "Upstream") -> str:
    """Return a header; a redirect to the server behind this one leads through this one."""
    if name.lower() != "location" or urlsplit(value).netloc != upstream.netloc:
        return value
    path = urlsplit(value)._replace(scheme="", netloc="").geturl()
    return own_address() + path.removeprefix(upstream.path)


def complete_at_end(response: Response, exchange: Exchange) -> None:
    """Let the entry of a passed answer be completed when the client has all of it."""
    services = current_services()
    status, kind = response.status_code, response.mimetype or ""
    coding = response.headers.get("Content-Encoding", "")

    def complete(passed: OnItsWay) -> None:
        if passed.problem:
            exchange.findings.append(passed.problem)
        services.recorder.finish(exchange, status, decoded(passed.body, coding), kind)

    length, limit_bytes = response.content_length, services.recorder.largest_body_bytes
    response.response = OnItsWay(response.iter_encoded(), length, limit_bytes, complete)
