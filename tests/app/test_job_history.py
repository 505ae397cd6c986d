"""The history: records as they were, pages, filters, search, pruning."""

from pathlib import Path

import pytest

from app.config.pipeline_config import merge
from app.errors import BadInputError, UnknownJobError
from app.jobs.job_history import HistoryFilter, JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.models import JobSpec, JobStatus, PromptSource
from app.limits import DEFAULT_LIMITS
from app.store.opening import open_store


def run(queue: JobQueue, *specs: JobSpec, error: str | None = None) -> list[str]:
    """Let jobs be queued, run and end; return their ids."""
    job_ids = queue.add(specs)
    for job_id in job_ids:
        queue.claim("me")
        status = JobStatus.FAILED if error else JobStatus.SUCCEEDED
        queue.finish(job_id, "me", status, {"error": error, "images": [{"path": f"{job_id}.png"}]})
    return job_ids


def boat(number: int = 0, **layers: dict[str, object]) -> JobSpec:
    """Return a small job."""
    return JobSpec(prompt=f"a boat {number}", negative_prompt="fog", config=merge(layers))


def test_a_record_reads_as_it_was_submitted(queue: JobQueue, history: JobHistoryStore) -> None:
    """Everything that was asked for is in the record, and counted from it."""
    config = merge({"upscale": {"enabled": True}, "txt2img": {"seed": 5}})
    asked = JobSpec(
        prompt="a [[boat]] 🛶",
        config=config,
        source="run_now",
        prompt_source=PromptSource.PACK,
        prompt_pack_id="pack-123",
        prompt_keys={"row": 2, "choices": {"job": "knight"}},
        batch_id="b1",
    )
    queue.add([asked])
    job = history.latest_job()
    assert job is not None
    assert job.config == config
    assert (job.prompt, job.source, job.prompt_pack_id) == ("a [[boat]] 🛶", "run_now", "pack-123")
    assert job.prompt_keys == {"row": 2, "choices": {"job": "knight"}}
    assert (job.stage_count, job.has_upscale, job.has_adetailer) == (2, True, False)


def test_equal_configurations_have_equal_hashes(queue: JobQueue, history: JobHistoryStore) -> None:
    """The hash is of the configuration alone."""
    job_ids = queue.add([boat(1), boat(2), boat(3, txt2img={"steps": 9})])
    first, second, third = (history.get(job_id).config_hash for job_id in job_ids)
    assert first == second != third


def test_the_latest_job_is_the_last_submitted_whatever_its_state(
    queue: JobQueue, history: JobHistoryStore
) -> None:
    """Jobs that wait count too."""
    assert history.latest_job() is None
    run(queue, boat(1))
    [waiting] = queue.add([boat(2)])
    latest = history.latest_job()
    assert latest is not None
    assert latest.job_id == waiting


def test_pages_cover_the_history_once_newest_first(
    queue: JobQueue, history: JobHistoryStore
) -> None:
    """Each page begins where the one before ended; queued jobs are not in it."""
    job_ids = run(queue, *(boat(i) for i in range(7)))
    queue.add([boat(8)])
    first = history.list_jobs(limit=3)
    second = history.list_jobs(limit=3, before=first[-1].job_id)
    third = history.list_jobs(limit=3, before=second[-1].job_id)
    assert [job.job_id for job in first + second + third] == job_ids[::-1]
    assert [job.job_id for job in history.every_job()] == job_ids[::-1]


def test_less_than_no_jobs_can_not_be_asked_for(queue: JobQueue, history: JobHistoryStore) -> None:
    """Neither on a page nor in a search; a database would answer with all there are."""
    run(queue, boat(1))
    refused = "the limit is -1; it must be 0 or more"
    with pytest.raises(BadInputError, match=refused):
        history.list_jobs(limit=-1)
    with pytest.raises(BadInputError, match=refused):
        history.search("boat", limit=-1)
    assert history.list_jobs(limit=0) == []


def test_filters_combine(queue: JobQueue, history: JobHistoryStore) -> None:
    """Every condition must hold."""
    run(queue, boat(1), boat(2, upscale={"enabled": True}))
    [failed] = run(queue, boat(3, upscale={"enabled": True}), error="no memory")
    where = HistoryFilter(status=JobStatus.FAILED, has_upscale=True)
    assert [job.job_id for job in history.list_jobs(where=where)] == [failed]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("boat", [1, 2]),
        ("boa", [1, 2]),
        ("oat", []),
        ("BOAT 2", [2]),
        ("error:memory", [2]),
        ("prompt:memory", []),
        ('"a boat 1"', [1]),
        ("model:dream", [1]),
        ("time:12", []),
        ('quote" OR *', []),
        ("   ", []),
    ],
)
def test_search_finds_prompts_models_and_errors(
    queue: JobQueue, history: JobHistoryStore, text: str, numbers: list[int]
) -> None:
    """All words must be there, from their beginnings, in any case; no query is a syntax error."""
    run(queue, boat(1, txt2img={"checkpoint": "dream_v8.safetensors"}))
    run(queue, boat(2), error="CUDA out of memory")
    found = sorted(job.prompt for job in history.search(text))
    assert found == [f"a boat {number}" for number in numbers]


def test_a_beginning_of_an_id_is_enough(queue: JobQueue, history: JobHistoryStore) -> None:
    """As long as no other job begins like that."""
    [job_id] = queue.add([boat()])
    assert history.get(job_id[:6]).job_id == job_id
    with pytest.raises(UnknownJobError, match="there is no job zzz"):
        history.get("zzz")
    with pytest.raises(UnknownJobError):
        history.get("")


def test_forgetting_keeps_favourites_and_live_jobs(
    queue: JobQueue, history: JobHistoryStore
) -> None:
    """What is pruned is gone from lists and search alike."""
    plain, loved = run(queue, boat(1), boat(2))
    [waiting] = queue.add([boat(3)])
    history.set_favourite([loved])
    assert history.forget([plain, loved, waiting]) == 1
    assert [job.job_id for job in history.search("boat")] == [loved]
    assert [job.job_id for job in queue.list_jobs()] == [waiting]


def test_the_history_outlives_the_process_that_made_it(
    queue: JobQueue, history: JobHistoryStore, tmp_path: Path, store_url: str | None
) -> None:
    """Another opening of the same store reads the same records."""
    run(queue, boat(1))
    other = open_store(tmp_path, store_url, DEFAULT_LIMITS, read_only=False)
    assert JobHistoryStore(other).list_jobs() == history.list_jobs()
    other.close()
