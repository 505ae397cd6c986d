"""Everything that changes while a server runs, in one object that can be reset."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fake_webui.config.settings import ALL, ServerConfig
from fake_webui.errors import ApiError
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.options import Options
from fake_webui.webui.policy import Policy
from fake_webui.webui.state.fifo import FifoLock, reset_error
from fake_webui.webui.state.hold import Hold, HoldStage
from fake_webui.webui.state.models import Models
from fake_webui.webui.state.progress import Preview, Progress
from fake_webui.webui.state.startup import Phase, Startup
from fake_webui.webui.state.tasks import Tasks, create_task_id
from fake_webui.webui.training import Created

__all__ = [
    "Failure", "Hold", "HoldStage", "Interference", "Job", "Models", "Phase", "Progress",
    "Startup", "WebUIState",
]  # fmt: skip

RESET_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Failure:
    """What goes wrong in a generation once it is `at` (0 to 1) of its steps.

    `error` ends it; without one it stands still for `stall_seconds`, 0 being for ever.
    """

    at: float
    error: ApiError | None = None
    stall_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Interference:
    """What a test does to one generation on its way."""

    failure: Failure | None = None
    hold: Hold | None = None


class Job:
    """A generation that has its turn: its steps take time, and others can end them."""

    def __init__(
        self,
        progress: Progress,
        ended: threading.Event,
        step_seconds: float,
        interference: Interference,
    ) -> None:
        self.progress = progress
        self._ended = ended
        self._step_seconds = step_seconds
        self._failure, self._hold = interference.failure, interference.hold

    def sample(self, steps: int, preview: Preview | None = None) -> None:
        """Do the steps of one part; return early where it is interrupted or skipped.

        Raises:
            ApiError: what a fault rule asked for.
            StarletteError: 503, if the server was reset.
        """
        self.progress.start_sampling(steps)
        self.progress.preview = preview
        if not (self._step_seconds or self._failure or self._hold):
            self.progress.sampling_step = max(0, steps - 1)
            return
        start = time.monotonic()
        for step in range(steps):
            self._fail_if_due(step, steps)
            if self._step_seconds:
                self._wait_until(start + (step + 1) * self._step_seconds)
            if self.progress.ended_early:
                return
            self.progress.sampling_step = step
            start += self._stand_still(step)

    def _stand_still(self, step: int) -> float:
        """Wait at a hold until it is released or the generation is to end; return the seconds."""
        hold, progress = self._hold, self.progress
        if hold is None or step < hold.at_step:
            return 0.0
        self._hold, start = None, time.monotonic()
        hold.begin(progress.wake)
        while hold.stage is HoldStage.HOLDING and not (
            progress.ended_early or self._ended.is_set()
        ):
            progress.wake.wait()
            progress.wake.clear()  # before its reasons are looked at, so that none is missed
        hold.finish()
        if self._ended.is_set():
            raise reset_error()
        if progress.ended_early:
            progress.wake.set()
        return time.monotonic() - start

    def _wait_until(self, moment: float) -> None:
        self.progress.wake.wait(max(0.0, moment - time.monotonic()))
        if self._ended.is_set():
            raise reset_error()
        if not self.progress.ended_early:
            self.progress.wake.clear()

    def _fail_if_due(self, step: int, steps: int) -> None:
        failure = self._failure
        if failure is None or self._done(step, steps) < failure.at:
            return
        self._failure = None
        if failure.error:
            raise failure.error
        self.progress.wake.wait(failure.stall_seconds or None)
        if self._ended.is_set():
            raise reset_error()

    def _done(self, step: int, steps: int) -> float:
        """Return the share of all steps that is done, the one that is under way included."""
        return (self.progress.job_no + (step + 1) / steps) / max(1, self.progress.job_count)


class WebUIState:
    """Options, progress, the generation lock, tasks, models and random numbers of one server."""

    def __init__(self, config: ServerConfig, catalog: Catalog) -> None:
        self.config = self.initial = config
        self.catalog = catalog
        saved = ALL if config.saved_options is None else config.saved_options
        self.options = Options(catalog.extensions, config.options, saved, catalog.policy)
        self._renew()

    @property
    def policy(self) -> Policy:
        """What this kind of WebUI does in its own way."""
        return self.catalog.policy

    def _renew(self) -> None:
        self.progress = Progress()
        self.lock = FifoLock()
        self.tasks = Tasks()
        self.startup = Startup()
        self.created = Created(self.policy.root)
        self.encoded: dict[str, Any] = {}  # what the text encoder keeps its last results for
        self.memory = self.policy.memory()
        self.seed()
        self.models = Models(self.catalog, self.options, self._load)
        self._ended = threading.Event()

    def configure(self, config: ServerConfig) -> None:
        """Take another configuration until the next reset; what runs keeps the one it has."""
        self.config = config

    def seed(self) -> None:
        """Draw from the beginning of what the configured seed says."""
        self.rng = random.Random(self.config.seed)  # noqa: S311 (seeds of pictures)
        self._id_rng = random.Random(self.config.seed)  # noqa: S311 (names, not secrets)

    def reset(self) -> None:
        """Put everything back as at start; generations that are open end with an error."""
        self.close()
        self.config = self.initial
        self.options.reset()
        self._renew()

    def close(self) -> None:
        """End every generation, the waiting ones too."""
        self._ended.set()
        self.progress.wake.set()
        self.lock.close(RESET_TIMEOUT_S)

    @contextmanager
    def generating(
        self,
        task_id: str | None,
        kind: str,
        prepare: Callable[[], None],
        interference: Interference,
    ) -> Iterator[Job]:
        """Wait for a turn and hold it; `kind` is txt2img or img2img.

        A task that fails in `prepare` stays among those that wait; one that fails inside stays the
        current one until the next begins.

        Raises:
            StarletteError: 503, if the server was reset meanwhile.
        """
        task_id = task_id or create_task_id(kind, self._id_rng)
        tasks, progress = self.tasks, self.progress
        tasks.add(task_id)
        with self.lock:
            prepare()
            progress.begin(f"scripts_{kind}")
            tasks.start(task_id)
            job = Job(progress, self._ended, self.config.step_seconds, interference)
            try:
                yield job
                tasks.finish(task_id)
            finally:
                progress.end()

    @contextmanager
    def queued(self, job: str) -> Iterator[Progress]:
        """Wait for a turn for other work than a generation, such as "extras".

        Raises:
            StarletteError: 503, if the server was reset meanwhile.
        """
        with self.lock:
            self.progress.begin(job)
            yield self.progress
            self.progress.end()

    def _load(self, seconds: float | None) -> None:
        """Take the time that loading a checkpoint takes; None is for the configured one."""
        if seconds is None:
            seconds = self.config.load_seconds
        if seconds and self._ended.wait(seconds):
            raise reset_error()
