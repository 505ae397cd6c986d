"""One small module for each part of the interface; `PARTS` lists them."""

from app.gui.views.connections import connections
from app.gui.views.events import events
from app.gui.views.history import history
from app.gui.views.images import images
from app.gui.views.jobs import jobs
from app.gui.views.packs import packs
from app.gui.views.presets import presets
from app.gui.views.queue import queue

PARTS = (connections, jobs, queue, history, images, packs, presets, events)
