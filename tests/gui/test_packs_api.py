"""Packs and presets over the page's interface."""

from typing import Any

import pytest

from tests.gui.conftest import PageClient

LONGEST = "x" * 300
NAMING = {"alwayson_scripts": {"controlnet": {"args": [{"image": f"file:{LONGEST}"}]}}}


def test_a_pack_is_written_read_and_deleted(page: PageClient) -> None:
    """What was put is what is got, until it is deleted."""
    made = page.call("PUT", "/packs/castles", json={"text": "a castle\n\na tower\n"}).json()
    assert (made["file"], made["jobs"], made["error"]) == ("castles.txt", 2, None)
    assert page.get("/packs")["packs"] == ["castles"]
    assert page.get("/packs/castles")["text"] == "a castle\n\na tower\n"
    assert page.call("DELETE", "/packs/castles").status_code == 200
    assert page.get("/packs")["packs"] == []


def test_a_sample_can_be_read(page: PageClient) -> None:
    """The packs that come with the app are listed and shown."""
    name = page.get("/packs")["samples"][0]
    assert page.get(f"/packs/{name}")["is_sample"]


def test_a_check_counts_and_writes_nothing(page: PageClient) -> None:
    """A text that is not saved says how much it makes."""
    text = "a [[mood]] castle\nmood: calm | wild\n"
    made = page.post("/packs/check", {"name": "castles", "text": text})
    assert (made["jobs"], made["prompts"]) == (2, 1)
    assert page.get("/packs")["packs"] == []


def test_a_check_says_the_line_of_a_slip(page: PageClient) -> None:
    """What looks like a mistake stands beside its line."""
    made = page.post(
        "/packs/check", {"name": "castles", "text": "a castle\n\na {red|blue} tower\n"}
    )
    assert [notice["line"] for notice in made["notices"]] == [3]


def test_a_check_says_what_makes_no_pack(page: PageClient) -> None:
    """An empty text is an error of the text, not of the request."""
    made = page.post("/packs/check", {"name": "castles", "text": "# nothing\n"})
    assert made["error"]["text"] == "has no prompts"


@pytest.mark.parametrize("name", ["..%2fjobs", "%2e%2e", "a%2fb", ".hidden", "x" * 200, "con:"])
def test_a_name_that_leads_elsewhere_is_refused(page: PageClient, name: str) -> None:
    """Nothing is written outside the folder of packs."""
    before = sorted(page.application.home.parent.rglob("*.txt"))
    answer = page.call("PUT", f"/packs/{name}", json={"text": "a castle"})
    assert answer.status_code in {404, 405, 422}
    assert sorted(page.application.home.parent.rglob("*.txt")) == before


def test_a_preset_is_kept_and_not_overwritten_by_chance(page: PageClient) -> None:
    """A second one of the name needs the word for it."""
    settings = {"txt2img": {"steps": 12}}
    page.call("PUT", "/presets/night", json={"settings": settings})
    assert page.get("/presets/night")["settings"] == settings
    error = page.refused("PUT", "/presets/night", 422, {"settings": settings})
    assert "overwrite" in error["message"]
    assert page.call("DELETE", "/presets/night").status_code == 200
    assert page.get("/presets")["presets"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/packs/{LONGEST}", None),
        ("GET", f"/packs/samples/{LONGEST}", None),
        ("POST", "/preview", {"draft": {"pack_id": LONGEST}}),
        ("POST", "/preview", {"draft": {"prompt": f"a __{LONGEST}__"}}),
        ("POST", "/jobs", {"draft": {"pack_id": "castles", "config": {"txt2img": NAMING}}}),
    ],
)
def test_a_name_that_no_file_can_have_is_refused(
    page: PageClient, method: str, path: str, body: Any
) -> None:
    """In a sentence, wherever a name is taken for a file's."""
    (page.application.home / "wildcards").mkdir()
    page.call("PUT", "/packs/castles", json={"text": "a castle"})
    error = page.refused(method, path, 422, body)
    assert "File name too long" in error["message"]
    assert error["remedy"] == "take a shorter name"
