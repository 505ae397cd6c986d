"""`--record DIR`: what passes by is added to a recording, line by line: it is never half a file."""

import json
import threading
from pathlib import Path
from typing import Final

from fake_webui.errors import ConfigError
from fake_webui.upstream.exchanges import Passed
from fake_webui.upstream.recording import PLAIN

FILE_NAME: Final = f"recording{PLAIN}"


class Record:
    """A recording in a folder; one that is there already goes on. Safe for any threads."""

    def __init__(self, folder: Path, profile: str) -> None:
        """Begin it, or go on.

        Raises:
            ConfigError: if the folder can't be made or written.
        """
        self._folder = folder
        self._lock = threading.Lock()
        path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+", encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError(f"can't record in {folder}: {error.strerror}") from None
        self._file.seek(0)
        self._lines = sum(1 for _ in self._file)
        if not self._lines:
            self._write({"started": {"profile": profile}})

    def add(self, passed: Passed) -> str | None:
        """Add an exchange; return why that could not be, None if it is there."""
        with self._lock:
            name = f"{self._lines:05}_{passed.method}_{passed.name}"
            try:
                self._write(passed.capture(name, self._folder).document())
            except OSError as error:
                return f"not recorded: {error.strerror}"
        return None

    def _write(self, document: object) -> None:
        self._file.write(json.dumps(document, separators=(",", ":")) + "\n")
        self._file.flush()
        self._lines += 1
