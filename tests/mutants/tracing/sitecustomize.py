"""Python imports this by itself at its start where its folder is on PYTHONPATH: note lines run.

Each process of a measured run appends to one file which lines of a room it executes, each once for
each context: the number that tests.mutants.measuring keeps in a file that all processes map.
What a module executes when it is imported belongs to every test: context 0.
"""

import inspect
import mmap
import os
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

ROOM = os.environ["MUTANTS_ROOM"]
NOTES = os.open(os.environ["MUTANTS_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

_seen: set[tuple[int, str, int]] = set()
with Path(os.environ["MUTANTS_CONTEXT"]).open("rb") as _file:
    _context = mmap.mmap(_file.fileno(), 4, access=mmap.ACCESS_READ)


def _called(frame: FrameType, event: str, argument: object) -> Any:
    return _noted(frame, event, argument) if frame.f_code.co_filename.startswith(ROOM) else None


def _noted(frame: FrameType, _event: str, _argument: object) -> Any:
    code = frame.f_code
    in_function = code.co_flags & inspect.CO_OPTIMIZED
    context = int.from_bytes(_context[:4], "little") if in_function else 0
    note = (context, code.co_filename, frame.f_lineno)
    if note not in _seen:
        _seen.add(note)
        os.write(NOTES, f"{context} {frame.f_lineno} {code.co_filename}\n".encode())
    return _noted


threading.settrace(_called)
sys.settrace(_called)
