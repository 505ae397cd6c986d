"""Scopes over HTTP: made anew with a profile and a configuration of their own, or refused."""

from typing import cast

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from flask.wrappers import Request

from fake_webui.api.services import Services
from fake_webui.control.scope_registry import EXTENSION, REFUSED, Scopes, check_name
from fake_webui.control.views import answer, json_body
from fake_webui.errors import ConfigError, ControlError

bp = Blueprint("scopes", __name__, url_prefix="/__fake/scope")

BIRTH = ("profile", "config")


@bp.put("/<name>")
def put_scope(name: str) -> ResponseReturnValue:
    """Make a scope, in place of one of this name."""
    check_name(name)
    birth = json_body() or {}
    if not isinstance(birth, dict) or set(birth) - set(BIRTH):
        raise ControlError(422, 'the body is {"profile": NAME, "config": {…}}, both optional')
    scopes = cast("Scopes", current_app.extensions[EXTENSION])
    try:
        services = scopes.put(name, birth)
    except ConfigError as error:
        raise ControlError(422, str(error)) from None
    return answer(scope=name, profile=services.profile.name), 201


def refuse_scope(request: Request, _: Services) -> None:
    """Refuse a request to a scope that can't be.

    Raises:
        ControlError: 422 for its name, 503 where there are too many.
    """
    if error := request.environ.get(REFUSED):
        raise error
