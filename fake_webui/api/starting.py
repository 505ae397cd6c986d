"""Which endpoints a WebUI has while it is still starting, and what it can't do yet."""

from typing import Final

from fake_webui.contract import Endpoint
from fake_webui.contract.endpoint import API
from fake_webui.errors import HandlerError
from fake_webui.webui.state import Phase

# The real server adds its routes one after another; describing the flags, the next, takes long.
FIRST_ROUTES: Final = frozenset(
    API + name
    for name in (
        "txt2img", "img2img", "extra-single-image", "extra-batch-images", "png-info", "progress",
        "interrogate", "interrupt", "skip", "options",
    )
)  # fmt: skip
INTERNAL: Final = "/internal/"
PARTS_OF_ITS_OWN: Final = ("", "webui", "stop")


def appears_in(endpoint: Endpoint) -> Phase:
    """Return the phase of a start from which on there is this endpoint."""
    if endpoint.needs not in PARTS_OF_ITS_OWN or endpoint.public:
        return Phase.ALL
    if endpoint.path in FIRST_ROUTES or endpoint.path.startswith(INTERNAL):
        return Phase.FIRST_ROUTES
    return Phase.CORE if endpoint.path.startswith(API) else Phase.PAGE


def refuse_generation(endpoint: Endpoint, phase: Phase) -> None:
    """Fail as a generation does before the API has asked the scripts for their arguments.

    Raises:
        HandlerError: 500, if the endpoint generates and the start has not come further.
    """
    name = endpoint.path.removeprefix(API)
    if phase is Phase.FIRST_ROUTES and name in ("txt2img", "img2img"):
        missing = f"'Api' object has no attribute 'default_script_arg_{name}'"
        raise HandlerError("AttributeError", missing)
