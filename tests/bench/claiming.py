"""`python -m tests.bench.claiming STORE SECONDS`: a worker that claims and ends jobs, no WebUI.

Waits for a line on stdin, so that several start together; prints how many jobs it ended, and how
many seconds of a processor that took.
"""

import secrets
import sys
import time
from pathlib import Path

from app.jobs.job_queue import JobQueue
from app.jobs.models import JobStatus
from app.limits import DEFAULT_LIMITS
from app.store.opening import open_store


def main(place: str, seconds: float) -> None:
    """Claim and end jobs for so many seconds, one after the other."""
    url = place if "://" in place else None
    store = open_store(Path(place), url, DEFAULT_LIMITS, read_only=False)
    queue, me, ended = JobQueue(store), secrets.token_hex(8), 0
    print("ready", flush=True)
    sys.stdin.readline()
    until, used_s = time.monotonic() + seconds, time.process_time()
    while time.monotonic() < until and (job := queue.claim(me)):
        queue.finish(job.job_id, me, JobStatus.SUCCEEDED, {"images": []})
        ended += 1
    print(ended, time.process_time() - used_s, flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
