"""TOML files whose mistakes are told with file and line."""

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

from fake_webui.errors import ConfigError
from fake_webui.wording import shown

KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
LARGEST_BYTES = 16 * 2**20


class TomlFile:
    """The data of a file, and the words for what is wrong with it.

    Places are a key, or a key in the `index`th entry of a section.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: if it can't be read, or is not TOML.
        """
        self.path = path
        self._text = _read_text(path)
        try:
            self.data: dict[str, Any] = tomllib.loads(self._text)
        except ValueError as error:
            raise ConfigError(f"{path}: {error}") from None
        except RecursionError:
            raise ConfigError(f"{path}: it is nested too deeply") from None

    def check(self, value: Any, kind: type, key: str, section: str = "", index: int = 0) -> None:
        """Refuse a value that is not of a kind of KINDS.

        Raises:
            ConfigError: with file and line.
        """
        fits = isinstance(value, (int, float) if kind is float else kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            self.refuse(f"{key} is {KINDS[kind]}, not {shown(value)}", key, section, index)

    def texts(self, value: Any, key: str, section: str = "", index: int = 0) -> tuple[str, ...]:
        """Return a list of texts.

        Raises:
            ConfigError: if it is something else.
        """
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(f"{key} is a list of texts", key, section, index)
        return tuple(value)

    def entries(self, value: Any, section: str) -> list[dict[str, Any]]:
        """Return the entries of an array of tables.

        Raises:
            ConfigError: if it is something else.
        """
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.refuse(f"{section} is an array of tables: [[{section}]]", section)
        return value

    def refuse_unknown(
        self,
        found: Mapping[str, Any],
        allowed: Collection[str],
        section: str = "",
        index: int = 0,
        key: str | None = None,
    ) -> None:
        """Refuse keys that are not `allowed`; the line is that of `key`, or their own.

        Raises:
            ConfigError: with file and line.
        """
        for name in found:
            if name not in allowed:
                there = ", ".join(allowed) if len(allowed) < 40 else "those of GET options"
                message = f"unknown key {shown(name)}; there are {there}"
                self.refuse(message, key or name, section, index)

    def refuse(self, message: str, key: str, section: str = "", index: int = 0) -> NoReturn:
        """Say what is wrong at a place.

        Raises:
            ConfigError: always.
        """
        if not self._text:
            raise ConfigError(f"{self.path}: {message}")
        line = find_line(self._text, key, section, index)
        raise ConfigError(f"{self.path}:{line}: {message}")


class SentData(TomlFile):
    """What could be in a file and was sent instead."""

    def __init__(self, data: Any) -> None:
        """Take the data.

        Raises:
            ConfigError: if they are not a table.
        """
        self.path, self._text, self.data = Path("config"), "", data
        self.check(data, dict, "config")


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
