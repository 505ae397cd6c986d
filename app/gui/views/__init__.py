"""One small module for each part of the interface; `PARTS` lists them."""

from flask.typing import ResponseReturnValue

from app.gui.endpoints import Endpoints
from app.gui.openapi import document
from app.gui.views.connections import connections
from app.gui.views.events import events
from app.gui.views.history import history
from app.gui.views.images import images
from app.gui.views.imports import imports
from app.gui.views.jobs import jobs
from app.gui.views.packs import packs
from app.gui.views.presets import presets
from app.gui.views.queue import queue
from app.gui.views.statistics import statistics

description = Endpoints("description")


@description.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """Answer with this document: every endpoint of the interface, and what each reads."""
    return document([endpoint for part in PARTS for endpoint in part.declared])


PARTS = (
    connections, jobs, imports, queue, history, images, packs, presets, statistics, events,
    description,
)  # fmt: skip
