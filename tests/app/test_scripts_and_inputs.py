"""Anything the WebUI can do: raw scripts, pictures for them, and pictures that jobs begin with."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine, command_line
from tests.app.test_said import Json
from tests.conftest import StartFake
from tests.support import payloads

SMALL = ("--width", "64", "--height", "64", "--steps", "1")
TXT2IMG, IMG2IMG = "/sdapi/v1/txt2img", "/sdapi/v1/img2img"
EXTRAS = "/sdapi/v1/extra-single-image"


@pytest.fixture(scope="module")
def controlled(start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory) -> FakeWebUI:
    """A WebUI with ControlNet."""
    config = tmp_path_factory.mktemp("controlnet") / "webui.toml"
    config.write_text(
        'extensions = ["controlnet"]\n'
        '[[controlnet_models]]\nname = "control_v11p_sd15_canny"\nshort_hash = "d14c016b"\n'
    )
    return start_fake("controlnet", "--config", str(config))


@pytest.fixture
def packs(home: Path) -> Path:
    """The folder of packs."""
    folder = home / "packs"
    folder.mkdir(parents=True)
    return folder


def picture(path: Path, size: tuple[int, int] = (64, 96), colour: str = "red") -> Path:
    """Write a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def hash_of(path: Path) -> str:
    """The hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unit(**more: Any) -> dict[str, Any]:
    """A script with one unit of ControlNet."""
    known = {"enabled": True, "module": "none", "model": "control_v11p_sd15_canny [d14c016b]"}
    return {"controlnet": {"args": [known | more]}}


def test_a_unit_takes_a_picture_of_the_packs_folder(
    home: Path, packs: Path, controlled: FakeWebUI, app_json: Json
) -> None:
    """It is named in the pack, sent whole, and the map that comes back is kept beside the stage."""
    app_cli = command_line(home, controlled.url)
    pose = picture(packs / "poses" / "one.png")
    (packs / "p.txt").write_text("a dancer")
    scripts = {"txt2img": {"alwayson_scripts": unit(image="poses/one.png")}}
    (packs / "p.json").write_text(json.dumps({"preset_data": scripts}))
    done = app_cli("run", "--pack", "p", *SMALL, "--upscale", "2")
    assert done.returncode == 0, done.stderr
    sent = payloads(controlled, TXT2IMG)[-1]["alwayson_scripts"]["controlnet"]["args"][0]
    assert sent["image"]["sha256"] == hash_of(pose)
    [job] = app_json("history", "list")
    stages = [image["stage"] for image in job["meta"]["images"]]
    assert stages == ["txt2img", "txt2img-script", "upscale"]
    assert len(done.stdout.split()) == 1  # what was made, and not the map
    assert base64.b64encode(pose.read_bytes()).decode() not in json.dumps(job)


def test_a_picture_that_was_changed_meanwhile_fails_the_job(
    home: Path, packs: Path, controlled: FakeWebUI, app_json: Json
) -> None:
    """What was queued is what is sent, or nothing."""
    app_cli = command_line(home, controlled.url)
    pose = picture(packs / "one.png")
    scripts = f"txt2img.alwayson_scripts={json.dumps(unit(image='one.png'))}"
    app_cli("queue", "add", "--prompt", "a", *SMALL, "--set", scripts)
    picture(pose, colour="blue")
    app_cli("work")
    [job] = app_json("history", "list")
    assert job["status"] == "failed"
    assert f"{pose}: has been changed since the job was made" in job["meta"]["error"]


def test_raw_scripts_go_as_they_are(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """From the command line, a preset and a pack alike; layers add up."""
    first: dict[str, Any] = {"Hypertile": {"args": []}}
    second: dict[str, Any] = {"Seed": {"args": [-1, False]}}
    app_cli("presets", "save", "p", "--set", f"txt2img.alwayson_scripts={json.dumps(first)}")
    words = ("--set", f"txt2img.alwayson_scripts={json.dumps(second)}")
    done = app_cli("run", "--prompt", "a", *SMALL, "--preset", "p", *words)
    assert done.returncode == 0, done.stderr
    assert payloads(fake, TXT2IMG)[0]["alwayson_scripts"] == first | second


def test_a_selected_script_decides_what_comes_back(
    app_cli: CommandLine, fake: FakeWebUI, app_json: Json
) -> None:
    """A prompt matrix makes more pictures than were asked for; all are kept."""
    args = [False, False, "positive", "comma", 0]
    words = ("--set", f"txt2img.script_args={json.dumps(args)}")
    script = ("--set", "txt2img.script_name=Prompt matrix")
    done = app_cli("run", "--prompt", "a cat|a hat", *SMALL, *script, *words)
    assert done.returncode == 0, done.stderr
    assert payloads(fake, TXT2IMG)[0]["script_args"] == args
    [job] = app_json("history", "list")
    assert len(job["meta"]["images"]) == 2


def test_scripts_of_img2img_are_its_own(app_cli: CommandLine, fake: FakeWebUI) -> None:
    """A section's scripts run in its stage."""
    words = ("--img2img", "0.3", "--set", 'img2img.alwayson_scripts={"Hypertile": {"args": []}}')
    assert app_cli("run", "--prompt", "a", *SMALL, *words).returncode == 0
    assert "alwayson_scripts" not in payloads(fake, TXT2IMG)[0]
    assert payloads(fake, IMG2IMG)[0]["alwayson_scripts"] == {"Hypertile": {"args": []}}


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ('txt2img.alwayson_scripts={"x": {"args": []}}', "it has no script 'x'"),
        ("txt2img.script_name=Prompt matrx", "it has no script 'Prompt matrx'; did you mean"),
        ('txt2img.alwayson_scripts={"Seed": {}}', 'each an object with a list "args"'),
        ('txt2img.alwayson_scripts={"Seed": 5}', 'each an object with a list "args"'),
        ("txt2img.alwayson_scripts=[]", 'each an object with a list "args"'),
        ("txt2img.script_args=5", "it must be a list"),
        ('txt2img.alwayson_scripts={"Seed": {"args": [{"image": "no.png"}]}}', "no such picture"),
        ('txt2img.alwayson_scripts={"Seed": {"args": ["file:../x.png"]}}', "leads out of the"),
        ('txt2img.alwayson_scripts={"Seed": {"args": ["file:p.txt"]}}', "not a picture that can"),
        ('txt2img.alwayson_scripts.Seed={"args": [{"mask": "/etc/x.png"}]}', "leads out of the"),
        ("pipeline.input_image=x.png", "a picture needs a stage"),
    ],
)
def test_wrong_scripts_are_one_sentence_and_status_2(
    app_cli: CommandLine, app_json: Json, packs: Path, setting: str, sentence: str
) -> None:
    """Nothing is queued."""
    (packs / "p.txt").write_text("no picture")
    done = app_cli("queue", "add", "--prompt", "a", "--set", setting)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert app_json("queue", "list") == []


