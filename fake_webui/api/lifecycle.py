"""Stopping the server from outside, where --api-server-stop permits it."""

from typing import Any

from flask import Response

from fake_webui.api.answering import untyped
from fake_webui.api.services import current_services
from fake_webui.contract import Family

endpoints = Family(needs="stop")
shutdown_endpoints = Family()  # of a WebUI that any client may end


@endpoints.post("/sdapi/v1/server-stop", name="stop_webui")
def stop(*_: Any) -> Response:
    """Finish what runs and end; a server without its page only says so."""
    services = current_services()
    if not services.config.nowebui:
        services.stop()
    return untyped("Stopping.", 200)


@endpoints.post("/sdapi/v1/server-kill", name="kill_webui")
def kill(*_: Any) -> Response:
    """End at once, without an answer."""
    current_services().kill()
    return untyped("", 200)


@endpoints.post("/sdapi/v1/server-restart", name="restart_webui")
def restart(*_: Any) -> Response:
    """Refuse: only a server that its launcher script started can restart."""
    return untyped("", 501)


@shutdown_endpoints.post("/sdapi/v1/shutdown", "/sdapi/v1/restart", status=204)
def shutdown(*_: Any) -> None:
    """Finish what runs and end; a server that its launcher did not start never comes back."""
    current_services().stop()
