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

    def begin(self, seconds: float) -> None:
        """Start over: the phases before the last take equal parts of so many seconds."""
        self._begun_s = time.monotonic()
        self._phase_s = seconds / Phase.ALL

    @property
    def phase(self) -> Phase:
        """How far the start has come."""
        if not self._phase_s:
            return Phase.ALL
        passed = int((time.monotonic() - self._begun_s) / self._phase_s)
        return Phase(min(passed, Phase.ALL))
