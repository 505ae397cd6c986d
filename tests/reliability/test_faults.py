"""Every fault of the fake WebUI, in every stage of a job."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.bootstrap import Application
from app.config.pipeline_config import STAGE_NAMES, merge
from app.jobs.models import JobRecord, JobSpec, JobStatus
from app.webui.kinds import A1111, FORGE, SDNEXT
from fake_webui import FakeWebUI
from tests.reliability.conftest import SHORT, TIGHT, BuildApp, boat
from tests.support import control

TXT2IMG, IMG2IMG = "/sdapi/v1/txt2img", "/sdapi/v1/img2img"
EXTRAS = "/sdapi/v1/extra-single-image"
CALLS = {"txt2img": (TXT2IMG, 1), "img2img": (IMG2IMG, 1), "adetailer": (IMG2IMG, 2)}
CALLS["upscale"] = (EXTRAS, 1)
"""Where each stage's request goes, and as which one to that path."""

CEILING = "took longer than"
GENERATING = ("txt2img", "img2img", "adetailer")
EVERYWHERE = tuple(STAGE_NAMES)


@dataclass(frozen=True)
class Outcome:
    """What must come of a fault: words of the error, or None for a success."""

    words: str | None
    stages: tuple[str, ...] = EVERYWHERE
    details: dict[str, Any] = field(default_factory=dict)


OUTCOMES: dict[str, Outcome] = {
    "out-of-memory": Outcome("OutOfMemoryError: CUDA out of memory"),
    "nan": Outcome("NansException: A tensor with NaNs", GENERATING),
    "cuda-error": Outcome("CUDA error: an illegal memory access"),
    "missing-model": Outcome("the WebUI answered 500", GENERATING),
    "status": Outcome(
        "the WebUI answered 418: too hot", details={"status": 418, "body": "too hot"}
    ),
    "proxy-timeout": Outcome(
        "a proxy in front of the WebUI answered 504", details={"seconds": 0.1}
    ),
    "delay": Outcome(None, details={"seconds": 0.1}),
    "slow-first-byte": Outcome(None, details={"seconds": 0.1}),
    "throttle": Outcome(None, details={"bytes_per_second": 200_000}),
    "hang": Outcome(CEILING),
    "slow-load": Outcome(None, GENERATING, {"seconds": 0.1}),
    "dribble": Outcome(None, details={"seconds": 0.1}),
    "stalled-progress": Outcome(CEILING, GENERATING),
    "reset": Outcome("the connection to the WebUI was lost"),
    "reset-mid-body": Outcome("the connection to the WebUI was lost"),
    "empty": Outcome("the connection to the WebUI was lost"),
    "truncated-json": Outcome("is not JSON"),
    "garbage": Outcome("is not JSON"),
    "wrong-content-type": Outcome(None),
    "missing-info": Outcome("has no info", GENERATING),
    "missing-images": Outcome("has no image"),
    "corrupt-base64": Outcome("not base64"),
    "truncated-png": Outcome("can't be decoded"),
    "black-image": Outcome("black all over"),
    "data-uri": Outcome(None),
    "ignored-options": Outcome("asked for checkpoint", GENERATING),
}
# Where SD.Next answers 200 without an image, and no word of why.
SILENT = {"out-of-memory", "nan", "cuda-error", "missing-model"}
KINDS = {"a1111": A1111, "forge": FORGE, "sdnext": SDNEXT}


def stages_on(profile: str) -> tuple[str, ...]:
    """Return the stages that a job can have on a kind of WebUI."""
    known = KINDS[profile].takes_adetailer
    return tuple(stage for stage in STAGE_NAMES if known or stage != "adetailer")


def words_on(profile: str, action: str, stage: str) -> str | None:
    """Return the words of the error that a fault makes of a job on a kind of WebUI, if any."""
    if profile == "sdnext" and action in SILENT and stage in GENERATING:
        return "the WebUI answered without an image"
    return OUTCOMES[action].words


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for each fault in each stage that the chosen kind of WebUI has."""
    if "action" in metafunc.fixturenames:
        there = stages_on(str(metafunc.config.getoption("--profile")))
        cases = [(a, s) for a, outcome in OUTCOMES.items() for s in outcome.stages if s in there]
        metafunc.parametrize(("action", "stage"), cases)


def job_of(stages: Sequence[str], checkpoint: str) -> JobSpec:
    """Return a small job that goes through these stages with a checkpoint that is not loaded."""
    config = merge(
        {stage: {"enabled": True} for stage in stages[1:]},
        {"txt2img": {"width": 64, "height": 64, "steps": 2, "seed": 7, "checkpoint": checkpoint}},
    )
    return JobSpec(prompt="a boat", config=config)


def make_fail(fake: FakeWebUI, action: str, stage: str) -> None:
    """Let the request of one stage meet a fault."""
    path, nth = CALLS[stage]
    fake.fault(action, path, when={"nth": nth}, **OUTCOMES[action].details)


def generations(fake: FakeWebUI) -> list[str]:
    """Return the paths of all generation requests, in their order."""
    return [
        entry["path"] for entry in fake.requests() if entry["path"] in (TXT2IMG, IMG2IMG, EXTRAS)
    ]


def run_job(application: Application, stages: Sequence[str]) -> JobRecord:
    """Run a job of these stages to its end."""
    checkpoint = application.api_client.checkpoints()[-1]["title"]
    [job_id] = application.job_service.submit([job_of(stages, checkpoint)])
    application.runner.run_pending()
    return application.history.get(job_id)


def test_every_action_of_the_fake_has_an_outcome_here(fake: FakeWebUI) -> None:
    """The table is as complete as the fake's own list, but for what befalls no single request."""
    actions = control(fake, "GET", "faults")["actions"]
    assert sorted(actions) == sorted([*OUTCOMES, "starting"])


def test_a_fault_ends_one_job_with_the_servers_words_and_the_next_one_runs(
    build: BuildApp, fake: FakeWebUI, profile: str, action: str, stage: str
) -> None:
    """Nothing is sent twice, and every stage that came before keeps its image."""
    make_fail(fake, action, stage)
    words, stages = words_on(profile, action, stage), stages_on(profile)
    hit = run_job(build(fake.url, limits=TIGHT if words == CEILING else SHORT), stages)
    after = run_job(build(fake.url), stages)
    position = stages.index(stage) + 1
    assert hit.status is (JobStatus.FAILED if words else JobStatus.SUCCEEDED), hit.error
    assert (words or "") in (hit.error or "")
    assert {image["stage"] for image in hit.images} >= set(stages[: position - 1])
    assert after.status is JobStatus.SUCCEEDED, after.error
    assert len(generations(fake)) == (position if words else len(stages)) + len(stages)


def test_jobs_fail_and_fail_and_then_work(build: BuildApp, fake: FakeWebUI, profile: str) -> None:
    """Each job meets the next fault of a sequence; none is sent twice."""
    fake.fault(("nan", "out-of-memory", "ok"), TXT2IMG)
    application = build(fake.url)
    ids = application.job_service.submit([boat() for _ in range(3)])
    application.runner.run_pending()
    jobs = [application.history.get(one) for one in ids]
    assert [job.status for job in jobs] == [
        JobStatus.FAILED, JobStatus.FAILED, JobStatus.SUCCEEDED,
    ]  # fmt: skip
    words = [words_on(profile, action, "txt2img") or "" for action in ("nan", "out-of-memory")]
    assert [said in str(job.error) for said, job in zip(words, jobs, strict=False)] == [True, True]
    assert generations(fake) == [TXT2IMG] * 3
