"""A request on its way to the real WebUI behind this server, and the answer on its way back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from flask import Response, g, request
from flask.wrappers import Request

from fake_webui.api.dispatch import (
    find_endpoint,
    methods_at,
    read,
    refuse_unknown,
    sent_method,
    sent_path,
)
from fake_webui.api.generation import note_unknown_arguments
from fake_webui.api.middleware import own_address
from fake_webui.api.noting import note_findings
from fake_webui.api.services import Services, current_services
from fake_webui.contract import decode_body
from fake_webui.contract.endpoint import Work
from fake_webui.control.scope_registry import SCOPE_HEADER
from fake_webui.errors import ApiError, UnreachableError
from fake_webui.faults import wire
from fake_webui.faults.answers import changes_body, gateway_page
from fake_webui.journal.exchange import Exchange
from fake_webui.upstream.body import OnItsWay, decoded
from fake_webui.upstream.findings import found_in
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
    from fake_webui.upstream.replay import Recorded, Replay

NO_SUCH_PLACE: Final = (404, 405)


class PassedResponse(Response):
    """An answer that has another server's headers, and no others."""

    automatically_set_content_length = False
    default_mimetype = None
    timed = False  # it is not the imitation that answers


def pass_on(request: Request, services: Services) -> Response | None:
    """Let a recording or the real WebUI answer, where there is one behind this server."""
    is_alone = services.upstream is None and services.replay is None
    if is_alone or is_still_starting(services):
        return None
    if services.replay and (recorded := find_recorded(services.replay)):
        note_unknown_fields(services)
        return replayed(recorded)
    if services.upstream is None:
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


def find_recorded(replay: "Replay") -> "Recorded | None":
    """Return the recorded answer to the request, unless it is to fail or be held on its way."""
    if g.get("failure") or g.get("hold"):
        return None
    return replay.find(sent_method(), own_target(), request.get_data())


def replayed(recorded: "Recorded") -> Response:
    """Give a recorded answer; a redirect in it leads to here."""
    location = recorded.headers.get("location", "")
    headers = recorded.headers
    if urlsplit(location).netloc:
        headers["location"] = here(location)
    response = Response(recorded.body(), recorded.status, headers)
    note_that_it_is_there(recorded.status)
    return response


def note_that_it_is_there(status: int) -> None:
    """Note that there is such an address: extensions have some that nobody here knows."""
    if status not in NO_SUCH_PLACE and (exchange := g.get("exchange")):
        exchange.matched = True


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
    note_that_it_is_there(answered.status)
    g.passed = True
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

    headers = request.headers
    is_changed = g.get("fault") is not None and changes_body(g.fault)
    coding = known_coding(headers.get("Accept-Encoding", ""), plain=is_changed)
    return Asked(
        method=sent_method(),
        target=own_target(),
        headers=[*passed_headers(), *forwarded(), ("Accept-Encoding", coding)],
        body=request.get_data(),
    )


def own_target() -> str:
    """Return the address as it was sent, without the prefix of a scope."""
    target, prefix = str(request.environ["REQUEST_URI"]), request.environ["SCRIPT_NAME"]
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
    return here(value, upstream.path)


def here(location: str, prefix: str = "") -> str:
    """Return an address of another server as one of this server."""
    path = urlsplit(location)._replace(scheme="", netloc="").geturl()
    return own_address() + path.removeprefix(prefix)


def complete_at_end(response: Response, exchange: Exchange) -> bool:
    """Record a passed answer; return whether its entry is completed when the client has it all."""
    keep, recorder = keeper(response, exchange), current_services().recorder
    coding = response.headers.get("Content-Encoding", "")
    if not response.is_streamed:
        keep(decoded(response.get_data(), coding))
        return False
    status, kind = response.status_code, response.mimetype or ""
    endpoint = find_endpoint()
    generates = endpoint is not None and endpoint.work is Work.GENERATION

    def complete(way: OnItsWay) -> None:
        body = decoded(way.body, coding)
        if way.problem:
            exchange.findings.append(way.problem)
        else:
            keep(body)
        if generates and not exchange.fault:
            exchange.findings.extend(found_in(exchange.payload, body))
        recorder.finish(exchange, status, body, kind)

    length, limit_bytes = response.content_length, recorder.largest_body_bytes
    response.response = OnItsWay(response.iter_encoded(), length, limit_bytes, complete)
    return True


def keeper(response: Response, exchange: Exchange) -> Callable[[bytes], None]:
    """Return what adds an answer with its body to the recording; nothing where a fault is in it."""
    record = current_services().record
    if record is None or g.get("fault"):
        return lambda _: None
    from fake_webui.upstream.exchanges import Passed  # noqa: PLC0415

    passed = Passed(
        method=sent_method(),
        target=own_target(),
        sent_headers=dict(request.headers),
        sent=request.get_data(),
        status=response.status_code,
        headers=dict(response.headers),
    )

    def keep(body: bytes) -> None:
        if why_not := record.add(replace(passed, body=body)):
            exchange.findings.append(why_not)

    return keep
