"""Tables of what every WebUI has: options, samplers, schedulers, scripts, flags."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def read_data(name: str, folder: str = "") -> Any:
    """Return the table in one of the files beside this one, by its name without suffix.

    A file of this name in `folder`, which has what one kind of WebUI has otherwise, goes before.
    """
    here = resources.files(__name__)
    own = here.joinpath(folder, f"{name}.json")
    found = own if own.is_file() else here.joinpath(f"{name}.json")
    return json.loads(found.read_text("utf-8"))
