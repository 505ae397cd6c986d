"""The journal as HAR 1.2, the archive format of browsers, for tools that read that."""

import base64
import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from fake_webui.journal.exchange import Exchange
from fake_webui.version import __version__

UNKNOWN: Final = -1  # a size that nobody noted
HTTP: Final = "HTTP/1.1"
NO_TYPE: Final = "x-unknown"
KEPT_IN_PATH: Final = "/:@!$&'()*+,;=~"


def archive(exchanges: Iterable[Exchange], base_url: str) -> Iterator[str]:
    """Yield the text of an archive, an entry at a time; `base_url` is before every path."""
    creator = json.dumps({"name": "fake-webui", "version": __version__})
    yield f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['
    separator = ""
    for exchange in exchanges:
        yield separator + json.dumps(entry(exchange, base_url))
        separator = ",\n"
    yield "]}}"


def entry(exchange: Exchange, base_url: str) -> dict[str, Any]:
    """Return an exchange as an entry; what HAR has no word for is under names with `_`."""
    duration_ms = round((exchange.duration_s or 0) * 1000, 3)
    return {
        "startedDateTime": exchange.time,
        "time": duration_ms,
        "request": request(exchange, base_url),
        "response": response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": duration_ms, "receive": 0},
        "comment": "; ".join(comments(exchange)),
        "_number": exchange.n,
        "_mark": exchange.mark,
        "_fault": exchange.fault,
        "_unknownFields": exchange.unknown_fields,
    }


def comments(exchange: Exchange) -> Iterator[str]:
    """Yield what there is to say of an exchange."""
    if exchange.status is None:
        yield "no answer"
    if exchange.fault:
        yield f"fault {exchange.fault}"
    yield from exchange.findings


def request(exchange: Exchange, base_url: str) -> dict[str, Any]:
    """Return the request of an entry. Cookies and credentials are not in the journal."""
    query = [
        (name, one)
        for name, value in exchange.query.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    address = base_url + quote(exchange.path, safe=KEPT_IN_PATH, errors="surrogateescape")
    made = {
        "method": exchange.method,
        "url": f"{address}?{urlencode(query)}" if query else address,
        "httpVersion": HTTP,
        "cookies": [],
        "headers": pairs(exchange.headers.items()),
        "queryString": pairs(query),
        "headersSize": UNKNOWN,
        "bodySize": exchange.sent_bytes,
    }
    if exchange.body:
        lowered = {name.lower(): value for name, value in exchange.headers.items()}
        text = exchange.body.decode("utf-8", "replace")
        made["postData"] = {"mimeType": lowered.get("content-type", NO_TYPE), "text": text}
    return made


def response(exchange: Exchange) -> dict[str, Any]:
    """Return the answer of an entry; one that never came has the status 0, as in browsers."""
    kind, status = exchange.content_type, exchange.status or 0
    return {
        "status": status,
        "statusText": phrase(status),
        "httpVersion": HTTP,
        "cookies": [],
        "headers": pairs([("content-type", kind)] if kind else []),
        "content": content(exchange.answer, exchange.received_bytes, kind or NO_TYPE),
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": exchange.received_bytes,
    }


def content(body: bytes, size: int, kind: str) -> dict[str, Any]:
    """Return the body of an answer: as text, or as base64 where it is none."""
    facts = {"size": size, "mimeType": kind}
    try:
        return facts | {"text": body.decode()}
    except UnicodeDecodeError:
        return facts | {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def pairs(values: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return names with values as HAR lists them."""
    return [{"name": name, "value": value} for name, value in values]


def phrase(status: int) -> str:
    """Return the words for a status; nothing for one that HTTP does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
