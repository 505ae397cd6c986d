"""What there is to call, for machines and for people."""

from typing import Any, Final
from weakref import WeakKeyDictionary

from flask import Response
from markupsafe import Markup

from fake_webui.api.services import Services, current_services
from fake_webui.contract import Family
from fake_webui.contract.openapi import make_document
from fake_webui.webui.options import listed_options
from fake_webui.webui.state import WebUIState

endpoints = Family()

PAGE = Markup("""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>FastAPI - the fake WebUI</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem }}
summary {{ cursor: pointer; padding: .2rem 0 }} code {{ font-size: 14px }}
td {{ padding: 0 1.5rem 0 0; vertical-align: top }}
</style></head>
<body>
<h1>What there is to call</h1>
<p>The same as <a href="/openapi.json">openapi.json</a>, for reading.</p>
{sections}
</body>
</html>
""")
CLOSED = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Logged in</title></head>
<body><script>window.close()</script></body>
</html>
"""
SECTION = Markup("<details><summary><code>{method} {path}</code></summary>{fields}</details>")
ROW = Markup("<tr><td><code>{name}</code></td><td>{kind}</td><td><code>{default}</code></td></tr>")

_MADE: Final[WeakKeyDictionary[WebUIState, dict[str, Any]]] = WeakKeyDictionary()
"""The document of each server, made when it is first asked for; the real one keeps its too."""


@endpoints.head("/openapi.json", listed=False)
@endpoints.get("/openapi.json", listed=False)
def document(*_: Any) -> Any:
    """Describe every endpoint of this server."""
    return _document()


def _document() -> dict[str, Any]:
    services = current_services()
    if services.state not in _MADE:
        _MADE[services.state] = _make_document(services)
    return _MADE[services.state]


def _make_document(services: Services) -> dict[str, Any]:
    return make_document(
        services.endpoints,
        listed_options(services.state.catalog.extensions, services.profile.policy),
        services.state.catalog.flags,
        version=services.profile.dialect.openapi,
        info=services.profile.document,
        guarded=bool(services.config.api_auth),
        root_path=services.config.root_path,
    )


@endpoints.head("/docs/oauth2-redirect", listed=False)
@endpoints.get("/docs/oauth2-redirect", listed=False)
def oauth2_redirect(*_: Any) -> Response:
    """Close the window in which somebody would have logged in elsewhere; nobody does."""
    return Response(CLOSED, content_type="text/html; charset=utf-8")


@endpoints.head("/docs", "/redoc", listed=False)
@endpoints.get("/docs", "/redoc", listed=False)
def page(*_: Any) -> Response:
    """Show every endpoint with its fields."""
    found = _document()
    sections = [
        SECTION.format(method=method.upper(), path=path, fields=_fields(operation, found))
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
    ]
    html = PAGE.format(sections=Markup("\n").join(sections))
    return Response(html, content_type="text/html; charset=utf-8")


def _fields(operation: dict[str, Any], found: dict[str, Any]) -> Markup:
    content = operation.get("requestBody", {}).get("content", {})
    references = [media["schema"].get("$ref", "") for media in content.values()]
    schemas = found["components"]["schemas"]
    rows = [
        ROW.format(name=name, kind=shape.get("type", ""), default=repr(shape.get("default", "")))
        for reference in references
        for name, shape in schemas.get(reference.rsplit("/", 1)[-1], {})
        .get("properties", {})
        .items()
    ]
    return Markup("<table>{}</table>").format(Markup("").join(rows)) if rows else Markup("")
