"""The page's JSON interface, over HTTP: what a front end reads and what it orders."""

from tests.gui.conftest import SMALL, PageClient
from tests.support import wait_until


def test_the_page_is_served(page: PageClient) -> None:
    """The address in the browser answers with the document."""
    answer = page.session.get(page.url, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_state_says_which_webui_answers(page: PageClient) -> None:
    """Its address, kind and version stand there once it was looked at."""
    up = wait_until(lambda: [w for w in page.get("/state")["webuis"] if w["status"] == "up"])
    assert up[0]["kind"] == "AUTOMATIC1111"
    assert up[0]["version"] == "v1.10.1"


def test_choices_come_from_the_webui(page: PageClient) -> None:
    """Samplers and schedulers are those that it lists, schedulers by their labels."""
    choices = wait_until(lambda: (c := page.get("/choices"))["samplers"]["names"] and c)
    assert "Euler a" in choices["samplers"]["names"]
    assert "Karras" in choices["schedulers"]["names"]
    assert "karras" not in choices["schedulers"]["names"]


def test_run_now_makes_a_picture_that_can_be_loaded(page: PageClient) -> None:
    """The row of a job that ran has its image, and the address of that gives the file."""
    job = page.run("a lighthouse")
    assert job["status"] == "succeeded"
    [image] = job["images"]
    data = page.session.get(page.url + image["url"], timeout=10)
    assert data.headers["Content-Type"] == "image/png"
    assert data.content == (page.application.home / image["file"]).read_bytes()


def test_a_wrong_setting_is_named_as_the_field_that_it_is(page: PageClient) -> None:
    """The error says where in the form it belongs."""
    draft = {"prompt": "a cat", "config": {"txt2img": {"width": 65}}}
    error = page.refused("POST", "/jobs", 422, {"draft": draft})
    assert error["place"] == "config.txt2img.width"
    assert "it must be a whole number from 64 to 4096" in error["message"]


def test_preview_queues_nothing(idle_page: PageClient) -> None:
    """It says how much a draft makes, and shows the payloads."""
    draft = {"prompt": "a cat", "config": {**SMALL, "upscale": {"enabled": True}}}
    shown = idle_page.post("/preview", {"draft": draft})
    assert (shown["jobs"], shown["images"]) == (1, 1)
    assert [p["stage"] for p in shown["payloads"]] == ["txt2img", "upscale"]
    assert idle_page.get("/queue")["counts"] == {"queued": 0, "running": 0}


def test_a_queued_job_waits_in_the_queue(idle_page: PageClient) -> None:
    """It stands there in order, and can be cancelled."""
    first, second = idle_page.add("one"), idle_page.add("two")
    assert [job["id"] for job in idle_page.get("/queue")["queued"]] == [first, second]
    idle_page.post("/queue/cancel", {"ids": [first]})
    assert [job["id"] for job in idle_page.get("/queue")["queued"]] == [second]
    assert idle_page.get("/history")["jobs"][0]["status"] == "cancelled"


def test_a_job_that_is_not_there_is_a_404(page: PageClient) -> None:
    """With the sentence, and what to do."""
    error = page.refused("GET", "/history/0123456789abcdef", 404)
    assert error["message"] == "there is no job 0123456789abcdef"
    assert error["remedy"]
