"""`fake-webui capture` and `diff`, against a WebUI that is another fake one."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.pictures import png
from tests.support import fake_webui_cli

SMALL = {"prompt": "a cat", "width": 64, "height": 64, "steps": 1}
OTHER_MODELS = """
[[checkpoints]]
name = "other.safetensors"
sha256 = "1234567890123456789012345678901234567890123456789012345678901234"
"""


def write_request(folder: Path, name: str, payload: Any, path: str = "/sdapi/v1/txt2img") -> None:
    """Write a captured request without an answer."""
    request = {"method": "POST", "path": path, "headers": {}, "json": payload}
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"name": name, "request": request}))


def read_all(folder: Path) -> list[dict[str, Any]]:
    """Return the captures of a recording, in their order."""
    with gzip.open(folder / "recording.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read(folder: Path, name: str) -> dict[str, Any]:
    """Return a capture of a recording."""
    (found,) = (one for one in read_all(folder) if one["name"] == name)
    return found


def test_captures_of_our_own_requests_agree_with_a_fresh_fake(
    fake: FakeWebUI, tmp_path: Path
) -> None:
    """Without --requests it sends its own; a server of the same kind answers them alike."""
    captured = fake_webui_cli("capture", "--from", fake.url, "--out", tmp_path)
    assert captured.returncode == 0, captured.stderr
    assert captured.stdout.splitlines()[-1].endswith(f"captures in {tmp_path}/recording.jsonl.gz")
    compared = fake_webui_cli("diff", "--captures", tmp_path)
    count = len(read_all(tmp_path))
    assert count > 40
    assert compared.stdout.splitlines() == [f"{count} of {count} answers are alike"]
    assert compared.returncode == 0


def test_a_capture_describes_its_images(fake: FakeWebUI, tmp_path: Path) -> None:
    """Images that came back are described; those that were sent are files beside the captures."""
    requests = tmp_path / "requests"
    image = f"data:image/png;base64,{base64.b64encode(png('x')).decode()}"
    write_request(requests, "img2img", SMALL | {"init_images": [image]}, "/sdapi/v1/img2img")
    out = tmp_path / "out"
    done = fake_webui_cli("capture", "--from", fake.url, "--out", out, "--requests", requests)
    assert done.returncode == 0, done.stderr
    capture = read(out, "img2img")
    (sent,) = capture["request"]["json"]["init_images"]
    assert sent["data_uri_header"] == "data:image/png;base64,"
    assert (out / sent["input_file"]).read_bytes() == png("x")
    (received,) = capture["response"]["json"]["images"]
    assert (received["__image__"], received["format"]) == (True, "PNG")
    assert (received["width"], received["height"]) == (64, 64)
    assert received["pnginfo"]["parameters"].startswith("a cat\nSteps: ")
    assert json.loads(capture["response"]["json"]["info"])["prompt"] == "a cat"
    assert capture["response"]["headers"] == {"content-type": "application/json"}
    assert fake_webui_cli("diff", "--captures", out).returncode == 0


def test_captured_requests_can_be_captured_again(fake: FakeWebUI, tmp_path: Path) -> None:
    """A folder of captures serves as requests, its setup steps and input images included."""
    first, second = tmp_path / "first", tmp_path / "second"
    image = base64.b64encode(png()).decode()
    payload = {"image": image, "upscaler_1": "Lanczos", "upscaling_resize": 2}
    write_request(first, "up", payload, "/sdapi/v1/extra-single-image")
    fake_webui_cli("capture", "--from", fake.url, "--out", second, "--requests", first)
    document = read(second, "up")
    step = {"method": "POST", "path": "/sdapi/v1/options", "headers": {}, "json": {"n_rows": 1}}
    third = tmp_path / "third"
    (second / "up.jsonl").write_text(json.dumps(document | {"setup": [step]}))
    words = ("capture", "--from", fake.url, "--out", third, "--requests", second / "up.jsonl")
    assert fake_webui_cli(*words).returncode == 0
    again = read(third, "up")
    assert again["setup"] == [step]
    assert again["response"] == document["response"]
    assert (third / again["request"]["json"]["image"]["input_file"]).read_bytes() == png()


def test_differences_are_shown_with_both_sides(fake: FakeWebUI, tmp_path: Path) -> None:
    """Another model shows wherever it shows; the exit status says that there is a difference."""
    (tmp_path / "other.toml").write_text(OTHER_MODELS)
    requests = tmp_path / "requests"
    write_request(requests, "picture", SMALL)
    done = fake_webui_cli(
        "diff", "--real", fake.url, "--requests", requests, "--config", tmp_path / "other.toml"
    )
    assert done.returncode == 1, done.stderr
    assert 'info.sd_model_name: real "sd_xl_base_1.0" | here "other"' in done.stdout
    assert done.stdout.splitlines()[-1] == "0 of 1 answers are alike"


def test_random_seeds_are_no_difference(fake: FakeWebUI, tmp_path: Path) -> None:
    """What both servers draw is compared by relation."""
    write_request(tmp_path, "drawn", SMALL | {"seed": -1, "batch_size": 2})
    done = fake_webui_cli("diff", "--real", fake.url, "--requests", tmp_path, "--seed", "99")
    assert done.returncode == 0, done.stdout


def test_the_findings_can_be_had_as_json(fake: FakeWebUI, tmp_path: Path) -> None:
    """One array with every request and every place."""
    write_request(tmp_path, "picture", SMALL | {"seed": 1})
    done = fake_webui_cli("diff", "--real", fake.url, "--requests", tmp_path, "--json")
    assert json.loads(done.stdout) == [
        {"group": tmp_path.name, "name": "picture", "note": "", "differences": []}
    ]


def test_credentials_are_sent(start_fake: StartFake, tmp_path: Path) -> None:
    """--login answers a WebUI that was started with --api-auth."""
    guarded = start_fake("guarded", "--api-auth", "user:pw")
    write_request(tmp_path / "in", "picture", SMALL)
    words = ["capture", "--from", guarded.url, "--requests", tmp_path / "in"]
    for login, status in (([], 401), (["--login", "user:pw"], 200)):
        fake_webui_cli(*words, "--out", tmp_path, *login)
        assert read(tmp_path, "picture")["response"]["status"] == status


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["capture", "--from", "http://127.0.0.1:9", "--out", "{}"], "http://127.0.0.1:9"),
        (["capture", "--out", "{}"], "Missing option '--from'"),
        (["diff"], "give either --real URL or --captures FILE_OR_DIR"),
        (["diff", "--captures", "{}/nowhere"], "is not a recording or a folder of captures"),
        (["diff", "--captures", "{}"], "holds no captures"),
        (
            ["diff", "--real", "http://127.0.0.1:9", "--fault", "x"],
            '--fault x: there is no action "x"',
        ),
    ],
)
def test_bad_words_are_a_sentence_and_status_2(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    """Nothing to read, nobody to ask, or the wrong option: one sentence, no traceback."""
    done = fake_webui_cli(*(word.format(tmp_path) for word in words))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_capture_is_named_with_its_line(tmp_path: Path) -> None:
    """The sentence has the file and where in it."""
    (tmp_path / "bad.json").write_text('{\n"name": oops}')
    done = fake_webui_cli("diff", "--captures", tmp_path)
    assert done.returncode == 2
    assert "bad.json is not a capture: Expecting value: line 2 column 9" in done.stderr


def write_lines(file: Path, *documents: Any) -> None:
    """Write a recording."""
    packed = gzip.open if file.name.endswith(".gz") else open
    with packed(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(document) + "\n" for document in documents)


def ping(name: str, status: int = 200) -> dict[str, Any]:
    """Return the exchange of a ping."""
    answer = {"status": status, "headers": {"content-type": "application/json"}, "json": {}}
    request = {"method": "GET", "path": "/internal/ping", "headers": {}}
    return {"name": name, "request": request, "response": answer}


def test_a_recording_says_how_the_server_was_started(tmp_path: Path) -> None:
    """Its first line's options are those of the fake; those of the command line win."""
    (tmp_path / "other.toml").write_text(OTHER_MODELS)
    request = {"method": "GET", "path": "/sdapi/v1/sd-models", "headers": {}}
    started = {"started": {"config": "other.toml", "api_auth": "user:pw"}}
    refused = {"status": 401, "headers": {"content-type": "application/json"}}
    words = {"error": "HTTPException", "detail": "Not authenticated"}
    unauthorized = refused | {"json": words | {"body": "", "errors": ""}}
    write_lines(
        tmp_path / "all.jsonl.gz",
        started,
        {"name": "models", "request": request, "response": unauthorized},
    )
    assert fake_webui_cli("diff", "--captures", tmp_path).returncode == 0
    models = fake_webui_cli("diff", "--captures", tmp_path / "all.jsonl.gz", "--login", "user:pw")
    assert models.returncode == 1
    assert "status: real 401 | here 200" in models.stdout
    other = fake_webui_cli(
        "diff", "--captures", tmp_path, "--login", "me:pw", "--api-auth", "me:pw"
    )
    assert "status: real 401 | here 200" in other.stdout


