"""A place where one generation stands still until it is let go."""

import threading
from enum import StrEnum


class HoldStage(StrEnum):
    """What has become of a hold."""

    WAITING = "waiting"  # for its generation, or for that to come so far
    HOLDING = "holding"
    RELEASED = "released"  # the generation went on, or was ended
    MISSED = "missed"  # the generation ended without coming so far


class Hold:
    """Lets a generation stand still once `at_step` is its last step that is done, from 0 on."""

    def __init__(self, at_step: int) -> None:
        self.at_step = at_step
        self._changed = threading.Condition()
        self._stage = HoldStage.WAITING
        self._wake: threading.Event | None = None

    @property
    def stage(self) -> HoldStage:
        """What has become of it."""
        return self._stage

    def begin(self, wake: threading.Event) -> None:
        """Note that the generation stands still; `wake` is set when it is let go."""
        self._wake = wake
        self._move({HoldStage.WAITING: HoldStage.HOLDING})

    def release(self) -> None:
        """Let the generation go on, or never stand still."""
        self._move(dict.fromkeys((HoldStage.WAITING, HoldStage.HOLDING), HoldStage.RELEASED))
        if self._wake:
            self._wake.set()

    def finish(self) -> None:
        """Note that the generation is over."""
        self._move({HoldStage.WAITING: HoldStage.MISSED, HoldStage.HOLDING: HoldStage.RELEASED})

    def wait(self, timeout_s: float) -> HoldStage:
        """Wait until it is decided whether the generation stands still, and return how."""
        with self._changed:
            self._changed.wait_for(lambda: self._stage is not HoldStage.WAITING, timeout_s)
            return self._stage

    def _move(self, moves: dict[HoldStage, HoldStage]) -> None:
        with self._changed:
            self._stage = moves.get(self._stage, self._stage)
            self._changed.notify_all()
