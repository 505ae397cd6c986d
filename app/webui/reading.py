"""Answers come in here: how much of them, as which types, and cleaned.

A WebUI may say anything. Whatever can't be used is a `BadAnswerError` that says which answer it
was and what is wrong with it.
"""

import json
import math
import re
import time
import zlib
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from urllib3 import HTTPResponse

from app.cleaning import clean, clean_json
from app.errors import BadAnswerError

_PIECE_BYTES = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_MOST_DIGITS = 20  # seeds have as many; more is no number that any part of the app needs
_DEEPEST = 64
_NESTING = (dict, list)
_MOST_VALUES = 1_000_000
_SLICE = 1024 * 1024
MAX_WORDS = 500
# What a text of JSON has where a string in it may need cleaning; control characters come escaped.
_MAY_NEED_CLEANING = re.compile("\\\\[bfru]|[\x7f-\x9f\ud800-\udfff]")
_MARKUP = re.compile(r"<(?:head|style|script)\b.*?</(?:head|style|script)>|<[^>]*>", re.DOTALL)

Kind = tuple[str, tuple[type, ...]]
"""What a value must be, in words and in types."""

TEXT: Kind = ("a text", (str,))
NUMBER: Kind = ("a number", (int, float))
WHOLE: Kind = ("a whole number", (int,))
OBJECT: Kind = ("an object", (dict,))
LIST: Kind = ("a list", (list,))


def read_body(body: HTTPResponse, place: str, limit_bytes: int, time_s: float) -> bytes:
    """Return a whole body, inflated as it comes in.

    Raises:
        BadAnswerError: if it grows past `limit_bytes`, is not whole after `time_s` seconds, or is
            compressed in a way that was not asked for, or damaged.
    """
    deadline = time.monotonic() + time_s
    inflate = _inflater(body.headers.get("Content-Encoding", ""), place)
    pieces, size = [], 0
    while raw := body.read1(_PIECE_BYTES, decode_content=False):
        piece = inflate(raw, limit_bytes + 1 - size)
        pieces.append(piece)
        size += len(piece)
        if size > limit_bytes:
            raise BadAnswerError(
                f"{place}: the WebUI's answer is longer than {limit_bytes / 1e6:g} MB"
            )
        if time.monotonic() > deadline:
            raise BadAnswerError(f"{place}: the WebUI's answer was not whole after {time_s:g} s")
    return b"".join(pieces)


def _inflater(encoding: str, place: str) -> Any:
    if encoding.strip().lower() in {"", "identity"}:
        return lambda raw, _: raw
    if encoding.strip().lower() != "gzip":
        raise BadAnswerError(f"{place}: the WebUI's answer is compressed as {clean(encoding)[:40]}")
    stream = zlib.decompressobj(_GZIP)

    def inflate(raw: bytes, most_bytes: int) -> bytes:
        try:
            return stream.decompress(raw, most_bytes)
        except zlib.error as error:
            raise BadAnswerError(f"{place}: the WebUI's answer is damaged: {error}") from error

    return inflate


def parse_json(text: str | bytes, place: str) -> Any:
    """Return a JSON value, cleaned.

    Raises:
        BadAnswerError: if it is not JSON, nested too deeply, of more values than any answer has, or
            has a number that is not finite or has too many digits.
    """
    if _has_too_many_values(text):
        raise BadAnswerError(f"{place}: the WebUI's answer has more than {_MOST_VALUES:,} values")
    try:
        value = _parsed(text)
    except RecursionError as error:
        raise BadAnswerError(f"{place}: the WebUI's answer is nested too deeply") from error
    except ValueError as error:
        start = plain_words(text if isinstance(text, bytes) else text[:400].encode())
        raise BadAnswerError(
            f"{place}: the WebUI's answer is not JSON; it begins with {start[:80]!r}"
        ) from error
    if _is_deeper(value, _DEEPEST):
        raise BadAnswerError(f"{place}: the WebUI's answer is nested too deeply")
    return value


def _parsed(text: str | bytes) -> Any:
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    value = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    return clean_json(value) if _MAY_NEED_CLEANING.search(text) else value


def _has_too_many_values(text: str | bytes) -> bool:
    """Count what opens and parts values: each takes memory, however short it is."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    found = 0
    for start in range(0, len(data), _SLICE):
        found += sum(data.count(mark, start, start + _SLICE) for mark in b",[{")
        if found > _MOST_VALUES:
            return True
    return False


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(digits[:_MOST_DIGITS])
    return int(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value] if isinstance(value, _NESTING) else []
    for _ in range(levels + 1):
        inner = chain.from_iterable(v.values() if isinstance(v, dict) else v for v in layer)
        layer = [item for item in inner if isinstance(item, _NESTING)]
    return bool(layer)


def plain_words(body: bytes) -> str:
    """Return a body as one line that can be shown: no markup, nothing unprintable, not too long."""
    text = _MARKUP.sub(" ", body[: 4 * MAX_WORDS].decode("utf-8", "backslashreplace"))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_WORDS]


def checked(value: Any, kind: Kind, what: str) -> Any:
    """Return a value that is of this kind.

    Raises:
        BadAnswerError: if it is not, with its place: "progress of /sdapi/v1/progress".
    """
    words, types = kind
    if not isinstance(value, types) or isinstance(value, bool):
        raise BadAnswerError(f"the WebUI's answer can't be used: {what} is not {words}")
    return value


def read_object(
    value: Any, place: str, required: Mapping[str, Kind], optional: Mapping[str, Kind]
) -> dict[str, Any]:
    """Return an object whose fields are of their kinds; an optional one may be null or missing.

    Raises:
        BadAnswerError: if it is not one, or a field is of another kind.
    """
    found: dict[str, Any] = checked(value, OBJECT, place)
    for key, kind in required.items():
        checked(found.get(key), kind, f"{key} of {place}")
    for key, kind in optional.items():
        if found.get(key) is not None:
            checked(found[key], kind, f"{key} of {place}")
    return found


def read_list(value: Any, place: str, kind: Kind) -> list[Any]:
    """Return a list whose items are of one kind.

    Raises:
        BadAnswerError: if it is not one.
    """
    return [checked(item, kind, f"an item of {place}") for item in checked(value, LIST, place)]


def read_rows(
    value: Any, place: str, required: Sequence[str], optional: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return a list of objects with these texts in them.

    Raises:
        BadAnswerError: if it is not one.
    """
    needed, more = dict.fromkeys(required, TEXT), dict.fromkeys(optional, TEXT)
    rows = checked(value, LIST, place)
    return [read_object(row, f"an item of {place}", needed, more) for row in rows]
