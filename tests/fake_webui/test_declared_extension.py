"""Extensions that a file declares: what they answer, what is kept of requests, what is refused."""

import base64
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.generating import SMALL, post
from tests.support import started_here

DECLARATION = """
name = "sd-webui-hats"
remote = "https://example.com/hats.git"
version = "1.2"

[options]
hats_size = 3

[[scripts]]
name = "Hats"
fields = ["kind", "colour"]
arguments = [
  { label = "Enabled", value = false },
  { label = "Hats", value = "none", choices = ["none", "top hat"] },
]

[[routes]]
path = "/hats/kinds"
fields = { limit = 10 }
answer = { kinds = ["top hat"], picture = { base64 = "hat.bin" } }

[[routes]]
method = "POST"
path = "/hats/wear"
fields = { image = "", height = 1.5, tilted = false }
required = ["image"]
file = "worn.json"

[[routes]]
path = "/hats/icon.png"
file = "hat.png"

[[routes]]
method = "POST"
path = "/hats/anything"
answer = "ok"
"""
REFUSED = [
    ("name = 'a'\ncolour = 1\n", 2, 'unknown key "colour"'),
    ("\nversion = '1'\n", 1, "an extension needs a name"),
    ("name = 5\n", 1, "name is text, not 5"),
    ("name = 'a'\noptions = 1\n", 2, "options is a table"),
    ("name = 'a'\nscripts = 'b'\n", 2, "scripts is an array of tables"),
    ("name = 'a'\n[[scripts]]\narguments = []\n", 2, "a script needs a name"),
    ("name = 'a'\n[[scripts]]\nname = 'b'\narguments = [1]\n", 4, "arguments is a table"),
    ("name = 'a'\n[[scripts]]\nname = 'b'\narguments = [{ lable = '' }]\n", 4, "unknown key"),
    ("name = 'a'\n[[scripts]]\nname = 'b'\nfields = [1]\n", 4, "fields is a list of texts"),
    ("name = 'a'\n[[routes]]\npath = 'b'\nanswer = 1\n", 3, "path begins with /"),
    ("name = 'a'\n[[routes]]\npath = '/__fake/v1'\nanswer = 1\n", 3, "and not with /__fake"),
    ("name = 'a'\n[[routes]]\npath = '/b'\nmethod = 'get'\nanswer = 1\n", 4, "method is one of"),
    ("name = 'a'\n[[routes]]\npath = '/b'\n", 3, "either an answer or a file"),
    ("name = 'a'\n[[routes]]\npath = '/b'\nfile = 'nope.png'\n", 4, "can't read"),
    ("name = 'a'\n[[routes]]\npath = '/b'\nanswer = { base64 = 'nope' }\n", 4, "can't read"),
    ("name = 'a'\n[[routes]]\npath = '/b'\nfile = 'bad.json'\n", 4, "bad.json is not JSON"),
    ("name = 'a'\n[[routes]]\npath = '/b'\nanswer = 1\nfields = { c = 1979-05-27 }\n", 5, "a date"),
    ("name = 'a'\n[[routes]]\npath = '/b'\nanswer = 1\nfields = {}\nrequired = ['c']\n", 6,
     '"c" is not one of the fields'),
    ("name = \n", 1, "line 1"),
]  # fmt: skip


def write_files(folder: Path, declaration: str) -> Path:
    """Write a declaration, its files and the configuration that names it; return that."""
    (folder / "hats.toml").write_text(declaration, encoding="utf-8")
    (folder / "hat.bin").write_bytes(b"hat")
    (folder / "hat.png").write_bytes(b"\x89PNG")
    (folder / "worn.json").write_text('{"worn": true}', encoding="utf-8")
    (folder / "bad.json").write_text("{", encoding="utf-8")
    config = folder / "webui.toml"
    config.write_text(
        'extensions = ["adetailer", "./hats.toml"]\n[options]\nhats_size = 4\n', encoding="utf-8"
    )
    return config


@pytest.fixture(scope="module")
def hat_server(start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory) -> FakeWebUI:
    """A server with the extension."""
    config = write_files(tmp_path_factory.mktemp("hats"), DECLARATION)
    return start_fake("hats", "--config", str(config))


@pytest.fixture
def webui(hat_server: FakeWebUI) -> FakeWebUI:
    """That server, as fresh as at its start."""
    hat_server.reset()
    return hat_server


