"""What a job will send, before it is queued."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import Application, build_app
from app.config.pipeline_config import merge
from app.jobs.models import JobSpec
from app.planning.preview import PlannedRequest, preview
from fake_webui import FakeWebUI

ALL_STAGES = {stage: {"enabled": True} for stage in ("img2img", "adetailer", "upscale")}


def planned(*layers: dict[str, Any], prompt: str = "a castle") -> list[PlannedRequest]:
    """The requests of a job with these settings."""
    layers = ({"txt2img": {"seed": 7, "subseed": 8}}, *layers)
    return preview(JobSpec(prompt=prompt, config=merge(*layers)))


def test_all_stages_are_shown_in_order_with_stand_ins_for_images() -> None:
    """Each stage is given the images of the one before, by name."""
    requests = planned(ALL_STAGES)
    assert [request.stage for request in requests] == ["txt2img", "img2img", "adetailer", "upscale"]
    assert requests[1].payload["init_images"] == ["(image 1 of txt2img)"]
    assert requests[2].payload["init_images"] == ["(image 1 of img2img)"]
    assert requests[3].payload["image"] == "(image 1 of adetailer)"


def test_a_batch_goes_on_image_by_image() -> None:
    """Stages after the first send a request for each image, with its own seed and size."""
    batch = {"txt2img": {"batch_size": 2, "width": 512, "height": 640}}
    _, first, second = planned({"adetailer": {"enabled": True}}, batch)
    assert (first.payload["seed"], second.payload["seed"]) == (7, 8)
    assert (second.payload["width"], second.payload["height"]) == (512, 640)
    assert second.payload["init_images"] == ["(image 2 of txt2img)"]


@pytest.fixture
def application(fake: FakeWebUI, tmp_path: Path) -> Iterator[Application]:
    """The app on a home of its own, at the session's fake WebUI."""
    built = build_app(webui_url=fake.url, home=tmp_path)
    yield built
    built.close()


@pytest.mark.parametrize("mode", ["extras", "img2img"])
def test_what_is_shown_is_what_is_sent(
    application: Application, fake: FakeWebUI, mode: str
) -> None:
    """The fake WebUI receives the previewed payloads, images and task ids apart."""
    draft = application.state.job_draft
    draft.prompt = "a castle <lora:ink:0.6>"
    small = {"width": 256, "height": 128, "steps": 3, "batch_size": 2}
    upscale = {"enabled": True, "mode": mode, "resize": 1.5}
    draft.config = merge({"txt2img": small, "img2img": {"enabled": True}, "upscale": upscale})
    (spec,) = application.controller.plan().specs
    application.job_service.submit([spec])
    application.runner.run_pending()
    sent = [e for e in fake.requests(method="POST") if "/sdapi/v1/" in e["path"]]
    assert [(e["path"], without_images(e["payload"])) for e in sent] == [
        (request.path, without_images(request.payload)) for request in preview(spec)
    ]


def without_images(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload without what only a running job knows."""
    apart = ("image", "init_images", "force_task_id")
    return {key: value for key, value in payload.items() if key not in apart}
