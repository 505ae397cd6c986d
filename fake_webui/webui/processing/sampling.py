"""Samplers and schedulers: which ones a request means, and what they leave in the infotext."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fake_webui.errors import HandlerError
from fake_webui.webui.catalog import Catalog, Sampler, Scheduler
from fake_webui.webui.processing.parameters import Processing

Option = Callable[[str], Any]

SMALLEST_SIGMA, LARGEST_SIGMA = 0.0292, 14.6146
LAST_TIMESTEP_SHARE = 0.999  # how much is done when the last step begins
BY_TIMESTEPS = frozenset({"DDIM", "DDIM CFG++", "PLMS", "UniPC"})
ETA_DDIM = frozenset({"DDIM", "DDIM CFG++"})
ETA_ANCESTRAL = frozenset(
    {
        "DPM++ SDE",
        "DPM++ 2M SDE",
        "DPM++ 2M SDE Heun",
        "DPM++ 2S a",
        "DPM++ 3M SDE",
        "Euler a",
        "DPM2 a",
        "DPM fast",
        "DPM adaptive",
    }
)
# Options that some samplers take, with the infotext's word and the value that isn't worth one.
SIGMA_OPTIONS = {
    "s_churn": ("Sigma churn", 0.0),
    "s_tmin": ("Sigma tmin", 0.0),
    "s_tmax": ("Sigma tmax", 0.0),
    "s_noise": ("Sigma noise", 1.0),
}
CHURNING = frozenset({"Euler", "Heun", "DPM2"})
NOISY = frozenset(
    {
        "DPM fast",
        "DPM2 a",
        "DPM++ 2S a",
        "DPM++ SDE",
        "DPM++ 2M SDE",
        "DPM++ 2M SDE Heun",
        "DPM++ 3M SDE",
    }
)


@dataclass(frozen=True, slots=True)
class Sampling:
    """One pass of a sampler: `second` for hires fix, `from_image` where it starts from one.

    Of a schedule of so many `steps`, the last ones that are `done` are gone through.
    """

    sampler: str
    scheduler: str | None
    steps: int
    done: int
    second: bool = False
    from_image: bool = False


@lru_cache(maxsize=512)
def resolve(
    sampler_name: str | None, scheduler: str | None, catalog: Catalog, *, automatic: bool
) -> tuple[str, str]:
    """Return the names of the sampler and scheduler that a request means.

    A scheduler at the end of the sampler's name counts; unknown names become the defaults.
    `automatic` turns a sampler's own scheduler back into Automatic.
    """
    name, own = split_sampler(sampler_name, catalog)
    found = own or find_scheduler(scheduler, catalog) or catalog.schedulers[0]
    sampler = find_sampler(name, catalog) or catalog.samplers[0]
    if automatic and sampler.options.get("scheduler") == found.name:
        found = catalog.schedulers[0]
    return sampler.name, found.label


@lru_cache(maxsize=512)
def split_sampler(name: str | None, catalog: Catalog) -> tuple[str, Scheduler | None]:
    """Return the name of a sampler without the scheduler that may stand at its end, and that."""
    name, found = name or catalog.samplers[0].name, None
    for candidate in catalog.schedulers:
        for word in (candidate.label, candidate.name, *(candidate.aliases or ())):
            if name.endswith(f" {word}"):
                found, name = candidate, name.removesuffix(f" {word}")
                break
    return name, found


def find_sampler(name: str | None, catalog: Catalog) -> Sampler | None:
    """Return the sampler of exactly this name."""
    return catalog.samplers_by_name.get(name) if name else None


def total_steps(name: str, steps: int, catalog: Catalog) -> int:
    """Return how often the model is asked in `steps`: twice in each by samplers of second order."""
    sampler = find_sampler(name, catalog)
    return steps * 2 if sampler and "second_order" in sampler.options else steps


def require_sampler(name: str, catalog: Catalog) -> Sampler:
    """Return the sampler of exactly this name.

    Raises:
        HandlerError: AssertionError, if there is none.
    """
    sampler = find_sampler(name, catalog)
    if sampler is None:
        raise HandlerError("AssertionError", f"bad sampler name: {name}")
    return sampler


def find_scheduler(name: str | None, catalog: Catalog) -> Scheduler | None:
    """Return the scheduler of this name or label."""
    return catalog.schedulers_by_name.get(name) if name else None


def note_sampling(p: Processing, sampling: Sampling, catalog: Catalog, get: Option) -> None:
    """Add what a sampler leaves in the infotext to the extra parameters of `p`."""
    p.extra_generation_params.update(_notes(p, sampling, catalog, get))
    if not sampling.second:
        p.uses_ensd = uses_ensd(p, sampling.sampler, catalog, get)


def _notes(
    p: Processing, sampling: Sampling, catalog: Catalog, get: Option
) -> Iterator[tuple[str, Any]]:
    by_timesteps = sampling.sampler in BY_TIMESTEPS
    if get("always_discard_next_to_last_sigma") and not discards(sampling.sampler, catalog):
        yield "Discard penultimate sigma", True
    if not by_timesteps:
        yield from _schedule_notes(p, sampling, catalog, get)
    if sampling.from_image and get("img2img_extra_noise") > 0:
        yield "Extra noise", get("img2img_extra_noise")
    elif not (sampling.from_image or by_timesteps) and get("sgm_noise_multiplier"):
        yield "SGM noise multiplier", True
    yield from _eta_notes(p, sampling.sampler, get)
    yield from _sigma_notes(sampling.sampler, get)


def discards(sampler: str, catalog: Catalog) -> bool:
    """Return whether a sampler leaves out the last step but one by itself."""
    return "discard_next_to_last_sigma" in require_sampler(sampler, catalog).options


def _schedule_notes(
    p: Processing, sampling: Sampling, catalog: Catalog, get: Option
) -> Iterator[tuple[str, Any]]:
    sampler = require_sampler(sampling.sampler, catalog)
    scheduler = schedule_of(sampler, sampling.scheduler, catalog)
    if scheduler is None or scheduler.name == "automatic":
        return
    if not sampling.second:
        yield "Schedule type", scheduler.label
    elif scheduler.label != p.extra_generation_params.get("Schedule type"):
        yield "Hires schedule type", scheduler.label
    yield from _schedule_option_notes(scheduler, get)


def schedule_of(sampler: Sampler, scheduler: str | None, catalog: Catalog) -> Scheduler | None:
    """Return the schedule that a sampler goes by, its own where none is chosen."""
    if scheduler in (None, "", "Automatic"):
        return find_scheduler(sampler.options.get("scheduler"), catalog)
    return find_scheduler(scheduler, catalog)


def _schedule_option_notes(scheduler: Scheduler, get: Option) -> Iterator[tuple[str, Any]]:
    if get("sigma_min") not in (0, SMALLEST_SIGMA):
        yield "Schedule min sigma", get("sigma_min")
    if get("sigma_max") not in (0, LARGEST_SIGMA):
        yield "Schedule max sigma", get("sigma_max")
    if scheduler.default_rho != -1 and get("rho") not in (0, scheduler.default_rho):
        yield "Schedule rho", get("rho")
    if scheduler.name == "beta":
        yield "Beta schedule alpha", get("beta_dist_alpha")
        yield "Beta schedule beta", get("beta_dist_beta")


def _eta_notes(p: Processing, sampler: str, get: Option) -> Iterator[tuple[str, Any]]:
    if sampler in ETA_ANCESTRAL:
        label, usual, option = "Eta", 1.0, "eta_ancestral"
    elif sampler in ETA_DDIM:
        label, usual, option = "Eta DDIM", 0.0, "eta_ddim"
    else:
        return
    eta = get(option) if p.eta is None else p.eta
    if eta != usual:
        yield label, eta


def _sigma_notes(sampler: str, get: Option) -> Iterator[tuple[str, Any]]:
    taken = SIGMA_OPTIONS if sampler in CHURNING else ("s_noise",) if sampler in NOISY else ()
    for option in taken:
        label, usual = SIGMA_OPTIONS[option]
        if get(option) != usual:
            yield label, get(option)


def uses_ensd(p: Processing, sampler: str, catalog: Catalog, get: Option) -> bool:
    """Return whether the option eta_noise_seed_delta changes what this sampler makes."""
    if not get("eta_noise_seed_delta"):
        return False
    if "uses_ensd" not in require_sampler(sampler, catalog).options:
        return False
    eta = get("eta_ancestral") if p.eta is None else p.eta
    return bool(eta != 0)


def note_refiner(p: Processing, sampling: Sampling, title: str | None, get: Option) -> bool:
    """Note the refiner if there is one and it comes into play in this pass; return whether."""
    if get("refiner_switch_by_sample_steps"):
        p.extra_generation_params["Refiner switch by sampling steps"] = True
        reached = (sampling.done - 1) / sampling.done
    else:
        reached = LAST_TIMESTEP_SHARE if sampling.done > 1 or sampling.from_image else 0.0
    if p.refiner_switch_at is not None and reached < p.refiner_switch_at:
        return False
    if title is None:
        return False
    if p.enable_hr and not _refines_this_pass(p, sampling, get):
        return False
    p.extra_generation_params["Refiner"] = title
    p.extra_generation_params["Refiner switch at"] = p.refiner_switch_at
    return True


def _refines_this_pass(p: Processing, sampling: Sampling, get: Option) -> bool:
    chosen = get("hires_fix_refiner_pass")
    if chosen == ("first pass" if sampling.second else "second pass"):
        return False
    if chosen != "second pass":
        p.extra_generation_params["Hires refiner"] = chosen
    return True
