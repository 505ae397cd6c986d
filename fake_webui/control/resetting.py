"""Reset over HTTP: everything as at start, and at once as one test wants it."""

from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from fake_webui.api.services import Services, current_services
from fake_webui.config.changing import changed
from fake_webui.control.settings import take
from fake_webui.control.views import answer, json_body, read_fault, read_name
from fake_webui.errors import ConfigError, ControlError
from fake_webui.journal.matching import known
from fake_webui.wording import shown

bp = Blueprint("resetting", __name__, url_prefix="/__fake/v1")

KEYS: Final = ("mark", "settings", "faults")


@bp.post("/reset")
def reset() -> ResponseReturnValue:
    """Put everything back as at start and end what is still going on.

    The body may say what comes after: a mark, settings, and fault rules beside those of the start.
    What is wrong with it is said before anything is reset.
    """
    services, body = current_services(), read_body(json_body())
    mark = read_name({"name": body.get("mark")})
    rules = [read_fault(rule, services) for rule in body.get("faults", ())]
    changes = body.get("settings", {})
    try:
        config = changed(services.state.initial, changes)
    except ConfigError as error:
        raise ControlError(422, str(error)) from None
    start_over(services)
    services.recorder.mark(mark)
    take(services, config, changes)
    for rule in rules:
        services.faults.add(rule)
    return answer()


def read_body(body: Any) -> dict[str, Any]:
    """Return what is to come after a reset.

    Raises:
        ControlError: 422 for a key that there is not, or faults that are not a list.
    """
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise ControlError(422, f"the body is an object with any of {known(KEYS)}")
    if unknown := sorted(set(body) - set(KEYS)):
        raise ControlError(422, f"a reset has no {shown(unknown[0])}; its keys are {known(KEYS)}")
    if not isinstance(body.get("faults", []), list):
        raise ControlError(422, f"faults is a list of rules, not {shown(body['faults'])}")
    return body


def start_over(services: Services) -> None:
    """Put every part of a server back as it was at start."""
    services.faults.reset()
    services.holds.reset()
    services.recorder.reset()
    services.state.reset()
    services.waits.release()
    if services.replay:
        services.replay.reset()
