"""What a recording leaves out: passwords, tokens and keys, wherever they stand in a body.

Told by the names that they go under. Their headers are not kept at all.
"""

import re
from typing import Any, Final

REMOVED: Final = "<removed>"
NAME: Final = (
    r"[\w-]*(?:password|passwd|secret|token|credentials?|authorization|api[_-]?key)"
    r"|(?:[\w-]*[_-])?(?:pwd?|cookie)|(?:api|gradio)[_-]auth(?:[_-]path)?|ngrok"
)
KEY: Final = re.compile(NAME, re.IGNORECASE)
FLAG: Final = re.compile(rf"--(?:{NAME})", re.IGNORECASE)
# In texts: a member of JSON, a pair of a form or query, a part of a form with files.
IN_TEXT: Final = (
    re.compile(rf'("(?:{NAME})"\s*:\s*")[^"]+', re.IGNORECASE),
    re.compile(rf"((?:^|[?&;])(?:{NAME})=)[^&;\s]+", re.IGNORECASE),
    re.compile(
        rf'(\bname="(?:{NAME})"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)[^\r\n]+', re.IGNORECASE
    ),
)


def without_secrets(value: Any) -> Any:
    """Return a JSON value with a mark in place of every secret text."""
    if isinstance(value, dict):
        return {
            key: REMOVED if is_secret(key, one) else without_secrets(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        before = [None, *value]
        return [
            REMOVED if is_flag(flag) and isinstance(one, str) else without_secrets(one)
            for flag, one in zip(before, value, strict=False)
        ]
    return value


def is_secret(key: str, value: Any) -> bool:
    """Return whether a member of an object is a text that nobody else may know."""
    return bool(value) and isinstance(value, str) and bool(KEY.fullmatch(key))


def is_flag(word: Any) -> bool:
    """Return whether a word of a command line says that the next one is secret."""
    return isinstance(word, str) and bool(FLAG.fullmatch(word))


def text_without_secrets(text: str) -> str:
    """Return a text that is not JSON, such as a form or a page, without secrets."""
    for pattern in IN_TEXT:
        text = pattern.sub(rf"\g<1>{REMOVED}", text)
    return text
