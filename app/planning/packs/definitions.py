"""Slots written as text, one a line.

job: knight | mage            a matrix slot
__mood__: calm | stormy       a wildcard
portrait => portrait | bust   search and replace
axis cfg: 5 | 7               a setting that takes several values
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.planning.packs.model import Slot

WILDCARD_NAME = r"[^\W_]+(?:[_/-][^\W_]+)*"
PREFIX = re.compile(r"(name|neg):\s*(.*)", re.IGNORECASE)
"""The lines of a prompt that have a meaning of their own."""
_KINDS = (
    ("axis", re.compile(r"axis\s+([\w.]+)\s*:(.*)", re.IGNORECASE)),
    ("wildcard", re.compile(rf"__({WILDCARD_NAME})__\s*:(.*)")),
    ("replacement", re.compile(r"(.+?)\s*=>(.*)")),
    ("slot", re.compile(r"([^:|\[\]<>()]+?)\s*:(.*)")),
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A parsed line: `kind` is slot, wildcard or replacement."""

    kind: str
    slot: Slot


def parse_definition(line: str) -> Definition | None:
    """Return what the line defines, or None when it defines nothing."""
    for kind, pattern in _KINDS:
        if (match := pattern.fullmatch(line.strip())) and (values := split_values(match[2])):
            return Definition(kind, Slot(name=match[1].strip(), values=values))
    return None


def parse_definitions(text: str, kind: str) -> tuple[Slot, ...]:
    """Return the slots that the lines of `text` define; `#` starts a comment.

    Raises:
        ValueError: a line is not a definition of that kind.
    """
    lines = (line.strip() for line in text.splitlines())
    return tuple(_defined(line, kind) for line in lines if line and not line.startswith("#"))


def _defined(line: str, kind: str) -> Slot:
    definition = parse_definition(line)
    if definition is None or definition.kind != kind:
        raise ValueError(f"{line!r} is not a {kind}: write {_EXAMPLES[kind]}")
    return definition.slot


_EXAMPLES = {
    "axis": "axis cfg: 5 | 7",
    "slot": "job: knight | mage",
    "wildcard": "__mood__: calm | stormy",
    "replacement": "portrait => portrait | bust",
}


def split_values(text: str) -> tuple[str, ...]:
    """Split `a | b` at the bars, dropping blanks."""
    return tuple(value.strip() for value in text.split("|") if value.strip())


def of_kind(definitions: Iterable[Definition], kind: str) -> tuple[Slot, ...]:
    """Return the slots of one kind, in their order."""
    return tuple(definition.slot for definition in definitions if definition.kind == kind)
