"""How requests are validated: pydantic v1's way is the tables' own, others translate them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fake_webui.contract.body import syntax_mistake
from fake_webui.contract.coercion import FieldType, Location, missing
from fake_webui.contract.table import Table
from fake_webui.errors import HandlerError, InvalidRequestError

Details = Sequence[Mapping[str, Any]]


def _as_it_is(kind: Any) -> Any:
    return kind


def failure_of_1(model: str, details: Details, value: Any) -> HandlerError:  # noqa: ARG001
    """Return the exception for an answer that does not fit, in the words of pydantic v1."""
    count = f"{len(details)} validation error{'s' * (len(details) > 1)} for {model}"
    lines = [
        f"{' -> '.join(map(str, detail['loc']))}\n  {detail['msg']} (type={detail['type']})"
        for detail in details
    ]
    return HandlerError("ValidationError", "\n".join([count, *lines]))


def failure_of_2(model: str, details: Details, value: Any) -> HandlerError:  # noqa: ARG001
    """Return the exception for an answer that does not fit, as FastAPI with pydantic 2 words it."""
    lines = [f"  { ({**detail, 'loc': tuple(detail['loc'])}) }\n" for detail in details]
    message = f"{len(details)} validation errors:\n{''.join(lines)}"
    return HandlerError("ResponseValidationError", message, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to read what an endpoint takes.

    `table` and `type` return a table, or the type of a body without one, that reads and refuses
    in this way; `missing` is the error for a body that is not there, `syntax` describes what is
    wrong with malformed JSON. `failure` is the exception for an answer that does not fit, from the
    name of its model, what is wrong with it, and the answer. `openapi` is the version of the
    OpenAPI document.
    """

    table: Callable[[Table], Table] = _as_it_is
    type: Callable[[FieldType], FieldType] = _as_it_is
    missing: Callable[[Location], InvalidRequestError] = missing
    syntax: Callable[[json.JSONDecodeError], dict[str, Any]] = syntax_mistake
    failure: Callable[[str, Details, Any], HandlerError] = failure_of_1
    openapi: str = "3.0.2"


PYDANTIC_1 = Dialect()
