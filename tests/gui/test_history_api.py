"""The history over the page's interface: pages, search, pictures, once more."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.gui.conftest import SMALL, PageClient
from tests.support import wait_until, webui_jobs


def test_run_now_makes_a_picture_that_can_be_loaded(page: PageClient) -> None:
    """The row of a job that ran has its image, and the address of that gives the file."""
    job = page.run("a lighthouse")
    assert job["status"] == "succeeded"
    [image] = job["images"]
    data = page.session.get(page.url + image["url"], timeout=60)
    assert data.headers["Content-Type"] == "image/png"
    assert data.content == (page.application.home / image["file"]).read_bytes()


def test_a_thumbnail_is_small_and_kept(page: PageClient) -> None:
    """It is WebP, no longer than 384 pixels, and a second one is not made."""
    job = page.run("a wide view", txt2img={**SMALL["txt2img"], "width": 1024, "height": 512})
    url = page.url + job["images"][0]["thumb_url"]
    answer = page.session.get(url, timeout=30)
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (384, 192))
    [kept] = (page.application.home / "cache").rglob("*.webp")
    made_at = kept.stat().st_mtime_ns
    assert page.session.get(url, timeout=30).content == answer.content
    assert kept.stat().st_mtime_ns == made_at


def test_pages_follow_each_other_without_gaps(idle_page: PageClient) -> None:
    """A cursor leads to the next page, the last has none, and every job stands in one of them."""
    ids = [idle_page.add(f"job {number}") for number in range(5)]
    idle_page.post("/queue/cancel", {"ids": ids})
    seen, cursor = [], None
    while True:
        page = idle_page.get("/history", limit=2, cursor=cursor, total=True)
        assert page["total"] == 5
        seen += [job["id"] for job in page["jobs"]]
        if (cursor := page["cursor"]) is None:
            break
    assert seen == ids[::-1]


def test_search_and_filters_narrow_the_list(idle_page: PageClient) -> None:
    """Words and states leave what fits them, and the total counts just that."""
    fish, fowl = idle_page.add("a fish"), idle_page.add("a fowl")
    idle_page.post("/queue/cancel", {"ids": [fish, fowl]})
    found = idle_page.get("/history", query="fish", total=True)
    assert ([job["id"] for job in found["jobs"]], found["total"]) == ([fish], 1)
    assert idle_page.get("/history", status="failed")["jobs"] == []


def test_a_search_for_what_no_prompt_has_finds_nothing(page: PageClient) -> None:
    """Control characters and odd quotes are no error of the store."""
    page.run("a cat")
    for words in ("\x00", 'cat "', "a\x00zebra", "NEAR(", "*", "prompt:"):
        assert page.call("GET", "/history", params={"query": words}).status_code == 200


@pytest.mark.parametrize(
    ("given", "place"),
    [({"limit": "many"}, "limit"), ({"status": "gone"}, "status"), ({"x": 1}, "x")],
)
def test_a_wrong_question_names_its_field(
    page: PageClient, given: dict[str, str], place: str
) -> None:
    """What can't be asked is refused with its name."""
    answer = page.call("GET", "/history", params=given)
    assert (answer.status_code, answer.json()["error"]["place"]) == (422, place)


def test_a_job_that_is_not_there_is_a_404(page: PageClient) -> None:
    """With the sentence, and what to do."""
    error = page.refused("GET", "/history/0123456789abcdef", 404)
    assert error["message"] == "there is no job 0123456789abcdef"
    assert error["remedy"]


