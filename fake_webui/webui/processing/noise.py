"""Noise levels: those that a schedule goes through, and those at which the model is asked.

Only comparisons with the levels are seen from outside, so nothing here is about pictures.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise

Levels = list[float]
MakeLevels = Callable[[int, float, float, float], Levels]  # steps, least, most, rho

TIMESTEPS = 1000  # that a model was trained with
FIRST_BETA, LAST_BETA = 0.00085, 0.012
KARRAS_RHO, POLYEXPONENTIAL_RHO = 7.0, 1.0
ALIGNED = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
LARGEST_CHURN = math.sqrt(2) - 1


@cache
def trained_levels() -> tuple[float, ...]:
    """Return the noise level of each timestep of Stable Diffusion, the smallest first."""
    low, high = math.sqrt(FIRST_BETA), math.sqrt(LAST_BETA)
    left, levels = 1.0, []
    for index in range(TIMESTEPS):
        left *= 1 - (low + (high - low) * index / (TIMESTEPS - 1)) ** 2
        levels.append(math.sqrt((1 - left) / left))
    return tuple(levels)


def level_at(timestep: float) -> float:
    """Return the level at a timestep, between two of them too."""
    levels = trained_levels()
    low = min(max(math.floor(timestep), 0), TIMESTEPS - 1)
    share, high = timestep - low, min(low + 1, TIMESTEPS - 1)
    return math.exp((1 - share) * math.log(levels[low]) + share * math.log(levels[high]))


def timestep_at(level: float) -> float:
    """Return the timestep at which this level is reached."""
    levels = trained_levels()
    high = min(max(bisect_left(levels, level), 1), TIMESTEPS - 1)
    below, above = math.log(levels[high - 1]), math.log(levels[high])
    return high - 1 + min(max((math.log(level) - below) / (above - below), 0.0), 1.0)


def spaced(first: float, last: float, count: int) -> Levels:
    """Return `count` numbers from the first to the last, both included."""
    if count < 2:
        return [first] * max(count, 0)
    return [first + (last - first) * index / (count - 1) for index in range(count)]


def uniform(steps: int, *_: float) -> Levels:
    """Return levels at timesteps of equal distance."""
    return [*levels_between(TIMESTEPS - 1, 0, steps), 0.0]


@lru_cache(maxsize=16)
def levels_between(first: float, last: float, steps: int) -> tuple[float, ...]:
    """Return levels at timesteps of equal distance, both ends included."""
    return tuple(map(level_at, spaced(first, last, steps)))


def karras(steps: int, least: float, most: float, rho: float) -> Levels:
    """Return levels that are evenly spaced as roots."""
    rho = rho or KARRAS_RHO
    return [*(root**rho for root in spaced(most ** (1 / rho), least ** (1 / rho), steps)), 0.0]


def exponential(steps: int, least: float, most: float, _: float = 0) -> Levels:
    """Return levels that fall by the same factor each step."""
    return [*map(math.exp, spaced(math.log(most), math.log(least), steps)), 0.0]


def polyexponential(steps: int, least: float, most: float, rho: float) -> Levels:
    """Return levels whose logarithms fall as a power."""
    low, high = math.log(least), math.log(most)
    ramp = (share ** (rho or POLYEXPONENTIAL_RHO) for share in spaced(1, 0, steps))
    return [*(math.exp(low + (high - low) * share) for share in ramp), 0.0]


def sgm_uniform(steps: int, least: float, most: float, _: float = 0) -> Levels:
    """Return levels at timesteps of equal distance, of which the last is left out."""
    return [*levels_between(timestep_at(most), timestep_at(least), steps + 1)[:-1], 0.0]


def kl_optimal(steps: int, least: float, most: float, _: float = 0) -> Levels:
    """Return levels that are evenly spaced as angles; the last isn't 0."""
    low, high = math.atan(least), math.atan(most)
    return [math.tan(angle) for angle in spaced(high, low, steps + 1)]


def align_your_steps(steps: int, *_: float) -> Levels:
    """Return levels out of a fixed list, stretched to the number of steps."""
    logs = [math.log(level) for level in ALIGNED]
    places = spaced(0, len(logs) - 1, steps)
    return [*(math.exp(_between(logs, place)) for place in places), 0.0]


def _between(values: Sequence[float], place: float) -> float:
    low = min(int(place), len(values) - 2)
    return values[low] + (values[low + 1] - values[low]) * (place - low)


def simple(steps: int, *_: float) -> Levels:
    """Return every so manieth of the trained levels."""
    levels, distance = trained_levels(), TIMESTEPS / steps
    return [*(levels[-(1 + int(index * distance))] for index in range(steps)), 0.0]


def normal(steps: int, least: float, most: float, _: float = 0) -> Levels:
    """Return levels at timesteps of equal distance between those of least and most."""
    return [*levels_between(timestep_at(most), timestep_at(least), steps), 0.0]


