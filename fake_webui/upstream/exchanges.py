"""An exchange that passed by, as a recording keeps it: whole, so that it can be answered again."""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fake_webui.upstream.captures import Capture, is_page, kept_headers
from fake_webui.upstream.images import RAW, keep_images
from fake_webui.upstream.secrets import text_without_secrets, without_secrets

NAME_LENGTH: Final = 40
# Of a request; the others are the client's own business, or secret.
SENT_HEADERS: Final = (
    "content-type", "origin", "access-control-request-method", "access-control-request-headers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A request and its answer, the bodies without any content coding."""

    method: str
    target: str
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def name(self) -> str:
        """The last word of its address, for the name of the capture."""
        path = self.target.partition("?")[0]
        return re.sub(r"\W+", "_", path.rstrip("/").rpartition("/")[2])[:NAME_LENGTH]

    def capture(self, name: str, root: Path) -> Capture:
        """Return the exchange without secrets, its images and longer texts in files of `root`.

        Raises:
            OSError: if a file can't be written.
        """
        lowered = {key.lower(): value for key, value in self.sent_headers.items()}
        headers = {key: lowered[key] for key in SENT_HEADERS if key in lowered}
        request = {"method": self.method, "path": text_without_secrets(self.target)}
        answer = {"status": self.status, "headers": kept_headers(self.headers)}
        return Capture(
            name=name,
            request={**request, "headers": headers, **sent_body(self.sent, root)},
            response=answer | kept_body(self.body, root),
        )


def sent_body(body: bytes, root: Path) -> dict[str, Any]:
    """Return the part of a captured request that is its body."""
    if not body:
        return {}
    try:
        return {"json": keep_images(without_secrets(json.loads(body)), root)}
    except (ValueError, RecursionError):
        return {"raw_body": text_without_secrets(body.decode("latin-1"))}


def kept_body(body: bytes, root: Path) -> dict[str, Any]:
    """Return the part of a captured answer that is its body; pages and the like are files."""
    try:
        return {"json": keep_images(without_secrets(json.loads(body)), root)}
    except (ValueError, RecursionError):
        kept = text_without_secrets(body.decode("latin-1")).encode("latin-1")
    with suppress(UnicodeDecodeError):
        if not is_page(text := kept.decode()):
            return {"text": text}
    return {"omitted": {"bytes": len(kept), "file": kept_file(kept, root)}}


def kept_file(data: bytes, root: Path) -> str:
    """Write a body to a file named by its content and return its name."""
    name = f"{RAW}/{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]}.body"
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name
