"""`--replay DIR`: the answers of a recording, given again to the same requests.

A request that was recorded more than once gets its answers in their order, the last one for ever.
"""

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fake_webui.journal.payloads import image_bytes
from fake_webui.upstream.captures import Capture
from fake_webui.upstream.images import read_base64, rebuild
from fake_webui.upstream.recording import recordings
from fake_webui.upstream.secrets import text_without_secrets, without_secrets

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded answer; its files are under `root`."""

    response: Mapping[str, Any]
    root: Path

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return int(self.response["status"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers that were kept, by their names in lower case."""
        return dict(self.response.get("headers", {}))

    def body(self) -> bytes:
        """Return the body; an image whose bytes were not kept is drawn anew.

        Raises:
            ConfigError: if a file of the recording is gone.
        """
        if "json" in self.response:
            value = rebuild(self.response["json"], self.root, anew=True)
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        if "omitted" in self.response:
            return base64.b64decode(read_base64(self.root, self.response["omitted"]["file"]))
        return str(self.response["text"]).encode()


class Replay:
    """What a recording knows, and how often each of it was asked for. Safe for any threads."""

    def __init__(self, known: Mapping[Key, list[Recorded]]) -> None:
        self._known = known
        self._lock = threading.Lock()
        self.reset()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the answers of a recording, or of a folder of them.

        Raises:
            ConfigError: if there is none, or it can't be read.
        """
        known: dict[Key, list[Recorded]] = {}
        for recording in recordings(path):
            for one in recording.captures():
                if can_be_given(one):
                    answer = Recorded(one.response, recording.root)
                    known.setdefault(captured_key(one.request), []).append(answer)
        return cls(known)

    def fresh(self) -> Self:
        """Return the same answers for somebody else, from their first on."""
        return type(self)(self._known)

    def reset(self) -> None:
        """Begin with the first answers again."""
        self._given = Counter[Key]()

    def find(self, method: str, target: str, body: bytes) -> Recorded | None:
        """Return the next answer to a request, None where it was not recorded."""
        key = (method, text_without_secrets(target), sent_key(body))
        if not (answers := self._known.get(key)):
            return None
        with self._lock:
            number = min(self._given[key], len(answers) - 1)
            self._given[key] += 1
        return answers[number]


def can_be_given(one: Capture) -> bool:
    """Return whether an answer is there, is kept whole, and was not prepared by other requests."""
    if not one.request.keys() >= {"method", "path"}:
        return False
    kept = one.response.keys() & {"json", "text"} or "file" in one.response.get("omitted", {})
    return "status" in one.response and bool(kept) and not one.setup


def captured_key(request: Mapping[str, Any]) -> Key:
    """Return what a recorded request is found by."""
    body = json_key(request["json"]) if "json" in request else text_key(request.get("raw_body", ""))
    return request["method"], request["path"], body


def sent_key(body: bytes) -> str:
    """Return what a request's body is found by: its JSON, whatever its order, or its bytes."""
    try:
        return json_key(without_secrets(json.loads(body)))
    except (ValueError, RecursionError):
        return text_key(text_without_secrets(body.decode("latin-1")))


def json_key(value: Any) -> str:
    """Return what a JSON body is found by."""
    return json.dumps(named_images(value), sort_keys=True)


def text_key(text: str) -> str:
    """Return what any other body is found by."""
    return hashlib.sha256(text.encode("latin-1", "replace")).hexdigest()


def named_images(value: Any) -> Any:
    """Return a JSON value with its images, captured or as sent, named by their content."""
    if isinstance(value, dict):
        if value.get("__image__"):
            return f"image {value.get('sha1')}"
        return {key: named_images(one) for key, one in value.items()}
    if isinstance(value, list):
        return [named_images(one) for one in value]
    if isinstance(value, str) and (data := image_bytes(value)):
        return f"image {hashlib.sha1(data, usedforsecurity=False).hexdigest()}"
    return value