@pytest.mark.parametrize(("seed", "same"), [("same", True), ("new", False)])
def test_a_job_runs_again_with_its_seed_or_a_new_one(
    page: PageClient,
    seed: str,
    same: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The new job knows the old one, which knows it too."""
    first = page.run("a cat")
    again = page.post(f"/history/{first['id']}/again", {"seed": seed})["job_id"]
    second = page.ended(again)
    assert (second["seed"] == first["seed"]) is same
    assert second["parent_id"] == first["id"]
    assert page.get(f"/history/{first['id']}")["children"] == [again]


def test_a_picture_of_a_later_stage_has_the_one_before(page: PageClient) -> None:
    """Before and after a stage stand side by side, and how long each stage took."""
    job = page.run("a cat", upscale={"enabled": True})
    before, after = (image["id"] for image in job["images"])
    assert job["before_after"] == [{"stage": "upscale", "before": before, "after": after}]
    assert set(job["stage_s"]) == {"txt2img", "upscale"}


def test_a_batch_with_axes_has_an_overview(page: PageClient) -> None:
    """The job that ended last leads to the picture of all of them."""
    draft = {"prompt": "a castle", "config": SMALL, "axes": {"steps": ["1", "2"]}}
    job_ids = page.post("/jobs", {"draft": draft})["job_ids"]
    assert len(job_ids) == 2
    jobs = [page.ended(job_id) for job_id in job_ids]
    [url] = filter(None, (job["overview_url"] for job in jobs))
    wait_until(lambda: page.session.get(page.url + url, timeout=60).ok)
    answer = page.session.get(page.url + url, timeout=60)
    assert answer.headers["Content-Type"].startswith("image/")


def test_statistics_count_what_ended(page: PageClient) -> None:
    """Jobs over time, failures by kind and seconds an image by stage."""
    page.run("a cat")
    sums = page.get("/statistics", hours=1)
    assert sums["by_status"] == {"succeeded": 1}
    assert sum(sum(bucket["counts"].values()) for bucket in sums["buckets"]) == 1
    assert (len(sums["buckets"]), sums["bucket_s"]) == (48, 75)
    assert sums["stages"]["txt2img"]["images"] == 1
    assert sums["failures"] == {}


def test_a_dropped_picture_becomes_the_draft_of_its_job(page: PageClient) -> None:
    """One that was made here brings its prompt and settings."""
    job = page.run("a lighthouse")
    data = (page.application.home / job["images"][0]["file"]).read_bytes()
    answer = page.call("POST", "/import", files={"image": ("x.png", data)}).json()
    assert answer["draft"]["prompt"] == "a lighthouse"
    assert answer["draft"]["config"]["txt2img"]["seed"] == job["seed"]
    assert answer["job_id"] == job["id"]


def test_a_file_without_parameters_says_so_by_its_own_name(page: PageClient) -> None:
    """No temporary name reaches the user."""
    answer = page.call("POST", "/import", files={"image": ("notes.txt", b"not a picture")})
    error = answer.json()["error"]
    assert answer.status_code == 422
    assert error["message"].startswith("notes.txt: ")
    assert "/tmp" not in error["message"]  # noqa: S108 - not a path to use


def test_a_folder_opens_on_the_machine_itself(
    page: PageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file manager is started with the folder of the pictures."""
    opener, opened = tmp_path / "bin" / "xdg-open", tmp_path / "opened.txt"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(opener.parent), prepend=":")
    job = page.run()
    page.post(f"/history/{job['id']}/open-folder")
    folder = (page.application.home / job["images"][0]["file"]).parent
    wait_until(lambda: opened.is_file() and opened.read_text())
    assert Path(opened.read_text()) == folder


def test_a_favourite_is_marked_and_found(page: PageClient) -> None:
    """The mark is the image's, and the filter finds its job, until it is taken away."""
    liked, other = page.run("one"), page.run("two")
    name = liked["images"][0]["id"]
    assert page.call("PUT", f"/favourites/{name}").status_code == 200
    [found] = page.get("/history", favourite="true")["jobs"]
    assert (found["id"], found["images"][0]["favourite"]) == (liked["id"], True)
    assert [job["id"] for job in page.get("/history", favourite="false")["jobs"]] == [other["id"]]
    assert page.call("DELETE", f"/favourites/{name}").status_code == 200
    assert page.get("/history", favourite="true")["jobs"] == []


def test_a_deleted_job_is_gone_and_can_be_had_back(page: PageClient) -> None:
    """Its row, its picture and its file go, and come back with the word that undoes it."""
    job = page.run()
    image = job["images"][0]
    file = page.application.home / image["file"]
    undo = page.post("/history/delete", {"ids": [job["id"]]})["undo"]
    assert page.get("/history", total=True)["total"] == 0
    assert page.call("GET", f"/images/{image['id']}").status_code == 404
    assert not file.exists()
    assert page.post("/history/restore", {"undo": undo})["count"] == 1
    assert page.get("/history")["jobs"][0]["images"] == [image]
    assert page.call("GET", f"/images/{image['id']}").content == file.read_bytes()
    page.refused("POST", "/history/restore", 404, {"undo": undo})


