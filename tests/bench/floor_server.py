"""The floor of the HTTP budgets: a Flask view that returns prepared bytes, on the same server.

python floor_server.py BODY_FILE — prints its URL; ends with its standard input.
"""

import sys
import threading
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Keeps connections open and logs nothing, as the fake's own handler does."""

    protocol_version = "HTTP/1.1"

    def log(self, *_args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve the bytes of a file at every POST until standard input ends."""
    body = Path(sys.argv[1]).read_bytes()
    app = Flask(__name__)

    @app.post("/<path:_path>")
    def answer(_path: str) -> Response:
        request.get_data()
        return Response(body, mimetype="application/json")

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
