"""`webui-jobs`: the package `app` is installed inside of `webui_jobs`, where no import finds it."""

import sys
from pathlib import Path

PROGRAM = "webui-jobs"


def main() -> int:
    """Put the folder that holds `app` on the path, and run its command line."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from app.cli import main as run  # noqa: PLC0415 - found only now

    return run(program=PROGRAM)
