"""Requests on their way to a view: body, credentials, fields, in the real server's order."""

from typing import Any

from flask import g, request

from fake_webui.api.access import authenticate
from fake_webui.api.services import current_config
from fake_webui.contract import MISSING, Endpoint, Parsed, Table, decode_body, parse_query, validate
from fake_webui.contract.coercion import MAPPING, missing


def admit(endpoint: Endpoint) -> None:
    """Read the body and check the credentials; validation comes later.

    Raises:
        InvalidRequestError: if the body is malformed JSON.
        HttpError: 400 for a body that is not text, 401 without good credentials.
    """
    if endpoint.body is not None:
        g.decoded_body = decode_body(request.get_data(), request.content_type)
    accounts = current_config().api_auth
    if accounts and endpoint.guarded:
        authenticate(request.headers.get("Authorization"), accounts)


def parse_request(table: Table) -> Parsed:
    """Return the fields of the request's body; unknown ones are noted in the journal.

    Raises:
        InvalidRequestError: if the body does not fit the table.
    """
    parsed = validate(table, g.decoded_body)
    _note_unknown(parsed)
    return parsed


def parse_arguments(table: Table) -> Parsed:
    """Return the query parameters of the request; unknown ones are noted in the journal.

    Raises:
        InvalidRequestError: if they do not fit the table.
    """
    query = {name: values[-1] for name, values in request.args.lists()}
    parsed = parse_query(table, query)
    _note_unknown(parsed)
    return parsed


def parse_object() -> dict[str, Any]:
    """Return the body of an endpoint that takes any object.

    Raises:
        InvalidRequestError: if it is something else.
    """
    if g.decoded_body is MISSING or g.decoded_body is None:
        raise missing(("body",))
    values: dict[str, Any] = MAPPING.coerce(g.decoded_body, ("body",))
    return {str(key): value for key, value in values.items()}


def _note_unknown(parsed: Parsed) -> None:
    exchange = g.get("exchange")
    if exchange is not None and parsed.unknown:
        exchange.unknown_fields.extend(parsed.unknown)
