"""The generation that is going on, for the inspector: how far it is, how it looks, its end."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from fake_webui.api.services import current_services
from fake_webui.control.views import answer
from fake_webui.errors import ControlError
from fake_webui.faults.holds import OVER

bp = Blueprint("running", __name__, url_prefix="/__fake/running")


@bp.get("")
def show() -> ResponseReturnValue:
    """Say what is going on, and which holds are in force.

    `fraction` goes from 0 to 1; `is_imitation` is false where a real WebUI answers, of whose
    generations nothing is known here.
    """
    services = current_services()
    now = services.state.progress.at_this_moment()
    return answer(
        **now.facts(),
        fraction=min(now.fraction(), 1.0),
        has_preview=bool(now.job and now.preview),
        waiting=len(services.state.tasks.pending()),
        holds=[one.as_json() for one in services.holds.all() if one.hold.stage not in OVER],
        is_imitation=services.upstream is None,
    )


@bp.get("/preview")
def preview() -> ResponseReturnValue:
    """Return what the picture looks like at this step; previews of clients stay as they are.

    Raises:
        ControlError: 404 if nothing is going on that has a preview.
    """
    now = current_services().state.progress.at_this_moment()
    if not (now.job and (draw := now.preview)):
        raise ControlError(404, "no generation with a preview is going on")
    data = draw(now.sampling_step).encode("png")
    return Response(data, content_type="image/png", headers={"Cache-Control": "no-store"})


@bp.post("/interrupt")
def interrupt() -> ResponseReturnValue:
    """End the generation as the WebUI's own button would; the journal is the client's alone."""
    current_services().state.progress.interrupt()
    return show()


@bp.post("/skip")
def skip() -> ResponseReturnValue:
    """End the picture that is being made, and go on with the next."""
    current_services().state.progress.skip()
    return show()
