"""A process that runs jobs and prints its resident memory in bytes, early and late."""

import os
import sys

from app.bootstrap import build_app
from app.config.pipeline_config import merge
from app.jobs.models import JobSpec
from tests.bench.measuring import resident_bytes

SMALL = {"txt2img": {"width": 64, "height": 64, "steps": 1, "seed": 1, "subseed": 1}}


def main(url: str, home: str, *counts: str) -> None:
    """Run so many jobs, printing after each number of them."""
    application = build_app(webui_url=url, home=home)
    specs = [JobSpec(prompt="a boat", config=merge(SMALL))] * 100
    for count in counts:
        for _ in range(int(count) // len(specs)):
            application.job_service.submit(specs)
            application.runner.run_pending()
        sys.stdout.write(f"{resident_bytes(os.getpid())}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
