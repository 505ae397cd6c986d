"""Recordings on disk: JSON lines, one exchange a line, compressed where the name ends so.

The first line may say how the recorded server was started, {"started": {OPTION: VALUE}}, in the
words of our own command line. Input images lie in `raw/` beside the file. A folder of captures,
one JSON file each, is read as well.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fake_webui.errors import ConfigError
from fake_webui.upstream.captures import Capture
from fake_webui.upstream.images import RAW

PLAIN, COMPRESSED = ".jsonl", ".jsonl.gz"
UNREADABLE = (OSError, EOFError, ValueError, TypeError, zlib.error)
# What a recording may start a server with; nothing that opens it to others or writes files.
STARTED_WITH = {
    "api_auth": str,
    "api_server_stop": bool,
    "config": str,
    "cors_allow_origins": str,
    "nowebui": bool,
    "profile": str,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of exchanges, or a folder of them; read anew, line by line, each time."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.name.removesuffix(".gz").removesuffix(PLAIN)

    @property
    def root(self) -> Path:
        """The folder whose `raw/` holds the input images."""
        folder = self.path if self.path.is_dir() else self.path.parent
        return folder if (folder / RAW).is_dir() else folder.parent

    def captures(self) -> Iterator[Capture]:
        """Yield the exchanges in their order, those of a folder by name.

        Raises:
            ConfigError: if one can't be read; the message names file and line.
        """
        if self.path.is_dir():
            return (read_capture(path) for path in sorted(self.path.glob("*.json")))
        return (
            parsed(document, f"{self.path} line {number}")
            for number, document in self._lines()
            if "started" not in document
        )

    def started(self) -> dict[str, Any]:
        """Return the options that the recorded server was started with, {} if it isn't said.

        Raises:
            ConfigError: if an option is not one that a recording may give.
        """
        first = {} if self.path.is_dir() else next(self._lines(), (0, {}))[1]
        options = dict(first.get("started", {}))
        for name, value in options.items():
            if not isinstance(value, STARTED_WITH.get(name, ())):
                raise ConfigError(f"{self.path}: a recording can't start a server with {name}")
        if "config" in options:
            options["config"] = self._beside(options["config"])
        return options

    def _beside(self, name: str) -> Path:
        if Path(name).name != name or not (self.path.parent / name).is_file():
            raise ConfigError(f"{self.path}: the configuration {name} is not beside it")
        return self.path.parent / name

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        number = 0
        try:
            with opened(self.path) as file:
                for number, line in enumerate(file, 1):
                    document = json.loads(line)
                    if not isinstance(document, dict):
                        raise TypeError("it is not a JSON object")
                    yield number, document
        except UNREADABLE as error:
            raise ConfigError(f"{self.path} line {number} is not a capture: {error}") from error


def recordings(path: Path) -> list[Recording]:
    """Return the recordings of a folder, or the one at a path.

    Raises:
        ConfigError: if there is none.
    """
    if path.is_file():
        return [Recording(path)]
    if not path.is_dir():
        raise ConfigError(f"{path} is not a recording or a folder of captures")
    files = sorted([*path.glob(f"*{PLAIN}"), *path.glob(f"*{COMPRESSED}")])
    if files:
        return [Recording(file) for file in files]
    if not any(path.glob("*.json")):
        raise ConfigError(f"{path} holds no captures (*.jsonl, *.jsonl.gz or *.json)")
    return [Recording(path)]


def read_capture(path: Path) -> Capture:
    """Return the capture in a file.

    Raises:
        ConfigError: if it is not one; the message names file and line.
    """
    try:
        document = {"name": path.stem} | json.loads(path.read_bytes())
    except UNREADABLE as error:
        raise ConfigError(f"{path} is not a capture: {error}") from error
    return parsed(document, str(path))


def parsed(document: Mapping[str, Any], where: str) -> Capture:
    """Return the capture that a JSON object describes.

    Raises:
        ConfigError: if it describes none.
    """
    try:
        return Capture.of(document)
    except TypeError as error:
        raise ConfigError(f"{where} is not a capture: {error}") from error


def opened(path: Path) -> IO[str]:
    """Open a recording for reading."""
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


@contextmanager
def writing(
    path: Path, started: Mapping[str, Any] | None = None
) -> Iterator[Callable[[Capture], None]]:
    """Write a recording: yield what adds an exchange to it. Equal exchanges give equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as binary:
        packed: Any = binary
        if path.name.endswith(".gz"):
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=binary, mtime=0)
        with io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text:

            def line(document: Mapping[str, Any]) -> None:
                text.write(json.dumps(document, separators=(",", ":")) + "\n")

            if started:
                line({"started": started})
            yield lambda capture: line(capture.document())
