"""The job of a picture: of this app's own, of whatever stage, and of others'."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.app.conftest import CommandLine

ALL_STAGES = (
    "--width", "64", "--height", "96", "--steps", "5", "--sampler", "DPM++ 2M", "--img2img", "0.4",
    "--adetailer", "--upscale", "2",
)  # fmt: skip
Json = Callable[..., Any]


@pytest.fixture
def made(app_json: Json) -> Any:
    """A job with a picture of each stage."""
    [job] = app_json("run", "--prompt", "a knight", "--negative", "fog", *ALL_STAGES)
    return job


def picture(path: Path, parameters: str) -> Path:
    """Write a picture of another program, with generation parameters."""
    info = PngInfo()
    info.add_text("parameters", parameters)
    Image.new("RGB", (8, 8), "teal").save(path, pnginfo=info)
    return path


@pytest.mark.parametrize("stage", ["txt2img", "img2img", "adetailer", "upscale"])
def test_an_own_picture_gives_the_job_that_made_it(
    app_json: Json, made: Any, home: Path, tmp_path: Path, stage: str
) -> None:
    """From the history, wherever the file is now; all stages and the prompt are the job's."""
    [image] = [image for image in made["meta"]["images"] if image["stage"] == stage]
    copy = shutil.copy(home / image["path"], tmp_path / "copy.png")
    [again] = app_json("history", "import", str(copy))
    assert again["config_snapshot"] == made["config_snapshot"]
    assert (again["prompt"], again["negative_prompt"]) == ("a knight", "fog")
    assert (again["parent_id"], again["source"]) == (made["job_id"], "import")


def test_the_manifest_stands_in_for_a_history_that_is_gone(
    app_json: Json, made: Any, home: Path, tmp_path: Path
) -> None:
    """The folder of a home that is lost still has what its jobs asked for."""
    image = next(image for image in made["meta"]["images"] if image["stage"] == "adetailer")
    kept = shutil.copytree((home / image["path"]).parent, tmp_path / "kept")
    shutil.rmtree(home)
    [again] = app_json("history", "import", str(kept / Path(image["path"]).name))
    assert again["config_snapshot"] == made["config_snapshot"]
    assert again["parent_id"] == made["job_id"]


def test_what_is_given_wins_over_the_picture(app_json: Json, made: Any, home: Path) -> None:
    """And a seed of -1 is drawn."""
    path = home / made["meta"]["images"][0]["path"]
    [again] = app_json("history", "import", str(path), "--steps", "7", "--seed", "-1")
    txt2img = again["config_snapshot"]["txt2img"]
    assert (txt2img["steps"], txt2img["width"]) == (7, 64)
    assert txt2img["seed"] not in (-1, made["config_snapshot"]["txt2img"]["seed"])


def test_a_sampler_without_a_schedule_keeps_none(app_json: Json, tmp_path: Path) -> None:
    """Euler a stays Euler a; the app's own default schedule is not the picture's."""
    path = picture(tmp_path / "fox.png", "a fox\nSteps: 20, Sampler: Euler a, Seed: 5, Size: 64x64")
    [job] = app_json("history", "import", str(path))
    txt2img = job["config_snapshot"]["txt2img"]
    assert (txt2img["sampler_name"], txt2img["scheduler"]) == ("Euler a", "Automatic")


OF_TWO_UNITS = ", ".join(  # noqa: FLY002 - a line each
    (
        'ADetailer model: face_yolov8n.pt, ADetailer prompt: "a face, smiling"',
        "ADetailer confidence: 0.5, ADetailer mask only top k: 2",
        "ADetailer inpaint only masked: False",
        "ADetailer use separate steps: True, ADetailer steps: 12",
        "ADetailer use separate sampler: True, ADetailer sampler: DPM++ 2M",
        "ADetailer scheduler: Karras, ADetailer model 2nd: hand_yolov8n.pt",
        "ADetailer denoising strength 2nd: 0.25, ADetailer x offset 2nd: 3",
        "ADetailer version: 25.3.0",
    )
)