def ddim(steps: int, *_: float) -> Levels:
    """Return every so manieth of the trained levels from below, which may be more than asked."""
    levels = trained_levels()
    return [*levels[1 :: max(TIMESTEPS // steps, 1)][::-1], 0.0]


def beta(
    steps: int, least: float, most: float, _: float = 0, alpha: float = 0.6, beta: float = 0.6
) -> Levels:
    """Return levels spaced as quantiles of a beta distribution."""
    shares = (_beta_quantile(share, alpha, beta) for share in spaced(1, 0, steps))
    return [*(least + (most - least) * share for share in shares), 0.0]


@lru_cache(maxsize=256)
def _beta_quantile(share: float, alpha: float, beta: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(45):
        middle = (low + high) / 2
        if _beta_share(middle, alpha, beta) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_share(place: float, alpha: float, beta: float, terms: int = 60) -> float:
    """Return the share of a beta distribution below `place`, by its power series."""
    if place > 0.5:
        return 1 - _beta_share(1 - place, beta, alpha)
    term, total = 1.0, 0.0
    for index in range(terms):
        total += term / (alpha + index)
        term *= (1 - beta + index) / (index + 1) * place
    logs = math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
    return math.exp(logs) * math.pow(place, alpha) * total


SCHEDULES: dict[str, MakeLevels] = {
    "karras": karras,
    "exponential": exponential,
    "polyexponential": polyexponential,
    "sgm_uniform": sgm_uniform,
    "kl_optimal": kl_optimal,
    "align_your_steps": align_your_steps,
    "simple": simple,
    "normal": normal,
    "ddim": ddim,
    "beta": beta,
}  # any other is uniform


def levels_asked(sampler: str, levels: Levels, *, churn: float = 0, eta: float = 1) -> Levels:
    """Return the level at each time that a sampler asks the model."""
    if sampler in ADAPTING:
        return levels[:-1] + levels[-2:-1]  # as often as it takes, down to the last
    if sampler == "DPM fast":
        return _fast(levels, len(levels) - 1, eta)
    second = SECOND.get(sampler, _never)
    gamma = min(churn / max(1, len(levels) - 1), LARGEST_CHURN) if sampler in CHURNING else 0.0
    if second is _never and not gamma:
        return levels[:-1]
    asked = []
    for level, then in pairwise(levels):
        asked.append(level * (1 + gamma))
        if between := second(level * (1 + gamma), then, eta):
            asked.append(between)
    return asked


def _fast(levels: Levels, count: int, eta: float) -> Levels:
    """Return the levels of steps of third order, the last ones of lower order."""
    if count < 1:
        return []
    first, last = levels[0], levels[-2] if count > 1 else trained_levels()[0]
    orders = [3] * (count // 3 - 1) + [2, 1] if count % 3 == 0 else [3] * (count // 3) + [count % 3]
    bounds = list(map(math.exp, spaced(math.log(first), math.log(last), len(orders) + 1)))
    asked = []
    for order, level, then in zip(orders, bounds, bounds[1:], strict=False):
        down = max(last, ancestral(level, then, eta))
        asked += [level * (down / level) ** (part / order) for part in range(order)]
    return asked


def ancestral(level: float, then: float, eta: float) -> float:
    """Return the level to go down to before new noise is added."""
    added = min(then, eta * math.sqrt(max(0.0, then**2 * (level**2 - then**2) / level**2)))
    return math.sqrt(max(0.0, then**2 - added**2))


def _middle(level: float, then: float, _: float) -> float:
    return math.sqrt(level * then)


def _ancestral_middle(level: float, then: float, eta: float) -> float:
    return math.sqrt(level * ancestral(level, then, eta))


def _never(*_: float) -> float:
    return 0.0


def _then(_: float, then: float, __: float) -> float:
    return then


CHURNING = frozenset({"Euler", "Heun", "DPM2"})
ADAPTING = frozenset({"DPM adaptive"})
# Where samplers of second order ask a second time in a step, if not at 0.
SECOND: dict[str, Callable[[float, float, float], float]] = {
    "Heun": _then,
    "Restart": _then,
    "DPM2": _middle,
    "DPM++ SDE": _middle,
    "DPM2 a": _ancestral_middle,
    "DPM++ 2S a": _ancestral_middle,
}


def timesteps(steps: int) -> list[int]:
    """Return the timesteps that samplers of timesteps go through, the last to come first.

    Raises:
        ZeroDivisionError, ValueError: for no steps, and for more than there are timesteps.
    """
    return [min(step + 1, TIMESTEPS - 1) for step in range(0, TIMESTEPS, TIMESTEPS // steps)]


def below(levels: Sequence[float], limit: float, *, every: bool) -> Iterator[int]:
    """Yield the numbers of those times, odd ones or all, at which the level is below `limit`."""
    return (n for n, level in enumerate(levels) if (n % 2 or every) and level < limit)
