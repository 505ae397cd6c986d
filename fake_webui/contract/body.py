"""From the bytes of a request body to a JSON value, as the real server reads them."""

import json
from collections.abc import Callable
from email.message import Message
from functools import lru_cache
from typing import Any, Final

from fake_webui.errors import InvalidRequestError, StarletteError


class _Missing:
    """The type of `MISSING`."""


MISSING: Final = _Missing()

MOST_VALUES = 1_000_000
SLICE_BYTES = 1024 * 1024
VALUE_MARKS = b",[{"


def decode_body(
    body: bytes, content_type: str | None, syntax: Callable[[json.JSONDecodeError], dict[str, Any]]
) -> Any:
    """Return the JSON value of a body, the bytes themselves, or MISSING for an empty body.

    A body counts as JSON without a content type or with a JSON one; any other stays bytes.
    `syntax` describes what is wrong with malformed JSON.

    Raises:
        InvalidRequestError: if the JSON is malformed; says where.
        StarletteError: 400, if it is not text or nested too deeply; 413 for too many values.
    """
    if not body:
        return MISSING
    if not is_json(content_type):
        return body
    if has_too_many_values(body):
        raise StarletteError(413, "Request Entity Too Large")
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        raise InvalidRequestError([syntax(error)]) from None
    except (ValueError, RecursionError):
        raise StarletteError(400, "There was an error parsing the body") from None


def has_too_many_values(body: bytes) -> bool:
    """Return whether JSON has more values than anybody means; each takes memory, however short.

    What opens and parts values is counted, in texts too, which costs a fraction of parsing. It is
    done in slices, so that others are served meanwhile.
    """
    if len(body) <= MOST_VALUES:
        return False
    found = 0
    for start in range(0, len(body), SLICE_BYTES):
        found += sum(body.count(mark, start, start + SLICE_BYTES) for mark in VALUE_MARKS)
        if found > MOST_VALUES:
            return True
    return False


@lru_cache(maxsize=32)
def is_json(content_type: str | None) -> bool:
    """Return whether a body with this Content-Type header is read as JSON."""
    if not content_type:
        return True
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )


def syntax_mistake(error: json.JSONDecodeError) -> dict[str, Any]:
    """Describe malformed JSON as pydantic v1 does."""
    context = {
        "msg": error.msg,
        "doc": error.doc,
        "pos": error.pos,
        "lineno": error.lineno,
        "colno": error.colno,
    }
    return {
        "loc": ["body", error.pos],
        "msg": str(error),
        "type": "value_error.jsondecode",
        "ctx": context,
    }
