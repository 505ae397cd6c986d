"""The page and what clients look at to see whether it is there."""

from typing import Any

from flask import Response, request

from fake_webui.api.access import LOGIN_COOKIES, log_in, page_user
from fake_webui.api.answering import json_answer, untyped
from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.coercion import MAPPING, STRING
from fake_webui.contract.tables import LOGIN_FORM, SERIALIZE_QUERY
from fake_webui.webui.components import page_components
from fake_webui.webui.state import WebUIState

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
LOGIN_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Login</title></head>
<body>
<form action="/login" method="post">
<input name="username" placeholder="username"> <input name="password" type="password">
<button>Login</button>
</form>
</body>
</html>
"""
ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">
<rect width="8" height="8" rx="2" fill="#f47316"/></svg>
"""
CONFIG: dict[str, Any] = {
    "version": "3.41.2",
    "mode": "blocks",
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


@endpoints.head("/", name="main", media="text/html")
@endpoints.get("/", name="main", media="text/html")
def page(state: WebUIState, _: Parsed) -> Response:
    """Show that the server is there, or with --gradio-auth ask strangers who they are."""
    accounts = state.config.gradio_auth
    is_open = not accounts or page_user(request.cookies, accounts)
    return Response(PAGE if is_open else LOGIN_PAGE, content_type="text/html; charset=utf-8")


@endpoints.get("/config", "/config/", name="get_config", private=True)
def config(state: WebUIState, _: Parsed) -> Any:
    """Describe the page: the components with names, which clients look for, and no functions."""
    components = page_components(state.catalog, state.options)
    return CONFIG | {"components": components, "root": state.config.root_path}


@endpoints.get("/info", "/info/", name="api_info", query=SERIALIZE_QUERY, private=True)
def info(*_: Any) -> Any:
    """Describe the page's own functions, of which there are none."""
    return {"named_endpoints": {}, "unnamed_endpoints": {}}


@endpoints.get("/queue/status", name="get_queue_status", answer=answers.ESTIMATION, private=True)
def queue_status(*_: Any) -> Any:
    """Say that nobody waits for the page."""
    return answers.ESTIMATION.read({"queue_size": 0, "queue_eta": 0}, ()).values


@endpoints.get("/user/", "/user", name="get_current_user", answer=STRING)
def user(state: WebUIState, _: Parsed) -> str | None:
    """Say who is logged in to the page."""
    return page_user(request.cookies, state.config.gradio_auth)


@endpoints.get("/login_check/", "/login_check", private=True)
def login_check(*_: Any) -> None:
    """Let those in who are logged in to the page, everybody where it has no users."""


@endpoints.get("/token/", "/token", name="get_token", answer=MAPPING)
def token(state: WebUIState, _: Parsed) -> Any:
    """Say who is logged in to the page, and by which token."""
    known = page_user(request.cookies, state.config.gradio_auth)
    return {"token": request.cookies.get(LOGIN_COOKIES[0]), "user": known}


@endpoints.post("/login/", "/login", form=LOGIN_FORM)
def login(state: WebUIState, asked: Parsed) -> Response:
    """Log a user of the page in; one without users sends everybody on.

    Raises:
        HttpError: 400 for a wrong name or password.
    """
    accounts = state.config.gradio_auth
    if not accounts:
        return untyped("", 302, {"Location": "/"})
    known = log_in(asked.values["username"], asked.values["password"], accounts)
    answer = json_answer({"success": True})
    secure, unsecure = LOGIN_COOKIES
    answer.set_cookie(secure, known, httponly=True, samesite="None", secure=True)
    answer.set_cookie(unsecure, known, httponly=True, samesite="Lax")
    return answer


@endpoints.get("/app_id/", "/app_id", answer=MAPPING)
def app_id(*_: Any) -> Any:
    """Say which page this is."""
    return {"app_id": APP_ID}


@endpoints.get("/startup-events", private=True)
def startup_events(*_: Any) -> bool:
    """Say that the page has started already."""
    return False


@endpoints.get("/theme.css", name="theme_css", media="text/plain")
def theme(*_: Any) -> Response:
    """Answer with the page's empty style sheet."""
    return Response("", content_type="text/css; charset=utf-8")


@endpoints.get("/robots.txt", name="robots_txt", media="text/plain")
def robots(*_: Any) -> Response:
    """Let robots in, as a local page does."""
    return Response("User-agent: *\nDisallow: ", content_type="text/plain; charset=utf-8")


@endpoints.get("/favicon.ico")
def favicon(*_: Any) -> Response:
    """Answer with a small orange square."""
    return Response(ICON, content_type="image/svg+xml")
