"""What happens, as it happens: server-sent events."""

import json
from collections.abc import Iterator

from flask import Response, request
from flask.typing import ResponseReturnValue

from app.errors import RefusedError
from app.gui.context import gui
from app.gui.endpoints import Endpoints, Query
from app.gui.event_hub import Event, EventHub

events = Endpoints("events")


class EventsQuery(Query):
    """Where to go on, for those who can't send the header."""

    last_event_id: str | None = None


@events.get("/events", EventsQuery)
def stream(query: EventsQuery) -> ResponseReturnValue:
    """Answer with events from `Last-Event-ID` on, one after the other, until the page is closed."""
    hub, heartbeat_s = gui().events, gui().application.limits.heartbeat_s
    last_id = request.headers.get("Last-Event-ID") or query.last_event_id
    if hub.is_full():
        raise RefusedError("too many pages are open; close one and load this again", status=503)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    written = _written(hub, hub.follow(last_id, heartbeat_s))
    return Response(written, mimetype="text/event-stream", headers=headers)


def _written(hub: EventHub, followed: Iterator[Event | None]) -> Iterator[str]:
    for event in followed:
        if event is None:
            yield ": still here\n\n"
        else:
            data = json.dumps(event.data)
            yield f"id: {hub.event_id(event.number)}\nevent: {event.kind}\ndata: {data}\n\n"
