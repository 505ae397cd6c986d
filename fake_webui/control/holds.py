"""Holds over HTTP: let the next generation that matches stand still, wait for that, let it go."""

import time
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from fake_webui.api.services import current_services
from fake_webui.control.views import answer, json_body
from fake_webui.errors import ControlError
from fake_webui.faults.holds import PlacedHold, parse_hold
from fake_webui.faults.wire import SOCKET, has_hung_up
from fake_webui.journal.expectation import CLIENT_POLL_S, left_s, parse_question
from fake_webui.webui.state import HoldStage
from fake_webui.wording import shown

bp = Blueprint("holds", __name__, url_prefix="/__fake/v1/holds")


@bp.post("")
def add_hold() -> ResponseReturnValue:
    """Hold the next generation that matches."""
    services = current_services()
    if services.upstream:
        raise ControlError(422, "nothing can be held with --upstream, where a real WebUI answers")
    placed = services.holds.add(*parse_hold(json_body(), services.endpoints))
    return answer(**placed.as_json()), 201


@bp.get("")
def list_holds() -> ResponseReturnValue:
    """Return the holds since the start or reset, and what has become of them."""
    return answer(holds=[one.as_json() for one in current_services().holds.all()])


@bp.post("/<int:id_>/wait")
def wait_for_hold(id_: int) -> ResponseReturnValue:
    """Return a hold as soon as its generation stands still."""
    placed, timeout_s = current_services().holds.get(id_), read_timeout(json_body())
    deadline = time.monotonic() + timeout_s
    while placed.hold.wait(min(CLIENT_POLL_S, left_s(deadline))) is HoldStage.WAITING:
        if not left_s(deadline) or has_hung_up(request.environ.get(SOCKET)):
            break
    if placed.hold.stage is not HoldStage.HOLDING:
        raise ControlError(409, why_not(placed, timeout_s), **placed.as_json())
    return answer(**placed.as_json())


@bp.post("/<int:id_>/release")
def release_hold(id_: int) -> ResponseReturnValue:
    """Let a generation go on; a hold that nothing has come to yet is taken back."""
    placed = current_services().holds.get(id_)
    placed.hold.release()
    return answer(**placed.as_json())


def read_timeout(body: Any) -> float:
    """Return for how long to wait.

    Raises:
        ControlError: 422 for a body that says anything else.
    """
    if isinstance(body, dict) and set(body) - {"timeout_s"}:
        raise ControlError(422, 'the body is {"timeout_s": seconds}')
    return parse_question(body).timeout_s


def why_not(placed: PlacedHold, timeout_s: float) -> str:
    """Say why nothing stands still at a hold."""
    within = f"within {timeout_s:g} s"
    if placed.hold.stage is HoldStage.RELEASED:
        return f"hold {placed.id} is released"
    if placed.request is None:
        return f"no generation that matches {shown(placed.match.as_json())} came {within}"
    step = placed.hold.at_step
    if placed.hold.stage is HoldStage.MISSED:
        return f"request {placed.request} ended without coming to step {step}; see the journal"
    return f"request {placed.request} did not come to step {step} {within}"
