"""Can the WebUIs run these jobs? Asked before anything is queued, where they can be asked."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from app.config.requirements import Needs, needs_of, references
from app.errors import BadInputError, WebUIError
from app.jobs.models import JobSpec
from app.webui.inventory import Inventory
from app.webui.node import WebUINode

Inventories = Mapping[str, Inventory]
"""What each WebUI has that could be asked, by its name."""


def ask_all(nodes: Sequence[WebUINode], specs: Sequence[JobSpec]) -> Inventories:
    """Return what each WebUI that can be asked has of what the jobs name."""
    kinds = {need.kind for spec in specs for need in (*needs_of(spec), *references(spec))}
    told: dict[str, Inventory] = {}
    for node in nodes:
        with suppress(WebUIError):
            if node.why_not_ready() is None:
                told[node.name] = node.inventory(kinds)
    return told


def refuse_unfit(specs: Sequence[JobSpec], inventories: Inventories) -> None:
    """Refuse jobs that no WebUI can run.

    Raises:
        BadInputError: naming the first thing that is missing, with the nearest that is there.
    """
    for needs in sorted({needs_of(spec) for spec in specs}):
        lacks = {name: inventory.lacks(needs) for name, inventory in inventories.items()}
        if lacks and all(lacks.values()):
            name, reason = next(iter(lacks.items()))
            raise BadInputError(f"the WebUI at {name} can't run this: {reason}")


def ignored_words(specs: Sequence[JobSpec], inventories: Inventories) -> list[str]:
    """Return a sentence's beginning for each thing in prompts that every WebUI would ignore."""
    return sorted({word for spec in specs for word in _ignored(references(spec), inventories)})


def _ignored(named: Needs, inventories: Inventories) -> list[str]:
    unknown = [set(inventory.ignores(named)) for inventory in inventories.values()]
    return [f"the WebUI has no {need}" for need in set.intersection(*unknown)] if unknown else []
