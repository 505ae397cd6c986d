"""Text and JSON files that people write, read so that an error can name the line."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.errors import BadInputError

Failure = Callable[[Path, int | None, str], BadInputError]
"""Makes the error to raise about a file: its path, the line counted from 1, the message."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What there is to say of something that can be used all the same.

    Args:
        text: one sentence.
        path: the file it is about, None for none.
        line: where in it, counted from 1, or None when the whole file is meant.
    """

    text: str
    path: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        places = (str(place) for place in (self.path, self.line) if place is not None)
        return ": ".join(filter(None, (":".join(places), self.text)))


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object and the lines it stands in; `doubled` are keys that an object has twice."""

    path: Path
    lines: list[str]
    values: dict[str, Any]
    failure: Failure
    doubled: tuple[str, ...] = ()

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

    def notices(self, sentences: Iterable[str] = ()) -> tuple[Notice, ...]:
        """Return sentences about the document as notices, after those about its own form."""
        twice = (
            Notice(
                f"{key!r} stands twice in one object; the last one counts",
                self.path,
                self.last_line_of(key),
            )
            for key in self.doubled
        )
        return (*twice, *(Notice(sentence, self.path) for sentence in sentences))

    def last_line_of(self, key: str) -> int | None:
        """Return the last line that has the key."""
        numbers = (n for n, line in enumerate(self.lines, start=1) if f'"{key}"' in line)
        return max(numbers, default=None)


_UNSAVED: ContextVar[Mapping[Path, bytes]] = ContextVar("unsaved", default=MappingProxyType({}))


@contextmanager
def unsaved(path: Path, text: str) -> Iterator[None]:
    """Have `path` read as this text, in this thread and while the block runs.

    For a text that an editor holds: everything around it, and what is said of it, is as if saved.
    """
    token = _UNSAVED.set({**_UNSAVED.get(), path: text.encode() or b"\n"})
    try:
        yield
    finally:
        _UNSAVED.reset(token)


def read_lines(path: Path, failure: Failure) -> list[str]:
    """Return the lines of a UTF-8 file, without their ends.

    Raises:
        BadInputError: from `failure`: it can't be read, or is not UTF-8.
    """
    try:
        data = _UNSAVED.get().get(path) or path.read_bytes()
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
    doubled: list[str] = []

    def one_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in pairs)
        doubled.extend(key for key, count in counts.items() if count > 1)
        return dict(pairs)

    try:
        values = json.loads("\n".join(lines), object_pairs_hook=one_object)
    except json.JSONDecodeError as error:
        raise failure(path, error.lineno, f"is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise failure(path, None, "is not JSON that can be read: nested too deeply") from error
    if not isinstance(values, dict):
        raise failure(path, 1, "the outermost value must be an object, in { }")
    return Document(path, lines, values, failure, tuple(dict.fromkeys(doubled)))
