"""The page and what clients look at to see whether it is there."""

from typing import Any

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from fake_webui.api.admission import parse_arguments
from fake_webui.api.answering import json_answer
from fake_webui.contract.tables import LOGIN_FORM, SERIALIZE_QUERY

bp = Blueprint("page", __name__)

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
QUEUE: dict[str, Any] = {
    "msg": "estimation",
    "rank": None,
    "queue_size": 0,
    "avg_event_process_time": None,
    "avg_event_concurrent_process_time": None,
    "rank_eta": None,
    "queue_eta": 0,
}


@bp.get("/")
def page() -> Response:
    """Show that the server is there."""
    return Response(PAGE, content_type="text/html; charset=utf-8")


@bp.get("/config")
def config() -> Response:
    """Describe a page without components."""
    return json_answer(CONFIG)


@bp.get("/info")
def info() -> Response:
    """Describe the page's own functions, of which there are none."""
    parse_arguments(SERIALIZE_QUERY)
    return json_answer({"named_endpoints": {}, "unnamed_endpoints": {}})


@bp.get("/queue/status")
def queue_status() -> Response:
    """Say that nobody waits for the page."""
    return json_answer(QUEUE)


@bp.get("/user")
@bp.get("/login_check")
def nobody() -> Response:
    """Say that the page has no users."""
    return json_answer(None)


@bp.get("/token")
def token() -> Response:
    """Say that nobody is logged in to the page."""
    return json_answer({"token": None, "user": None})


@bp.post("/login")
def login() -> ResponseReturnValue:
    """Send everybody on to the page, which has no users."""
    filled = {name: value for name, value in request.form.items() if value}
    LOGIN_FORM.read(filled, ("body",))
    return redirect("/", 302)


@bp.get("/app_id")
def app_id() -> Response:
    """Say which page this is."""
    return json_answer({"app_id": APP_ID})


@bp.get("/startup-events")
def startup_events() -> Response:
    """Say that the page has started already."""
    return json_answer(False)  # noqa: FBT003 - the whole answer


@bp.get("/theme.css")
def theme() -> Response:
    """Answer with the page's empty style sheet."""
    return Response("", content_type="text/css; charset=utf-8")


@bp.get("/robots.txt")
def robots() -> Response:
    """Let robots in, as a local page does."""
    return Response("User-agent: *\nDisallow: ", content_type="text/plain; charset=utf-8")


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Answer with an icon of one pixel."""
    return Response(ICON, content_type="image/vnd.microsoft.icon")


ICON = (
    b"\0\0\1\0\1\0\1\1\0\0\1\0\x18\0\x30\0\0\0\x16\0\0\0\x28\0\0\0\1\0\0\0\2\0\0\0\1\0\x18\0"
    + bytes(24)
    + b"\xf4\x73\x16\0\0\0\0\0"
)
