"""Samplers and schedulers, which older names of samplers hold in one."""

from functools import lru_cache

SCHEDULERS = (
    "SGM Uniform",
    "Uniform",
    "Karras",
    "Exponential",
    "Polyexponential",
    "KL Optimal",
    "Align Your Steps",
    "Simple",
    "Normal",
    "Beta",
    "Turbo",
)
"""Labels of schedulers, longer ones first; older sampler names end with one of them."""


@lru_cache(maxsize=256)  # every job of a pack asks
def split_sampler(sampler: str, scheduler: str) -> tuple[str, str]:
    """Return sampler and scheduler apart; a scheduler within the sampler's name wins."""
    for label in SCHEDULERS:
        if sampler.casefold().endswith(f" {label.casefold()}"):
            return sampler[: -len(label) - 1], label
    return sampler, scheduler
