"""What the views have at hand: the application, and what watches it for the page."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from app.bootstrap import Application
from app.engine.runner import SingleNodeJobRunner
from app.errors import ImageFileError
from app.gui.change_watch import ChangeWatch
from app.gui.drafts import start_from_last
from app.gui.event_hub import EventHub
from app.gui.live_previews import LivePreviews
from app.gui.webui_watch import WebUIWatch
from app.jobs.models import JobRecord
from app.storage.thumbnails import Thumbnails

_KEY = "webui-jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiContext:
    """One running page.

    Args:
        application: what the buttons drive.
        events: what pages are told.
        webuis: what is known of the WebUIs, looked at in the background.
        changes: tells pages what other processes and the runners change.
        thumbnails: small copies of pictures.
        runs_jobs: whether this process runs the queue.
        is_local: whether only this machine can reach the page.
        previews: pictures that are being made.
        drafting: held while a draft is in AppStateV2 and planned.
    """

    application: Application
    events: EventHub
    webuis: WebUIWatch
    changes: ChangeWatch
    thumbnails: Thumbnails
    runs_jobs: bool
    is_local: bool
    previews: LivePreviews = field(default_factory=LivePreviews)
    drafting: threading.Lock = field(default_factory=threading.Lock)

    def runner_of(self, job_id: str) -> SingleNodeJobRunner | None:
        """Return the runner of this process that runs a job, or None."""
        runners = self.application.runners
        return next((r for r in runners if (job := r.job) and job.job_id == job_id), None)

    def start(self) -> None:
        """Begin to watch, and to run the queue where this process does."""
        start_from_last(self.application.state, self.application.home)
        self.thumbnails.start()
        self.application.runner.subscribe_to_ends(self._prepare_thumbnails)
        self.webuis.start()
        self.changes.start()
        if self.runs_jobs:
            self.application.runner.start(stays=True)

    def _prepare_thumbnails(self, job: JobRecord) -> None:
        """Have the thumbnails of a job made before a page asks for them."""
        for image in job.images:
            with suppress(ImageFileError):
                self.thumbnails.prepare(self.application.files / image["path"], image["sha256"])

    def stop(self) -> None:
        """Stop what `start` began; a job that runs is interrupted and recorded as such."""
        if self.runs_jobs:
            self.application.runner.stop()
        self.changes.stop()
        self.webuis.stop()
        self.thumbnails.stop()


def attach(flask_app: Flask, context: GuiContext) -> None:
    """Give a Flask application its context."""
    flask_app.extensions[_KEY] = context


def gui() -> GuiContext:
    """Return the context of the page that a request is for."""
    return cast("GuiContext", current_app.extensions[_KEY])
