"""How errors look on the wire: the body around them, and their headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fake_webui.errors import ApiError, HandlerError, HttpError


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is around an error; the defaults are A1111's.

    An exception's text is under `message`. The WebUI's own HTTP errors are wrapped in the same
    four keys, or are `{"detail": …}` alone. `challenge` is the `WWW-Authenticate` of a 401, which
    says `malformed` of credentials that can't be read and `wrong` of those that nobody has.
    `pitfall` is what clients of A1111 miss in an exception, for the journal.
    """

    message: str = "errors"
    wraps_http_errors: bool = True
    challenge: str | None = None
    malformed: str = "Invalid authentication credentials"
    wrong: str = "Incorrect username or password"
    pitfall: str = ""

    def body(self, error: ApiError) -> Any:
        """Return the JSON value of the answer."""
        if isinstance(error, HandlerError):
            wrapped = self._wrapped(error.class_name, "", error.message)
            return wrapped | {"body": error.value}
        if isinstance(error, HttpError):
            if self.wraps_http_errors:
                return self._wrapped("HTTPException", error.detail, error.errors)
            return {"detail": error.detail}
        return error.body()

    def headers(self, error: ApiError) -> Mapping[str, str]:
        """Return the headers that go with an error."""
        if error.status == 401 and self.challenge:
            return {**error.headers, "WWW-Authenticate": self.challenge}
        return error.headers

    def _wrapped(self, name: str, detail: str, message: str) -> dict[str, Any]:
        return {"error": name, "detail": detail, "body": "", self.message: message}


WRAPPED: Final = Envelope()
