"""How answers look: JSON with plain times, and errors as message, place and remedy."""

import errno
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.errors import (
    AppError,
    BadInputError,
    HomeError,
    PackError,
    RefusedError,
    StoreVersionError,
    TransitionError,
    UnknownJobError,
    WebUIError,
    WebUIUnreachableError,
    in_words,
)

_STATUSES: Mapping[type[AppError], int] = {
    UnknownJobError: 404,
    TransitionError: 409,
    HomeError: 503,
    StoreVersionError: 503,
    WebUIUnreachableError: 503,
    WebUIError: 502,
    BadInputError: 422,
    AppError: 500,
}
_REMEDIES: Mapping[type[AppError], str] = {
    UnknownJobError: "load the list again",
    TransitionError: "load the list again",
    HomeError: "look at the folder and its disk, then try again",
}


class PlainJson(DefaultJSONProvider):
    """Times in ISO 8601, anything else that JSON lacks as its text; keys in their order."""

    sort_keys = False

    @staticmethod
    def default(o: Any) -> Any:
        """Return what stands for a value that JSON lacks."""
        if isinstance(o, datetime):
            return o.isoformat()
        if is_dataclass(o) and not isinstance(o, type):
            return asdict(o)
        return dict(o) if hasattr(o, "keys") else str(o)


def answer_errors(flask_app: Flask) -> None:
    """Have every error answered in the interface's own shape."""
    flask_app.register_error_handler(AppError, _app_error)
    flask_app.register_error_handler(HTTPException, _http_error)
    flask_app.register_error_handler(OSError, _os_error)
    flask_app.register_error_handler(Exception, _unforeseen)


def error_json(message: str, place: str | None = None, remedy: str | None = None) -> dict[str, Any]:
    """Return the body of an error."""
    return {"error": {"message": message, "place": place, "remedy": remedy}}


def _app_error(error: AppError) -> ResponseReturnValue:
    if isinstance(error, RefusedError):
        return error_json(str(error), error.place, error.remedy), error.status
    place = f"{error.path.name}:{error.line}" if isinstance(error, PackError) else None
    return error_json(str(error), place, _of(error, _REMEDIES)), _of(error, _STATUSES) or 500


def _http_error(error: HTTPException) -> ResponseReturnValue:
    return error_json(error.description or error.name), error.code or 500


def _os_error(error: OSError) -> ResponseReturnValue:
    """Answer as the command line does; a name that no file can have is the asker's."""
    if error.errno == errno.ENAMETOOLONG:
        return error_json(in_words(error), remedy="take a shorter name"), 422
    return error_json(in_words(error), remedy=_REMEDIES[HomeError]), _STATUSES[HomeError]


def _unforeseen(error: Exception) -> ResponseReturnValue:
    return error_json(f"something unforeseen happened: {type(error).__name__}: {error}"), 500


def _of(error: AppError, table: Mapping[type[AppError], Any]) -> Any:
    return next((value for kind, value in table.items() if isinstance(error, kind)), None)
