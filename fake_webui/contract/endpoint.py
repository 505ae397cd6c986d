"""What an endpoint is, how a module declares its own, and those of a server by their addresses."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypedDict, Unpack

from fake_webui.contract.coercion import FieldType
from fake_webui.contract.table import Parsed, Table

API: Final = "/sdapi/v1/"
JSON: Final = "application/json"

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

    body: Table | FieldType
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


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method on one path, and all there is to know about it.

    `view` is called with the state of the WebUI (a `WebUIState`: config, catalog, options,
    progress and the generation lock are in it) and with what was read from the request (a
    `Parsed`, see there). It returns the JSON value of the answer, or bytes that are it, or raises
    an `ApiError`; it knows neither Flask nor HTTP. Views of `api` alone may return a Flask
    response instead.

    At most one of these is read: `body`, the table of its fields, or MAPPING where any object is
    taken; `query`, the table of its query parameters; `form`, that of its form fields. `answer`
    is the type of the answer, None for one that nobody describes, and `media` its media type. A
    `status` of 204 is an answer without a body.
    `needs` is the part of the server that it comes with: "" always, "webui" with the page, "stop"
    with --api-server-stop, or an extension's name; `work` says which faults it can show.
    Credentials are asked for under `API` except where it is `public`, and with --gradio-auth for
    what is `private` to the page's users; what is not `listed` is missing from the OpenAPI
    document.
    """

    method: str
    path: str
    view: View
    body: Table | FieldType | None = None
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

    @property
    def guarded(self) -> bool:
        """Whether --api-auth asks for credentials here."""
        return self.path.startswith(API) and not self.public

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of what is read from a request."""
        return tuple(t for t in (self.body, self.query, self.form) if isinstance(t, Table))


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
            self.endpoints += [
                Endpoint(method=method, path=path, view=view, **facts) for path in paths
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


def work_at(endpoints: Index, path: str) -> Work | None:
    """Return the work that is done at a path, by whichever method."""
    return next((one.work for one in endpoints.get(path, {}).values() if one.work), None)
