"""What SD.Next remembers beside what every WebUI does; a reset forgets it."""

import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from fake_webui.errors import ApiError
from fake_webui.webui.catalog import Vae
from fake_webui.webui.state import WebUIState

ID_DIGITS: Final = 15
MOST_EVENTS: Final = 10_000
MADE_AT: Final = "%Y-%m-%d %H:%M:%S"


def new_id() -> str:
    """Return a name for a job, as the real server draws them."""
    return uuid.uuid4().hex[:ID_DIGITS]


@dataclass(slots=True)
class Memory:
    """Everything that a running SD.Next knows and A1111 does not.

    `job_id` names the job that began last, and `turned_s` is when one last began or ended; a
    generation is made of several, one inside another. `stuck` is the job that a failure left
    behind: it shows as running until the next begins. `has_no_model` is true once a checkpoint was
    chosen that is not there, `is_broken` once one was loaded under a running generation. `calls`
    are when each path was called, by client. `made` are the times at which latents, and pictures
    from them, were made, newest first: (time, whether a latent).
    """

    started_s: float = field(default_factory=time.time)
    turned_s: float = field(default_factory=time.time)
    job_id: str = ""
    stuck: str = ""
    begun_jobs: int = 0
    has_no_model: bool = False
    is_broken: bool = False
    vae: Vae | None = None
    loras: list[str] = field(default_factory=list)
    rate_limit: float | None = None
    calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    made: deque[tuple[str, bool]] = field(default_factory=deque)

    @contextmanager
    def generation(self, title: str) -> Iterator[None]:
        """Be at a generation, which stays the running job where it fails."""
        with self.job(title.lower()):
            try:
                yield
            except ApiError:
                self.stuck = title
                raise

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Note that a job begins, and that it ends unless it fails or leaves itself behind."""
        self.stuck, job_id = "", new_id()
        self.job_id = job_id
        self.begun_jobs += 1
        began_s = self._note(job_id, name, "begin", None)
        yield
        if not self.stuck:
            self._note(job_id, name, "end", round(time.time() - began_s, 3))

    def keep(self, most: object, *, is_latent: bool) -> None:
        """Keep what was made, a latent or the pictures decoded from it, and fewer than `most`."""
        if not isinstance(most, int) or most < 1:
            return
        now = datetime.now().strftime(MADE_AT)  # noqa: DTZ005 (local time)
        self.made.appendleft((now, is_latent))
        while len(self.made) >= most:
            self.made.pop()

    def _note(self, job_id: str, job: str, op: str, duration_s: float | None) -> float:
        """Write down what happened, and return when."""
        now = self.turned_s = time.time()
        self.events.append(
            {
                "id": job_id,
                "job": job,
                "op": op,
                "timestamp": now,
                "duration": duration_s,
                "outputs": [],
            }
        )
        return now


def memory_of(state: WebUIState) -> Memory:
    """Return what this server remembers."""
    return cast("Memory", state.memory)