def test_a_folder_of_pictures_is_upscaled(
    app_cli: CommandLine, app_json: Json, fake: FakeWebUI, tmp_path: Path
) -> None:
    """Each picture is a job, which makes none of its own."""
    for name in ("b.png", "a.jpg"):
        picture(tmp_path / "in" / name, (48, 80))
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    done = app_cli("run", "--input", tmp_path / "in", "--upscale", "2")
    assert done.returncode == 0, done.stderr
    assert fake.requests(TXT2IMG) == []
    sent = [payload["image"]["sha256"] for payload in payloads(fake, EXTRAS)]
    assert sent == [hash_of(tmp_path / "in" / name) for name in ("a.jpg", "b.png")]
    jobs = app_json("history", "list")
    assert [job["prompt_keys"]["input"] for job in jobs] == ["b.png", "a.jpg"]
    assert {(i["width"], i["height"]) for job in jobs for i in job["meta"]["images"]} == {(96, 160)}


def test_a_past_jobs_pictures_go_into_img2img(
    app_cli: CommandLine, app_json: Json, home: Path, fake: FakeWebUI
) -> None:
    """With the prompt that they were made with, or another one."""
    app_cli("run", "--prompt", "a cat", "--negative", "dogs", *SMALL)
    [job] = app_json("history", "list")
    source = home / job["meta"]["images"][0]["path"]
    for words in ((), ("--prompt", "a fox")):
        done = app_cli("run", "--input", job["job_id"], "--img2img", "0.4", "--steps", "2", *words)
        assert done.returncode == 0, done.stderr
    first, second = payloads(fake, IMG2IMG)
    assert first["init_images"][0]["sha256"] == hash_of(source)
    assert (first["prompt"], first["negative_prompt"]) == ("a cat", "dogs")
    assert (second["prompt"], second["width"], second["height"]) == ("a fox", 64, 64)
    assert len(fake.requests(TXT2IMG)) == 1


def test_a_picture_of_any_size_will_do(
    app_cli: CommandLine, fake: FakeWebUI, tmp_path: Path
) -> None:
    """The WebUI rounds down to blocks of 8, and that is what is expected."""
    odd = picture(tmp_path / "odd.png", (70, 101))
    done = app_cli("run", "--input", odd, "--prompt", "a", "--img2img", "0.4", "--steps", "2")
    assert done.returncode == 0, done.stderr
    assert len(fake.requests(IMG2IMG)) == 1


def test_a_dry_run_shows_the_picture_by_name(app_cli: CommandLine, tmp_path: Path) -> None:
    """And what would be asked for it."""
    path = picture(tmp_path / "a.png")
    done = app_cli("run", "--input", path, "--upscale", "2", "--dry-run", "--json")
    [job] = json.loads(done.stdout)
    assert [request["stage"] for request in job["requests"]] == ["upscale"]
    assert job["requests"][0]["payload"]["image"] == f"({path})"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--input", "gone.png", "--upscale", "2"], "gone.png: there is no such picture"),
        (["--input", "{empty}", "--upscale", "2"], "there is no picture in this folder"),
        (["--input", "{text}", "--upscale", "2"], "not a picture that can be read"),
        (["--input", "abcdef", "--upscale", "2"], "there is no job abcdef"),
        (["--input", "{picture}"], "a picture needs a stage: --img2img, --adetailer or --upscale"),
    ],
)
def test_a_wrong_input_is_one_sentence_and_status_2(
    app_cli: CommandLine, app_json: Json, tmp_path: Path, words: list[str], sentence: str
) -> None:
    """Nothing is queued."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.png").write_text("no picture")
    picture(tmp_path / "fine.png")
    places = {"empty": tmp_path / "empty", "text": tmp_path / "text.png"}
    given = [word.format(**places, picture=tmp_path / "fine.png") for word in words]
    done = app_cli("queue", "add", *given)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert app_json("queue", "list") == []
