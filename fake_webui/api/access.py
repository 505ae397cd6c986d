"""Who may call: pure rules over headers."""

import base64
import binascii
import hmac
import os
from collections.abc import Mapping
from typing import Final

from fake_webui.contract.envelope import Envelope
from fake_webui.errors import HttpError

LOGIN_COOKIES: Final = ("access-token", "access-token-unsecure")
SECRET: Final = os.urandom(16)


def authenticate(
    authorization: str | None, accounts: Mapping[str, str], envelope: Envelope
) -> None:
    """Check an Authorization header against user names and passwords.

    Raises:
        HttpError: 401, saying what is missing or wrong.
    """
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        raise HttpError(401, "Not authenticated")
    user, password = _decode_credentials(credentials, envelope)
    if not _matches(password, accounts.get(user)):
        raise HttpError(401, envelope.wrong)


def _decode_credentials(credentials: str, envelope: Envelope) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(credentials).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    user, colon, password = decoded.partition(":")
    if not colon:
        raise HttpError(401, envelope.malformed)
    return user, password


def log_in(user: str, password: str, accounts: Mapping[str, str]) -> str:
    """Return the token that a user of the page has from now on.

    Raises:
        HttpError: 400 for a wrong name or password.
    """
    if not _matches(password, accounts.get(user)):
        raise HttpError(400, "Incorrect credentials.")
    return _token(user)


def page_user(cookies: Mapping[str, str], accounts: Mapping[str, str]) -> str | None:
    """Return the name of the page's user who has these cookies, None if nobody is logged in."""
    tokens = [cookies.get(name, "").encode() for name in LOGIN_COOKIES]
    for user in accounts:
        if any(hmac.compare_digest(token, _token(user).encode()) for token in tokens):
            return user
    return None


def _token(user: str) -> str:
    return hmac.new(SECRET, user.encode(), "sha256").hexdigest()


def _matches(password: str, expected: str | None) -> bool:
    equal = hmac.compare_digest(password.encode(), (expected or "").encode())
    return equal and expected is not None
