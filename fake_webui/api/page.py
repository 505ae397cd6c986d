"""The page and what clients look at to see whether it is there."""

from typing import Any

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from fake_webui.contract import Family, answers
from fake_webui.contract.tables import LOGIN_FORM, SERIALIZE_QUERY

endpoints = Family(needs="webui")

APP_ID = 6273954
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Stable Diffusion</title></head>
<body>
<h1>A fake Stable Diffusion WebUI</h1>
<p>It answers the API alone. <a href="/docs">What there is to call</a>,
<a href="/__fake/">what was called</a>.</p>
</body>
</html>
"""
CONFIG: dict[str, Any] = {
    "version": "3.41.2",
    "mode": "blocks",
    "app_id": APP_ID,
    "dev_mode": False,
    "analytics_enabled": False,
    "components": [],
    "css": None,
    "title": "Stable Diffusion",
    "space_id": None,
    "enable_queue": True,
    "show_error": True,
    "show_api": False,
    "is_colab": False,
    "stylesheets": [],
    "theme": "default",
    "layout": {"id": 0, "children": []},
    "dependencies": [],
    "root": "",
}


@endpoints.head("/", media="text/html")
@endpoints.get("/", media="text/html")
def page(*_: Any) -> Response:
    """Show that the server is there."""
    return Response(PAGE, content_type="text/html; charset=utf-8")


@endpoints.get("/config", "/config/")
def config(*_: Any) -> Any:
    """Describe a page without components."""
    return CONFIG


@endpoints.get("/info", "/info/", query=SERIALIZE_QUERY)
def info(*_: Any) -> Any:
    """Describe the page's own functions, of which there are none."""
    return {"named_endpoints": {}, "unnamed_endpoints": {}}


@endpoints.get("/queue/status", answer=answers.ESTIMATION)
def queue_status(*_: Any) -> Any:
    """Say that nobody waits for the page."""
    return answers.ESTIMATION.read({"queue_size": 0, "queue_eta": 0}, ()).values


@endpoints.get("/user/", "/user", "/login_check/", "/login_check")
def nobody(*_: Any) -> None:
    """Say that the page has no users."""


@endpoints.get("/token/", "/token")
def token(*_: Any) -> Any:
    """Say that nobody is logged in to the page."""
    return {"token": None, "user": None}


@endpoints.post("/login/", "/login", form=LOGIN_FORM)
def login(*_: Any) -> ResponseReturnValue:
    """Send everybody on to the page, which has no users."""
    return redirect("/", 302)


@endpoints.get("/app_id/", "/app_id")
def app_id(*_: Any) -> Any:
    """Say which page this is."""
    return {"app_id": APP_ID}


@endpoints.get("/startup-events")
def startup_events(*_: Any) -> bool:
    """Say that the page has started already."""
    return False


@endpoints.get("/theme.css", media="text/css")
def theme(*_: Any) -> Response:
    """Answer with the page's empty style sheet."""
    return Response("", content_type="text/css; charset=utf-8")


@endpoints.get("/robots.txt", media="text/plain")
def robots(*_: Any) -> Response:
    """Let robots in, as a local page does."""
    return Response("User-agent: *\nDisallow: ", content_type="text/plain; charset=utf-8")


@endpoints.get("/favicon.ico", media="image/vnd.microsoft.icon")
def favicon(*_: Any) -> Response:
    """Answer with an icon of one pixel."""
    return Response(ICON, content_type="image/vnd.microsoft.icon")


ICON = (
    b"\0\0\1\0\1\0\1\1\0\0\1\0\x18\0\x30\0\0\0\x16\0\0\0\x28\0\0\0\1\0\0\0\2\0\0\0\1\0\x18\0"
    + bytes(24)
    + b"\xf4\x73\x16\0\0\0\0\0"
)
