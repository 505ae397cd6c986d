"""The stream of events: what is told, and catching up after a while away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.gui.conftest import LIMITS, OpenPage, PageClient
from tests.support import wait_until


@contextmanager
def listening(page: PageClient, last_id: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """Give the events of a page, from after `last_id` on."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    url = f"{page.url}/api/v1/events"
    with requests.get(url, headers=headers, stream=True, timeout=20) as answer:
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


def test_a_silent_stream_gives_signs_of_life(idle_page: PageClient) -> None:
    """Where nothing happens a comment comes, so that a dead connection is found."""
    url = f"{idle_page.url}/api/v1/events"
    with requests.get(url, stream=True, timeout=LIMITS.heartbeat_s * 50) as answer:
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(line for line in lines if line.startswith(":")) == ": still here"
