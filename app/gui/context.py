"""What the views have at hand: the application, and what watches it for the page."""

import threading
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from app.bootstrap import Application
from app.gui.change_watch import ChangeWatch
from app.gui.event_hub import EventHub
from app.gui.webui_watch import WebUIWatch

_KEY = "webui-jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiContext:
    """One running page.

    Args:
        application: what the buttons drive.
        events: what pages are told.
        webuis: what is known of the WebUIs, looked at in the background.
        changes: tells pages what other processes and the runners change.
        runs_jobs: whether this process runs the queue.
        drafting: held while a draft is in AppStateV2 and planned.
    """

    application: Application
    events: EventHub
    webuis: WebUIWatch
    changes: ChangeWatch
    runs_jobs: bool
    drafting: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Begin to watch, and to run the queue where this process does."""
        self.webuis.start()
        self.changes.start()
        if self.runs_jobs:
            self.application.runner.start()

    def stop(self) -> None:
        """Stop what `start` began; a job that runs is interrupted and recorded as such."""
        if self.runs_jobs:
            self.application.runner.stop()
        self.changes.stop()
        self.webuis.stop()


def attach(flask_app: Flask, context: GuiContext) -> None:
    """Give a Flask application its context."""
    flask_app.extensions[_KEY] = context


def gui() -> GuiContext:
    """Return the context of the page that a request is for."""
    return cast("GuiContext", current_app.extensions[_KEY])
