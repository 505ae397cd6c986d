"""What was recorded of real WebUIs over time, by WebUI and name."""

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "timelines"
MARKED = {"a1111": (), "forge": (pytest.mark.profiles,), "sdnext": (pytest.mark.profiles,)}
SERVERS = [pytest.param(kind, marks=marks) for kind, marks in MARKED.items()]


@cache
def timelines(profile: str) -> Mapping[str, Any]:
    """Return the timelines of a server by name."""
    with gzip.open(FOLDER / f"{profile}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return {row["name"]: row for row in rows if "name" in row}
