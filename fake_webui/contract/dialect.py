"""How requests are validated: pydantic v1's way is the tables' own, others translate them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fake_webui.contract.body import syntax_mistake
from fake_webui.contract.coercion import FieldType, Location, missing
from fake_webui.contract.table import Table
from fake_webui.errors import InvalidRequestError


def _as_it_is(kind: Any) -> Any:
    return kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to read what an endpoint takes.

    `table` and `type` return a table, or the type of a body without one, that reads and refuses
    in this way; `missing` is the error for a body that is not there, `syntax` describes what is
    wrong with malformed JSON; `openapi` is the version of the OpenAPI document.
    """

    table: Callable[[Table], Table] = _as_it_is
    type: Callable[[FieldType], FieldType] = _as_it_is
    missing: Callable[[Location], InvalidRequestError] = missing
    syntax: Callable[[json.JSONDecodeError], dict[str, Any]] = syntax_mistake
    openapi: str = "3.0.2"


PYDANTIC_1 = Dialect()
