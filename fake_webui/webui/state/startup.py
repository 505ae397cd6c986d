"""A WebUI that is still starting: what it has already, phase after phase."""

import time
from enum import IntEnum


class Phase(IntEnum):
    """How far a start has come; each phase has what the ones before it have."""

    PAGE = 0  # the page answers, the API is not there
    FIRST_ROUTES = 1  # the API up to options, but nothing can be generated
    CORE = 2  # the API, without the routes of extensions
    ALL = 3


class Startup:
    """When which phase begins; a WebUI that was never told to start has all."""

    def __init__(self) -> None:
        self._begun_s = 0.0
        self._phase_s = 0.0
        self._only: Phase | None = None

    def begin(self, seconds: float, only: Phase | None = None) -> None:
        """Start over: the phases before the last take equal parts of so many seconds.

        Or one of them takes them all, if it is the `only` one.
        """
        self._begun_s = time.monotonic()
        self._phase_s = seconds / Phase.ALL
        self._only = only

    @property
    def phase(self) -> Phase:
        """How far the start has come."""
        if not self._phase_s:
            return Phase.ALL
        passed = int((time.monotonic() - self._begun_s) / self._phase_s)
        reached = Phase(min(passed, Phase.ALL))
        return reached if reached is Phase.ALL or self._only is None else self._only
