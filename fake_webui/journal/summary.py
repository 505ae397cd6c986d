"""The journal in short: a table of what was called, how often, and with what status."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

IMAGE_FACTS = {"sha256", "format", "width", "height", "parameters"}
HASH_SHOWN = 12  # digits
COLUMNS = ("request", "times", "status", "notes")


@dataclass(slots=True)
class Row:
    """What was recorded of one method and path."""

    times: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    unknown_fields: set[str] = field(default_factory=set)
    findings: Counter[str] = field(default_factory=Counter)
    matched: bool = True

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count one entry of the journal."""
        self.times += 1
        self.statuses["none" if entry["status"] is None else str(entry["status"])] += 1
        if entry["fault"]:
            self.faults[entry["fault"]] += 1
        self.unknown_fields.update(entry["unknown_fields"])
        self.findings.update(entry["findings"])
        self.matched &= entry["matched"]

    def cells(self) -> tuple[str, str, str]:
        """Return how often, with what status, and what was noticed."""
        notes = [f"fault {told(self.faults)}"] if self.faults else []
        if self.unknown_fields:
            notes.append(f"unknown fields {', '.join(sorted(self.unknown_fields))}")
        if not self.matched:
            notes.append("the WebUI has no such address")
        return str(self.times), told(self.statuses), "; ".join(notes)


def numbered(counts: Counter[str]) -> list[str]:
    """Return each with how often it was, where that is more than once."""
    return [f"{name} (x{times})" if times > 1 else name for name, times in counts.items()]


def told(counts: Counter[str]) -> str:
    """Return counts in a cell: `200` or `200 x3, 500 x1`."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} x{times}" for name, times in sorted(counts.items()))


def summary(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of what was called, how often and with what status; then the findings."""
    if not entries:
        return "nothing was sent to the fake WebUI"
    rows: dict[str, Row] = {}
    for entry in entries:
        rows.setdefault(f"{entry['method']} {entry['path']}", Row()).add(entry)
    lines = [table([COLUMNS, *((name, *row.cells()) for name, row in rows.items())])]
    lines += [f"{name}: {line}" for name, row in rows.items() for line in numbered(row.findings)]
    return "\n".join(lines)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as aligned columns; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def image_in_short(image: Mapping[str, Any]) -> str:
    """Return format, size in pixels and the beginning of the hash of an image."""
    size = f"{image['width']}×{image['height']}" if image["format"] else "that can't be decoded"
    return f"{image['format'] or 'image'} {size}, sha256 {image['sha256'][:HASH_SHOWN]}…"


def in_short(value: Any) -> Any:
    """Return a JSON value with the descriptions of images made short."""
    if isinstance(value, dict):
        if value.keys() == IMAGE_FACTS:
            return f"<{image_in_short(value)}>"
        return {key: in_short(child) for key, child in value.items()}
    return [in_short(child) for child in value] if isinstance(value, list) else value


def image_lines(n: int, images: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each image of an exchange, with the way to its bytes."""
    return [
        f"    {one['direction']} {one['where']}: {image_in_short(one)}, image({n}, {one['index']})"
        for one in images
    ]
