"""Tables of what every WebUI has: options, samplers, schedulers, scripts, flags."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def read_data(name: str) -> Any:
    """Return the table in one of the files beside this one, by its name without suffix."""
    return json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