def test_a_folder_of_recordings_is_compared_group_by_group(tmp_path: Path) -> None:
    """Every file is a group; --group and --only choose among them."""
    write_lines(tmp_path / "one.jsonl", ping("first"), ping("second", 404))
    write_lines(tmp_path / "two.jsonl.gz", ping("third"))
    last = {
        (): "2 of 3 answers are alike",
        ("--group", "two"): "1 of 1 answers are alike",
        ("--only", "^s"): "0 of 1 answers are alike",
    }
    for words, line in last.items():
        done = fake_webui_cli("diff", "--captures", tmp_path, *words)
        assert done.stdout.splitlines()[-1] == line
        assert done.returncode == int("0 of" in line or "2 of" in line)


def test_a_server_that_runs_is_compared(fake: FakeWebUI, tmp_path: Path) -> None:
    """--against compares it in place of a fresh fake, and resets it before each request."""
    write_lines(tmp_path / "pings.jsonl", ping("first"), ping("second"))
    words = ("diff", "--captures", tmp_path, "--against", fake.url)
    assert fake_webui_cli(*words).returncode == 0
    assert [one["path"] for one in fake.requests()] == ["/internal/ping"]


@pytest.mark.parametrize(
    ("lines", "words", "sentence"),
    [
        ([{"started": {"output_dir": "/x"}}], [], "can't start a server with output_dir"),
        ([{"started": {"config": "../x.toml"}}], [], "../x.toml is not beside it"),
        ([{"name": "x"}], [], "line 1 is not a capture: it has no request"),
        ([ping("x"), "oops"], [], "line 2 is not a"),
        ([ping("x")], ["--group", "y"], "has no group y; it has bad"),
        ([ping("x")], ["--only", "^y"], 'no capture has a name with "^y" in it'),
        ([ping("x")], ["--only", "("], "--only"),
        ([ping("x") | {"response": {}}], [], "the capture x has a request, but no answer"),
        ([ping("x")], ["--against", "http://127.0.0.1:9"], "http://127.0.0.1:9"),
    ],
)
def test_what_a_recording_can_not_be_is_a_sentence(
    tmp_path: Path, lines: list[Any], words: list[str], sentence: str
) -> None:
    """A line that is no exchange, options that it may not give, nothing to compare: status 2."""
    write_lines(tmp_path / "bad.jsonl", *lines)
    done = fake_webui_cli("diff", "--captures", tmp_path, *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_that_was_cut_off_is_named(tmp_path: Path) -> None:
    """Half a compressed file is a sentence, not a traceback."""
    file = tmp_path / "half.jsonl.gz"
    write_lines(file, ping("first"), ping("second"))
    file.write_bytes(file.read_bytes()[:-12])
    done = fake_webui_cli("diff", "--captures", file)
    assert done.returncode == 2
    assert "half.jsonl.gz line" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_input_image_outside_its_folder_is_refused(tmp_path: Path) -> None:
    """A capture can't make the program read and send any other file."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("x")
    image = {"__image__": True, "input_file": "../../secret"}
    request = {"method": "POST", "path": "/sdapi/v1/png-info", "json": {"image": image}}
    write_lines(tmp_path / "in" / "evil.jsonl", ping("evil") | {"request": request})
    done = fake_webui_cli("diff", "--captures", tmp_path / "in")
    assert done.returncode == 2
    assert "is not in" in done.stderr
