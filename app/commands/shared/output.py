"""How commands speak: JSON on stdout, notices on stderr, numbers as people say them."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from app.cleaning import clean
from app.jobs.models import JobStatus
from app.storage.documents import Notice

UNLIMITED_COLUMNS = 10_000
_MOST_NOTICES = 30
STATUS_STYLES = {
    JobStatus.QUEUED: "cyan",
    JobStatus.RUNNING: "bold blue",
    JobStatus.SUCCEEDED: "green",
    JobStatus.FAILED: "red",
    JobStatus.CANCELLED: "yellow",
    JobStatus.INTERRUPTED: "magenta",
    JobStatus.EDITED: "dim",
}


def console(*, stderr: bool = False) -> Console:
    """Return a console; away from a terminal it has no colours and cuts no line."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else UNLIMITED_COLUMNS
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def say(text: object, *, nl: bool = True) -> None:
    """Print text on stdout; here and in `notice` nothing gets out that a terminal would obey."""
    click.echo(clean(str(text)), nl=nl)


def print_json(rows: Sequence[Any]) -> None:
    """Print one JSON array."""
    say(json.dumps(list(rows), indent=2, ensure_ascii=False, default=plain))


def notice(sentence: str, style: str = "") -> None:
    """Say something beside the result, on stderr."""
    stderr = console(stderr=True)
    stderr.print(Text(clean(sentence), style=style), soft_wrap=not stderr.is_terminal)


def say_notices(notices: Sequence[Notice]) -> None:
    """Say what there is to say of files; of very many, the first and how many there are."""
    for one in notices[:_MOST_NOTICES]:
        notice(f"{one}", "yellow")
    if len(notices) > _MOST_NOTICES:
        notice(f"… and {count(len(notices) - _MOST_NOTICES, 'more notice')}", "yellow")


def local_time(moment: datetime | None) -> str:
    """Return a moment as the clock on the wall shows it, "" for none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


def duration(seconds: float | None) -> str:
    """Return a duration as a person says it: "0.4 s", "12 s", "3:05 min", "2:00 h"."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def count(number: int, thing: str) -> str:
    """Return "1 job" or "3 jobs"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def file_size(size_bytes: int) -> str:
    """Return a number of bytes as a person says it: "1.5 MB"."""
    size, units = float(size_bytes), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while size >= 1000 and (larger := next(units, None)):
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def one_line(text: str) -> str:
    """Return text without its line breaks and runs of spaces."""
    return " ".join(text.split())


def shortened(text: str, width: int) -> str:
    """Return text cut to so many characters, between words where there are any."""
    if len(text) <= width:
        return text
    start = text[: width - 2]
    words, space, _ = start.rpartition(" ")
    return f"{words if space and len(words) > width // 2 else start} …"


def plain(value: Any) -> Any:
    """Return what json.dumps can't write itself in a form that it can."""
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if hasattr(value, "keys") else str(value)
