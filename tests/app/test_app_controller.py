"""The buttons' entry points, from the state to queued jobs; nothing is sent anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import Application, build_app
from app.config.pipeline_config import merge
from app.config.presets import save_preset
from app.errors import ConfigurationError, PackError
from app.jobs.models import JobStatus, PromptSource, RunMode

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """The app on a home with one pack of three prompts."""
    built = build_app(NOBODY, tmp_path)
    (tmp_path / "packs" / "three.txt").write_text("a boat\n\na ship\n\na raft\n")
    yield built
    built.close()


def test_run_now_queues_the_first_job_of_the_draft_in_front(application: Application) -> None:
    """DIRECT, source run_now, and one job even of a pack."""
    application.state.job_draft.pack_id = "three"
    application.controller.on_add_job_to_queue_v2()
    job_id = application.controller.on_run_job_now_v2()
    first, *rest = application.queue.list_jobs()
    assert (first.job_id, first.run_mode, first.source) == (job_id, RunMode.DIRECT, "run_now")
    assert (first.prompt, len(rest)) == ("a boat", 3)


@pytest.mark.parametrize("chosen", [None, RunMode.QUEUE, RunMode.DIRECT])
def test_start_run_follows_the_chosen_run_mode(
    application: Application, chosen: RunMode | None
) -> None:
    """QUEUE when none was chosen."""
    application.state.run_mode = chosen
    application.state.job_draft.prompt = "a boat"
    [job_id] = application.controller.start_run_v2()
    job = application.history.get(job_id)
    assert (job.run_mode, job.source) == (chosen or RunMode.QUEUE, "run")
    assert job.prompt_source is PromptSource.MANUAL


def test_jobs_keep_what_was_set_when_they_were_submitted(application: Application) -> None:
    """Later changes of the draft change no queued job; a random seed is drawn at once."""
    draft = application.state.job_draft
    draft.prompt, draft.config = "a boat", merge({"txt2img": {"steps": 5}})
    [job_id] = application.controller.on_add_job_to_queue_v2()
    draft.prompt, draft.config = "a ship", merge({"txt2img": {"steps": 50}})
    job = application.history.get(job_id)
    assert (job.prompt, job.config.txt2img.steps) == ("a boat", 5)
    assert job.config.txt2img.seed >= 0


def test_a_preset_lies_under_what_the_user_set(application: Application) -> None:
    """Defaults < preset < user."""
    save_preset(application.home, "quick", {"txt2img": {"steps": 9, "cfg_scale": 3}})
    draft = application.state.job_draft
    draft.prompt, draft.preset = "a boat", "quick"
    draft.config = merge({"txt2img": {"steps": 11}})
    [job_id] = application.controller.on_add_job_to_queue_v2()
    txt2img = application.history.get(job_id).config.txt2img
    assert (txt2img.steps, txt2img.cfg_scale) == (11, 3)


def test_a_draft_that_makes_no_jobs_queues_nothing(application: Application) -> None:
    """A missing pack is an error, whichever button it was."""
    application.state.job_draft.pack_id = "none"
    for press in (
        application.controller.on_run_job_now_v2,
        application.controller.start_run_v2,
        application.controller.on_add_job_to_queue_v2,
    ):
        with pytest.raises(PackError, match="none"):
            press()
    assert application.queue.list_jobs() == []


def test_the_state_tells_its_observers_what_changed(application: Application) -> None:
    """Once for each new value, and no more after they have left."""
    told: list[str] = []
    leave = application.state.job_draft.observe(told.append)
    application.state.job_draft.prompt = "a boat"
    application.state.job_draft.prompt = "a boat"
    application.state.job_draft.pack_id = "three"
    leave()
    application.state.job_draft.prompt = "a ship"
    assert told == ["prompt", "pack_id"]


def test_editing_replaces_queued_jobs_where_they_stand(application: Application) -> None:
    """In bulk; out of range, nothing is changed."""
    application.state.job_draft.pack_id = "three"
    first, second, third = application.controller.on_add_job_to_queue_v2()
    service, queue = application.job_service, application.queue
    with pytest.raises(ConfigurationError, match=r"txt2img\.steps"):
        service.edit([first, second], {"config": {"txt2img": {"steps": 0}}})
    assert [job.job_id for job in queue.list_jobs()] == [first, second, third]
    edited = service.edit([first, second], {"config": {"txt2img": {"steps": 3}}})
    assert [job.job_id for job in queue.list_jobs()] == [*edited, third]
    assert application.history.get(first).status is JobStatus.EDITED
    assert application.history.get(edited[0]).parent_id == first
    assert application.history.get(edited[0]).config.txt2img.steps == 3


def test_retrying_brings_back_exactly_what_was_asked_for(application: Application) -> None:
    """Same prompt, settings and seed, in a new row that names the old one."""
    application.state.job_draft.prompt = "a boat"
    [job_id] = application.controller.on_add_job_to_queue_v2()
    application.job_service.clear()
    [again] = application.job_service.retry([job_id])
    old, new = application.history.get(job_id), application.history.get(again)
    assert (new.parent_id, new.status) == (job_id, JobStatus.QUEUED)
    assert (new.prompt, new.config_hash) == (old.prompt, old.config_hash)
