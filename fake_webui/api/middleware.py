"""What happens around every view: preflights, errors, compression, CORS, timing."""

import time
import zlib
from dataclasses import replace
from urllib.parse import quote

from flask import Response, g, request
from flask.wrappers import Request
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from fake_webui.api.answering import control_error_answer, error_answer, untyped
from fake_webui.api.dispatch import is_control, methods_at, sent_method, sent_path
from fake_webui.api.noting import note_findings
from fake_webui.api.services import Services, current_services
from fake_webui.contract.transport import CrossOrigin, Origins
from fake_webui.errors import ControlError, HandlerError, StarletteError

GZIP_FROM_BYTES = 1000
GZIP_HEADER = 31  # the window size of gzip with its header
KEPT_IN_LOCATION = ":/%#?=@[]!$&'()*+,;"


def note_origin(request: Request, services: Services) -> None:
    """Note that an origin was allowed on the command line in vain, where the page decides."""
    asked = _cross_origin(request, services)
    if asked is None or not asked.allowed.allow(asked.origin):
        return
    if "Access-Control-Allow-Origin" not in services.transport.cors(asked):
        note_findings([f"{asked.origin} is allowed on the command line, and may not read this"])


def answer_preflight(request: Request, services: Services) -> Response | None:
    """Answer a browser that asks whether it may call from another origin."""
    method, asked = preflight_method(), _cross_origin(request, services)
    if asked is None or method is None:
        return None
    names = request.headers.get("Access-Control-Request-Headers")
    asked = replace(asked, method=method, headers=names)
    status, text, headers = services.transport.preflight(asked)
    g.is_preflight = True
    return Response(text, status, headers, content_type="text/plain; charset=utf-8")


def preflight_method() -> str | None:
    """Return which method it asks about; None where a request is no such question."""
    if sent_method() != "OPTIONS" or "Origin" not in request.headers:
        return None
    return request.headers.get("Access-Control-Request-Method")


def _cross_origin(request: Request, services: Services) -> CrossOrigin | None:
    """Return what a browser on another origin asks, None without one."""
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    return CrossOrigin(
        origin=origin,
        host=request.headers.get("Host", ""),
        allowed=Origins(
            services.config.cors_allow_origins, services.config.cors_allow_origins_regex
        ),
        cookie="Cookie" in request.headers,
    )


def framework_error(error: HTTPException) -> Response:
    """Answer what the real server's framework does for requests that no view takes."""
    if is_control():
        return control_error_answer(ControlError(error.code or 500, error.description or ""))
    if isinstance(error, NotFound):
        return _redirect_slash() or _not_found()
    if isinstance(error, InternalServerError) and error.original_exception:
        bug = error.original_exception
        return error_answer(HandlerError(type(bug).__name__, str(bug)))
    return error_answer(StarletteError(error.code or 500, error.name))


def _not_found() -> Response:
    profile, path = current_services().profile, sent_path()
    if elsewhere := profile.moved.get(path):
        note_findings([f"{profile.title} has {elsewhere} in the place of {path}"])
    return error_answer(StarletteError(404, "Not Found"))


def _redirect_slash() -> Response | None:
    """Point to the path with or without its trailing slash where that one exists."""
    path = sent_path()
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if not methods_at(other):
        return None
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    place = f"{own_address()}{other.encode('latin-1').decode(errors='replace')}{query}"
    return untyped("", 307, {"Location": quote(place, safe=KEPT_IN_LOCATION)})


def own_address() -> str:
    """Return the server's address as the client names it, with --subpath and scope."""
    environ = request.environ
    host = environ.get("HTTP_HOST", f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")
    return f"{request.scheme}://{host}{current_services().config.root_path}{environ['SCRIPT_NAME']}"


def finish(response: Response, request: Request, services: Services) -> None:
    """Compress an answer of the WebUI and add the headers that every one has."""
    if not getattr(response, "timed", True):
        return
    if services.transport.gzips:
        _compress(response, request)
    _add_cors(response, request, services)
    if services.transport.tells_time:
        elapsed_s = time.perf_counter() - g.started_s
        response.headers["X-Process-Time"] = str(round(elapsed_s, 4))


def _compress(response: Response, request: Request) -> None:
    if "gzip" not in request.headers.get("Accept-Encoding", "") or response.is_streamed:
        return
    if "Content-Encoding" in response.headers or (response.content_length or 0) < GZIP_FROM_BYTES:
        return
    # base64 of pictures has nothing to find but the frequency of its letters
    packer = zlib.compressobj(wbits=GZIP_HEADER, strategy=zlib.Z_HUFFMAN_ONLY)
    response.set_data(packer.compress(response.get_data()) + packer.flush())
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")


def _add_cors(response: Response, request: Request, services: Services) -> None:
    asked = _cross_origin(request, services)
    if asked is None or g.get("is_preflight"):
        return
    headers = services.transport.cors(asked)
    if headers.pop("Vary", None):
        response.vary.add("Origin")
    response.headers.update(headers)
