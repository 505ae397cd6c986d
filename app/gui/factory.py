"""The one place where the page is put together, and its life from start to stop."""

from typing import Self

from flask import Flask

from app.bootstrap import Application
from app.gui.answers import PlainJson, answer_errors
from app.gui.change_watch import ChangeWatch
from app.gui.context import GuiContext, attach
from app.gui.event_hub import EventHub
from app.gui.safety import LOOPBACK_ONLY, Access
from app.gui.server import MAX_BODY_BYTES, GuiServer
from app.gui.views import PARTS
from app.gui.views.page import page
from app.gui.webui_watch import WebUIWatch
from app.storage.thumbnails import Thumbnails


class Page:
    """The page of one application, with what watches and runs behind it.

    Args:
        application: what the buttons drive.
        access: who may ask.
        host: the name or address to listen at.
        port: 0 takes a free one.
        runs_jobs: whether the queue is run here.

    Raises:
        BadInputError: if it can't listen there.
    """

    def __init__(
        self,
        application: Application,
        access: Access = LOOPBACK_ONLY,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        runs_jobs: bool = True,
    ) -> None:
        self._context = make_context(application, access, runs_jobs=runs_jobs)
        self._server = GuiServer(create_gui(self._context, access), host, port)
        self.url = self._server.url

    def start(self) -> None:
        """Begin to watch, to run jobs and to answer."""
        self._context.start()
        self._server.start()

    def close(self) -> None:
        """Answer no more, at once, whoever listens."""
        self._context.events.close()
        self._server.stop()

    def stop(self) -> None:
        """Run and watch no more; a job that runs is interrupted and recorded as such."""
        self._context.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.stop()


def make_context(application: Application, access: Access, *, runs_jobs: bool) -> GuiContext:
    """Return what the views have at hand; nothing is started yet."""
    events = EventHub()
    urls = [runner.node.client.base_url for runner in application.runners]
    return GuiContext(
        application=application,
        events=events,
        webuis=WebUIWatch(urls, application.limits, events),
        changes=ChangeWatch(application, events),
        thumbnails=Thumbnails(application.home),
        runs_jobs=runs_jobs,
        is_local=access.token_sha256 is None,
    )


def create_gui(context: GuiContext, access: Access) -> Flask:
    """Return the page with its interface, as a WSGI application."""
    flask_app = Flask("app.gui", static_folder=None)
    flask_app.json = PlainJson(flask_app)
    flask_app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    attach(flask_app, context)
    access.guard(flask_app)
    answer_errors(flask_app)
    flask_app.register_blueprint(page)
    for part in PARTS:
        flask_app.register_blueprint(part.blueprint)
    return flask_app
