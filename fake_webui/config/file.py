"""Reading a configuration file, with the line of whatever is wrong in it."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from fake_webui.config.settings import (
    ALL,
    NONE,
    SETTINGS,
    CheckpointConfig,
    EmbeddingConfig,
    HypernetworkConfig,
    LoraConfig,
    ServerConfig,
    StyleConfig,
    VaeConfig,
)
from fake_webui.errors import ConfigError

SECTIONS: dict[str, type] = {
    "checkpoints": CheckpointConfig,
    "vaes": VaeConfig,
    "loras": LoraConfig,
    "embeddings": EmbeddingConfig,
    "styles": StyleConfig,
    "hypernetworks": HypernetworkConfig,
}
KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
LARGEST_BYTES = 16 * 2**20
SAVED = "saved_options"
SHA256 = re.compile(r"[0-9a-f]{64}")


OptionsOf = Callable[[Sequence[str]], Mapping[str, Any]]


def read_config(path: Path, options_of: OptionsOf) -> ServerConfig:
    """Return the configuration that a TOML file describes.

    A file that names any models, styles or extensions replaces the built-in set of all of them.
    `options_of` returns the options, with their defaults, of a server with these extensions.

    Raises:
        ConfigError: for a file that can't be read, or one with an unknown key or a wrong value,
            naming the line.
    """
    text = _read_text(path)
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: it is nested too deeply") from None
    return _Reader(path, text, options_of).read(data)


def _read_text(path: Path) -> str:
    """Return the text of a file; one without an end, such as a device, is not read.

    Raises:
        ConfigError: if it can't be read, or is larger than any configuration.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"can't read {path}: it is not a regular file")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise ConfigError(f"can't read {path}: it is larger than {LARGEST_BYTES >> 20} MB")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't read {path}: {error}") from None


class _Reader:
    """Turns the data of one file into a configuration, or says where it can't."""

    def __init__(self, path: Path, text: str, options_of: OptionsOf) -> None:
        self._path = path
        self._text = text
        self._options_of = options_of

    def read(self, data: Mapping[str, Any]) -> ServerConfig:
        allowed = [*SECTIONS, "extensions", "options", SAVED, *SETTINGS]
        self._refuse_unknown(data, allowed)
        settings = {key: self._setting(key, data[key]) for key in SETTINGS if key in data}
        if "options" in data:
            settings["options"] = self._options(data)
        settings["saved_options"] = self._saved_options(data)
        return replace(ServerConfig(), **self._catalogue(data), **settings)

    def _catalogue(self, data: Mapping[str, Any]) -> dict[str, Any]:
        if not any(key in data for key in (*SECTIONS, "extensions")):
            return {}
        found: dict[str, Any] = {key: self._section(key, data.get(key, [])) for key in SECTIONS}
        found["extensions"] = self._texts("extensions", data.get("extensions", []))
        if "checkpoints" not in data:
            del found["checkpoints"]
        elif not found["checkpoints"]:
            self._refuse("checkpoints needs at least one entry", "checkpoints")
        return found

    def _section(self, section: str, entries: Any) -> tuple[Any, ...]:
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            self._refuse(f"{section} is an array of tables: [[{section}]]", section)
        return tuple(self._entry(section, index, entry) for index, entry in enumerate(entries))

    def _entry(self, section: str, index: int, entry: dict[str, Any]) -> Any:
        kind = SECTIONS[section]
        hints = {key: _plain(hint) for key, hint in get_type_hints(kind).items()}
        self._refuse_unknown(entry, list(hints), section, index)
        for field in fields(kind):
            if field.name in entry:
                self._check(entry[field.name], hints[field.name], field.name, section, index)
        if "name" not in entry:
            self._refuse(f"{section}: an entry needs a name", "", section, index)
        if "sha256" in hints and not SHA256.fullmatch(entry.get("sha256", "")):
            self._refuse("sha256 is 64 hexadecimal digits", "sha256", section, index)
        return kind(**entry)

    def _setting(self, key: str, value: Any) -> Any:
        setting = SETTINGS[key]
        if setting.kind is list:
            return self._texts(key, value)
        self._check(value, setting.kind, key)
        return setting.read(value)

    def _texts(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._refuse(f"{key} is a list of texts", key)
        return tuple(value)

    def _saved_options(self, data: Mapping[str, Any]) -> str | tuple[str, ...]:
        """Return which options are saved: none where the file doesn't say, as after an install."""
        asked = data.get(SAVED, NONE)
        if isinstance(asked, str) and asked in (ALL, NONE):
            return asked
        if not isinstance(asked, list):
            self._refuse(f'{SAVED} is "all", "none" or a list of options, not {asked!r}', SAVED)
        names = self._texts(SAVED, asked)
        self._refuse_unknown(dict.fromkeys(names), self._known_options(data), key=SAVED)
        return names

    def _known_options(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        extensions = self._catalogue(data).get("extensions", ServerConfig.extensions)
        return self._options_of(extensions)

    def _options(self, data: Mapping[str, Any]) -> dict[str, Any]:
        options = data["options"]
        self._check(options, dict, "options")
        known = self._known_options(data)
        self._refuse_unknown(options, known, "options")
        for key, value in options.items():
            if known[key] is not None:
                kind = float if type(known[key]) is int else type(known[key])
                self._check(value, kind, key, "options")
        return dict(options)

    def _check(self, value: Any, kind: type, key: str, section: str = "", index: int = 0) -> None:
        fits = isinstance(value, (int, float) if kind is float else kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            self._refuse(f"{key} is {KINDS[kind]}, not {value!r}", key, section, index)

    def _refuse_unknown(
        self,
        found: Mapping[str, Any],
        allowed: Any,
        section: str = "",
        index: int = 0,
        key: str | None = None,
    ) -> None:
        """Refuse what isn't allowed; the line is that of `key`, or of what was found itself."""
        for name in found:
            if name not in allowed:
                there = ", ".join(allowed) if len(allowed) < 40 else "those of GET options"
                self._refuse(
                    f"unknown key {name!r}; there are {there}", key or name, section, index
                )

    def _refuse(self, message: str, key: str, section: str = "", index: int = 0) -> NoReturn:
        line = find_line(self._text, key, section, index)
        raise ConfigError(f"{self._path}:{line}: {message}")


def _plain(hint: Any) -> type:
    return hint if hint in KINDS else dict


def find_line(text: str, key: str, section: str = "", index: int = 0) -> int:
    """Return the line, from 1, where `key` is set in the `index`th `section` of a TOML text.

    Falls back to the line of the section, and to line 1.
    """
    here, seen, best = "", -1, 1
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*[\"']?([\w-]+)", line):
            here = header[1]
            seen = seen + 1 if here == section else seen
        within = not section or (here == section and seen == index)
        if header and here in (section, key) and within:
            best = number
            if here == key:
                return number
        elif within and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
        elif section and re.match(rf"\s*{re.escape(section)}\s*=", line):
            best = number
    return best
