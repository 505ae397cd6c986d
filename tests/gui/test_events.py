"""The stream of events: what is told, and catching up after a while away."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import requests

from app.gui.event_hub import BUFFER, MAX_STREAMS, EventHub
from tests.gui.conftest import LIMITS, OpenPage, PageClient
from tests.support import wait_until


@contextmanager
def listening(page: PageClient, last_id: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """Give the events of a page, from after `last_id` on."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    url = f"{page.url}/api/v1/events"
    with requests.get(url, headers=headers, stream=True, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield parsed(answer)


def parsed(answer: requests.Response) -> Iterator[dict[str, Any]]:
    """Give each event as id, event and data."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif fields:
            yield {**fields, "data": json.loads(fields["data"])}
            fields = {}


def until(events: Iterator[dict[str, Any]], kind: str, **data: Any) -> dict[str, Any]:
    """Return the first event of a kind with this data."""
    return next(
        event
        for event in events
        if event["event"] == kind and data.items() <= event["data"].items()
    )


def test_a_run_is_told_from_start_to_end(page: PageClient) -> None:
    """A page hears that a job runs, how far it is, that it ended, and that the history grew."""
    with listening(page) as events:
        assert until(events, "hello")["data"] == {"missed": False}
        job_id = page.add()
        until(events, "job", job_id=job_id, status="running")
        until(events, "progress", job_id=job_id)
        until(events, "job", job_id=job_id, status="succeeded")
        until(events, "history", total=1)


def test_what_another_process_queues_is_told(open_page: OpenPage) -> None:
    """A page on the same home hears of jobs that another one adds."""
    watching, other = open_page(runs_jobs=False), open_page(runs_jobs=False)
    with listening(watching) as events:
        until(events, "hello")
        other.add()
        assert until(events, "queue", paused=False)["data"]["counts"]["queued"] == 1


def test_a_page_that_was_away_catches_up(idle_page: PageClient) -> None:
    """With the id of its last event it gets those that it missed, in order, and no other."""
    with listening(idle_page) as events:
        last = until(events, "hello")["id"]
    idle_page.post("/queue/pause", {"reason": "one"})
    wait_until(lambda: idle_page.get("/queue")["paused"])
    with listening(idle_page, last) as events:
        until(events, "queue", reason="one")
        idle_page.post("/queue/pause", {"reason": "two"})
        last = until(events, "queue", reason="two")["id"]
    idle_page.post("/queue/resume")
    with listening(idle_page, last) as events:
        assert until(events, "hello")["data"] == {"missed": False}
        assert until(events, "queue")["data"]["paused"] is False


def test_a_page_that_was_away_too_long_is_told_so(idle_page: PageClient) -> None:
    """An id of another process's events says that everything is to be loaded again."""
    with listening(idle_page, "0123abcd-7") as events:
        assert until(events, "hello")["data"] == {"missed": True}


def test_more_than_the_buffer_holds_is_said_to_be_missed() -> None:
    """A page that was away for too many events is told so, and goes on with the next."""
    hub = EventHub()
    last = hub.event_id(0)
    for number in range(BUFFER + 1):
        hub.publish("queue", {"number": number})
    events = hub.follow(last, heartbeat_s=1)
    hello = next(events)
    hub.publish("queue", {"number": "next"})
    following = next(events)
    assert hello is not None
    assert following is not None
    assert (hello.data, following.data) == ({"missed": True}, {"number": "next"})


def test_too_many_pages_are_refused(idle_page: PageClient) -> None:
    """So many listen at a time that others still get their answers; one that leaves makes room."""
    url = f"{idle_page.url}/api/v1/events"
    with ExitStack() as stack:
        streams = []  # an iterator that is dropped closes its connection
        for _ in range(MAX_STREAMS):
            answer = stack.enter_context(requests.get(url, stream=True, timeout=60))
            streams.append(answer.iter_lines(chunk_size=1))
            assert next(streams[-1]).startswith(b"id: ")
        assert requests.get(url, stream=True, timeout=60).status_code == 503
        assert idle_page.get("/state")["version"]
    wait_until(lambda: requests.get(url, stream=True, timeout=60).status_code == 200)


def test_a_silent_stream_gives_signs_of_life(idle_page: PageClient) -> None:
    """Where nothing happens a comment comes, so that a dead connection is found."""
    url = f"{idle_page.url}/api/v1/events"
    with requests.get(url, stream=True, timeout=LIMITS.heartbeat_s * 50) as answer:
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(line for line in lines if line.startswith(":")) == ": still here"
