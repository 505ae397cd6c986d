"""File names that every platform takes: short, plain, and the same on all of them."""

import re
import string
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.errors import ConfigurationError

DEFAULT_TEMPLATE = "{name}-{job}-{stage}-{index}-{seed}"
MAX_STEM_BYTES = 120  # leaves room for a counter, a suffix and a deep folder on Windows
MAX_NAME_BYTES = 48

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\s]+')
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLabel:
    """What an image's file name is made from; the template picks among it."""

    job_id: str
    stage: str
    index: int
    made_at: datetime
    seed: int | None = None
    name: str = ""  # the prompt's own name, "hero"
    pack: str = ""
    model: str = ""
    row: int | None = None
    variant: int | None = None


_FIELDS: Mapping[str, Callable[[ImageLabel], object]] = {
    "name": lambda label: label.name or label.pack or "image",
    "pack": lambda label: label.pack,
    "model": lambda label: label.model,
    "stage": lambda label: label.stage,
    "job": lambda label: label.job_id[:12],
    "index": lambda label: label.index,
    "seed": lambda label: label.seed,
    "row": lambda label: label.row,
    "variant": lambda label: label.variant,
    "date": lambda label: f"{label.made_at.astimezone():%Y-%m-%d}",
    "time": lambda label: f"{label.made_at.astimezone():%H%M%S}",
}


def check_template(template: str) -> str:
    """Return the template if it can name files.

    Raises:
        ConfigurationError: if it has an unknown field, a stray brace or a folder in it.
    """
    try:
        used = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    except ValueError as error:
        raise ConfigurationError(f"file name template {template!r}: {error}") from error
    if unknown := used - _FIELDS.keys():
        raise ConfigurationError(
            f"file name template {template!r}: unknown {', '.join(sorted(unknown)) or '{}'};"
            f" there are {', '.join(sorted(_FIELDS))}"
        )
    if "/" in template or "\\" in template:
        raise ConfigurationError(f"file name template {template!r}: folders are not part of a name")
    return template


def file_stem(template: str, label: ImageLabel) -> str:
    """Return the file name, without its extension, of one image."""
    values = {name: value_of(label) for name, value_of in _FIELDS.items()}
    safe = {
        name: "" if value is None else safe_part(str(value), MAX_NAME_BYTES)
        for name, value in values.items()
    }
    filled = check_template(template).format_map(safe)
    joined = re.sub(r"([-_ ])\1+", r"\1", filled)
    return safe_part(joined, MAX_STEM_BYTES) or "image"


def safe_part(text: str, max_bytes: int) -> str:
    """Return text as one piece of a file name, at most `max_bytes` long in UTF-8.

    Names that Windows reserves get a leading underscore; what no file system likes becomes one
    hyphen; invisible and control characters go.
    """
    visible = "".join(
        letter if not unicodedata.category(letter).startswith("C") else " "
        for letter in unicodedata.normalize("NFC", text)
    )
    plain = _FORBIDDEN.sub("-", visible.strip()).strip("-. ")
    cut = plain.encode()[:max_bytes].decode(errors="ignore").rstrip("-. ")
    return f"_{cut}" if cut.split(".")[0].lower() in _RESERVED else cut
