"""How long the engine waits for what, how much it takes, and when it gives up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes, and counts."""

    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0  # of everything but generations
    read_attempts: int = 3  # of reads and of refused connections, the first included
    generation_bytes: int = 256_000_000  # of a generation's answer, inflated
    answer_bytes: int = 16_000_000  # of any other answer, inflated
    poll_s: float = 0.5  # between two looks at a running generation
    idle_poll_s: float = 0.5  # between two looks at an empty queue
    job_ceiling_s: float = 3600.0  # the longest that one job may take
    stall_warning_s: float = 120.0  # without progress, before a warning
    stop_grace_s: float = 30.0  # for an interrupted generation to answer
    lost_request_wait_s: float = 120.0  # for a generation whose answer was lost to end
    patience_s: float = 120.0  # with a WebUI that can't be reached, before the queue pauses
    pause_after: int = 3  # failures in a row that the next job would meet too
    cooldown_s: float = 600.0  # of a WebUI after that many, while others work on
    silence_s: float = 25.0  # of another host, before its session counts as lost
    expire_after_s: float = 30.0  # without a sign of life of another host's worker
    inventory_age_s: float = 60.0  # how long a WebUI's lists of models and scripts are believed
    webui_look_s: float = 2.0  # between two looks of the page at each WebUI
    heartbeat_s: float = 5.0  # between two signs of life in a page's silent stream of events


DEFAULT_LIMITS = Limits()
