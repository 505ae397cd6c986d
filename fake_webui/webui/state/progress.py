"""How far the work is, as the WebUI tells it, and the flags that steer it."""

import copy
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a server starts without what makes pictures
    from fake_webui.webui.images import Picture

Preview = Callable[[int], "Picture"]  # from the step to what the picture looks like there
NO_COUNT_YET = -1


class Progress:
    """One job at a time, made of `job_count` parts; what it leaves behind stays to be read.

    `sampling_step` counts from 0 and is the last step that is done.
    """

    def __init__(self) -> None:
        self.skipped = False
        self.interrupted = False
        self.stopping_generation = False
        self.job = ""
        self.job_count = 0
        self.job_timestamp = "0"
        self.job_no = 0
        self.sampling_step = 0
        self.sampling_steps = 0
        self.textinfo: str | None = None
        self.preview: Preview | None = None
        self.current_image: Picture | None = None
        self.id_live_preview = 0
        self.has_refined_job_count = False
        self.wake = threading.Event()  # set by whatever ends sampling early
        self._time_start = 0.0
        self._previewed_step = 0

    def begin(self, job: str) -> None:
        """Start a job; how many parts it has is not known yet."""
        self.sampling_step = 0
        self._time_start = time.time()
        self.job_count = NO_COUNT_YET
        self.has_refined_job_count = False
        self.job_no = 0
        self.job_timestamp = time.strftime("%Y%m%d%H%M%S")
        self.preview = self.current_image = None
        self.id_live_preview = self._previewed_step = 0
        self.skipped = self.interrupted = self.stopping_generation = False
        self.textinfo = None
        self.job = job
        self.wake.clear()

    def end(self) -> None:
        """Say that nothing is going on."""
        self.job = ""
        self.job_count = 0

    def expect(self, parts: int) -> None:
        """Say how many parts the job has, unless a script has said so."""
        if self.job_count == NO_COUNT_YET:
            self.job_count = parts

    def next_job(self) -> None:
        """Go on to the next part."""
        self.job_no += 1
        self.sampling_step = self._previewed_step = 0

    def start_sampling(self, steps: int) -> None:
        """Say how many steps this part has."""
        self.sampling_steps = steps
        self.sampling_step = 0

    def interrupt(self) -> None:
        """Ask for an end: what there is by then is the result."""
        self.interrupted = True
        self.wake.set()

    def skip(self) -> None:
        """Ask for an end of this part."""
        self.skipped = True
        self.wake.set()

    @property
    def ended_early(self) -> bool:
        """Whether somebody asked for an end."""
        return self.interrupted or self.skipped

    def at_this_moment(self) -> "Progress":
        """Return how far the work is now, which stays so while several things are told of it."""
        return copy.copy(self)

    def facts(self) -> dict[str, Any]:
        """Return what `/sdapi/v1/progress` has under `state`."""
        return {
            "skipped": self.skipped,
            "interrupted": self.interrupted,
            "stopping_generation": self.stopping_generation,
            "job": self.job,
            "job_count": self.job_count,
            "job_timestamp": self.job_timestamp,
            "job_no": self.job_no,
            "sampling_step": self.sampling_step,
            "sampling_steps": self.sampling_steps,
        }

    def elapsed_s(self) -> float:
        """Return the seconds since the job began."""
        return time.time() - self._time_start

    def fraction(self) -> float:
        """Return how much of the job is done, from 0 on; a step counts by its part's share."""
        job_count = self.job_count
        if job_count == 0:
            return 0.0
        done = self.job_no / job_count if job_count > 0 else 0.0
        if self.sampling_steps > 0:
            done += self.sampling_step / self.sampling_steps / job_count
        return done

    def look(self, every_steps: float) -> "Picture | None":
        """Return the preview, renewed if `every_steps` steps were done since the last.

        Negative `every_steps` never renews it.
        """
        step, preview = self.sampling_step, self.preview
        due = 0 < every_steps <= step - self._previewed_step
        if due and preview:
            self.show(preview(step))
            self._previewed_step = step
        return self.current_image

    def show(self, picture: "Picture") -> None:
        """Make `picture` the preview."""
        self.current_image = picture
        self.id_live_preview += 1
