"""`python -m app queue`: adding, ordering, changing, and `work`, which empties it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "2")
Json = Callable[..., Any]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of two prompts with two variants each."""
    path = tmp_path / "castles.txt"
    path.write_text("name: Gate\ngate at [[time]]\nneg: blurry\n\nname: Tower\ntower at [[time]]\n")
    matrix = {"mode": "fanout", "slots": [{"name": "time", "values": ["dawn", "dusk"]}]}
    path.with_suffix(".json").write_text(json.dumps({"pack_data": {"matrix": matrix}}))
    return path


@pytest.fixture
def three(app_cli: CommandLine) -> list[str]:
    """Three queued jobs, the first added first."""
    added = [app_cli("queue", "add", "--prompt", f"prompt {n}", *SMALL) for n in range(3)]
    return [done.stdout.strip() for done in added]


def test_a_pack_says_how_many_jobs_it_makes(app_cli: CommandLine, pack: Path) -> None:
    """The number is on stderr; on stdout there is one id for each job."""
    done = app_cli("queue", "add", "--pack", str(pack), *SMALL)
    assert "2 prompts, 4 jobs, 4 images." in done.stderr
    assert len(done.stdout.split()) == 4


def test_a_job_keeps_where_it_came_from(app_json: Json, pack: Path) -> None:
    """Pack, name, row, variant and what was chosen are in the job, and all are one batch."""
    jobs = app_json("queue", "add", "--pack", str(pack), *SMALL)
    assert [job["prompt"] for job in jobs] == [
        "tower at dusk", "tower at dawn", "gate at dusk", "gate at dawn",
    ]  # fmt: skip
    first = jobs[-1]
    assert (first["prompt_source"], first["prompt_pack_id"]) == ("pack", "castles")
    assert first["prompt_keys"]["name"] == "Gate"
    assert first["prompt_keys"]["choices"] == {"time": "dawn"}
    assert len({job["batch_id"] for job in jobs}) == 1


def test_a_dry_run_queues_nothing(app_cli: CommandLine, app_json: Json, pack: Path) -> None:
    """It says what would be made, and makes nothing."""
    done = app_cli("run", "--pack", str(pack), "--dry-run")
    assert "4 jobs" in done.stderr
    assert app_json("queue", "list") == []


def test_json_is_newest_first_with_positions(app_json: Json, three: list[str]) -> None:
    """The array is newest first as everywhere; the place in the line is a field."""
    jobs = app_json("queue", "list")
    assert [job["job_id"] for job in jobs] == three[::-1]
    assert [job["position"] for job in jobs] == [3, 2, 1]


def test_the_table_is_in_running_order(app_cli: CommandLine, three: list[str]) -> None:
    """A bare `queue` is `queue list`; its table shows what runs next first."""
    lines = app_cli("queue").stdout.splitlines()
    assert [line.split()[0] for line in lines if "queued" in line] == three


def test_a_moved_job_is_where_it_was_put(
    app_cli: CommandLine, app_json: Json, three: list[str]
) -> None:
    """The last one moved to the front is next."""
    assert app_cli("queue", "move", three[2][:8], "1").returncode == 0
    places = {job["job_id"]: job["position"] for job in app_json("queue", "list")}
    assert [places[job_id] for job_id in three] == [2, 3, 1]


def test_a_cancelled_job_does_not_run(
    app_cli: CommandLine, app_json: Json, three: list[str], fake: FakeWebUI
) -> None:
    """Two are cancelled by id, the third runs alone."""
    assert "Cancelled 2 jobs." in app_cli("queue", "cancel", *three[:2]).stderr
    assert app_cli("work").returncode == 0
    assert [payload["prompt"] for payload in payloads(fake, "/sdapi/v1/txt2img")] == ["prompt 2"]
    statuses = [job["status"] for job in app_json("history")]
    assert statuses == ["succeeded", "cancelled", "cancelled"]


def test_cancel_can_take_a_whole_pack(app_cli: CommandLine, app_json: Json, pack: Path) -> None:
    """A pack's jobs go together, others stay."""
    app_cli("queue", "add", "--pack", str(pack), *SMALL)
    app_cli("queue", "add", "--prompt", "another", *SMALL)
    assert "Cancelled 4 jobs." in app_cli("queue", "cancel", "--from-pack", "castles").stderr
    assert [job["prompt"] for job in app_json("queue", "list")] == ["another"]


def test_clear_cancels_all_that_waits(
    app_cli: CommandLine, app_json: Json, three: list[str]
) -> None:
    """The queue is empty afterwards, and the jobs can be had back by a retry."""
    assert "Cancelled 3 jobs." in app_cli("queue", "clear").stderr
    assert app_json("queue", "list") == []
    again = app_json("queue", "retry", "--status", "cancelled")
    assert [job["parent_id"] for job in again] == three[::-1]


