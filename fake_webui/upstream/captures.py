"""A recorded exchange: a request, what is sent before it, and the answer that a WebUI gave."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_webui.upstream.images import describe, rebuild

LONGEST_TEXT = 300  # characters
KEPT_HEADERS = (
    "content-type", "allow", "location", "www-authenticate", "access-control-allow-origin",
    "access-control-allow-credentials", "access-control-allow-methods",
    "access-control-allow-headers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A request, what has to be sent before it, and the answer that a WebUI gave.

    `loose` marks an answer whose error text comes from inside the models' code: only its kind
    is to be compared.
    """

    name: str
    request: dict[str, Any]
    response: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    setup: list[dict[str, Any]] = field(default_factory=list)
    loose: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Capture":
        """Return the capture that a JSON object describes.

        Raises:
            TypeError: if it has no name or no request.
        """
        given = {key: document[key] for key in cls.__slots__ if key in document}
        if not isinstance(given.get("request"), dict):
            raise TypeError("it has no request")
        return cls(**given)

    def document(self) -> dict[str, Any]:
        """Return the capture as a JSON object, without what is empty."""
        document: dict[str, Any] = {"name": self.name, "note": self.note}
        document |= {"setup": self.setup} if self.setup else {}
        document |= {"loose": True} if self.loose else {}
        return document | {"request": self.request, "response": self.response}


def request_body(request: Mapping[str, Any], root: Path) -> bytes | None:
    """Return the bytes that a captured request sends, None for no body."""
    if "json" in request:
        return json.dumps(rebuild(request["json"], root)).encode()
    return str(request["raw_body"]).encode("latin-1") if "raw_body" in request else None


def request_headers(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that a captured request sends."""
    headers = {
        name: value
        for name, value in request.get("headers", {}).items()
        if name.lower() != "accept-encoding"
    }
    return {"Content-Type": "application/json"} | headers if "json" in request else headers


def captured_answer(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return an answer as a capture keeps it."""
    answer: dict[str, Any] = {"status": status, "headers": kept_headers(headers)}
    try:
        return answer | {"json": describe(json.loads(body))}
    except ValueError:
        text = body.decode("utf-8", "replace")
    return answer | ({"omitted": {"bytes": len(body)}} if is_page(text) else {"text": text})


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an answer that a capture keeps, by their names in lower case."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: lowered[name] for name in KEPT_HEADERS if name in lowered}


def is_page(text: str) -> bool:
    """Return whether a body is a page or a document, of which only the size is kept."""
    return "<" in text or len(text) > LONGEST_TEXT
