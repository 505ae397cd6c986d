"""What clients sent that the WebUI does not know: what a strict test fails on, in any language."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from fake_webui.api.services import current_services
from fake_webui.api.strictness import unexpected
from fake_webui.control.views import answer
from fake_webui.errors import ControlError
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.matching import whole_path
from fake_webui.journal.recorder import FACTS

bp = Blueprint("strictness", __name__, url_prefix="/__fake/v1/requests")


@bp.get("/unexpected")
def list_unexpected() -> ResponseReturnValue:
    """List unknown addresses and fields of the journal, and its findings.

    Each `allow` of the query is a pattern of paths, such as `/controlnet/*`, that may be asked for.
    """
    if set(request.args) - {"allow"}:
        raise ControlError(422, "the query takes allow=PATTERN alone, any number of times")
    allowed = [whole_path(pattern) for pattern in request.args.getlist("allow")]
    entries = list(current_services().recorder.entries(parts=FACTS))
    return answer(
        unexpected=[line for one in entries for line in problems(one, allowed)],
        findings=[told(one, text) for one in entries for text in one.findings],
    )


def problems(exchange: Exchange, allowed: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what of a request is not known, unless its path is allowed."""
    if any(fnmatchcase(exchange.path, pattern) for pattern in allowed):
        return
    services = current_services()
    extensions = services.state.catalog.extensions
    for text in unexpected(exchange, services.endpoints, extensions):
        yield told(exchange, text)


def told(exchange: Exchange, text: str) -> dict[str, Any]:
    """Return a sentence on a request, with what request that is."""
    return {"n": exchange.n, "method": exchange.method, "path": exchange.path, "text": text}
