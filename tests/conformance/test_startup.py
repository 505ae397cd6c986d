"""What real WebUIs answered while they started, compared with the fake.

The recorded ones were asked now and then, so a phase of the fake may be none that was seen; what
was seen must come in the same order.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.recorded_timelines import SERVERS, timelines
from tests.support import ROOT, free_port, wait_until

HERE = Path(__file__).parent
STARTS_S = (5, 30)  # for all phases; on a busy machine a phase can be over between two looks
PATIENT_S = 60.0
SMALL = {"prompt": "x", "width": 64, "height": 64, "steps": 1}

Answers = Mapping[str, int | None]


@contextmanager
def starting(profile: str, seconds: float) -> Iterator[str]:
    """Start a server of a profile slowly, and return its address at once."""
    port = free_port()
    config = str(HERE / profile / "catalogue.toml")
    flags = ["--profile", profile, "--config", config, "--startup-seconds", str(seconds)]
    words = [sys.executable, "-m", "fake_webui", "--port", str(port), *flags]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def look(url: str, paths: list[str]) -> Answers:
    """Return the status of a GET of each path, None where the connection is refused."""
    found: dict[str, int | None] = dict.fromkeys(paths)
    for path in paths:
        with suppress(requests.ConnectionError):
            found[path] = requests.get(url + path, timeout=PATIENT_S).status_code
    return found


def watched(profile: str, paths: list[str], seconds: float) -> list[Answers]:
    """Look until everything is there; return what was seen, without what changed in between."""
    with starting(profile, seconds) as url:
        seen = [look(url, paths)]

        def all_there() -> bool:
            seen.append(look(url, paths))
            return set(seen[-1].values()) == {200}

        wait_until(all_there, timeout_s=seconds + PATIENT_S)
        assert requests.post(f"{url}/sdapi/v1/txt2img", json=SMALL, timeout=PATIENT_S).ok
    twice = [one for one, other in zip(seen, [*seen[1:], seen[-1]], strict=True) if one == other]
    return [one for one, _ in groupby(twice)]


def is_among(wanted: list[Answers], seen: list[Answers]) -> bool:
    """Return whether something was seen in an order, whatever else was seen between."""
    rest = iter(seen)
    return all(any(one == other for other in rest) for one in wanted)


@pytest.mark.parametrize("kind", SERVERS)
def test_a_start_is_as_recorded(kind: str) -> None:
    """What is refused, missing and there changes in the recorded order; then it generates."""
    recorded: list[Any] = [
        one["answers"] for one in timelines(kind)["startup_sequence"]["sequence"]
    ]
    for seconds in STARTS_S:
        here = watched(kind, list(recorded[0]), seconds)
        if is_among(recorded, here):
            break
    assert is_among(recorded, here), here
    if kind == "sdnext":  # it listens when all of it is there
        assert here == recorded
