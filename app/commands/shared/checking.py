"""Can the WebUIs run these jobs? Said before anything is queued."""

from collections.abc import Sequence

from app.bootstrap import Application
from app.commands.shared.output import notice
from app.config.limit_settings import resolve_limits
from app.engine.preflight import Inventories, ask_all, ignored_words, refuse_unfit
from app.errors import BadInputError
from app.jobs.models import JobSpec
from app.storage.home import resolve_settings
from app.webui.api_client import ApiClient
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
    inventories = ask_all([runner.node for runner in app.runners], specs)
    refuse_unfit(specs, inventories)
    for warning in ignored_words(specs, inventories):
        notice(f"{warning} and will ignore it.", "yellow")


def say_unfit(webui_urls: Sequence[str], specs: Sequence[JobSpec]) -> None:
    """Say which jobs the WebUIs at these URLs could not run, and what they would ignore.

    Nothing is said where none can be asked.
    """
    limits = resolve_limits({})
    urls = resolve_settings(webui=webui_urls).webui_urls
    nodes = [WebUINode(ApiClient(url, limits), limits) for url in urls]
    _say_unfit(specs, ask_all(nodes, specs))


def _say_unfit(specs: Sequence[JobSpec], inventories: Inventories) -> None:
    try:
        refuse_unfit(specs, inventories)
    except BadInputError as error:
        notice(f"{error}", "red")
    for warning in ignored_words(specs, inventories):
        notice(f"{warning} and will ignore it.", "yellow")
