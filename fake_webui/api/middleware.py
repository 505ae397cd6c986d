"""What happens around every view: admission, errors, compression, CORS, timing."""

import time
import zlib

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from fake_webui.api.access import allowed_host, is_loopback, preflight, simple_cors_headers
from fake_webui.api.admission import admit
from fake_webui.api.answering import control_error_answer, error_answer
from fake_webui.api.services import current_config, current_endpoints
from fake_webui.errors import ApiError, ControlError, HandlerError, StarletteError

CONTROL = "/__fake"
GZIP_FROM_BYTES = 1000
GZIP_HEADER = 31  # the window size of gzip with its header


def install(app: Flask) -> None:
    """Put the rules that hold for every request around the views of `app`."""
    app.before_request(_start_clock)
    app.before_request(_check_host)
    app.after_request(_finish)
    app.register_error_handler(ApiError, error_answer)
    app.register_error_handler(ControlError, control_error_answer)
    app.register_error_handler(HTTPException, _framework_error)


def install_admission(app: Flask) -> None:
    """Let requests to a known endpoint in, by method, body and credentials, in that order."""
    app.before_request(_answer_preflight)
    app.before_request(_admit)


def is_control() -> bool:
    """Return whether the request is for this tool and not for the WebUI."""
    return request.path == CONTROL or request.path.startswith(f"{CONTROL}/")


def _start_clock() -> None:
    g.started_s = time.perf_counter()


def _check_host() -> Response | None:
    host = request.headers.get("Host")
    if host is None or not is_loopback(current_config().host) or allowed_host(host):
        return None
    return Response("Invalid host header", 400, content_type="text/plain; charset=utf-8")


def _answer_preflight() -> Response | None:
    asked = request.headers.get("Access-Control-Request-Method")
    origin = request.headers.get("Origin")
    if is_control() or request.method != "OPTIONS" or origin is None or asked is None:
        return None
    names = request.headers.get("Access-Control-Request-Headers")
    status, text, headers = preflight(origin, asked, names, current_config().cors_allow_origins)
    g.is_preflight = True
    return Response(text, status, headers, content_type="text/plain; charset=utf-8")


def _admit() -> None:
    """Do what the real server's router does before a view sees the request."""
    if is_control():
        return
    methods = current_endpoints().get(_path())
    if methods is None:
        _note_unmatched()
        raise NotFound
    endpoint = methods.get(request.method)
    if endpoint is None:
        headers = {"Allow": next(iter(methods))}
        raise StarletteError(405, "Method Not Allowed", headers)
    admit(endpoint)


def _path() -> str:
    """Return the path as it was sent; flask takes away all but one leading slash."""
    return str(request.environ["PATH_INFO"])


def _note_unmatched() -> None:
    exchange = g.get("exchange")
    if exchange is not None:
        exchange.matched = False


def _framework_error(error: HTTPException) -> Response:
    """Answer what the real server's framework does for requests that no view takes."""
    if is_control():
        return control_error_answer(ControlError(error.code or 500, error.description or ""))
    if isinstance(error, NotFound):
        return _redirect_slash() or error_answer(StarletteError(404, "Not Found"))
    if isinstance(error, InternalServerError) and error.original_exception:
        bug = error.original_exception
        return error_answer(HandlerError(type(bug).__name__, str(bug)))
    return error_answer(StarletteError(error.code or 500, error.name))


def _redirect_slash() -> Response | None:
    """Point to the path with or without its trailing slash where that one exists."""
    path = _path()
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if other not in current_endpoints():
        return None
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    response = Response("", 307, {"Location": f"{request.host_url.rstrip('/')}{other}{query}"})
    del response.headers["Content-Type"]
    return response


def _finish(response: Response) -> Response:
    if is_control():
        return response
    if getattr(response, "timed", True):
        _compress(response)
        _add_cors(response)
        elapsed_s = time.perf_counter() - g.started_s
        response.headers["X-Process-Time"] = str(round(elapsed_s, 4))
    return response


def _compress(response: Response) -> None:
    if "gzip" not in request.headers.get("Accept-Encoding", "") or response.is_streamed:
        return
    if "Content-Encoding" in response.headers or (response.content_length or 0) < GZIP_FROM_BYTES:
        return
    # base64 of pictures has nothing to find but the frequency of its letters
    packer = zlib.compressobj(wbits=GZIP_HEADER, strategy=zlib.Z_HUFFMAN_ONLY)
    response.set_data(packer.compress(response.get_data()) + packer.flush())
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")


def _add_cors(response: Response) -> None:
    origin = request.headers.get("Origin")
    if origin is None or g.get("is_preflight"):
        return
    allowed = current_config().cors_allow_origins
    headers = simple_cors_headers(origin, allowed, cookie="Cookie" in request.headers)
    if headers.pop("Vary", None):
        response.vary.add("Origin")
    response.headers.update(headers)
