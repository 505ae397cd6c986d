"""The recorded exchanges of a real WebUI, compared with the fake's by `fake-webui diff`."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from fake_webui.upstream.recording import recordings
from tests.conformance.convert import convert
from tests.conformance.wrong_server import Answer, Spoil, wrong_server
from tests.conftest import StartFake
from tests.support import fake_webui_cli

A1111 = Path(__file__).parent / "a1111"
SOME = "^(ext|get_[su]|method|opt|png|t2i_[a-h])"  # of every kind
KEPT = {"input_file": "raw/0.png"}


@pytest.fixture(scope="module")
def recorded_server(start_fake: StartFake) -> FakeWebUI:
    """A server with the models of the recorded one."""
    return start_fake("recorded", "--config", str(A1111 / "catalogue.toml"), "--api-server-stop")


def differing(server: FakeWebUI, spoil: Spoil, only: str = SOME) -> set[str]:
    """Return the captures whose answers `diff` finds wrong once a server's are spoiled."""
    with wrong_server(server.url, spoil) as url:
        words = ["--captures", str(A1111), "--group", "default", "--against", url, "--json"]
        done = fake_webui_cli("diff", *words, "--only", only)
    found = {one["name"] for one in json.loads(done.stdout) if one["differences"]}
    assert done.returncode == int(bool(found)), done.stderr
    return found


@pytest.mark.parametrize("group", ["default", "auth", "nowebui", "adetailer", "controlnet"])
def test_every_capture_conforms(group: str) -> None:
    """The fake answers every recorded request of the group as the real server did."""
    compared = fake_webui_cli("diff", "--captures", A1111, "--group", group)
    assert compared.returncode == 0, compared.stdout + compared.stderr


def replaced(old: bytes, new: bytes) -> Spoil:
    """Return what changes some bytes of every body."""
    return lambda answer: Answer(answer.status, answer.body.replace(old, new), answer.headers)


def with_header(name: str, value: str | None) -> Spoil:
    """Return what sets a header, or takes it away."""

    def spoil(answer: Answer) -> Answer:
        headers = {**answer.headers, name: value}
        kept = {one: text for one, text in headers.items() if text is not None}
        return Answer(answer.status, answer.body, kept)

    return spoil


def without_answers(status: int) -> Spoil:
    """Return what closes the connection where the answer would have had this status."""
    return lambda answer: None if answer.status == status else answer


def with_status(old: int, new: int) -> Spoil:
    """Return what changes a status to another one."""
    return lambda answer: Answer(
        new if answer.status == old else answer.status, answer.body, answer.headers
    )


def with_first_seed(seed: int) -> Spoil:
    """Return what changes the first of the seeds in `info`, and no other place that shows it."""

    def spoil(answer: Answer) -> Answer:
        body = json.loads(answer.body) if answer.body.startswith(b'{"images"') else {}
        info = json.loads(body.get("info", "{}"))
        if not info.get("all_seeds"):
            return answer
        info["all_seeds"][0] = seed
        return Answer(answer.status, json.dumps(body | {"info": json.dumps(info)}).encode())

    return spoil


def says(text: str) -> Callable[[dict[str, Any]], bool]:
    """Return what finds answers with a text in their JSON."""
    return lambda response: text in json.dumps(response.get("json"))


def in_info(text: str) -> Callable[[dict[str, Any]], bool]:
    """Return what finds answers with a text in their `info`."""

    def reaches(response: dict[str, Any]) -> bool:
        body = response.get("json")
        return isinstance(body, dict) and text in str(body.get("info"))

    return reaches


# What is spoiled, and whose answers it reaches.
SPOILED = {
    "reason": (replaced(b'"Not Found"', b'"Nothing here"'), says('"Not Found"')),
    "default": (replaced(b'"cfg_scale":7.0', b'"cfg_scale":7'), says('"cfg_scale": 7.0')),
    "infotext": (replaced(b"Schedule type: ", b"Schedule: "), in_info("Schedule type: ")),
    "envelope": (replaced(b'"errors":', b'"message":'), says('"errors":')),
    "header": (with_header("allow", None), lambda response: "allow" in response["headers"]),
    "media type": (with_header("content-type", "text/plain"), says("")),
    "status": (with_status(422, 400), lambda response: response["status"] == 422),
    "no answer": (without_answers(404), lambda response: response["status"] == 404),
}


@pytest.mark.parametrize("what", SPOILED)
def test_exactly_the_wrong_answers_differ(recorded_server: FakeWebUI, what: str) -> None:
    """A server that errs in one way is told from the real one by just the answers that show it."""
    spoil, reaches = SPOILED[what]
    (recording,) = recordings(A1111 / "default.jsonl.gz")
    expected = {one.name for one in recording.captures() if reaches(one.response)}
    expected = {name for name in expected if re.match(SOME, name)}
    assert expected
    assert differing(recorded_server, spoil) == expected


def test_a_shifted_seed_is_a_difference(recorded_server: FakeWebUI) -> None:
    """Seeds that are drawn at random are compared by how they relate to each other."""
    drawn = "^t2i_(batch2_niter2|seed_-1|minimal)$"
    assert not differing(recorded_server, lambda answer: answer, drawn)
    assert differing(recorded_server, with_first_seed(1234567), drawn)


def test_a_folder_of_captures_becomes_a_recording(tmp_path: Path) -> None:
    """Pages are kept as their size, OpenAPI documents without texts; twice gives equal bytes."""
    texts = {"openapi": "3.1.0", "info": {"title": "T"}, "paths": {"/": {"description": "D"}}}
    answers: dict[str, dict[str, Any]] = {
        "document": {"json": texts},
        "page": {"text": "<html>\u00e9</html>"},
        "facts": {"omitted": {"bytes": 7, "sha256": "x", "why": "y"}},
        "words": {"json": {"info": "{}"}, "info_parsed": {}},
    }
    request = {"method": "POST", "path": "/", "json": {"image": {"__image__": True, **KEPT}}}
    (tmp_path / "in" / "raw").mkdir(parents=True)
    (tmp_path / "in" / KEPT["input_file"]).write_bytes(b"image")
    for name, answer in answers.items():
        document = {"name": name, "request": request, "response": answer}
        (tmp_path / "in" / f"{name}.json").write_text(json.dumps(document))
    files = [tmp_path / folder / "all.jsonl.gz" for folder in ("one", "two")]
    for file in files:
        assert convert(tmp_path / "in", file, {"nowebui": True}) == 4
    (recording,) = recordings(files[0])
    assert recording.started() == {"nowebui": True}
    assert {one.name: one.response for one in recording.captures()} == {
        "document": {"json": {"openapi": "3.1.0", "info": {}, "paths": {"/": {}}}},
        "page": {"omitted": {"bytes": 15}},
        "facts": {"omitted": {"bytes": 7}},
        "words": {"json": {"info": "{}"}},
    }
    assert (tmp_path / "one" / KEPT["input_file"]).read_bytes() == b"image"
    assert files[0].read_bytes() == files[1].read_bytes()
