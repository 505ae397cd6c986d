"""Run the app on a share that loses the answer to every link, and then says that it is there.

python -m tests.reliability.lossy_share WORD ...
"""

import errno
import os
import runpy
from typing import Any


def lose_answers() -> None:
    """Let every link be made from now on, and be refused because it is there."""
    link = os.link

    def repeated(*given: Any, **named: Any) -> None:
        link(*given, **named)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), *given)

    setattr(os, "link", repeated)  # noqa: B010 - a name of another module's, on purpose


if __name__ == "__main__":
    lose_answers()
    runpy.run_module("app", run_name="__main__", alter_sys=True)
