"""What a kill left in the home, for `doctor` to tell and for `history prune` to remove."""

from pathlib import Path

from app.bootstrap import Application
from app.storage.orphans import find_orphans

_CLOCKS_S = 300.0  # what the clocks of hosts and of a share may differ


def orphans_of(app: Application) -> list[Path]:
    """Return the files that no record names, but for those that a running job may have made.

    Raises:
        HomeError: if a record can't be read, so that nobody knows what it names.
    """
    starts = [job.started_at.timestamp() for job in app.queue.running_jobs() if job.started_at]
    before_s = min(starts, default=float("inf")) - _CLOCKS_S
    return find_orphans(app.files, app.history.named_files(), before_s)
