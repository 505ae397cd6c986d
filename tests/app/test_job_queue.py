"""The line of jobs: its order, its claims, its changes of state."""

import threading
from typing import Any

import pytest

from app.config.pipeline_config import merge
from app.errors import TransitionError, UnknownJobError
from app.jobs.job_history import JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.models import ControlRequest, JobSpec, JobStatus, RunMode
from app.store.job_store import JobStore
from tests.support import wait_until


def spec(prompt: str = "a boat", **details: Any) -> JobSpec:
    """Return a small job."""
    return JobSpec(prompt=prompt, config=details.pop("config", merge()), **details)


def waiting(queue: JobQueue) -> list[str]:
    """Return the prompts of the line, the next one first."""
    return [job.prompt for job in queue.list_jobs()]


def test_jobs_are_claimed_in_the_order_in_which_they_came(queue: JobQueue) -> None:
    """First come, first served."""
    queue.add([spec("one"), spec("two"), spec("three")])
    claimed = [queue.claim("me") for _ in range(4)]
    assert [job and job.prompt for job in claimed] == ["one", "two", "three", None]


def test_a_direct_job_goes_before_all_queued_ones(queue: JobQueue) -> None:
    """DIRECT is a job at the front of the same line."""
    queue.add([spec("one"), spec("two", priority=10)])
    queue.add([spec("now", run_mode=RunMode.DIRECT)])
    assert waiting(queue) == ["now", "two", "one"]


def test_a_claimed_job_is_running_since_then(queue: JobQueue) -> None:
    """A claim is a change of state, with its time."""
    [job_id] = queue.add([spec()])
    job = queue.claim("me")
    assert job is not None
    assert (job.job_id, job.status) == (job_id, JobStatus.RUNNING)
    assert job.started_at is not None
    assert job.started_at >= job.created_at


def test_no_job_is_claimed_twice_by_threads(queue: JobQueue) -> None:
    """Each of forty jobs goes to exactly one of four claimers."""
    job_ids = queue.add([spec(str(i)) for i in range(40)])
    taken: list[str] = []

    def drain() -> None:
        while job := queue.claim("me"):
            taken.append(job.job_id)

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(job_ids)


def test_a_paused_queue_lets_only_direct_jobs_start(queue: JobQueue) -> None:
    """Pause holds QUEUE jobs and says why; DIRECT ones run."""
    queue.add([spec("later")])
    queue.pause("out of memory")
    assert queue.claim("me") is None
    queue.add([spec("now", run_mode=RunMode.DIRECT)])
    job = queue.claim("me")
    assert job is not None
    assert job.prompt == "now"
    assert queue.pause_state().reason == "out of memory"
    queue.resume()
    assert queue.claim("me") is not None


@pytest.mark.parametrize(
    ("moved", "position", "expected"),
    [
        ("c", 1, "cabd"),
        ("a", 2, "bacd"),
        ("a", 3, "bcad"),
        ("a", 4, "bcda"),
        ("a", 99, "bcda"),
        ("d", 0, "dabc"),
        ("b", 2, "abcd"),
    ],
)
def test_a_job_moves_to_the_place_it_is_given(
    queue: JobQueue, moved: str, position: int, expected: str
) -> None:
    """Place 1 is next, and past the end is last."""
    ids = dict(zip("abcd", queue.add([spec(name) for name in "abcd"]), strict=True))
    queue.move(ids[moved], position)
    assert "".join(waiting(queue)) == expected


@pytest.mark.parametrize("position", [1, 2, 99])
def test_a_job_that_waits_alone_stays_before_those_that_come(
    queue: JobQueue, history: JobHistoryStore, position: int
) -> None:
    """With the priority that it had, wherever it was put."""
    [job_id] = queue.add([spec("alone")])
    queue.move(job_id, position)
    queue.add([spec("later")])
    assert waiting(queue) == ["alone", "later"]
    assert history.get(job_id).priority == 0


def test_moving_into_the_same_gap_a_hundred_times_keeps_the_order(queue: JobQueue) -> None:
    """Ranks between two neighbours never run out."""
    queue.add([spec("first"), spec("last")])
    names = [str(i) for i in range(100)]
    for name in names:
        [job_id] = queue.add([spec(name)])
        queue.move(job_id, 2)
    assert waiting(queue) == ["first", *reversed(names), "last"]


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_asked(queue: JobQueue) -> None:
    """Cancelling a running job records the intent; its runner carries it out."""
    running_id, queued_id = queue.add([spec("one"), spec("two")])
    queue.claim("me")
    running, queued = queue.cancel([running_id, queued_id])
    assert queued.status is JobStatus.CANCELLED
    assert running.status is JobStatus.RUNNING
    assert queue.control_request(running_id, "me") is ControlRequest.CANCEL


