"""What an endpoint is, how a module declares its own, and those of a server by their addresses."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypedDict, Unpack

from fake_webui.contract.coercion import PATH, FieldType
from fake_webui.contract.table import Parsed, Table

API: Final = "/sdapi/v1/"
JSON: Final = "application/json"
NO_CONTENT: Final = 204

View = Callable[[Any, Parsed], Any]


class Work(StrEnum):
    """What an endpoint does that can go wrong in ways of its own; fault rules choose by it."""

    GENERATION = "generation"
    EXTRAS = "extras"
    PNG_INFO = "png-info"
    INTERROGATION = "interrogation"
    OPTIONS = "options"
    LOADING = "loading"


class Facts(TypedDict, total=False):
    """What a declaration may say of its endpoints; see `Endpoint`."""

    name: str
    body: Table | FieldType
    places: Table
    query: Table
    form: Table
    answer: FieldType
    media: str
    status: int
    needs: str
    work: Work
    public: bool
    private: bool
    listed: bool
    imitated: bool


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method on one path, and all there is to know about it.

    `view` is called with the state of the WebUI (a `WebUIState`: config, catalog, options,
    progress and the generation lock are in it) and with what was read from the request (a
    `Parsed`, see there). It returns the JSON value of the answer, or bytes that are it, or raises
    an `ApiError`; it knows neither Flask nor HTTP. Views of `api` alone may return a Flask
    response instead.

    `name` is that of the real server's function, from which the OpenAPI document makes the
    operationId; `places` is the table of the parameters in its path, `{path}` and the like.

    At most one of these is read: `body`, the table of its fields, or MAPPING where any object is
    taken; `query`, the table of its query parameters; `form`, that of its form fields. `answer`
    is the type of the answer, None for one that nobody describes, and `media` its media type, as
    the document has them. A `status` of 204 is an answer without a body.
    `needs` is the part of the server that it comes with: "" always, "webui" with the page, "stop"
    with --api-server-stop, or an extension's name; `work` says which faults it can show.
    Credentials are asked for under `API` except where it is `public`, and with --gradio-auth for
    what is `private` to the page's users; what is not `listed` is missing from the OpenAPI
    document, and what is not `imitated` stands in it and is not there.
    """

    method: str
    path: str
    view: View
    name: str
    body: Table | FieldType | None = None
    places: Table | None = None
    query: Table | None = None
    form: Table | None = None
    answer: FieldType | None = None
    media: str = JSON
    status: int = 200
    needs: str = ""
    work: Work | None = None
    public: bool = False
    private: bool = False
    listed: bool = True
    imitated: bool = True

    @property
    def operation_id(self) -> str:
        """What the OpenAPI document calls it: function, path and method in one word."""
        return re.sub(r"\W", "_", f"{self.name}{self.path}") + f"_{self.method.lower()}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches the paths that it is at, with a group for each of its `places`."""
        pattern = re.escape(self.path)
        for field in self.places.fields if self.places else ():
            part = ".*" if field.type is PATH else "[^/]+"
            pattern = pattern.replace(rf"\{{{field.name}\}}", f"(?P<{field.name}>{part})")
        return re.compile(pattern, re.DOTALL)

    @property
    def guarded(self) -> bool:
        """Whether --api-auth asks for credentials here."""
        return self.path.startswith(API) and not self.public

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of what is read from a request."""
        kinds = (self.places, self.body, self.query, self.form)
        return tuple(kind for kind in kinds if isinstance(kind, Table))


class Family:
    """The endpoints that one module declares, each at its view."""

    def __init__(self, *, needs: str = "") -> None:
        self._needs = needs
        self.endpoints: list[Endpoint] = []

    def get(self, *paths: str, **facts: Unpack[Facts]) -> Callable[[View], View]:
        """Declare that a view answers GET at these paths."""
        return self._declare("GET", paths, facts)

    def head(self, *paths: str, **facts: Unpack[Facts]) -> Callable[[View], View]:
        """Declare that a view answers HEAD at these paths."""
        return self._declare("HEAD", paths, facts)

    def post(self, *paths: str, **facts: Unpack[Facts]) -> Callable[[View], View]:
        """Declare that a view answers POST at these paths."""
        return self._declare("POST", paths, facts)

    def _declare(self, method: str, paths: Iterable[str], facts: Facts) -> Callable[[View], View]:
        facts = {"needs": self._needs, **facts}

        def declare(view: View) -> View:
            named: Facts = {"name": view.__name__, **facts}
            self.endpoints += [
                Endpoint(method=method, path=path, view=view, **named) for path in paths
            ]
            return view

        return declare


Index = Mapping[str, Mapping[str, Endpoint]]


def index(endpoints: Iterable[Endpoint], parts: Collection[str]) -> Index:
    """Return those endpoints that a server with `parts` has, by path, then method.

    The first method of a path is the one that the real server names where another is refused; of
    two endpoints with one address the later holds.
    """
    found: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        if not endpoint.needs or endpoint.needs in parts:
            found.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return found


def find_methods(endpoints: Index, path: str) -> Mapping[str, Endpoint]:
    """Return the endpoints that a request for a path may mean, by method."""
    if methods := endpoints.get(path):
        return methods
    for methods in endpoints.values():
        first, *_ = methods.values()
        if first.places and first.pattern.fullmatch(path):
            return methods
    return {}


def work_at(endpoints: Index, path: str) -> Work | None:
    """Return the work that is done at a path, by whichever method."""
    return next((one.work for one in endpoints.get(path, {}).values() if one.work), None)
