"""The floor of the HTTP budgets: a Flask view that returns prepared bytes, on the same server.

python -m tests.bench.floor_server BODY_FILE — prints its URL; ends with its standard input.
"""

import sys
from pathlib import Path

from flask import Flask, Response, request

from fake_webui.http.server import HttpServer


def main() -> None:
    """Serve the bytes of a file at every POST until standard input ends."""
    body = Path(sys.argv[1]).read_bytes()
    app = Flask(__name__)

    @app.post("/<path:_path>")
    def answer(_path: str) -> Response:
        request.get_data()
        return Response(body, mimetype="application/json")

    server = HttpServer(("127.0.0.1", 0), app)
    server.start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
