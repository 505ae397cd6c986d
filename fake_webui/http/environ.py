"""What a request looks like to a WSGI application."""

import sys
from typing import Any
from urllib.parse import unquote_to_bytes

import h11

from fake_webui.http.body import Body

PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
TRUSTED_PROXY = "127.0.0.1"
SCHEMES = ("http", "https")


def make_environ(
    request: h11.Request, body: Body, *, client: str, server: tuple[str, int], scheme: str
) -> dict[str, Any]:
    """Return the WSGI environment of a request.

    The path is as it was sent, so an address with scheme and host in it is a path like any other.
    """
    target = request.target.decode("ascii")
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version.decode('ascii')}",
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        _add_header(environ, name.decode("ascii"), value.decode("latin-1"))
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO")
    if client == TRUSTED_PROXY and forwarded in SCHEMES:
        environ["wsgi.url_scheme"] = forwarded
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = PLAIN.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
    environ[key] = f"{environ[key]},{value}" if key in environ else value
