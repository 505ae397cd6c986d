"""Where the control endpoints and the inspector are, and who may call them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from fake_webui.api.access import is_cross_site
from fake_webui.errors import ControlError

bp = Blueprint("control", __name__, url_prefix="/__fake")

# Method, address, and the module and name of the view.
VIEWS: Final = (
    ("GET", "/v1/health", "views", "health"),
    ("GET", "/v1/requests", "views", "list_requests"),
    ("GET", "/v1/requests/<int:n>", "views", "one_request"),
    ("GET", "/v1/requests/<int:n>/images/<int:index>", "views", "one_image"),
    ("POST", "/v1/requests/count", "views", "count_requests"),
    ("POST", "/v1/requests/find", "views", "find_requests"),
    ("POST", "/v1/requests/wait", "views", "wait_for_requests"),
    ("DELETE", "/v1/requests", "views", "delete_requests"),
    ("POST", "/v1/mark", "views", "mark"),
    ("POST", "/v1/reset", "views", "reset"),
    ("GET", "/v1/faults", "views", "list_faults"),
    ("POST", "/v1/faults", "views", "add_fault"),
    ("DELETE", "/v1/faults", "views", "remove_faults"),
    ("DELETE", "/v1/faults/<int:position>", "views", "remove_fault"),
    ("GET", "", "inspector", "without_slash"),
    ("GET", "/", "inspector", "page"),
    ("GET", "/static/<name>", "inspector", "asset"),
    ("GET", "/feed", "inspector", "feed"),
    ("GET", "/entries/<int:n>", "inspector", "entry"),
)


@bp.before_request
def refuse_other_sites() -> None:
    """Keep pages of other sites from steering the server through their visitor's browser."""
    is_link = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if not is_link and is_cross_site(request.headers, request.host_url):
        raise ControlError(403, "control endpoints are not for pages of other sites")


def when_called(module: str, name: str) -> Callable[..., ResponseReturnValue]:
    """Return a view that is imported with the first call, so that a start does not wait for it."""

    def view(**arguments: Any) -> ResponseReturnValue:
        found = getattr(import_module(f"fake_webui.control.{module}"), name)
        answer: ResponseReturnValue = found(**arguments)
        return answer

    return view


for _method, _address, _module, _name in VIEWS:
    bp.add_url_rule(_address, _name, when_called(_module, _name), methods=[_method])