def read(webui: FakeWebUI, path: str) -> Any:
    """Return what a GET answers."""
    return requests.get(f"{webui.url}{path}", timeout=60).json()


def worn(*args: Any) -> dict[str, Any]:
    """Return a request that gives the script these arguments."""
    return {**SMALL, "alwayson_scripts": {"hats": {"args": list(args)}}}


def test_it_is_in_the_lists(webui: FakeWebUI) -> None:
    """Of extensions, of scripts on both tabs, with their arguments, and in the document."""
    listed = read(webui, "/sdapi/v1/extensions")[1]
    assert (listed["name"], listed["version"]) == ("sd-webui-hats", "1.2")
    assert listed["remote"] == "https://example.com/hats.git"
    names = read(webui, "/sdapi/v1/scripts")
    assert "hats" in names["txt2img"]
    assert "hats" in names["img2img"]
    infos = [one for one in read(webui, "/sdapi/v1/script-info") if one["name"] == "hats"]
    assert [info["is_img2img"] for info in infos] == [False, True]
    assert infos[0]["is_alwayson"]
    assert infos[0]["args"][1]["choices"] == ["none", "top hat"]
    assert "/hats/wear" in read(webui, "/openapi.json")["paths"]


def test_its_options_can_be_read_and_set(webui: FakeWebUI) -> None:
    """By the configuration too."""
    assert read(webui, "/sdapi/v1/options")["hats_size"] == 4
    assert post(webui, "options", {"hats_size": 5}).status_code == 200
    assert read(webui, "/sdapi/v1/options")["hats_size"] == 5


def test_its_routes_answer_what_is_fixed(webui: FakeWebUI) -> None:
    """JSON from the declaration or a file, a file in base64, or bytes."""
    hat = base64.b64encode(b"hat").decode()
    assert read(webui, "/hats/kinds") == {"kinds": ["top hat"], "picture": hat}
    assert read(webui, "/hats/kinds?limit=2")["kinds"] == ["top hat"]
    sent = requests.post(f"{webui.url}/hats/wear", json={"image": "x"}, timeout=60)
    assert sent.json() == {"worn": True}
    icon = requests.get(f"{webui.url}/hats/icon.png", timeout=60)
    assert (icon.content, icon.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert requests.post(f"{webui.url}/hats/anything", data="{", timeout=60).json() == "ok"
    assert requests.get(f"{webui.url}/hats/wear", timeout=60).status_code == 405


def test_fields_of_a_route_are_checked(webui: FakeWebUI) -> None:
    """What is missing or of another type is a 422; what is unknown is noted."""
    url = f"{webui.url}/hats/wear"
    refused = requests.post(url, json={"height": "tall"}, timeout=60)
    assert [one["loc"] for one in refused.json()["detail"]] == [
        ["body", "image"], ["body", "height"],
    ]  # fmt: skip
    requests.post(url, json={"image": "x", "colour": "red"}, timeout=60)
    entry = webui.requests("/hats/wear")[-1]
    assert entry["payload"] == {"image": "x", "colour": "red"}
    assert (entry["matched"], entry["unknown_fields"]) == (True, ["colour"])


def test_what_its_script_is_sent_is_checked(webui: FakeWebUI) -> None:
    """Keys of objects and arguments that it does not have are noted."""
    assert post(webui, "txt2img", worn("on", {"kind": "top hat"})).status_code == 200
    assert webui.requests("/sdapi/v1/txt2img")[-1]["unknown_fields"] == []
    assert post(webui, "txt2img", worn("on", {"size": 1}, "more")).status_code == 200
    assert webui.requests("/sdapi/v1/txt2img")[-1]["unknown_fields"] == [
        "alwayson_scripts.hats.args.1.size", "alwayson_scripts.hats.args.2",
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), REFUSED)
def test_a_mistake_is_refused_at_start(tmp_path: Path, text: str, line: int, words: str) -> None:
    """With file and line, in one sentence, status 2."""
    config = write_files(tmp_path, text)
    ran = started_here("--config", config)
    assert ran.returncode == 2
    place = f"{tmp_path / 'hats.toml'}:"
    assert ran.stderr.startswith(f"fake-webui: {place}{'' if 'line' in words else f'{line}: '}")
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
