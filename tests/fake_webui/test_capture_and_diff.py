"""`fake-webui capture` and `diff`, against a WebUI that is another fake one."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.pictures import png
from tests.support import run_module

SMALL = {"prompt": "a cat", "width": 64, "height": 64, "steps": 1}
OTHER_MODELS = """
[[checkpoints]]
name = "other.safetensors"
sha256 = "1234567890123456789012345678901234567890123456789012345678901234"
"""


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command of `fake-webui`."""
    return run_module("fake_webui", *map(str, words))


def write_request(folder: Path, name: str, payload: Any, path: str = "/sdapi/v1/txt2img") -> None:
    """Write a captured request without an answer."""
    request = {"method": "POST", "path": path, "headers": {}, "json": payload}
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"name": name, "request": request}))


def read(folder: Path, name: str) -> dict[str, Any]:
    """Return a capture."""
    document: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return document


def test_captures_of_our_own_requests_agree_with_a_fresh_fake(
    fake: FakeWebUI, tmp_path: Path
) -> None:
    """Without --requests it sends its own; a server of the same kind answers them alike."""
    captured = command("capture", "--from", fake.url, "--out", tmp_path)
    assert captured.returncode == 0, captured.stderr
    assert captured.stdout.splitlines()[-1].endswith(f"captures in {tmp_path}")
    assert len(list(tmp_path.glob("*.json"))) > 40
    compared = command("diff", "--captures", tmp_path)
    count = len(list(tmp_path.glob("*.json")))
    assert compared.stdout.splitlines() == [f"{count} of {count} answers are alike"]
    assert compared.returncode == 0


def test_a_capture_describes_its_images(fake: FakeWebUI, tmp_path: Path) -> None:
    """Images that came back are described; those that were sent are files beside the captures."""
    requests = tmp_path / "requests"
    image = f"data:image/png;base64,{base64.b64encode(png('x')).decode()}"
    write_request(requests, "img2img", SMALL | {"init_images": [image]}, "/sdapi/v1/img2img")
    out = tmp_path / "out"
    done = command("capture", "--from", fake.url, "--out", out, "--requests", requests)
    assert done.returncode == 0, done.stderr
    capture = read(out, "img2img")
    (sent,) = capture["request"]["json"]["init_images"]
    assert sent["data_uri_header"] == "data:image/png;base64,"
    assert (out / sent["input_file"]).read_bytes() == png("x")
    (received,) = capture["response"]["json"]["images"]
    assert (received["__image__"], received["format"]) == (True, "PNG")
    assert (received["width"], received["height"]) == (64, 64)
    assert received["pnginfo"]["parameters"].startswith("a cat\nSteps: ")
    assert capture["response"]["info_parsed"]["prompt"] == "a cat"
    assert capture["response"]["headers"] == {"content-type": "application/json"}
    assert command("diff", "--captures", out).returncode == 0


def test_captured_requests_can_be_captured_again(fake: FakeWebUI, tmp_path: Path) -> None:
    """A folder of captures serves as requests, its setup steps and input images included."""
    first, second = tmp_path / "first", tmp_path / "second"
    image = base64.b64encode(png()).decode()
    payload = {"image": image, "upscaler_1": "Lanczos", "upscaling_resize": 2}
    write_request(first, "up", payload, "/sdapi/v1/extra-single-image")
    command("capture", "--from", fake.url, "--out", second, "--requests", first)
    document = read(second, "up")
    step = {"method": "POST", "path": "/sdapi/v1/options", "headers": {}, "json": {"n_rows": 1}}
    (second / "up.json").write_text(json.dumps(document | {"setup": [step]}))
    third = tmp_path / "third"
    command("capture", "--from", fake.url, "--out", third, "--requests", second)
    again = read(third, "up")
    assert again["setup"] == [step]
    assert again["response"] == document["response"]
    assert (third / again["request"]["json"]["image"]["input_file"]).read_bytes() == png()


def test_differences_are_shown_with_both_sides(fake: FakeWebUI, tmp_path: Path) -> None:
    """Another model shows wherever it shows; the exit status says that there is a difference."""
    (tmp_path / "other.toml").write_text(OTHER_MODELS)
    requests = tmp_path / "requests"
    write_request(requests, "picture", SMALL)
    done = command(
        "diff", "--real", fake.url, "--requests", requests, "--config", tmp_path / "other.toml"
    )
    assert done.returncode == 1, done.stderr
    assert 'info.sd_model_name: real "sd_xl_base_1.0" | here "other"' in done.stdout
    assert done.stdout.splitlines()[-1] == "0 of 1 answers are alike"


def test_random_seeds_are_no_difference(fake: FakeWebUI, tmp_path: Path) -> None:
    """What both servers draw is compared by relation."""
    write_request(tmp_path, "drawn", SMALL | {"seed": -1, "batch_size": 2})
    done = command("diff", "--real", fake.url, "--requests", tmp_path, "--seed", "99")
    assert done.returncode == 0, done.stdout


def test_the_findings_can_be_had_as_json(fake: FakeWebUI, tmp_path: Path) -> None:
    """One array with every request and every place."""
    write_request(tmp_path, "picture", SMALL | {"seed": 1})
    done = command("diff", "--real", fake.url, "--requests", tmp_path, "--json")
    assert json.loads(done.stdout) == [{"name": "picture", "note": "", "differences": []}]


def test_credentials_are_sent(start_fake: StartFake, tmp_path: Path) -> None:
    """--login answers a WebUI that was started with --api-auth."""
    guarded = start_fake("guarded", "--api-auth", "user:pw")
    write_request(tmp_path / "in", "picture", SMALL)
    words = ["capture", "--from", guarded.url, "--requests", tmp_path / "in"]
    for login, status in (([], 401), (["--login", "user:pw"], 200)):
        command(*words, "--out", tmp_path, *login)
        assert read(tmp_path, "picture")["response"]["status"] == status


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["capture", "--from", "http://127.0.0.1:9", "--out", "{}"], "http://127.0.0.1:9"),
        (["capture", "--out", "{}"], "Missing option '--from'"),
        (["diff"], "give either --real URL or --captures DIR"),
        (["diff", "--captures", "{}/nowhere"], "is not a folder of captures"),
        (["diff", "--captures", "{}"], "holds no captures"),
        (["diff", "--captures", "{}", "--fault", "x"], "--fault x: there is no action None"),
    ],
)
def test_bad_words_are_a_sentence_and_status_2(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    """Nothing to read, nobody to ask, or the wrong option: one sentence, no traceback."""
    done = command(*(word.format(tmp_path) for word in words))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_capture_is_named_with_its_line(tmp_path: Path) -> None:
    """The sentence has the file and where in it."""
    (tmp_path / "bad.json").write_text('{\n"name": oops}')
    done = command("diff", "--captures", tmp_path)
    assert done.returncode == 2
    assert "bad.json is not a capture: Expecting value: line 2 column 9" in done.stderr


def test_an_input_image_outside_its_folder_is_refused(tmp_path: Path) -> None:
    """A capture can't make the program read and send any other file."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("x")
    image = {"__image__": True, "input_file": "../../secret"}
    write_request(tmp_path / "in", "evil", {"image": image}, "/sdapi/v1/png-info")
    done = command("diff", "--captures", tmp_path / "in")
    assert done.returncode == 2
    assert "is not in" in done.stderr
