"""Captured exchanges on disk: one JSON file each, images described instead of kept.

A capture is `{name, note, [setup], [loose], request, response}`. What a request needs to be sent
again, its input images, lies in `raw/` beside the groups of captures.
"""

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from fake_webui.errors import ConfigError
from fake_webui.journal.payloads import BROKEN_IMAGE, children, image_bytes, mapped
from fake_webui.webui.images import read_user_comment

RAW = "raw"
KEPT_HEADERS = (
    "content-type", "allow", "location", "www-authenticate", "access-control-allow-origin",
    "access-control-allow-credentials", "access-control-allow-methods",
    "access-control-allow-headers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A request, what has to be sent before it, and the answer that a WebUI gave."""

    name: str
    request: dict[str, Any]
    response: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    setup: list[dict[str, Any]] = field(default_factory=list)
    loose: bool = False

    def save(self, folder: Path) -> None:
        """Write the capture to `folder` under its name."""
        document: dict[str, Any] = {"name": self.name, "note": self.note}
        document |= {"setup": self.setup} if self.setup else {}
        document |= {"loose": True} if self.loose else {}
        document |= {"request": self.request, "response": self.response}
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(text, encoding="utf-8")


def load_captures(folder: Path) -> list[Capture]:
    """Return the captures of a folder, in the order of their names.

    Raises:
        ConfigError: if there are none, or one can't be read.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder of captures")
    captures = [load_capture(path) for path in sorted(folder.glob("*.json"))]
    if not captures:
        raise ConfigError(f"{folder} holds no captures (*.json)")
    return captures


def load_capture(path: Path) -> Capture:
    """Return the capture in a file.

    Raises:
        ConfigError: if it is not one; the message names file and line.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        keys = ("name", "note", "setup", "loose", "request", "response")
        return Capture(
            **{"name": path.stem} | {key: document[key] for key in keys if key in document}
        )
    except (ValueError, TypeError, OSError) as error:
        raise ConfigError(f"{path} is not a capture: {error}") from error


def describe_image(text: Any) -> dict[str, Any] | None:
    """Return what a capture says of a base64 image, None for anything else."""
    data = image_bytes(text) if isinstance(text, str) else None
    if data is None:
        return None
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return described(image, data, is_uri=text.startswith("data:"))
    except BROKEN_IMAGE:
        return None


def described(image: Image.Image, data: bytes, *, is_uri: bool) -> dict[str, Any]:
    """Return the descriptor of a decoded image."""
    facts = {
        "__image__": True,
        "format": image.format,
        "mode": image.mode,
        "width": image.width,
        "height": image.height,
        "pnginfo": {k: v for k, v in image.info.items() if isinstance(v, str)},
        "data_uri_prefix": is_uri,
        "bytes": len(data),
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "pixel_sha1": hashlib.sha1(image.tobytes(), usedforsecurity=False).hexdigest(),
    }
    comment = read_user_comment(image) or None
    return facts if comment is None else facts | {"exif_usercomment": comment}


def describe(value: Any) -> Any:
    """Return a JSON value with every base64 image replaced by its descriptor."""
    return mapped(value, lambda leaf: describe_image(leaf) or leaf)


def keep_images(value: Any, root: Path) -> Any:
    """Return a request's JSON with its images moved to files under `root`, and described."""

    def kept(leaf: Any) -> Any:
        facts = describe_image(leaf)
        return kept_image(leaf, facts, root) if facts else leaf

    return mapped(value, kept)


def kept_image(text: str, facts: dict[str, Any], root: Path) -> dict[str, Any]:
    """Write an image to a file named by its content and return its descriptor."""
    name = f"{RAW}/{facts['sha1'][:16]}.{str(facts['format']).lower()}"
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(text) or b"")
    head = text.partition(",")[0] + "," if facts["data_uri_prefix"] else ""
    return facts | ({"data_uri_header": head} if head else {}) | {"input_file": name}


def rebuild(value: Any, root: Path) -> Any:
    """Return a captured request's JSON with its images read back from their files.

    Raises:
        ConfigError: if a file is not there.
    """
    if isinstance(value, dict) and value.get("__image__"):
        return value.get("data_uri_header", "") + read_base64(root, str(value.get("input_file")))
    if isinstance(value, dict):
        return {key: rebuild(child, root) for key, child in value.items()}
    if isinstance(value, list):
        return [rebuild(child, root) for child in value]
    return value


def read_base64(root: Path, name: str) -> str:
    """Return a file of `root` as base64.

    Raises:
        ConfigError: if it is not there, or not inside.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise ConfigError(f"the input image {name} of a capture is not in {root}")
    return base64.b64encode(path.read_bytes()).decode()


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
    lowered = {name.lower(): value for name, value in headers.items()}
    kept = {name: lowered[name] for name in KEPT_HEADERS if name in lowered}
    answer: dict[str, Any] = {"status": status, "headers": kept}
    try:
        answer["json"] = describe(json.loads(body))
    except ValueError:
        return answer | {"text": body.decode("utf-8", "replace")}
    info = parse_info(answer["json"])
    return answer if info is None else answer | {"info_parsed": info}


def parse_info(answer: Any) -> Any:
    """Return the JSON that generation answers carry as a string in `info`, None if none."""
    for key, value in children(answer):
        if key == "info" and isinstance(value, str) and value.startswith("{"):
            return json.loads(value)
    return None
