"""Does this whole thing run? A DIRECT and a QUEUE run, end to end, over real HTTP."""

import hashlib
import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import requests
from PIL import Image

from app.bootstrap import Application, build_app
from app.config.pipeline_config import PipelineConfig, Txt2ImgConfig, UpscaleConfig
from app.jobs.models import JobRecord
from fake_webui import FakeWebUI
from fake_webui.testing.types import Entry
from tests.support import duration_s, payloads, run_module, wait_until

TXT2IMG = "/sdapi/v1/txt2img"
UPSCALE = "/sdapi/v1/extra-single-image"
TINY = Txt2ImgConfig(width=256, height=256, steps=5)
PACK = """\
name: Hero
image_for pack-123, a lighthouse at dawn
<lora:ink:0.6>
neg: blurry
"""

QUEUE_ENTRY_POINTS = pytest.mark.parametrize(
    ("entry_point", "source"),
    [("start_run_v2", "run"), ("on_add_job_to_queue_v2", "add_to_queue")],
)


@pytest.fixture
def application(fake: FakeWebUI, tmp_path: Path) -> Application:
    """The unmodified app on an empty home, its runner not started."""
    application = build_app(webui_url=fake.url, home=tmp_path / "home")
    application.state.job_draft.prompt = "image_for a lighthouse"
    application.state.job_draft.config = PipelineConfig(txt2img=TINY)
    return application


@pytest.fixture
def pack_application(application: Application, tmp_path: Path) -> Application:
    """The app with a pack drafted, through txt2img and upscale."""
    (tmp_path / "home" / "packs" / "pack-123.txt").write_text(PACK, encoding="utf-8")
    draft = application.state.job_draft
    draft.pack_id = "pack-123"
    draft.config = PipelineConfig(txt2img=TINY, upscale=UpscaleConfig(enabled=True, resize=2))
    return application


def latest_completed(application: Application) -> JobRecord | None:
    """Return the last submitted job once it has ended."""
    job = application.history.latest_job()
    return job if job is not None and job.completed_at else None


def image_path(job: JobRecord, stage: str, home: Path) -> Path:
    """Return where the record says that the stage's image is."""
    [image] = [image for image in job.meta["images"] if image["stage"] == stage]
    return home / str(image["path"])


def size_of(path: Path) -> tuple[int, int]:
    """Decode the image, all of it, and return its width and height in pixels."""
    with Image.open(path) as image:
        image.load()
        return image.size


def test_direct_run_now_end_to_end(
    application: Application, fake: FakeWebUI, tmp_path: Path
) -> None:
    """Run Now sends what the state says and leaves a record with an image of that size."""
    with application:
        application.controller.on_run_job_now_v2()
        job = wait_until(lambda: latest_completed(application))

    assert (job.status, job.run_mode, job.source) == ("succeeded", "direct", "run_now")
    payload = payloads(fake, TXT2IMG)[-1]
    assert (payload["steps"], payload["width"], payload["height"]) == (5, 256, 256)
    assert size_of(image_path(job, "txt2img", tmp_path / "home")) == (256, 256)


def check_queue_job(job: JobRecord, source: str, fake: FakeWebUI, home: Path) -> None:
    """Check one drained pack job: its record, the calls, and the image that was handed on."""
    assert (job.status, job.run_mode, job.source) == ("succeeded", "queue", source)
    assert (job.prompt_source, job.prompt_pack_id) == ("pack", "pack-123")
    assert (job.stage_count, job.has_upscale, job.has_adetailer) == (2, True, False)
    [txt2img], [upscale] = payloads(fake, TXT2IMG), payloads(fake, UPSCALE)
    assert "image_for" in txt2img["prompt"]
    drawn = image_path(job, "txt2img", home)
    assert upscale["image"]["sha256"] == hashlib.sha256(drawn.read_bytes()).hexdigest()
    assert size_of(image_path(job, "upscale", home)) == (512, 512)


