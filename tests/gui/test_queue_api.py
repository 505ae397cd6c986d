"""The queue over the page's interface: order, pause, edit, retry, skip, cancel."""

import pytest

from fake_webui import FakeWebUI
from tests.gui.conftest import SMALL, OpenPage, PageClient
from tests.support import wait_until


def order(page: PageClient) -> list[str]:
    """Return the ids of the waiting jobs in their order."""
    return [job["id"] for job in page.get("/queue")["queued"]]


def test_a_queued_job_waits_in_the_queue(idle_page: PageClient) -> None:
    """It stands there in order, and can be cancelled."""
    first, second = idle_page.add("one"), idle_page.add("two")
    assert order(idle_page) == [first, second]
    idle_page.post("/queue/cancel", {"ids": [first]})
    assert order(idle_page) == [second]
    assert idle_page.get("/history")["jobs"][0]["status"] == "cancelled"


def test_cancelling_is_all_or_nothing(idle_page: PageClient) -> None:
    """With an id that is not there nothing is cancelled."""
    job_id = idle_page.add()
    idle_page.refused("POST", "/queue/cancel", 404, {"ids": [job_id, "0123456789abcdef"]})
    assert order(idle_page) == [job_id]


@pytest.mark.parametrize(
    ("picked", "to", "expected"),
    [
        ("cd", "top", "cdabe"),
        ("ba", "bottom", "cdeba"),
        ("ea", {"before": "c"}, "beacd"),
        ("c", {"before": "c"}, "abcde"),
        ("a", {"before": "b"}, "abcde"),
    ],
)
def test_several_jobs_move_together(
    idle_page: PageClient, picked: str, to: str | dict[str, str], expected: str
) -> None:
    """They go first, last or before another one, and stay in the order in which they were named."""
    ids = {name: idle_page.add(name) for name in "abcde"}
    place = to if isinstance(to, str) else {"before": ids[to["before"]]}
    idle_page.post("/queue/move", {"ids": [ids[name] for name in picked], "to": place})
    assert order(idle_page) == [ids[name] for name in expected]


def test_moving_to_nowhere_names_the_field(idle_page: PageClient) -> None:
    """A place that there is not is refused, and nothing moves."""
    job_id = idle_page.add()
    error = idle_page.refused("POST", "/queue/move", 422, {"ids": [job_id], "to": "middle"})
    assert error["place"].startswith("to")


def test_a_pause_says_why_and_ends(page: PageClient) -> None:
    """A paused queue runs nothing and shows the reason; resumed, it goes on."""
    page.post("/queue/pause", {"reason": "dinner"})
    job_id = page.add()
    queue = page.get("/queue")
    assert (queue["paused"], queue["reason"]) == (True, "dinner")
    assert order(page) == [job_id]
    page.post("/queue/resume")
    assert page.ended(job_id)["status"] == "succeeded"


def test_an_edited_job_takes_the_place_of_the_old_one(idle_page: PageClient) -> None:
    """The line stays as it was, and the new job has what was changed."""
    first, second = idle_page.add("one"), idle_page.add("two")
    changes = {"prompt": "three", "config": {"txt2img": {"steps": 7}}}
    [new] = idle_page.post("/queue/edit", {"id": first, "changes": changes})["job_ids"]
    assert order(idle_page) == [new, second]
    job = idle_page.get(f"/history/{new}")
    assert (job["prompt"], job["config"]["txt2img"]["steps"]) == ("three", 7)


def test_a_wrong_change_names_its_field(idle_page: PageClient) -> None:
    """An edit with a setting out of range changes nothing."""
    job_id = idle_page.add()
    body = {"id": job_id, "changes": {"config": {"txt2img": {"steps": 0}}}}
    error = idle_page.refused("POST", "/queue/edit", 422, body)
    assert error["place"] == "changes.config.txt2img.steps"
    assert order(idle_page) == [job_id]


def test_failed_jobs_are_queued_again_once(idle_page: PageClient) -> None:
    """What was made again already is left out the second time."""
    job_id = idle_page.add()
    idle_page.post("/queue/cancel", {"ids": [job_id]})
    assert len(idle_page.post("/queue/retry", {"status": "cancelled"})["job_ids"]) == 1
    assert idle_page.post("/queue/retry", {"ids": [job_id]})["left_out"] == 1


def test_many_retries_want_a_yes(idle_page: PageClient) -> None:
    """More than fifty are only counted first."""
    draft = {"prompt": "a cat", "config": SMALL}
    ids = [idle_page.post("/jobs", {"draft": draft})["job_ids"][0] for _ in range(51)]
    idle_page.post("/queue/cancel", {"ids": ids})
    asked = idle_page.post("/queue/retry", {"status": "cancelled"})
    assert (asked["asks"], asked["count"], asked["job_ids"]) == (True, 51, [])
    done = idle_page.post("/queue/retry", {"status": "cancelled", "yes": True})
    assert len(done["job_ids"]) == 51


def test_a_running_job_shows_how_far_it_is_and_can_be_cancelled(
    open_page: OpenPage, slow: FakeWebUI
) -> None:
    """Stage, step and WebUI stand in its row; cancelled, it ends and says so."""
    page = open_page(webui_url=slow.url)
    config = {"txt2img": {"width": 64, "height": 64, "steps": 150, "n_iter": 5}}
    draft = {"prompt": "a cat", "config": config}
    [job_id] = page.post("/jobs", {"draft": draft})["job_ids"]

    def stepping() -> bool:
        running = page.get("/queue")["running"]
        return bool(running and running[0]["progress"] and running[0]["progress"]["step"])

    wait_until(stepping)
    [running] = page.get("/queue")["running"]
    assert running["progress"]["stage"] == "txt2img"
    assert running["worker"] == slow.url
    page.post("/queue/skip", {"id": job_id})
    page.post("/queue/cancel", {"ids": [job_id]})
    assert page.ended(job_id)["status"] == "cancelled"


def test_a_running_job_has_a_live_preview(open_page: OpenPage, fake: FakeWebUI) -> None:
    """While it runs its address gives a picture; afterwards, none."""
    page = open_page(webui_url=fake.url)
    config = {"txt2img": {"width": 64, "height": 64, "steps": 20}}
    fake.hold("txt2img", at_step=10)
    [job_id] = page.post("/jobs", {"draft": {"prompt": "a cat", "config": config}})["job_ids"]

    def preview() -> bytes | None:
        answer = page.call("GET", f"/previews/{job_id}")
        return answer.content if answer.status_code == 200 else None

    assert wait_until(preview).startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF"))
    page.post("/queue/cancel", {"ids": [job_id]})
    page.ended(job_id)
    wait_until(lambda: page.call("GET", f"/previews/{job_id}").status_code == 204)
