"""How a pass goes through its noise levels: where it fails, and where guidance is left out."""

import math
from dataclasses import replace
from typing import Any

from fake_webui.errors import HandlerError
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.processing import noise
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.processing.sampling import (
    BY_TIMESTEPS,
    Option,
    Sampling,
    discards,
    require_sampler,
    schedule_of,
)

OLD_LEVELS = (0.1, 10.0)  # least and most of the option use_old_karras_scheduler_sigmas
MOST_STEPS = 10_000  # more are looked at as so many
FREE_OF_LEVELS = frozenset({"DPM fast", "DPM adaptive"})  # they take the first and the last alone
LOOKING_BACK = frozenset({"DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 3M SDE"})
REVERSED = "eta must be 0 for reverse sampling"
NO_LEVEL = "index {0} is out of bounds for dimension 0 with size {1}"
NO_LEAST = (
    "min(): Expected reduction dim to be specified for input.numel() == 0. "
    "Specify the reduction dim with the 'dim' argument."
)


def levels_asked(p: Processing, pass_: Sampling, catalog: Catalog, get: Option) -> noise.Levels:
    """Return the noise level, or the timestep, at each time that the model is asked.

    Raises:
        HandlerError: for a schedule that can't be made, or that a sampler can't go through.
    """
    if pass_.steps < 0:
        raise HandlerError("RuntimeError", "number of steps must be non-negative")
    if max(pass_.steps, pass_.done) > MOST_STEPS:
        pass_ = replace(pass_, steps=MOST_STEPS, done=min(pass_.done, MOST_STEPS))
    try:
        if pass_.sampler in BY_TIMESTEPS:
            return _timesteps_asked(pass_, get)
        levels = _levels(pass_, catalog, get)
    except (ValueError, ZeroDivisionError) as error:
        raise HandlerError(type(error).__name__, str(error)) from None
    eta = get("eta_ancestral") if p.eta is None else p.eta
    if pass_.from_image:
        levels = _last_levels(pass_, levels)
        _check_ends(pass_.sampler, levels, eta)
    _check_count(pass_.sampler, levels, catalog)
    return noise.levels_asked(pass_.sampler, levels, churn=get("s_churn"), eta=eta)


def _timesteps_asked(pass_: Sampling, get: Option) -> noise.Levels:
    """Return the timesteps, the last of which most samplers leave out."""
    steps = noise.timesteps(pass_.steps + bool(get("always_discard_next_to_last_sigma")))
    if pass_.from_image:
        steps = steps[: pass_.done - 1]
    if pass_.sampler == "UniPC":
        _check_order(len(steps), get("uni_pc_order"))
        return [noise.TIMESTEPS * (1 - place / len(steps)) for place in range(len(steps))]
    steps.reverse()
    return [*steps[:2], *steps[1:-1]] if pass_.sampler == "PLMS" else [*steps[:-1]]


def _check_order(timesteps: int, order: float) -> None:
    if timesteps == 0:
        raise HandlerError("IndexError", "index -1 is out of bounds for dimension 0 with size 0")
    if timesteps < order:
        raise HandlerError("AssertionError", "UniPC order must be < sampling steps")


def _levels(pass_: Sampling, catalog: Catalog, get: Option) -> noise.Levels:
    """Return the levels of the whole schedule, 0 at the end."""
    leave_out = discards(pass_.sampler, catalog) or get("always_discard_next_to_last_sigma")
    scheduler = schedule_of(require_sampler(pass_.sampler, catalog), pass_.scheduler, catalog)
    name = scheduler.name if scheduler else ""
    trained = noise.trained_levels()
    ends = OLD_LEVELS if get("use_old_karras_scheduler_sigmas") else (trained[0], trained[-1])
    least, most = get("sigma_min") or ends[0], get("sigma_max") or ends[1]
    steps, rho = pass_.steps + bool(leave_out), get("rho")
    if name == "beta":
        shape = get("beta_dist_alpha"), get("beta_dist_beta")
        levels = noise.beta(steps, least, most, rho, *shape)
    else:
        levels = noise.SCHEDULES.get(name, noise.uniform)(steps, least, most, rho)
    return [*levels[:-2], levels[-1]] if leave_out else levels


def _last_levels(pass_: Sampling, levels: noise.Levels) -> noise.Levels:
    """Return the levels from where an image is noisy enough.

    Raises:
        HandlerError: IndexError, where that is behind the last.
    """
    rest = levels[pass_.steps - pass_.done :]
    if not rest:
        raise HandlerError("IndexError", NO_LEVEL.format(0, 0))
    return rest


def _check_ends(sampler: str, levels: noise.Levels, eta: float) -> None:
    """Refuse what those that take the first and the last level can't do from an image."""
    if sampler not in FREE_OF_LEVELS:
        return
    if len(levels) < 2:
        raise HandlerError("IndexError", NO_LEVEL.format(-2, len(levels)))
    if levels[0] == levels[-2] and eta:
        raise HandlerError("ValueError", REVERSED)


def _check_count(sampler: str, levels: noise.Levels, catalog: Catalog) -> None:
    """Refuse fewer levels than a sampler needs that draws its noise as a walk or looks back."""
    if len(levels) < 2 and "brownian_noise" in require_sampler(sampler, catalog).options:
        raise HandlerError("RuntimeError", NO_LEAST)
    if len(levels) == 2 and sampler in LOOKING_BACK:
        words = "local variable 'h' referenced before assignment"
        raise HandlerError("UnboundLocalError", words)


def guidance_notes(p: Processing, levels: noise.Levels, get: Option) -> dict[str, Any]:
    """Return what is noted where the negative prompt is left out of some steps."""
    notes: dict[str, Any] = {}
    if not levels:
        return notes
    skipped_share = get("skip_early_cond")
    if skipped_share:
        notes["Skip Early CFG"] = skipped_share
    limit = get("s_min_uncond") if p.s_min_uncond is None else p.s_min_uncond
    every = get("s_min_uncond_all")
    skipped = len(levels) * skipped_share if skipped_share else -1
    if limit > 0 and any(n > skipped for n in noise.below(levels, limit, every=every)):
        notes["NGMS"] = limit
        if every:
            notes["NGMS all steps"] = every
    return notes


def steps_from_image(steps: int, strength: float, *, exact: bool) -> tuple[int, int]:
    """Return (steps of the schedule, steps that are done) where sampling starts from an image.

    `exact` does as many steps as asked for, instead of the share that `strength` says.

    Raises:
        HandlerError: ValueError, for a share that is not a number.
    """
    if exact:
        schedule = int(steps / min(strength, 0.999)) if strength > 0 else 0
        return schedule, steps
    if math.isnan(strength):
        raise HandlerError("ValueError", "cannot convert float NaN to integer")
    return steps, int(min(strength, 0.999) * steps) + 1