@pytest.mark.usefixtures("three")
def test_a_paused_queue_holds_its_jobs(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """Work runs none of them and says why; after resume it runs all."""
    assert app_cli("queue", "pause", "--reason", "the cat sleeps").returncode == 0
    held = app_cli("work")
    assert held.returncode == 1
    assert "paused: the cat sleeps" in held.stderr
    assert payloads(fake, "/sdapi/v1/txt2img") == []
    assert "3 jobs waiting" in app_cli("queue", "resume").stderr
    assert app_cli("work").returncode == 0
    assert len(payloads(fake, "/sdapi/v1/txt2img")) == 3


@pytest.mark.usefixtures("three")
def test_direct_runs_while_the_queue_is_paused(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI
) -> None:
    """Run Now makes its own job and leaves the others where they are."""
    app_cli("queue", "pause")
    assert app_cli("run", "--prompt", "now", *SMALL).returncode == 0
    assert [payload["prompt"] for payload in payloads(fake, "/sdapi/v1/txt2img")] == ["now"]
    assert len(app_json("queue", "list")) == 3


@pytest.mark.parametrize("words", [("run", "--direct"), ("queue", "add", "--direct")], ids=" ".join)
def test_direct_goes_before_all_that_waits(
    words: tuple[str, ...], app_cli: CommandLine, app_json: Json, three: list[str], fake: FakeWebUI
) -> None:
    """A job that is asked for with `--direct` is the next to run, however it was added."""
    app_cli(*words, "--prompt", "at once", *SMALL)
    app_cli("work")
    sent = [entry["payload"]["prompt"] for entry in fake.requests(path="/sdapi/v1/txt2img")]
    assert sent == ["at once", "prompt 0", "prompt 1", "prompt 2"]
    [direct] = app_json("history", "--mode", "direct")
    assert direct["job_id"] not in three


@pytest.mark.usefixtures("three")
def test_run_runs_no_job_but_its_own(app_cli: CommandLine, app_json: Json, fake: FakeWebUI) -> None:
    """Beside a queue that is not paused, too."""
    assert app_cli("run", "--prompt", "now", *SMALL).returncode == 0
    assert [payload["prompt"] for payload in payloads(fake, "/sdapi/v1/txt2img")] == ["now"]
    assert len(app_json("queue", "list")) == 3


def test_a_queued_job_is_edited_where_it_stands(app_json: Json, three: list[str]) -> None:
    """The new one takes the old one's place, the old one is cancelled."""
    edited = app_json("queue", "edit", three[0], "--steps", "7")[0]
    assert edited["parent_id"] == three[0]
    assert edited["config_snapshot"]["txt2img"]["steps"] == 7
    assert edited["config_snapshot"]["txt2img"]["width"] == 64
    places = {job["job_id"]: job["position"] for job in app_json("queue", "list")}
    assert places == {edited["job_id"]: 1, three[1]: 2, three[2]: 3}


def test_queued_jobs_are_edited_in_bulk(
    app_cli: CommandLine, app_json: Json, three: list[str], pack: Path
) -> None:
    """All that wait, or those of one pack, keep their places."""
    app_cli("queue", "add", "--pack", str(pack), *SMALL)
    assert app_cli("queue", "edit", "--queued", "--from-pack", "castles", "--steps", "7").stdout
    jobs = app_json("queue", "list")[::-1]
    before = [job for job in jobs if job["job_id"] in three]
    assert [job["config_snapshot"]["txt2img"]["steps"] for job in before] == [2, 2, 2]
    assert len(app_json("queue", "edit", "--queued", "--steps", "9")) == 7
    edited = sorted(app_json("queue", "list"), key=lambda job: job["position"])
    assert [job["prompt"] for job in edited[:4]] == [
        "prompt 0", "prompt 1", "prompt 2", "gate at dawn",
    ]  # fmt: skip
    assert {job["config_snapshot"]["txt2img"]["steps"] for job in edited} == {9}


def test_failed_jobs_are_retried_in_bulk(
    app_cli: CommandLine, app_json: Json, three: list[str], fake: FakeWebUI
) -> None:
    """Work ends with 1 when a job failed; `retry --status failed` queues it again unchanged."""
    fake.fault("nan", "/sdapi/v1/txt2img", when="first")
    worked = app_cli("work")
    assert worked.returncode == 1
    assert "NansException" in worked.stderr
    assert "1 failed, 2 succeeded" in worked.stderr
    [again] = app_json("queue", "retry", "--status", "failed")
    assert again["parent_id"] == three[0]
    assert app_cli("work").returncode == 0


def test_last_used_settings_can_be_used_again(app_cli: CommandLine, app_json: Json) -> None:
    """`--last` starts from the settings of the run before; what is given wins."""
    app_cli("queue", "add", "--prompt", "one", "--steps", "9", "--width", "128")
    [job] = app_json("queue", "add", "--prompt", "two", "--last", "--steps", "4")
    txt2img = job["config_snapshot"]["txt2img"]
    assert (txt2img["steps"], txt2img["width"]) == (4, 128)


@pytest.mark.usefixtures("three")
def test_several_webuis_share_the_queue(
    app_cli: CommandLine, fake: FakeWebUI, start_fake: Callable[..., FakeWebUI]
) -> None:
    """Each WebUI given runs jobs of the one queue."""
    other = start_fake("second")
    other.reset()
    done = app_cli("work", "--webui", fake.url, "--webui", other.url)
    assert done.returncode == 0
    sent = payloads(fake, "/sdapi/v1/txt2img") + payloads(other, "/sdapi/v1/txt2img")
    assert sorted(payload["prompt"] for payload in sent) == ["prompt 0", "prompt 1", "prompt 2"]
