"""From a request to the view of its endpoint and back, in the real server's order.

path and method → body → credentials → fields → view → answer
"""

from typing import Any, NoReturn

from flask import Response, g, request
from werkzeug.exceptions import NotFound

from fake_webui.api.access import authenticate
from fake_webui.api.answering import json_answer
from fake_webui.api.services import current_services
from fake_webui.contract import MISSING, Endpoint, Parsed, Table, decode_body, parse_query, validate
from fake_webui.contract.coercion import FieldType, missing
from fake_webui.errors import StarletteError

CONTROL = "/__fake"


def is_control() -> bool:
    """Return whether the request is for this tool and not for the WebUI."""
    return request.path == CONTROL or request.path.startswith(f"{CONTROL}/")


def sent_path() -> str:
    """Return the path as it was sent; flask takes away all but one leading slash."""
    return str(request.environ["PATH_INFO"])


def find_endpoint() -> Endpoint | None:
    """Return the endpoint that the request is for, None if there is none."""
    return current_services().endpoints.get(sent_path(), {}).get(request.method)


def answer() -> Response | None:
    """Answer a request to the WebUI; those to this tool have views of their own.

    Raises:
        ApiError: as the real server refuses it or fails.
        NotFound: if there is nothing at this path.
    """
    if is_control():
        return None
    endpoint = find_endpoint() or refuse()
    body = decode_body(request.get_data(), request.content_type) if endpoint.body else MISSING
    accounts = current_services().config.api_auth
    if accounts and endpoint.guarded:
        authenticate(request.headers.get("Authorization"), accounts)
    value = endpoint.view(current_services().state, read(endpoint, body))
    return value if isinstance(value, Response) else json_answer(value)


def refuse() -> NoReturn:
    """Refuse a request that no endpoint is for.

    Raises:
        NotFound: if there is nothing at its path.
        StarletteError: 405 with the method that the real server names.
    """
    methods = current_services().endpoints.get(sent_path())
    if methods is None:
        raise NotFound
    raise StarletteError(405, "Method Not Allowed", {"Allow": next(iter(methods))})


def read(endpoint: Endpoint, body: Any) -> Parsed:
    """Return what an endpoint reads of the request; unknown fields are noted in the journal.

    Raises:
        InvalidRequestError: if it does not fit.
    """
    parsed = Parsed({}, frozenset())
    if isinstance(endpoint.body, Table):
        parsed = validate(endpoint.body, body)
    elif endpoint.body:
        parsed = read_object(endpoint.body, body)
    elif endpoint.query:
        query = {name: values[-1] for name, values in request.args.lists()}
        parsed = parse_query(endpoint.query, query)
    elif endpoint.form:
        filled = {name: value for name, value in request.form.items() if value}
        parsed = endpoint.form.read(filled, ("body",))
    if exchange := g.get("exchange"):
        exchange.unknown_fields.extend(parsed.unknown)
    return parsed


def read_object(kind: FieldType, body: Any) -> Parsed:
    """Return the fields of an object that may have any.

    Raises:
        InvalidRequestError: if it is something else.
    """
    if body is MISSING or body is None:
        raise missing(("body",))
    values = {str(key): value for key, value in kind.coerce(body, ("body",)).items()}
    return Parsed(values, frozenset(values))
