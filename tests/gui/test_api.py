"""The page's JSON interface, over HTTP: what a front end reads and what it orders."""

import re
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import Phase, given, settings

from fake_webui import FakeWebUI
from fake_webui.testing.types import ServerOptions
from tests.gui.conftest import LIMITS, SMALL, OpenPage, PageClient
from tests.support import ROOT, wait_until


def test_the_page_is_served(page: PageClient) -> None:
    """The address in the browser answers with the document."""
    answer = page.session.get(page.url, timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_state_says_which_webui_answers(page: PageClient) -> None:
    """Its address, kind and version stand there once it was looked at."""
    up = wait_until(lambda: [w for w in page.get("/state")["webuis"] if w["status"] == "up"])
    assert up[0]["kind"] == "AUTOMATIC1111"
    assert up[0]["version"] == "v1.10.1"
    assert up[0]["models"] == len(page.get("/choices")["checkpoints"]["names"])


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"no_api": True}, "no-api", "start it with --api"),
        ({"api_auth": "me:secret"}, "wrong-password", "wants a user and a password"),
    ],
)
def test_the_state_says_what_keeps_a_webui_away(
    open_page: OpenPage, options: ServerOptions, status: str, said: str
) -> None:
    """One that can't be used is told from one that is up, with what to do about it."""
    with FakeWebUI(**options) as webui:
        page = open_page(webui_url=webui.url, limits=replace(LIMITS, patience_s=0.2))
        [found] = wait_until(lambda: [w for w in states(page) if w["status"] == status])
        assert said in found["sentence"]
    wait_until(lambda: [w for w in states(page) if w["status"] == "gone"])


def states(page: PageClient) -> Any:
    """Return what the page knows of its WebUIs."""
    return page.get("/state")["webuis"]


def test_choices_come_from_the_webui(page: PageClient) -> None:
    """Samplers and schedulers are those that it lists, schedulers by their labels."""
    choices = wait_until(lambda: (c := page.get("/choices"))["samplers"]["names"] and c)
    assert "Euler a" in choices["samplers"]["names"]
    assert "Karras" in choices["schedulers"]["names"]
    assert "karras" not in choices["schedulers"]["names"]


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
    assert shown["config"]["txt2img"] | SMALL["txt2img"] == shown["config"]["txt2img"]
    assert [p["stage"] for p in shown["payloads"]] == ["txt2img", "upscale"]
    assert idle_page.get("/queue")["counts"] == {"queued": 0, "running": 0}


def test_the_document_names_every_endpoint(page: PageClient) -> None:
    """The OpenAPI document has bodies for what is sent and the parameters of what is asked."""
    document = page.get("/openapi.json")
    move = document["paths"]["/api/v1/queue/move"]["post"]
    reference = move["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schemas = document["components"]["schemas"]
    assert set(schemas[reference.rpartition("/")[2]]["required"]) == {"ids", "to"}
    history = document["paths"]["/api/v1/history"]["get"]["parameters"]
    assert "cursor" in [parameter["name"] for parameter in history]
    assert '"$ref": "#/$defs' not in page.call("GET", "/openapi.json").text


def test_the_draft_of_the_last_job_is_in_the_state(idle_page: PageClient) -> None:
    """A second page finds what was set up on the first."""
    idle_page.add("a lighthouse")
    draft = idle_page.get("/state")["draft"]
    assert (draft["prompt"], draft["config"]) == ("a lighthouse", SMALL)


def test_the_settings_of_the_last_run_are_there_at_the_next_start(open_page: OpenPage) -> None:
    """A page begins where the one before ended, and so does `--last` on the command line."""
    open_page(runs_jobs=False).add()
    assert open_page(runs_jobs=False).get("/state")["draft"]["config"] == SMALL


def test_what_the_webui_lacks_is_refused(page: PageClient) -> None:
    """A checkpoint that is not there queues nothing; the preview says it too."""
    wait_until(lambda: page.get("/choices")["samplers"]["names"])
    draft = {"prompt": "a cat", "config": {"txt2img": {"checkpoint": "nothing"}}}
    assert "can't run this" in page.post("/preview", {"draft": draft})["refusal"]
    assert "can't run this" in page.refused("POST", "/jobs", 422, {"draft": draft})["message"]


def test_the_table_of_the_documentation_is_the_interface(page: PageClient) -> None:
    """No endpoint is missing from it, none is promised in vain."""
    told = (ROOT / "app" / "docs" / "page.md").read_text(encoding="utf-8")
    table = told.partition("<!-- endpoints: gui -->")[2].partition("\n\n")[0]
    paths = page.get("/openapi.json")["paths"].items()
    there = {
        (method.upper(), path.removeprefix("/api/v1")) for path, found in paths for method in found
    }
    assert set(re.findall(r"`([A-Z]+) (/[^`]*)`", table)) == there


def test_nothing_that_the_document_allows_breaks_the_page(idle_page: PageClient) -> None:
    """Whatever is asked in the shapes that it describes, the answer is one of its own."""
    document = schemathesis.openapi.from_url(f"{idle_page.url}/api/v1/openapi.json")
    for found in document.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # a document of ours has no other
        if not operation.path.endswith(("/events", "/open-folder")):  # the one never ends
            ask(operation)


@pytest.mark.parametrize("path", ["/queue", "/history"])
def test_a_number_that_no_database_takes_is_refused(idle_page: PageClient, path: str) -> None:
    """The field is named."""
    error = idle_page.refused("GET", f"{path}?limit={10**30}", 422)
    assert error["place"] == "limit"


def ask(operation: Any) -> None:
    """Send a few requests to one endpoint."""

    @settings(max_examples=4, database=None, phases=[Phase.generate])
    @given(operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(timeout=30)
        assert answer.status_code < 500, answer.text

    send()
