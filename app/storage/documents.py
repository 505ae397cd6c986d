"""Text and JSON files that people write, read so that an error can name the line."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import BadInputError

Failure = Callable[[Path, int | None, str], BadInputError]
"""Makes the error to raise about a file: its path, the line counted from 1, the message."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object and the lines it stands in."""

    path: Path
    lines: list[str]
    values: dict[str, Any]
    failure: Failure

    def line_of(self, *keys: object) -> int | None:
        """Return the line of the last of `keys`, each looked for behind the one before."""
        at, found = 0, None
        for key in keys:
            numbers = (n for n in range(at, len(self.lines)) if f'"{key}"' in self.lines[n])
            if (number := next(numbers, None)) is not None:
                at, found = number, number + 1
        return found

    def error(self, message: str, *keys: object) -> BadInputError:
        """Return the error to raise about the value under `keys`."""
        return self.failure(self.path, self.line_of(*keys), message)


def read_lines(path: Path, failure: Failure) -> list[str]:
    """Return the lines of a UTF-8 file, without their ends.

    Raises:
        BadInputError: from `failure`: it can't be read, or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise failure(path, None, f"can't be read: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise failure(path, line, "is not UTF-8; save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def read_document(path: Path, failure: Failure) -> Document:
    """Read a JSON object.

    Raises:
        BadInputError: from `failure`: it can't be read, or is not a JSON object.
    """
    lines = read_lines(path, failure)
    try:
        values = json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        raise failure(path, error.lineno, f"is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise failure(path, None, "is not JSON that can be read: nested too deeply") from error
    if not isinstance(values, dict):
        raise failure(path, 1, "the outermost value must be an object, in { }")
    return Document(path, lines, values, failure)
