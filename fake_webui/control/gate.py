"""The first and the last to see a request: it is recorded, and may be made to fail."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Response, g
from flask.typing import ResponseReturnValue
from flask.wrappers import Request
from werkzeug.exceptions import RequestEntityTooLarge

from fake_webui.api.dispatch import find_endpoint
from fake_webui.api.middleware import preflight_method
from fake_webui.api.services import Services
from fake_webui.config.settings import ServerConfig
from fake_webui.contract.endpoint import Work, work_at
from fake_webui.control import faulty
from fake_webui.control.access import allowed_host, is_cross_site
from fake_webui.control.passing import complete_at_end
from fake_webui.errors import ControlError
from fake_webui.faults.wire import BEHIND_PROXY
from fake_webui.journal.exchange import Exchange
from fake_webui.webui.state import Phase
from fake_webui.wording import shown

if TYPE_CHECKING:
    from fake_webui.faults.rules import Fault

SECRET: Final = ("authorization", "cookie", "proxy-authorization")
PRESENT: Final = "<present>"


def check_host(request: Request, services: Services) -> None:
    """Refuse to be steered under a name that is neither this machine's nor allowed.

    Raises:
        ControlError: 400.
    """
    host = request.headers.get("Host")
    if host is not None and not allowed_host(host, own_names(request, services.config)):
        raise ControlError(
            400,
            f"{shown(host)} is not a name to call control endpoints by; --allow-host permits it",
        )


def own_names(request: Request, config: ServerConfig) -> set[str]:
    """Return the names beside loopback's: what it listens on, where it was reached, as allowed."""
    names = (config.address, request.environ["SERVER_NAME"], *config.allow_host)
    return {name.lower() for name in names}


def refuse_other_sites(request: Request, _: Services) -> None:
    """Keep pages of other sites from steering the server through their visitor's browser.

    Raises:
        ControlError: 403.
    """
    headers = request.headers
    is_link = request.method == "GET" and headers.get("Sec-Fetch-Mode") == "navigate"
    own_origin = request.host_url if "Origin" in headers else ""  # which takes time to put together
    if not is_link and is_cross_site(headers, own_origin):
        raise ControlError(403, "control endpoints are not for pages of other sites")


def receive(request: Request, services: Services) -> ResponseReturnValue | None:
    """Record the request, and answer it at once where a fault does so."""
    if BEHIND_PROXY in request.environ:
        return None
    exchange = g.exchange = services.recorder.begin(
        request.method,
        request.path,
        request.query_string.decode("latin-1"),
        shown_headers(request.headers.items()),
        read_body(request),
        first=partial(meet, services),
        then=partial(decide, services),
    )
    hold_if_asked(services, exchange)
    fault: Fault | None = g.fault
    return faulty.before_view(fault, exchange) if fault else None


def read_body(request: Request) -> bytes:
    """Return the body, or nothing where it is larger than the server takes."""
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        return b""


def shown_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name, without what nobody but the WebUI may know."""
    return {name: PRESENT if name.lower() in SECRET else value for name, value in headers}


def meet(services: Services, exchange: Exchange) -> None:
    """Note whether there is an endpoint for a request, and which fault rules mean it."""
    exchange.matched = find_endpoint(preflight_method()) is not None
    g.met = services.faults.met(exchange)


def decide(services: Services, exchange: Exchange) -> None:
    """Let the fault rules see a request and note on it what will happen."""
    if services.state.startup.phase is not Phase.ALL:
        exchange.findings.append("the WebUI was still starting")
    fault = g.fault = services.faults.decide(exchange, g.met)
    exchange.fault = fault.name if fault else None


def hold_if_asked(services: Services, exchange: Exchange) -> None:
    """Give a generation the hold that is meant for it, if there is one."""
    if work_at(services.endpoints, exchange.path) is Work.GENERATION:
        g.hold = services.holds.take(exchange)


def complete(response: Response, services: Services) -> None:
    """Apply what a fault does to an answer, and complete the entry."""
    exchange: Exchange | None = g.get("exchange")
    if exchange is None:
        return
    if hold := g.get("hold"):
        hold.finish()
    fault: Fault | None = g.fault
    if fault and not faulty.after_view(fault, exchange, response):
        return
    if g.get("passed") and complete_at_end(response, exchange):
        return
    answer = b"" if response.is_streamed else response.get_data()
    services.recorder.finish(exchange, response.status_code, answer, response.mimetype or "")