@QUEUE_ENTRY_POINTS
def test_queue_run_end_to_end(
    pack_application: Application, fake: FakeWebUI, tmp_path: Path, entry_point: str, source: str
) -> None:
    """A pack goes through the queue in the calling thread, every stage of its plan."""
    [job_id] = getattr(pack_application.controller, entry_point)()
    assert pack_application.runner.run_pending() == 1

    job = pack_application.history.latest_job()
    assert job is not None
    assert job.job_id == job_id
    check_queue_job(job, source, fake, tmp_path / "home")


@QUEUE_ENTRY_POINTS
def test_queue_run_by_the_runners_thread(
    pack_application: Application, fake: FakeWebUI, tmp_path: Path, entry_point: str, source: str
) -> None:
    """The runner's own thread does the same with a pack."""
    with pack_application:
        getattr(pack_application.controller, entry_point)()
        job = wait_until(lambda: latest_completed(pack_application))
    check_queue_job(job, source, fake, tmp_path / "home")


def test_upscale_gets_byte_for_byte_what_txt2img_returned(
    pack_application: Application, fake: FakeWebUI
) -> None:
    """The image sent to upscale is the one that the server gave, not a re-encoded copy."""
    pack_application.controller.start_run_v2()
    pack_application.runner.run_pending()
    generation, upscale = fake.requests(path=TXT2IMG)[0], payloads(fake, UPSCALE)[0]
    returned = requests.get(
        f"{fake.url}/__fake/v1/requests/{generation['n']}/images/0", timeout=10
    ).content
    assert hashlib.sha256(returned).hexdigest() == upscale["image"]["sha256"]


def test_the_server_sees_one_generation_at_a_time(
    pack_application: Application, fake: FakeWebUI
) -> None:
    """DIRECT and QUEUE jobs submitted together never overlap on the server."""
    fake.fault("delay", TXT2IMG, when="every", seconds=0.05)
    with pack_application as application:
        for submit in (application.controller.start_run_v2,
                       application.controller.on_run_job_now_v2,
                       application.controller.on_add_job_to_queue_v2):  # fmt: skip
            submit()
        wait_until(lambda: len(application.history.list_jobs()) == 3)
    spans = [span(entry) for entry in fake.requests() if entry["path"] in {TXT2IMG, UPSCALE}]
    assert len(spans) == 6
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def span(entry: Entry) -> tuple[datetime, datetime]:
    """Return when an exchange began and ended."""
    began = datetime.fromisoformat(entry["time"])
    return began, began + timedelta(seconds=duration_s(entry))


def test_an_answer_without_an_image_fails_the_job(
    application: Application, fake: FakeWebUI
) -> None:
    """200 with no image is no success."""
    fake.fault("missing-images", TXT2IMG, when="first")
    application.controller.on_run_job_now_v2()
    application.runner.run_pending()
    job = application.history.latest_job()
    assert job is not None
    assert job.status == "failed"
    assert "image" in job.meta["error"]


def test_direct_goes_next_during_a_running_queue(application: Application, fake: FakeWebUI) -> None:
    """Run Now waits for the running job, then goes before everything that is queued."""
    with fake.hold(TXT2IMG, at_step=1) as held, application:
        queued = [*application.controller.start_run_v2(), *application.controller.start_run_v2()]
        held.wait()
        direct = application.controller.on_run_job_now_v2()
        held.release()
        wait_until(lambda: len(application.history.list_jobs()) == 3)
    jobs = sorted(application.history.list_jobs(), key=lambda job: str(job.started_at))
    assert [job.job_id for job in jobs] == [queued[0], direct, queued[1]]
    assert all(a.completed_at <= b.started_at for a, b in pairwise(jobs))  # type: ignore[operator]


def test_records_read_the_same_from_a_second_process(
    pack_application: Application, tmp_path: Path
) -> None:
    """History outlives the process that wrote it."""
    pack_application.controller.start_run_v2()
    pack_application.runner.run_pending()
    shown = run_module("app", "history", "list", "--json", "--home", str(tmp_path / "home"))
    [row] = json.loads(shown.stdout)
    job = pack_application.history.latest_job()
    assert job is not None
    assert row["job_id"] == job.job_id
    assert row["status"] == "succeeded"
    assert row["meta"] == job.meta
    assert row["config_hash"] == job.config_hash