def test_one_picture_of_several_can_be_deleted(page: PageClient) -> None:
    """The others stay, and a before without its after is not compared."""
    job = page.run(upscale={"enabled": True})
    first, second = job["images"]
    undo = page.post("/history/delete", {"images": [first["id"]]})["undo"]
    shown = page.get(f"/history/{job['id']}")
    assert [image["id"] for image in shown["images"]] == [second["id"]]
    assert shown["before_after"] == []
    page.refused("GET", f"/images/{first['id']}", 404)
    page.refused("GET", f"/images/{job['id']}-2", 404)
    page.post("/history/restore", {"undo": undo})
    assert page.get(f"/history/{job['id']}")["images"] == job["images"]


def test_what_waits_is_not_deleted(idle_page: PageClient) -> None:
    """A job that is not over is refused, and nothing else of the request goes either."""
    over, waiting = idle_page.add(), idle_page.add()
    idle_page.post("/queue/cancel", {"ids": [over]})
    idle_page.refused("POST", "/history/delete", 409, {"ids": [over, waiting]})
    assert [job["id"] for job in idle_page.get("/history")["jobs"]] == [over]


@pytest.mark.parametrize("undo", ["", "..", "../..", "0123456789abcdef"])
def test_a_word_that_undoes_nothing_is_told_so(page: PageClient, undo: str) -> None:
    """Nothing of the trash comes back by another word."""
    page.post("/history/delete", {"ids": [page.run()["id"]]})
    page.refused("POST", "/history/restore", 404, {"undo": undo})
    assert page.get("/history")["jobs"] == []


def test_the_trash_is_emptied_on_the_command_line(page: PageClient) -> None:
    """Jobs leave the history for good, their files the disk, and nothing brings them back."""
    kept, gone = page.run(), page.run()
    undo = page.post("/history/delete", {"ids": [gone["id"]]})["undo"]
    home = page.application.home
    asked = webui_jobs("history", "prune", "--trash", "--dry-run", "--home", str(home))
    assert "Would remove 0 jobs, 2 files" in asked.stderr
    done = webui_jobs("history", "prune", "--trash", "--yes", "--home", str(home))
    assert done.returncode == 0, done.stderr
    page.refused("GET", f"/history/{gone['id']}", 404)
    page.refused("POST", "/history/restore", 404, {"undo": undo})
    pictures = [path.relative_to(home).as_posix() for path in (home / "images").rglob("*.png")]
    assert pictures == [kept["images"][0]["file"]]
    assert not list(home.rglob(".trash"))


def test_a_picture_whose_file_is_gone_for_good_is_not_brought_back(page: PageClient) -> None:
    """Its job stays, without it."""
    job = page.run(upscale={"enabled": True})
    first, second = job["images"]
    undo = page.post("/history/delete", {"images": [first["id"]]})["undo"]
    home = str(page.application.home)
    assert webui_jobs("history", "prune", "--trash", "--yes", "--home", home).returncode == 0
    page.refused("POST", "/history/restore", 404, {"undo": undo})
    shown = page.get(f"/history/{job['id']}")["images"]
    assert [image["id"] for image in shown] == [second["id"]]


def test_a_trash_that_can_not_be_used_is_said_in_a_sentence(page: PageClient) -> None:
    """With the file that is in the way; the picture stays where it is."""
    job = page.run()
    trash = page.application.home / "images" / ".trash"
    trash.write_text("in the way")
    error = page.call("POST", "/history/delete", json={"ids": [job["id"]]}).json()["error"]
    assert error["message"].startswith(str(trash))
    assert error["message"].endswith(": Not a directory")
    assert (page.application.home / job["images"][0]["file"]).is_file()


def test_the_trash_is_nobodys_orphan(page: PageClient) -> None:
    """What can be had back is not taken for what a kill left."""
    page.post("/history/delete", {"ids": [page.run()["id"]]})
    home = str(page.application.home)
    asked = webui_jobs("history", "prune", "--orphans", "--dry-run", "--home", home)
    assert "0 files" in asked.stderr
