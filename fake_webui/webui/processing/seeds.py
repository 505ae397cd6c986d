"""Seeds: drawn where none is asked for, counted up over a batch."""

import random
from typing import Any

from fake_webui.errors import HandlerError

SEED_LIMIT = 2**32 - 2  # exclusive, as the real server draws them
SMALLEST_SEED, LARGEST_SEED = -(2**63), 2**64 - 1


def fixed_seed(seed: Any, rng: random.Random) -> int:
    """Return `seed`, or a drawn one for -1, null and nothing."""
    if seed in (None, "", -1):
        return rng.randrange(SEED_LIMIT)
    return int(seed)


def batch_seeds(
    seed: int, subseed: int, strength: float, count: int
) -> tuple[list[int], list[int]]:
    """Return seeds and subseeds of `count` pictures.

    Subseeds count up; seeds do too, unless the subseeds have a strength and vary the pictures.
    """
    step = 1 if strength == 0 else 0
    seeds = [seed + index * step for index in range(count)]
    return seeds, [subseed + index for index in range(count)]


def check_seeds(seeds: list[int]) -> None:
    """Refuse seeds that a random number generator of the real server can't take.

    Raises:
        HandlerError: RuntimeError, for one of more than 64 bits.
    """
    if not all(SMALLEST_SEED <= seed <= LARGEST_SEED for seed in seeds):
        raise HandlerError("RuntimeError", "Overflow when unpacking long")