def test_a_job_that_was_to_be_cancelled_does_not_succeed(queue: JobQueue) -> None:
    """Its last picture may come before anybody has looked at what was asked."""
    [job_id] = queue.add([spec()])
    queue.claim("me")
    queue.cancel([job_id])
    ended = queue.finish(job_id, "me", JobStatus.SUCCEEDED, {"images": []})
    assert ended.status is JobStatus.CANCELLED


def test_cancelling_several_is_all_or_none(queue: JobQueue) -> None:
    """An unknown id among them cancels nothing."""
    [job_id] = queue.add([spec()])
    with pytest.raises(UnknownJobError, match="no job nope"):
        queue.cancel([job_id, "nope"])
    assert waiting(queue) == ["a boat"]


def test_a_finished_job_never_changes(queue: JobQueue, history: JobHistoryStore) -> None:
    """Terminal rows can't be cancelled, finished or moved."""
    [job_id] = queue.add([spec()])
    queue.claim("me")
    queue.finish(job_id, "me", JobStatus.SUCCEEDED, {"images": []})
    done = history.get(job_id)
    with pytest.raises(TransitionError, match="is succeeded"):
        queue.cancel([job_id])
    with pytest.raises(TransitionError, match="is succeeded"):
        queue.finish(job_id, "me", JobStatus.FAILED, {})
    with pytest.raises(TransitionError, match="is succeeded"):
        queue.move(job_id, 1)
    with pytest.raises(TransitionError, match="is succeeded"):
        queue.move_before([job_id], None)
    with pytest.raises(TransitionError, match="is succeeded"):
        queue.reorder([job_id])
    assert history.get(job_id) == done


def test_a_job_took_as_long_as_from_its_claim_to_its_end(
    queue: JobQueue, history: JobHistoryStore
) -> None:
    """Before its end nobody can say."""
    [job_id] = queue.add([spec()])
    assert history.get(job_id).took_s is None
    queue.claim("me")
    assert history.get(job_id).took_s is None
    queue.finish(job_id, "me", JobStatus.SUCCEEDED, {"images": []})
    done = history.get(job_id)
    assert done.started_at is not None
    assert done.completed_at is not None
    assert done.took_s == (done.completed_at - done.started_at).total_seconds()


def test_an_edited_job_takes_the_place_of_the_old_one(
    queue: JobQueue, history: JobHistoryStore
) -> None:
    """The old row is cancelled, the new one stands where it stood."""
    _, second, _ = queue.add([spec("one"), spec("two"), spec("three")])
    queue.replace([(history.get(second), spec("two, edited", parent_id=second))])
    assert waiting(queue) == ["one", "two, edited", "three"]
    assert history.get(second).status is JobStatus.EDITED


def test_jobs_with_needs_a_webui_lacks_are_left_to_others(queue: JobQueue) -> None:
    """The line goes on behind them, and the list says why they wait."""
    needy = merge({"txt2img": {"checkpoint": "rare"}})
    queue.add([spec("rare one", config=needy), spec("plain one")])
    [needs] = [needs for needs in queue.waiting_needs() if "rare" in str(needs)]
    queue.pass_over("http://a", {needs: "it has no checkpoint 'rare'"})
    listed = queue.list_jobs()
    assert listed[0].meta["passed_over"] == {"http://a": "it has no checkpoint 'rare'"}
    claimed = queue.claim("me", unable=[needs])
    assert claimed is not None
    assert claimed.prompt == "plain one"


def test_who_waits_for_a_change_is_woken_by_a_claim(store: JobStore, queue: JobQueue) -> None:
    """The line is another one then."""
    elsewhere, woken = JobQueue(store), threading.Event()

    def wait() -> None:
        queue.wait_for_change(600)
        woken.set()

    threading.Thread(target=wait, daemon=True).start()
    wait_until(lambda: elsewhere.add([spec()]) and queue.claim("me") and woken.is_set())


def test_clearing_cancels_what_is_queued_and_nothing_else(queue: JobQueue) -> None:
    """The running job stays."""
    queue.add([spec(name) for name in ("one", "two", "three")])
    queue.claim("me")
    assert queue.clear() == 2
    assert waiting(queue) == ["one"]


def test_adding_is_all_or_none(queue: JobQueue) -> None:
    """A job that can't be written takes its whole batch with it."""
    unwritable = spec(prompt_keys={"row": object()})
    with pytest.raises(TypeError):
        queue.add([spec(), unwritable])
    assert queue.list_jobs() == []
