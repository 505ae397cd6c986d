"""Extensions that a TOML file declares: what they answer is fixed, what they are sent is kept."""

import base64
import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fake_webui.config.toml import TomlFile
from fake_webui.contract import MISSING, Endpoint, Field, Parsed, Table
from fake_webui.contract.coercion import (
    BOOLEAN,
    INTEGER,
    LIST,
    MAPPING,
    NUMBER,
    STRING,
    FieldType,
)
from fake_webui.contract.endpoint import JSON
from fake_webui.webui.extension import CONTROL, Extension, ExtensionScript
from fake_webui.webui.state import WebUIState
from fake_webui.wording import shown

LISTING: Final = ("remote", "branch", "commit_hash", "version", "commit_date")
KEYS: Final = ("name", *LISTING, "options", "scripts", "routes")
SCRIPT: Final[Mapping[str, type]] = {
    "name": str,
    "always_on": bool,
    "arguments": list,
    "fields": list,
}
ROUTE: Final[Mapping[str, type]] = {
    "method": str,
    "path": str,
    "fields": dict,
    "required": list,
    "file": str,
}
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
CONTROL_PLANE: Final = "/__fake"
IN_BASE64: Final = "base64"  # the key of an object that stands for the content of a file
TYPES: Final[Mapping[type, FieldType]] = {
    str: STRING,
    bool: BOOLEAN,
    int: INTEGER,
    float: NUMBER,
    list: LIST,
    dict: MAPPING,
}


def read_extension(path: Path) -> Extension:
    """Return the extension that a file declares.

    Raises:
        ConfigError: for a file that can't be read, or one with a mistake, naming the line.
    """
    return _Declaration(TomlFile(path)).read()


class _Declaration:
    """Turns the data of one file into an extension, or says where it can't."""

    def __init__(self, file: TomlFile) -> None:
        self._file = file

    def read(self) -> Extension:
        data, file = self._file.data, self._file
        file.refuse_unknown(data, KEYS)
        for key in ("name", *LISTING):
            if key in data:
                file.check(data[key], str, key)
        if not data.get("name"):
            file.refuse("an extension needs a name", "name")
        file.check(data.get("options", {}), dict, "options")
        scripts = file.entries(data.get("scripts", []), "scripts")
        routes = file.entries(data.get("routes", []), "routes")
        return Extension(
            name=data["name"],
            scripts=[self._script(index, entry) for index, entry in enumerate(scripts)],
            options=data.get("options", {}),
            endpoints=[self._route(index, entry) for index, entry in enumerate(routes)],
            listing={key: data[key] for key in LISTING if key in data},
        )

    def _script(self, index: int, entry: Mapping[str, Any]) -> ExtensionScript:
        place = ("scripts", index)
        self._check_entry(entry, SCRIPT, *place)
        if not entry.get("name"):
            self._file.refuse("a script needs a name", "name", *place)
        controls = entry.get("arguments", [])
        for control in controls:
            self._file.check(control, dict, "arguments", *place)
            self._file.refuse_unknown(control, list(CONTROL), *place, key="arguments")
        names = self._file.texts(entry.get("fields", []), "fields", *place)
        return ExtensionScript(
            name=entry["name"].lower(),
            arguments=controls,
            always_on=entry.get("always_on", True),
            fields=frozenset(names) if "fields" in entry else None,
        )

    def _route(self, index: int, entry: Mapping[str, Any]) -> Endpoint:
        place = ("routes", index)
        self._check_entry({k: v for k, v in entry.items() if k != "answer"}, ROUTE, *place)
        method, path = entry.get("method", "GET"), entry.get("path", "")
        if method not in METHODS:
            self._file.refuse(f"method is one of {', '.join(METHODS)}", "method", *place)
        if not path.startswith("/") or path.startswith(CONTROL_PLANE):
            message = f"path begins with / and not with {CONTROL_PLANE}"
            self._file.refuse(message, "path", *place)
        if ("answer" in entry) is ("file" in entry):
            self._file.refuse("a route has either an answer or a file", "path", *place)
        table = self._table(entry, path, *place) if "fields" in entry else None
        value, media = self._answer(entry, *place)
        return Endpoint(
            method=method,
            path=path,
            view=_always(value),
            name=path.strip("/").rpartition("/")[2],
            body=None if method == "GET" else table,
            query=table if method == "GET" else None,
            media=media,
            needs=self._file.data["name"],
        )

    def _table(self, entry: Mapping[str, Any], path: str, section: str, index: int) -> Table:
        """Return what a route reads: the default of a field says its type."""
        file, given = self._file, entry["fields"]
        required = file.texts(entry.get("required", []), "required", section, index)
        for name in required:
            if name not in given:
                file.refuse(f"{shown(name)} is not one of the fields", "required", section, index)
        for name, default in given.items():
            if type(default) not in TYPES:
                file.refuse(f"{name} is a date, and JSON has none", "fields", section, index)
        return Table(
            f"Body{path.replace('/', '_')}",
            tuple(
                Field(name, TYPES[type(default)], MISSING if name in required else default)
                for name, default in given.items()
            ),
        )

    def _answer(self, entry: Mapping[str, Any], section: str, index: int) -> tuple[Any, str]:
        """Return the answer of a route and its media type; bytes are sent as they are."""
        if "answer" in entry:
            return self._filled(entry["answer"], section, index), JSON
        data = self._content(entry["file"], "file", section, index)
        media = mimetypes.guess_type(entry["file"])[0] or "application/octet-stream"
        if media != JSON:
            return data, media
        try:
            return json.loads(data), media
        except ValueError as error:
            self._file.refuse(f"{entry['file']} is not JSON: {error}", "file", section, index)

    def _filled(self, value: Any, section: str, index: int) -> Any:
        """Return an answer with files in base64 in place of what stands for them."""
        if isinstance(value, list):
            return [self._filled(one, section, index) for one in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {IN_BASE64}:
            data = self._content(value[IN_BASE64], "answer", section, index)
            return base64.b64encode(data).decode()
        return {key: self._filled(one, section, index) for key, one in value.items()}

    def _content(self, name: Any, key: str, section: str, index: int) -> bytes:
        self._file.check(name, str, key, section, index)
        path = self._file.path.parent / str(name)
        try:
            return path.read_bytes()
        except OSError as error:
            self._file.refuse(f"can't read {path}: {error.strerror}", key, section, index)

    def _check_entry(
        self, entry: Mapping[str, Any], kinds: Mapping[str, type], section: str, index: int
    ) -> None:
        self._file.refuse_unknown(entry, list(kinds), section, index)
        for key, value in entry.items():
            self._file.check(value, kinds[key], key, section, index)


def _always(value: Any) -> Any:
    """Return a view that answers with `value`."""

    def view(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001 - as every view has it
        return value

    return view
