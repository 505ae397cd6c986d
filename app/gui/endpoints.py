"""How an endpoint is declared: once, with what it reads; routes and the document follow from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import takewhile
from typing import Any, TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from app.cleaning import clean_json
from app.config.refusals import explain
from app.errors import RefusedError

API = "/api/v1"
View = Callable[..., ResponseReturnValue]
Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """Base of what is sent as JSON: every field is known, and of its very kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Query(BaseModel):
    """Base of what is sent in the query string: every field is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared endpoint."""

    method: str
    path: str
    view: View
    body: type[Body] | None
    query: type[Query] | None


class Endpoints:
    """The endpoints of one part of the interface.

    Args:
        name: of the part.
    """

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(name, __name__, url_prefix=API)
        self.declared: list[Endpoint] = []

    def get(self, path: str, query: type[Query] | None = None) -> Callable[[View], View]:
        """Declare what answers GET."""
        return self._declare("GET", path, None, query)

    def post(self, path: str, body: type[Body] | None = None) -> Callable[[View], View]:
        """Declare what answers POST."""
        return self._declare("POST", path, body, None)

    def put(self, path: str, body: type[Body] | None = None) -> Callable[[View], View]:
        """Declare what answers PUT."""
        return self._declare("PUT", path, body, None)

    def delete(self, path: str) -> Callable[[View], View]:
        """Declare what answers DELETE."""
        return self._declare("DELETE", path, None, None)

    def _declare(
        self, method: str, path: str, body: type[Body] | None, query: type[Query] | None
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            self.declared.append(Endpoint(method, path, view, body, query))
            name = f"{method.lower()}_{view.__name__}"
            self.blueprint.add_url_rule(path, name, _reading(view, body, query), methods=[method])
            return view

        return declare


def _reading(view: View, body: type[Body] | None, query: type[Query] | None) -> View:
    """Return the view with what it reads as arguments."""

    @wraps(view)
    def answer(**given: Any) -> ResponseReturnValue:
        if body is not None:
            given["body"] = read_body(body)
        if query is not None:
            given["query"] = checked(query, clean_json(request.args.to_dict()))
        return view(**given)

    return answer


def read_body(model: type[Model]) -> Model:
    """Return the JSON object that a request brought, without control characters.

    Raises:
        RefusedError: if it is not one, or a field of it is wrong; names the field.
    """
    if not request.is_json:
        raise RefusedError("the body is not JSON; send it as application/json", status=415)
    try:
        values = clean_json(request.get_json(silent=True))
        if isinstance(values, dict):
            return checked(model, values)
    except RecursionError as error:
        raise RefusedError("the body is nested too deeply", status=400) from error
    raise RefusedError("the body is not a JSON object", status=400)


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return values as a model of what is read.

    Raises:
        RefusedError: naming the first field that is wrong.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _refusal(error.errors()[0], model) from error


def _refusal(error: ErrorDetails, model: type[BaseModel]) -> RefusedError:
    """Return what to say of an error; where a field takes several kinds of value, it is named."""
    keys = list(takewhile(lambda key: isinstance(key, int) or key.isidentifier(), error["loc"]))
    place = ".".join(map(str, keys))
    if error["type"] == "missing":
        return RefusedError(f"{place} is missing", place)
    if len(keys) < len(error["loc"]):
        return RefusedError(f"{place} is {error['input']!r:.80}; {error['msg']}", place)
    return RefusedError(explain(error, model), place)
