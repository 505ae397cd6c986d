"""What a WebUI works on that is none of ours: another client's, or left behind by a killed app."""

import time

from app.errors import WebUIError
from app.limits import Limits
from app.webui.node import FRESH_S, WebUINode


class ForeignWork:
    """Keeps a job from a WebUI that is busy, so that the wait is not booked as the job's time.

    Args:
        node: the WebUI.
        limits: after `patience_s` a job gets in line behind the other work all the same.
    """

    def __init__(self, node: WebUINode, limits: Limits) -> None:
        self._node, self._limits = node, limits
        self._ran_at = float("-inf")
        self._since: float | None = None
        self.is_holding = False
        """Whether a job waited for it at the last look."""

    def words(self) -> str | None:
        """Return what to say of it while a job waits for it, else None."""
        busy = f"{self._node.name} is busy with a generation of somebody else"
        return busy if self.is_holding else None

    def holds_jobs_back(self) -> bool:
        """Look, before the first job and after any silence; return whether a job is to wait."""
        self.is_holding = False
        if self._node.is_fresh() and time.monotonic() < self._ran_at + FRESH_S:
            return False
        try:
            is_busy = self._node.foreign_work() is not None
        except WebUIError:
            is_busy = False  # the job itself will say what is wrong
        now = time.monotonic()
        self._since = (self._since or now) if is_busy else None
        self.is_holding = is_busy and now - (self._since or now) < self._limits.patience_s
        return self.is_holding

    def forget(self) -> None:
        """Forget what was seen; no job waits for it now."""
        self._since, self.is_holding = None, False

    def job_ran(self) -> None:
        """Note that a job of ours has just run, so that there was no silence."""
        self.forget()
        self._ran_at = time.monotonic()
