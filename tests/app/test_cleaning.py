"""What comes from outside reaches no terminal, no file name and no store as it came."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from app.cleaning import clean
from tests.app.conftest import CommandLine
from tests.support import ROOT

ESCAPE = "\x1b]0;owned\x07\x1b[31m"
ODD = f"a{ESCAPE}\x9b2J boat\x7f"
UNWANTED = {*map(chr, range(32)), *map(chr, range(127, 160))} - {"\n", "\t"}


def assert_plain(*texts: str) -> None:
    """See that nothing in these would be obeyed by a terminal."""
    for text in texts:
        assert not UNWANTED & set(text), text


def test_cleaning_keeps_newlines_tabs_and_letters() -> None:
    """All else that is not shown goes; a line ends with a newline."""
    assert clean("ä\tb\r\nc\rd\ud800\x00\x1b[0m×") == "ä\tb\nc\nd[0m×"


def test_a_prompt_is_queued_without_control_characters_and_that_is_said(
    app_cli: CommandLine,
) -> None:
    """What is stored is what is shown."""
    added = app_cli("queue", "add", "--prompt", ODD, "--negative", "b\x1bc")
    assert added.returncode == 0
    assert "control characters were taken out of the prompt of one job" in added.stderr
    [job] = json.loads(app_cli("queue", "list", "--json").stdout)
    assert job["prompt"] == "a]0;owned[31m2J boat"
    assert job["negative_prompt"] == "bc"


def test_an_edited_prompt_is_cleaned_and_that_is_said(app_cli: CommandLine) -> None:
    """As when it is added."""
    app_cli("queue", "add", "--prompt", "a boat")
    edited = app_cli("queue", "edit", "--queued", "--prompt", "b\x1bc", "--yes", "--json")
    assert "control characters were taken out of the prompt of one job" in edited.stderr
    assert json.loads(edited.stdout)[0]["prompt"] == "bc"


def test_a_setting_is_cleaned_and_that_is_said(app_cli: CommandLine, home: Path) -> None:
    """On the command line, in a preset and in a pack."""
    odd = "pipeline.global_prompt=b\x1bc"
    added = app_cli("queue", "add", "--prompt", "x", "--set", odd, "--json")
    assert "control characters were taken out of a setting" in added.stderr
    assert json.loads(added.stdout)[0]["config_snapshot"]["pipeline"]["global_prompt"] == "bc"
    settings = {"pipeline": {"global_prompt": "b\x1bc"}}
    (home / "presets" / "odd.json").write_text(json.dumps(settings))
    (home / "packs" / "odd.json").write_text(
        json.dumps(settings | {"prompts": [{"prompt": "a boat"}]})
    )
    for words in (["--prompt", "x", "--preset", "odd"], ["--pack", "odd"]):
        done = app_cli("queue", "add", *words)
        assert "control characters were taken out: pipeline.global_prompt" in done.stderr


def test_a_prompt_of_the_usual_kind_is_not_touched(app_cli: CommandLine) -> None:
    """Nothing is said where nothing is taken out."""
    added = app_cli("queue", "add", "--prompt", "a\tboat,\n(détail:1.2) 船")
    assert "taken out" not in added.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["packs"], ["packs", "list", "--json"], ["packs", "show", "{odd}"],
        ["packs", "show", "{odd}", "--json"], ["packs", "show", ODD], ["presets", "show", ODD],
        ["presets"], ["queue", "add", "--pack", "{odd}"], ["queue", "list"], ["history", ODD],
        ["queue", "list", "--json"], ["queue", "cancel", ODD], [ODD], ["run", f"--{ODD}"],
        ["run", "--prompt", "x", "--set", f"txt2img.{ODD}=1"], ["history", "import", ODD],
        ["run", "--prompt", "x", "--webui", ODD], ["run", "--prompt", "x", "--scheduler", ODD],
    ],
    ids=lambda words: clean(" ".join(words)),
)  # fmt: skip
def test_no_command_lets_an_escape_sequence_through(
    words: list[str], app_cli: CommandLine, home: Path
) -> None:
    """Whether it comes from a pack, its name, a preset or the command line itself."""
    name = f"odd{ESCAPE}"
    for folder in ("packs", "presets"):
        (home / folder).mkdir(parents=True)
    (home / "packs" / f"{name}.txt").write_text(f"name: hero{ESCAPE}\n{ODD}\n")
    (home / "packs" / f"broken{ESCAPE}.txt").write_text(f"[[job{ESCAPE}]]\n")
    (home / "presets" / f"{name}.json").write_text("{}")
    app_cli("queue", "add", "--pack", str(home / "packs" / f"{name}.txt"))
    done = app_cli(*(word.replace("{odd}", name) for word in words))
    assert_plain(done.stdout, done.stderr)
    assert done.stdout + done.stderr


def test_an_imported_picture_brings_no_escape_sequences(
    app_cli: CommandLine, tmp_path: Path
) -> None:
    """They are taken out of its parameters, and that is said."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", f"{ODD}\nSteps: 5, Sampler: Euler, Seed: 1, Size: 64x64")
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "odd.png", pnginfo=info)
    done = app_cli("history", "import", str(tmp_path / "odd.png"))
    assert done.returncode == 0, done.stderr
    assert "control characters were taken out" in done.stderr
    [job] = json.loads(app_cli("queue", "list", "--json").stdout)
    assert_plain(job["prompt"], done.stdout, done.stderr)


def test_the_webuis_words_are_stored_and_shown_without_escape_sequences(
    app_cli: CommandLine, fake: object
) -> None:
    """In the line of the run, the list, the page of the job and the exports."""
    words = json.dumps({"error": "Odd", "detail": "", "body": "", "errors": f"no {ODD}"})
    fake.fault(  # type: ignore[attr-defined]
        "status", match={"path": "/sdapi/v1/txt2img"}, status=500, body=words
    )
    ran = app_cli("run", "--prompt", "x", "--width", "64", "--height", "64")
    assert ran.returncode == 1
    assert_plain(ran.stdout, ran.stderr)
    for more in (["list"], ["list", "--json"], ["export"]):
        done = app_cli("history", *more)
        assert "owned" in done.stdout
        assert_plain(done.stdout, done.stderr)


@pytest.mark.skipif(os.name == "nt", reason="the command line is not bytes there")
@pytest.mark.parametrize("words", [[b"run", b"--prompt", b"\xff\xfe"], [b"\xff"], [b"--\xff"]])
def test_words_that_are_not_utf8_are_one_sentence(words: list[bytes], tmp_path: Path) -> None:
    """Exit status 2, no traceback."""
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"app", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "APP_HOME": str(tmp_path), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Error: a word of the command line is not UTF-8: ")
    assert done.stderr.count("\n") == 1
