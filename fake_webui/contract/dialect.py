"""How requests are validated: pydantic v1's way is the tables' own, others translate them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fake_webui.contract.body import syntax_mistake
from fake_webui.contract.coercion import FieldType
from fake_webui.contract.table import Table


def _as_it_is(kind: Any) -> Any:
    return kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to read what an endpoint takes.

    `table` and `type` return a table, or the type of a body without one, that reads and refuses
    in this way; `syntax` is the mistake that JSON is which can't be read; `openapi` the version of
    the OpenAPI document.
    """

    table: Callable[[Table], Table] = _as_it_is
    type: Callable[[FieldType], FieldType] = _as_it_is
    syntax: Callable[[json.JSONDecodeError], dict[str, Any]] = syntax_mistake
    openapi: str = "3.0.2"


PYDANTIC_1 = Dialect()
