"""The HTTP server under the page: cheroot, which streams, and ends when it is told to."""

import logging
import threading
from typing import Any

from cheroot import wsgi
from flask import Flask

from app.errors import BadInputError
from app.gui.event_hub import MAX_STREAMS

THREADS = MAX_STREAMS + 16  # a page that listens keeps one
MAX_BODY_BYTES = 64_000_000  # of a picture that is dropped on the page
MAX_HEAD_BYTES = 64_000
STOP_S = 2.0
log = logging.getLogger(__name__)


class GuiServer:
    """Serves the page in threads of its own, from `start` to `stop`.

    Args:
        flask_app: what answers.
        host: the name or address to listen at.
        port: 0 takes a free one.

    Raises:
        BadInputError: if it can't listen there.
    """

    def __init__(self, flask_app: Flask, host: str, port: int) -> None:
        self._server = _Server(
            (host, port), flask_app, numthreads=THREADS, server_name="webui-jobs"
        )
        self._server.max_request_body_size = MAX_BODY_BYTES
        self._server.max_request_header_size = MAX_HEAD_BYTES
        self._server.shutdown_timeout = STOP_S
        self._host = host
        try:
            self._server.prepare()
        except OSError as error:
            raise BadInputError(
                f"can't listen at {host}:{port}: {error.strerror or error}; choose another --port"
            ) from error
        self._thread = threading.Thread(target=self._server.serve, name="gui", daemon=True)

    @property
    def url(self) -> str:
        """The address of the page."""
        port = self._server.bind_addr[1]
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{port}/"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End; a request that still waits for something is not waited for."""
        stopping = threading.Thread(target=self._server.stop, name="gui stop", daemon=True)
        stopping.start()
        stopping.join(STOP_S)


class _Server(wsgi.Server):
    """Writes what went wrong to the log, not to the terminal."""

    def error_log(self, msg: str = "", level: int = 20, traceback: Any = False) -> None:  # noqa: FBT002
        log.log(level, msg, exc_info=bool(traceback))
