"""From a request to the view of its endpoint and back, in the real server's order.

path and method → body → credentials → fields → view → answer
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Response, g, request
from flask.wrappers import Request
from werkzeug.exceptions import NotFound

from fake_webui.api.access import authenticate, page_user
from fake_webui.api.answering import json_answer
from fake_webui.api.services import Services, current_services
from fake_webui.api.starting import appears_in, refuse_generation
from fake_webui.api.strictness import unexpected
from fake_webui.contract import (
    MISSING,
    Endpoint,
    Parsed,
    Table,
    decode_body,
    find_methods,
    parse_query,
)
from fake_webui.contract.coercion import FieldType
from fake_webui.contract.endpoint import NO_CONTENT
from fake_webui.errors import HttpError, StarletteError
from fake_webui.webui.state import Phase

if TYPE_CHECKING:
    from fake_webui.journal.exchange import Exchange

CONTROL = "/__fake"


def is_control() -> bool:
    """Return whether the request is for this tool and not for the WebUI."""
    return is_for_the_tool(request.path)


def is_for_the_tool(path: str) -> bool:
    """Return whether an address is this tool's own."""
    return path == CONTROL or path.startswith(f"{CONTROL}/")


def sent_path() -> str:
    """Return the path as it was sent; flask takes away all but one leading slash."""
    return str(request.environ["PATH_INFO"])


def sent_method() -> str:
    """Return the method as it was sent; flask takes `get` for GET."""
    return str(request.environ["REQUEST_METHOD"])


def methods_at(path: str) -> Mapping[str, Endpoint]:
    """Return the endpoints at a path by method, those alone that a start has come to."""
    services = current_services()
    methods, phase = find_methods(services.endpoints, path), services.state.startup.phase
    if phase is Phase.ALL:
        return methods
    return {name: one for name, one in methods.items() if appears_in(one) <= phase}


def find_endpoint(method: str | None = None) -> Endpoint | None:
    """Return the endpoint for the request, or for another method; None if none is imitated."""
    methods = find_methods(current_services().endpoints, sent_path())
    found = methods.get(method or sent_method())
    return found if found and found.imitated else None


def answer(request: Request, services: Services) -> Response:
    """Answer a request to the WebUI.

    Raises:
        ApiError: as the real server refuses it or fails.
        NotFound: if there is nothing at this path.
    """
    methods = methods_at(sent_path())
    endpoint = methods.get(sent_method()) or refuse(methods)
    if not endpoint.imitated:
        raise StarletteError(404, "Not Found")
    body = MISSING
    if endpoint.body:
        syntax = services.profile.dialect.syntax
        body = decode_body(request.get_data(), request.content_type, syntax)
    let_in(endpoint, request, services)
    parsed, state = read(endpoint, body), services.state
    refuse_generation(endpoint, state.startup.phase)
    try:
        value = endpoint.view(state, parsed)
    finally:
        services.profile.count_call(state, request.remote_addr or "", endpoint)
    if endpoint.status == NO_CONTENT:
        return no_content()
    if isinstance(value, bytes):
        return Response(value, content_type=endpoint.media)
    return value if isinstance(value, Response) else json_answer(value)


def let_in(endpoint: Endpoint, request: Request, services: Services) -> None:
    """Check the credentials that an endpoint asks for.

    Raises:
        HttpError: 401 without good ones.
    """
    config, envelope = services.config, services.profile.envelope
    if config.api_auth and endpoint.guarded:
        authenticate(request.headers.get("Authorization"), config.api_auth, envelope)
    if (
        endpoint.private
        and config.gradio_auth
        and not page_user(request.cookies, config.gradio_auth)
    ):
        raise HttpError(401, "Not authenticated")


def refuse(methods: Mapping[str, Endpoint]) -> NoReturn:
    """Refuse a request that no endpoint is for; `methods` are those at its path.

    The real server names the first method, and all of a route that the framework has by itself.

    Raises:
        NotFound: if there is nothing at its path.
        StarletteError: 405.
    """
    if not methods:
        raise NotFound
    first, *_ = methods.values()
    named = [first.method] if first.listed else sorted(methods)
    raise StarletteError(405, "Method Not Allowed", {"Allow": ", ".join(named)})


def read(endpoint: Endpoint, body: Any) -> Parsed:
    """Return what an endpoint reads of the request; unknown fields are noted in the journal.

    Raises:
        InvalidRequestError: if it does not fit.
    """
    parsed = Parsed({}, frozenset())
    if isinstance(endpoint.body, Table):
        parsed = endpoint.body.read_body(body)
    elif endpoint.body:
        parsed = read_object(endpoint.body, body)
    elif endpoint.query:
        query = {name: values[-1] for name, values in request.args.lists()}
        parsed = parse_query(endpoint.query, query)
    elif endpoint.form:
        filled = {name: value for name, value in request.form.items() if value}
        parsed = endpoint.form.read(filled, ("body",))
    if endpoint.places and (match := endpoint.pattern.fullmatch(sent_path())):
        parsed.values.update(endpoint.places.read(match.groupdict(), ("path",)).values)
    note_unknown(parsed.unknown)
    return parsed


def note_unknown(fields: Iterable[str]) -> None:
    """Note in the journal what a request has and the WebUI does not know.

    Raises:
        HttpError: 422 where the server was told to be strict, which the real one never is.
    """
    if (unknown := list(fields)) and (exchange := g.get("exchange")):
        exchange.unknown_fields.extend(unknown)
        refuse_unknown(exchange)


def refuse_unknown(exchange: "Exchange") -> None:
    """Refuse unknown fields where the server was told to be strict.

    Raises:
        HttpError: 422.
    """
    services = current_services()
    state = services.state
    if state.config.strict and exchange.unknown_fields:
        known, extensions = services.endpoints, state.catalog.extensions
        said = "; ".join(unexpected(exchange, known, extensions))
        raise HttpError(422, f"refused by fake-webui, which is strict here: {said}")


def no_content() -> Response:
    """Return an answer without a body."""
    response = Response(status=NO_CONTENT)
    del response.headers["Content-Type"]
    return response


def read_object(kind: FieldType, body: Any) -> Parsed:
    """Return the fields of an object that may have any.

    Raises:
        InvalidRequestError: if it is something else.
    """
    if body is MISSING or body is None:
        raise current_services().profile.dialect.missing(("body",))
    values = {str(key): value for key, value in kind.coerce(body, ("body",)).items()}
    return Parsed(values, frozenset(values))
