"""What SD.Next remembers beside what every WebUI does; a reset forgets it."""

import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final, cast

from fake_webui.webui.catalog import Vae
from fake_webui.webui.state import WebUIState

ID_DIGITS: Final = 15
MOST_EVENTS: Final = 10_000
MOST_LATENTS: Final = 20


def new_id() -> str:
    """Return a name for a job, as the real server draws them."""
    return uuid.uuid4().hex[:ID_DIGITS]


@dataclass(slots=True)
class Memory:
    """Everything that a running SD.Next knows and A1111 does not.

    `job_id` names the pass that is going on. `stuck` is the job that a failure left behind: it
    shows as running until the next begins. `has_no_model` is true once a checkpoint was chosen
    that is not there. `calls` are when each path was called, by client.
    """

    started_s: float = field(default_factory=time.time)
    job_id: str = ""
    stuck: str = ""
    finished_jobs: int = 0
    has_no_model: bool = False
    vae: Vae | None = None
    loras: list[str] = field(default_factory=list)
    rate_limit: float | None = None
    calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    latents: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LATENTS))

    def begin(self, job: str) -> str:
        """Note that a job begins, and return its name."""
        name = new_id()
        self._note(name, job, "begin", None)
        return name

    def end(self, name: str, job: str) -> None:
        """Note that a job has ended."""
        begun = next((e["timestamp"] for e in reversed(self.events) if e["id"] == name), 0.0)
        self._note(name, job, "end", round(time.time() - begun, 3))
        self.finished_jobs += 1

    def _note(self, name: str, job: str, op: str, duration_s: float | None) -> None:
        self.events.append(
            {
                "id": name,
                "job": job,
                "op": op,
                "timestamp": time.time(),
                "duration": duration_s,
                "outputs": [],
            }
        )


def memory_of(state: WebUIState) -> Memory:
    """Return what this server remembers."""
    return cast("Memory", state.memory)
