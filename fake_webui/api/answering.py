"""Answers as the real server renders them."""

import json
import math
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from fake_webui.api.noting import note_findings
from fake_webui.api.services import current_services
from fake_webui.contract.transport import CLOSES
from fake_webui.errors import ApiError, ControlError, HandlerError

COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def json_answer(value: Any, status: int = 200) -> Response:
    """Return `value` as compact JSON in UTF-8.

    Raises:
        HandlerError: if it holds a number or text that JSON can't carry.
    """
    return Response(dump_json(value), status, content_type="application/json")


def dump_json(value: Any) -> bytes:
    """Return the JSON bytes that the real server would send for `value`.

    Raises:
        HandlerError: UnicodeEncodeError for lone surrogates, RecursionError for what is nested too
            deeply; without the page, which brings a way of its own to write JSON, ValueError for
            NaN and infinities.
    """
    try:
        return _dump(value)
    except (UnicodeEncodeError, RecursionError) as error:
        raise HandlerError(type(error).__name__, str(error)) from None
    except ValueError as error:
        if current_services().config.nowebui:
            raise HandlerError("ValueError", str(error)) from None
        return _dump(_finite(value))


def _dump(value: Any) -> bytes:
    return COMPACT.encode(value).encode()


def _finite(value: Any) -> Any:
    """Return a JSON value with null for NaN and infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list) else value


def untyped(text: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that does not say of what type it is."""
    response = Response(text, status, headers)
    del response.headers["Content-Type"]
    return response


def error_answer(error: ApiError) -> Response:
    """Return the answer for an error of the real server."""
    envelope = current_services().profile.envelope
    if isinstance(error, HandlerError) and envelope.pitfall:
        note_findings([envelope.pitfall])
    try:
        body = dump_json(envelope.body(error))
    except HandlerError as unsendable:
        error, body = unsendable, dump_json(envelope.body(unsendable))
    response = Response(
        body, error.status, envelope.headers(error), content_type="application/json"
    )
    if isinstance(error, HandlerError) and current_services().transport.closes_after_failure:
        request.environ[CLOSES] = True
    response.timed = error.timed  # type: ignore[attr-defined]
    return response


def control_error_answer(error: ControlError) -> Response:
    """Return the answer for an error of the control endpoints."""
    return Response(json.dumps(error.body()), error.status, content_type="application/json")
