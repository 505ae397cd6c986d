"""Run the app with the system calls that make files last written down, one JSON array a line.

    python -m tests.reliability.tracing LOG WORD ...

What is told is the kind of call and the paths it was about.
"""

import json
import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def trace(log: Path) -> None:
    """Write down every call of these from now on, after it has been made."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def traced(call: Callable[..., Any]) -> Callable[..., Any]:
        def told(*given: Any, **named: Any) -> Any:
            answer = call(*given, **named)
            paths = [_path_of(one) for one in given[:2]]
            os.write(out, json.dumps([call.__name__, *paths]).encode() + b"\n")
            return answer

        return told

    for name in ("fsync", "link", "rename", "replace"):
        setattr(os, name, traced(getattr(os, name)))


def _path_of(given: Any) -> str:
    is_handle = isinstance(given, int)
    return str(Path(f"/proc/self/fd/{given}").readlink()) if is_handle else os.fspath(given)


if __name__ == "__main__":
    trace(Path(sys.argv[1]))
    sys.argv[1:] = sys.argv[2:]
    runpy.run_module("app", run_name="__main__", alter_sys=True)
