"""The whole app on a home of its own, with periods short enough for tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import Application, build_app
from app.config.pipeline_config import merge
from app.jobs.models import JobSpec
from app.limits import Limits
from fake_webui import FakeWebUI
from fake_webui.testing.types import Entry
from tests.conftest import StartFake
from tests.support import duration_s

SHORT = Limits(
    poll_s=0.02,
    idle_poll_s=0.02,
    job_ceiling_s=60.0,
    stop_grace_s=20.0,
    lost_request_wait_s=5.0,
    stall_warning_s=0.2,
    patience_s=0.3,
    pause_after=3,
)
TIGHT = replace(SHORT, job_ceiling_s=5.0, stop_grace_s=0.5)
"""For jobs that are to meet their ceiling, and for no other: a busy machine may be slow."""

BuildApp = Callable[..., Application]


def boat(steps: int = 2, **details: Any) -> JobSpec:
    """Return a small job; `config` may be further layers of settings."""
    size = {"width": 64, "height": 64, "steps": steps, "seed": 7}
    layers = details.pop("config", {})
    config = merge({"txt2img": size}, layers)
    return JobSpec(**{"prompt": "a boat", "config": config, **details})


def overlaps(entries: list[Entry]) -> bool:
    """Return whether a request of the journal was sent before the one before it was answered."""
    starts = [datetime.fromisoformat(entry["time"]) for entry in entries]
    ends = [s + timedelta(seconds=duration_s(e)) for s, e in zip(starts, entries, strict=True)]
    return any(end > start for end, start in zip(ends[:-1], starts[1:], strict=True))


@pytest.fixture(scope="session")
def second_server(start_fake_for_all: StartFake) -> FakeWebUI:
    """A second WebUI."""
    return start_fake_for_all("second", "--seed", "1")


@pytest.fixture
def second_fake(second_server: FakeWebUI) -> FakeWebUI:
    """The second WebUI, as fresh as at its start."""
    second_server.reset()
    return second_server


@pytest.fixture
def build(tmp_path: Path) -> Iterator[BuildApp]:
    """Build apps on one home; their runners are stopped and all is closed afterwards."""
    with ExitStack() as stack:

        def build_here(*urls: str, limits: Limits = SHORT) -> Application:
            built = build_app(webui_url=urls, home=tmp_path / "home", limits=limits)
            stack.callback(built.close)
            stack.callback(built.runner.stop)
            return built

        yield build_here


@pytest.fixture
def application(fake: FakeWebUI, build: BuildApp) -> Application:
    """The app on the session's fake WebUI; no runner is started."""
    return build(fake.url)
