"""How long a fault waits: always as long, or drawn, so that a seed repeats it."""

import math
import random
from collections.abc import Mapping
from typing import Any, Final

FIXED, UNIFORM, LOG_NORMAL = "fixed", "uniform", "log-normal"
DISTRIBUTIONS: Final = (FIXED, UNIFORM, LOG_NORMAL)
DEFAULT_SPREAD: Final = 0.5
LONGEST_S: Final = 86_400.0


def drawn_seconds(settings: Mapping[str, Any], draw: int) -> float:
    """Return the seconds to wait: `draw` alone decides where they are drawn.

    `seconds` is the least of a uniform distribution and the median of a log-normal one.
    """
    seconds, spread = float(settings["seconds"]), float(settings.get("spread", DEFAULT_SPREAD))
    distribution = settings.get("distribution", FIXED)
    numbers = random.Random(draw)  # noqa: S311 (a wait, not a secret)
    if distribution == UNIFORM:
        seconds += spread * numbers.random()
    elif distribution == LOG_NORMAL and seconds:
        exponent = math.log(seconds) + spread * numbers.gauss()
        seconds = math.exp(min(exponent, math.log(LONGEST_S)))
    return min(seconds, LONGEST_S)
