"""Options that choose among past jobs."""

import re
from datetime import UTC, datetime, timedelta

import click

from app.commands.shared.options import together
from app.jobs.models import JobStatus, RunMode

_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]?b|)", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d{1,6})([mhdw])")


def moment(text: str) -> datetime:
    """Return a point in time, in UTC: "2026-01-31", "2026-01-31 18:00", or "3h" and "7d" ago.

    Raises:
        click.BadParameter: if it is not one.
    """
    try:
        return _moment(text, datetime.now(UTC))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f'{text!r} is not a time; give 2026-01-31, "2026-01-31 18:00", 3h or 7d.'
        ) from error


def _moment(text: str, now: datetime) -> datetime:
    if ago := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    return datetime.fromisoformat(text.strip()).astimezone(UTC)


def size_bytes(text: str) -> int:
    """Return a size in bytes: "500MB", "1.5 GB".

    Raises:
        click.BadParameter: if it is not one.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size; give 500MB or 1.5GB.")
    return int(float(match[1]) * _BYTES[match[2].upper()])


_TERMINAL = [str(status) for status in JobStatus if status.is_terminal]
_MODES = [str(mode) for mode in RunMode]

filter_options = together(
    click.option("--status", type=click.Choice(_TERMINAL), help="Only jobs that ended so."),
    click.option(
        "--mode",
        "run_mode",
        type=click.Choice(_MODES, case_sensitive=False),
        help="Only DIRECT or only QUEUE jobs.",
    ),
    click.option(
        "--from-pack", "prompt_pack_id", metavar="PACK", help="Only jobs of this prompt pack."
    ),
    click.option("--batch", "batch_id", metavar="ID", help="Only jobs that were added together."),
    click.option("--favourites", "favourite", is_flag=True, default=None, help="Only favourites."),
    click.option(
        "--since",
        type=moment,
        metavar="WHEN",
        help="Only jobs added from then on: 2026-01-31, 3h, 7d.",
    ),
    click.option("--until", type=moment, metavar="WHEN", help="Only jobs added before then."),
)
"""Add the filters; the command takes them as **chosen, for `HistoryFilter`."""
