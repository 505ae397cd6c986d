"""The rate limit: so many calls a minute for each client and path, refused after the work."""

import time
from collections import deque
from typing import Any, Final

from fake_webui.contract import Endpoint
from fake_webui.contract.endpoint import Work
from fake_webui.errors import HttpError
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.webui.state import WebUIState

RATE_LIMIT: Final = "server_rate_limit"
# What a fresh SD.Next allows; the settings that its list of options was recorded with switch it
# off, so that option counts only once somebody has set it.
CALLS_A_MINUTE: Final = 300
MINUTE_S: Final = 60.0
COST_OF_GENERATION: Final = 5


def limit_of(state: WebUIState) -> Any:
    """Return how many calls a minute are allowed; nothing is no limit."""
    limit = memory_of(state).rate_limit
    return CALLS_A_MINUTE if limit is None else limit


def count_call(state: WebUIState, client: str, endpoint: Endpoint) -> None:
    """Note a call that was answered.

    Raises:
        HttpError: 429, if there were too many from this client within a minute.
    """
    memory = memory_of(state)
    limit = limit_of(state)
    now = time.monotonic()
    calls = memory.calls.setdefault((client, endpoint.path), deque())
    cost = COST_OF_GENERATION if endpoint.work is Work.GENERATION else 1
    calls.extend([now] * cost)
    while calls and calls[0] < now - MINUTE_S:
        calls.popleft()
    if limit and len(calls) > limit:
        raise HttpError(429, f"{client}:{endpoint.path}: rate limit exceeded")
