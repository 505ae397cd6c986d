"""How long to wait for what, as users set it: options first, then the environment."""

import math
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from app.errors import ConfigurationError
from app.limits import DEFAULT_LIMITS, Limits

PREFIX = "APP_"
"""Before the name of a limit in capitals: APP_PATIENCE_S."""


def resolve_limits(given: Mapping[str, float | None]) -> Limits:
    """Return the limits; each of them that is not given may stand in the environment.

    Raises:
        ConfigurationError: if one is not a number above 0.
    """
    chosen = {name: f"{value}" for name, value in given.items() if value is not None}
    names = {field.name: PREFIX + field.name.upper() for field in fields(Limits)}
    stated = {name: os.environ[word] for name, word in names.items() if os.environ.get(word)}
    numbers: dict[str, Any] = {
        name: _number(names[name], text) for name, text in (stated | chosen).items()
    }
    return replace(DEFAULT_LIMITS, **numbers)


def _number(variable: str, text: str) -> float | int:
    is_count = isinstance(getattr(DEFAULT_LIMITS, variable.removeprefix(PREFIX).lower()), int)
    try:
        number = int(text) if is_count else float(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        kind = "a whole number" if is_count else "a number of seconds"
        raise ConfigurationError(f"{variable} is {text!r}; it must be {kind} above 0")
    return number
