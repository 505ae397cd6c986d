"""Tables of what every WebUI has: options, samplers, schedulers, scripts, flags, units."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def read_data(name: str) -> Any:
    """Return the table in one of the files beside this one, by its name without suffix."""
    return json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8"))


def default_options(extensions: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return every option with its default, in the order that the real server lists them."""
    tables = ["options", *("options_adetailer" for name in extensions if name == "adetailer")]
    return {key: value for table in tables for key, value in read_data(table).items()}
