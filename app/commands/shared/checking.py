"""Can the WebUIs run these jobs? Asked before anything is queued, where they can be asked."""

from collections.abc import Sequence
from contextlib import suppress

from app.bootstrap import Application
from app.commands.shared.output import notice
from app.config.limit_settings import resolve_limits
from app.config.requirements import Needs, needs_of, references
from app.errors import BadInputError, WebUIError
from app.jobs.models import JobSpec
from app.storage.home import resolve_settings
from app.webui.api_client import ApiClient
from app.webui.inventory import Inventory
from app.webui.node import WebUINode


def check_jobs(app: Application, specs: Sequence[JobSpec]) -> None:
    """Refuse jobs that no WebUI can run, and say what of their prompts they would ignore.

    Where no WebUI can be asked, the jobs are checked when they run.

    Args:
        app: whose WebUIs run them.
        specs: the jobs.

    Raises:
        BadInputError: naming the first thing that is missing, with the nearest that is there.
    """
    inventories = _ask([runner.node for runner in app.runners])
    if not inventories:
        return
    _refuse({needs_of(spec) for spec in specs}, inventories)
    for warning in _warnings(specs, inventories):
        notice(f"{warning} and will ignore it.", "yellow")


def say_unfit(webui_urls: Sequence[str], specs: Sequence[JobSpec]) -> None:
    """Say which jobs the WebUIs at these URLs could not run, and what they would ignore.

    Nothing is said where none can be asked.
    """
    limits = resolve_limits({})
    urls = resolve_settings(webui=webui_urls).webui_urls
    inventories = _ask([WebUINode(ApiClient(url, limits), limits) for url in urls])
    if inventories:
        _say_unfit(specs, inventories)


def _say_unfit(specs: Sequence[JobSpec], inventories: dict[str, Inventory]) -> None:
    try:
        _refuse({needs_of(spec) for spec in specs}, inventories)
    except BadInputError as error:
        notice(f"{error}", "red")
    for warning in _warnings(specs, inventories):
        notice(f"{warning} and will ignore it.", "yellow")


def _warnings(specs: Sequence[JobSpec], inventories: dict[str, Inventory]) -> list[str]:
    return sorted({w for spec in specs for w in _ignored(references(spec), inventories)})


def _ask(nodes: Sequence[WebUINode]) -> dict[str, Inventory]:
    """Return what each WebUI has that can be asked, by its name."""
    told: dict[str, Inventory] = {}
    for node in nodes:
        with suppress(WebUIError):
            if node.why_not_ready() is None:
                told[node.name] = node.inventory()
    return told


def _refuse(all_needs: set[Needs], inventories: dict[str, Inventory]) -> None:
    for needs in sorted(all_needs):
        lacks = {name: inventory.lacks(needs) for name, inventory in inventories.items()}
        if all(lacks.values()):
            name, reason = next(iter(lacks.items()))
            raise BadInputError(f"the WebUI at {name} can't run this: {reason}")


def _ignored(named: Needs, inventories: dict[str, Inventory]) -> list[str]:
    """Return a sentence's beginning for each thing that no WebUI has."""
    unknown = [set(inventory.ignores(named)) for inventory in inventories.values()]
    return [f"the WebUI has no {need}" for need in set.intersection(*unknown)]
