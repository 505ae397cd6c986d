"""How values and names are put into sentences."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

LONGEST_COMPARED = 200


def shown(value: Any) -> str:
    """Return a value as JSON, every character that can't be printed escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence with the nearest known name; nothing if none is near."""
    if len(name) > LONGEST_COMPARED:
        return ""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f": did you mean `{found[0]}`?" if found else ""
