"""SD.Next: what its state shows of jobs that run, ran and broke off."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.fake_webui.sdnext import SMALL, ask, generate, picture

pytestmark = pytest.mark.profiles

TXT2IMG, IMG2IMG = "/sdapi/v1/txt2img", "/sdapi/v1/img2img"
UNKNOWN_SCRIPT: dict[str, Any] = {"alwayson_scripts": {"nowhere": {"args": []}}}
JOB_ID, TIMESTAMP = re.compile(r"[0-9a-f]{15}"), re.compile(r"\d{14}")
# What a generation does, in the order in which its parts begin and end.
JOBS = [
    ("begin", "api-txt"),
    ("begin", "styles"),
    ("end", "styles"),
    ("begin", "process"),
    ("begin", "base"),
    ("begin", "params"),
    ("begin", "te encode"),
    ("end", "te encode"),
    ("end", "params"),
    ("begin", "inference"),
    ("end", "inference"),
    ("end", "base"),
    ("begin", "vae decode"),
    ("end", "vae decode"),
    ("end", "process"),
    ("end", "api-txt"),
]


def told(webui: FakeWebUI, what: str) -> Any:
    """Return the JSON of a GET."""
    return ask(webui, "GET", f"/sdapi/v1/{what}").json()


def test_a_refused_script_stays_the_running_job(sdnext: FakeWebUI) -> None:
    """`progress` and `status` show it with its id and when it began, until the next begins."""
    assert ask(sdnext, "POST", TXT2IMG, {**SMALL, **UNKNOWN_SCRIPT}).status_code == 422
    progress, status = told(sdnext, "progress"), told(sdnext, "status")
    assert (status["status"], status["task"], status["jobs"]) == ("running", "API-TXT", 1)
    assert (progress["state"]["job"], progress["state"]["job_count"]) == ("API-TXT", 1)
    assert JOB_ID.fullmatch(status["id"])
    assert progress["id"] == status["id"]
    assert TIMESTAMP.fullmatch(status["timestamp"])
    assert progress["state"]["job_timestamp"] == status["timestamp"]
    assert 0 <= status["elapsed"] <= status["uptime"] + 1
    generate(sdnext)
    assert told(sdnext, "status")["status"] == "idle"


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (TXT2IMG, {"sampler_name": "nothing"}, 404),
        (IMG2IMG, {"init_images": ["nothing"]}, 500),
        (IMG2IMG, {}, 400),
    ],
)
def test_what_is_refused_before_it_begins_leaves_nothing(
    sdnext: FakeWebUI, path: str, fields: dict[str, Any], status: int
) -> None:
    """A sampler and images are looked at first."""
    assert ask(sdnext, "POST", path, {**SMALL, **fields}).status_code == status
    assert told(sdnext, "status")["status"] == "idle"
    assert told(sdnext, "history") == []


def test_a_picture_that_becomes_no_file_leaves_nothing(sdnext: FakeWebUI) -> None:
    """The generation was over by then."""
    ask(sdnext, "POST", "/sdapi/v1/options", {"samples_format": "nothing"})
    assert ask(sdnext, "POST", TXT2IMG, SMALL).status_code == 500
    assert told(sdnext, "status")["status"] == "idle"


def test_loading_a_checkpoint_ends_what_got_stuck(sdnext: FakeWebUI) -> None:
    """It is a job too."""
    ask(sdnext, "POST", TXT2IMG, {**SMALL, **UNKNOWN_SCRIPT})
    loaded = told(sdnext, "checkpoint")["title"]
    ask(sdnext, "POST", f"/sdapi/v1/checkpoint?sd_model_checkpoint={loaded}")
    assert told(sdnext, "status")["status"] == "idle"


@pytest.mark.parametrize(("order", "word"), [("interrupt", "interrupted"), ("skip", "skipped")])
def test_an_order_shows_until_the_next_job(sdnext: FakeWebUI, order: str, word: str) -> None:
    """Also where nothing is going on."""
    ask(sdnext, "POST", f"/sdapi/v1/{order}")
    assert told(sdnext, "status")["status"] == word
    assert len(generate(sdnext)["images"]) == 1
    assert told(sdnext, "status")["status"] == "idle"


def test_the_history_has_the_parts_of_a_generation(sdnext: FakeWebUI) -> None:
    """Each begins and ends under one id; `total` counts those that began."""
    generate(sdnext)
    events = told(sdnext, "history")
    assert [(one["op"], one["job"]) for one in events] == JOBS
    ids = {one["job"]: one["id"] for one in events}
    assert len(set(ids.values())) == len(ids) == told(sdnext, "status")["total"]
    assert [one["duration"] is None for one in events] == [op == "begin" for op, _ in JOBS]
    assert all(one["timestamp"] <= other["timestamp"] for one, other in pairwise(events))
    found = told(sdnext, f"history?id={ids['base']}")
    assert [one["job"] for one in found] == ["base", "base"]


def test_a_job_that_breaks_off_has_no_end(sdnext: FakeWebUI) -> None:
    """Nor have those around it."""
    sdnext.fault("out-of-memory", times=1)
    generate(sdnext)
    begun, ended = (
        [one["job"] for one in told(sdnext, "history") if one["op"] == op]
        for op in ("begin", "end")
    )
    assert sorted(set(begun) - set(ended)) == ["api-txt", "base", "inference", "process"]


def test_a_second_pass_has_a_name_of_its_own(sdnext: FakeWebUI) -> None:
    """The history tells it from the first."""
    hires = {"hr_resize_mode": 1, "hr_upscaler": "Latent Bilinear", "hr_force": True}
    generate(sdnext, enable_hr=True, **hires)
    begun = [one["job"] for one in told(sdnext, "history") if one["op"] == "begin"]
    assert [job for job in begun if job in ("base", "hires")] == ["base", "hires"]


def test_latents_are_kept_and_found_by_their_time(sdnext: FakeWebUI) -> None:
    """Newest first; the pictures that were decoded from them take up places too."""
    assert told(sdnext, "latents") == []
    for _ in range(3):
        generate(sdnext)
    times = told(sdnext, "latents")
    assert len(times) == 3
    assert times == sorted(times, reverse=True)
    for one in times:
        time.strptime(one, "%Y-%m-%d %H:%M:%S")
    found = ask(sdnext, "POST", "/sdapi/v1/latents", {"name": times[0]}).json()
    assert found == 0
    assert ask(sdnext, "POST", "/sdapi/v1/latents", {"name": "never"}).json() == -1


@pytest.mark.parametrize(("most", "kept"), [(0, 0), (4, 1), (20, 5)])
def test_an_option_says_how_many_latents_are_kept(sdnext: FakeWebUI, most: int, kept: int) -> None:
    """Fewer than it says, with the pictures."""
    ask(sdnext, "POST", "/sdapi/v1/options", {"latent_history": most})
    for _ in range(5):
        generate(sdnext)
    assert len(told(sdnext, "latents")) == kept


def test_img2img_is_named_too(sdnext: FakeWebUI) -> None:
    """In the history, and where it gets stuck."""
    body = {**SMALL, "init_images": [picture((64, 64))]}
    assert ask(sdnext, "POST", IMG2IMG, body).status_code == 200
    assert told(sdnext, "history")[0]["job"] == "api-img"
    ask(sdnext, "POST", IMG2IMG, {**body, **UNKNOWN_SCRIPT})
    assert told(sdnext, "status")["task"] == "API-IMG"


def test_a_checkpoint_that_is_loaded_under_a_generation_breaks_it(sdnext: FakeWebUI) -> None:
    """`checkpoint` does not wait; nothing comes of generations until one is loaded in turn."""
    loaded = told(sdnext, "checkpoint")["title"]
    titles = [one["title"] for one in told(sdnext, "sd-models")]
    other = next(title for title in titles if title != loaded)
    with sdnext.hold(TXT2IMG, at_step=0) as held, ThreadPoolExecutor() as pool:
        running = pool.submit(generate, sdnext)
        held.wait()
        path = "/sdapi/v1/checkpoint?sd_model_checkpoint="
        ask(sdnext, "POST", f"{path}{loaded}")  # which is there already
        assert told(sdnext, "status")["status"] == "running"
        assert ask(sdnext, "POST", f"{path}{other}").json() == {"ok": True}
        broken = running.result()
    assert broken["images"] == []
    (text,) = json.loads(broken["info"])["infotexts"]
    assert loaded.partition(" ")[0] in text  # the one that it began with
    assert told(sdnext, "checkpoint")["title"] == other
    assert generate(sdnext)["images"] == []
    assert "a checkpoint was loaded" in sdnext.requests(TXT2IMG)[-1]["findings"][0]
    ask(sdnext, "POST", "/sdapi/v1/reload-checkpoint")
    assert generate(sdnext)["images"] == []
    ask(sdnext, "POST", "/sdapi/v1/reload-checkpoint?force=true")
    assert len(generate(sdnext)["images"]) == 1
