"""What a request passes on its way to its view, and its answer on the way back, in this order."""

import time
from collections.abc import Callable
from typing import Final

from flask import Response, g
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask.wrappers import Request
from werkzeug.exceptions import HTTPException

from fake_webui.api import dispatch, middleware
from fake_webui.api.answering import control_error_answer, error_answer
from fake_webui.api.services import Services, current_services
from fake_webui.control import gate, passing, scopes
from fake_webui.errors import ApiError, ControlError

Hook = Callable[[Request, Services], ResponseReturnValue | None]

# Of a request to this tool, which has a view of its own.
TO_THE_TOOL: Final[tuple[Hook, ...]] = (
    gate.check_host,
    gate.refuse_other_sites,
    scopes.refuse_scope,
)
# Of a request to the WebUI; the first that answers is the last.
TO_THE_WEBUI: Final[tuple[Hook, ...]] = (
    scopes.refuse_scope,
    gate.receive,
    passing.pass_on,
    middleware.note_origin,
    middleware.answer_preflight,
    dispatch.answer,
)
ERRORS: Final = (
    (ApiError, error_answer),
    (ControlError, control_error_answer),
    (HTTPException, middleware.framework_error),
)


def before() -> ResponseReturnValue | None:
    """Let a request pass what is before its view, and return the answer if there is one then."""
    g.started_s = time.perf_counter()
    request, services = request_ctx.request, current_services()
    for hook in TO_THE_TOOL if dispatch.is_for_the_tool(request.path) else TO_THE_WEBUI:
        if (answer := hook(request, services)) is not None:
            return answer
    return None


def after(response: Response) -> Response:
    """Let an answer of the WebUI pass what is behind its view."""
    request = request_ctx.request
    if not dispatch.is_for_the_tool(request.path):
        services = current_services()
        gate.complete(response, services)
        middleware.finish(response, request, services)
    return response