def test_the_detailers_units_are_taken_over(app_cli: CommandLine, tmp_path: Path) -> None:
    """Each with its own settings; what has no place is named."""
    line = f"Steps: 9, Sampler: Euler a, Seed: 5, Size: 64x96, {OF_TWO_UNITS}, Version: v1.10.1"
    path = picture(tmp_path / "fox.png", f"a fox\n{line}")
    told = app_cli("history", "import", path, "--json")
    [job] = json.loads(told.stdout)
    config = job["config_snapshot"]
    assert config["txt2img"]["steps"] == 9
    assert config["adetailer"]["enabled"]
    face, hand = config["adetailer"]["face"], config["adetailer"]["hand"]
    assert (face["prompt"], face["confidence"], face["mask_k_largest"]) == (
        "a face, smiling",
        0.5,
        2,
    )
    assert (face["inpaint_only_masked"], face["steps"]) == (False, 12)
    assert (face["sampler_name"], face["scheduler"]) == ("DPM++ 2M", "Karras")
    assert (hand["enabled"], hand["denoising_strength"], hand["prompt"]) == (True, 0.25, "")
    assert told.stderr.count("not carried over: ADetailer x offset 2nd\n") == 1


def test_a_unit_that_a_picture_does_not_name_is_off(app_json: Json, tmp_path: Path) -> None:
    """The app's own second unit is not the picture's."""
    line = "Steps: 9, Sampler: Euler a, Seed: 5, ADetailer model: face_yolov8s.pt"
    [job] = app_json("history", "import", str(picture(tmp_path / "fox.png", f"a fox\n{line}")))
    detailers = job["config_snapshot"]["adetailer"]
    assert (detailers["face"]["model"], detailers["hand"]["enabled"]) == ("face_yolov8s.pt", False)


def test_a_pass_that_sampled_nothing_is_not_taken_for_the_generation(
    app_cli: CommandLine, made: Any, home: Path, tmp_path: Path
) -> None:
    """A picture whose faces alone were painted again has its own size, and no single step."""
    image = next(image for image in made["meta"]["images"] if image["stage"] == "adetailer")
    alone = shutil.copy(home / image["path"], tmp_path / "theirs.png")
    shutil.rmtree(home)
    told = app_cli("history", "import", alone, "--json")
    [job] = json.loads(told.stdout)
    txt2img = job["config_snapshot"]["txt2img"]
    assert (txt2img["width"], txt2img["height"]) == (64, 96)
    assert txt2img["steps"] > 1
    assert txt2img["sampler_name"] != "Euler"
    assert txt2img["seed"] == image["seed"]
    assert job["config_snapshot"]["adetailer"]["enabled"]
    assert "not carried over: Steps, Sampler, Size" in told.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Steps: many, Sampler: Euler a, Seed: 5", "Steps is 'many'"),
        ("Steps: 5000, Sampler: Euler a, Seed: 5", "txt2img.steps is 5000"),
        ("Steps: 5, Seed: 5, ADetailer model: x, ADetailer steps: few", "ADetailer steps is 'few'"),
        ("Steps: 5, Sampler: Eular, Seed: 5", "did you mean 'Euler'?"),
        ("Steps: 5, Sampler: Euler a, Seed: 5, Model: gone", "no checkpoint 'gone'"),
    ],
)
def test_every_error_names_its_file(
    app_cli: CommandLine, app_json: Json, tmp_path: Path, line: str, words: str
) -> None:
    """Among many pictures one must be found; none is queued then."""
    good = picture(tmp_path / "good.png", "a fox\nSteps: 5, Sampler: Euler a, Seed: 5")
    bad = picture(tmp_path / "bad.png", f"a fox\n{line}")
    done = app_cli("history", "import", good, bad)
    assert done.returncode == 2
    assert f"{bad}: " in done.stderr
    assert words in done.stderr
    assert app_json("queue") == []


@pytest.mark.parametrize(
    "road", ["run", "queue edit", "queue retry", "history replay", "history import"]
)
def test_each_road_tells_how_all_of_them_differ(app_cli: CommandLine, road: str) -> None:
    """One text, wherever somebody asks."""
    told = app_cli(*road.split(), "--help").stdout
    assert "Five roads lead back" in told
    for name in ("queue retry", "queue edit", "history replay", "history import", "run --last"):
        assert name in told
