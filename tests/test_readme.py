"""The README and the pages fail here when they lie: tables, commands, configuration."""

import base64
import gzip
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import requests

from app.stages import STAGES
from fake_webui import FakeWebUI, create_app
from tests.conftest import PROFILES, StartFake
from tests.pages import README, code, part
from tests.support import ROOT, control, payloads, run_module, webui_jobs

CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
CONTROL = "/__fake/v1"
ENDPOINT = re.compile(r"`(GET|POST|PATCH|DELETE) (/[^`]*)`")
KIND = re.compile(r"^\| ([A-Z][\w.]+) \| (\S+) \| `--profile (\w+)` ", re.MULTILINE)
STAGE = re.compile(r"^\| `(\w+)` \| `([^`]+)`", re.MULTILINE)


def listed_endpoints() -> set[tuple[str, str]]:
    """Return the method and path of every endpoint in the table."""
    rows = part("endpoints").splitlines()
    return {
        (method, (CONTROL if row.startswith("| control") else "") + path)
        for row in rows
        for method, path in ENDPOINT.findall(row)
    }


def imitated_endpoints(fake: FakeWebUI) -> set[tuple[str, str]]:
    """Return what the server says it imitates, without HEAD and slashes at the end."""
    rows = control(fake, "GET", "coverage")["endpoints"]
    return {
        (row["method"], row["path"].rstrip("/") or "/")
        for row in rows
        if row["imitated"] and row["method"] != "HEAD"
    }


def control_endpoints() -> set[tuple[str, str]]:
    """Return the control endpoints that the server routes."""
    return {
        (method, re.sub(r"<int:(\w+?)_?>", r"{\1}", rule.rule).replace("{index}", "{i}"))
        for rule in create_app().url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(f"{CONTROL}/")
    }


@pytest.mark.parametrize("path", re.findall(r"`((?:app|fake_webui|tests)/[^`]*)`", CONTRIBUTING))
def test_the_rooms_are_where_contributing_says(path: str) -> None:
    """Every folder and file that it names is there."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("session", re.findall(r"nox -s (\w+)", CONTRIBUTING))
def test_the_sessions_of_contributing_exist(session: str) -> None:
    """Every session that it names is one of nox's."""
    assert f"\ndef {session}(" in (ROOT / "noxfile.py").read_text(encoding="utf-8")


def test_the_claim_of_fidelity_is_counted() -> None:
    """The recordings have as many exchanges, all but the listed ones agree, and so many clients."""
    recordings = (ROOT / "tests/conformance/a1111").glob("*.jsonl.gz")
    exchanges = sum(len(lines_of(recording)) - 1 for recording in recordings)
    sequence = len(lines_of(ROOT / "tests/conformance/sequence/seed-11.jsonl.gz"))
    known = (ROOT / "tests/conformance/sequence/known-differences.txt").read_text("utf-8").split()
    clients = len(list((ROOT / "tests/clients/drivers").glob("drive_*")))
    assert re.findall(r"(\d+) of (\d+)", part("fidelity")) == [
        (str(exchanges), str(exchanges)),
        (str(sequence - len(known)), str(sequence)),
        (str(clients), str(clients)),
    ]


def lines_of(recording: Path) -> list[str]:
    """Return the lines of a compressed recording."""
    with gzip.open(recording, "rt", encoding="utf-8") as lines:
        return lines.readlines()


def test_the_endpoint_table_is_what_the_server_answers(fake: FakeWebUI) -> None:
    """No endpoint is missing from the table, none is promised in vain."""
    assert listed_endpoints() == imitated_endpoints(fake) | control_endpoints()


def test_the_table_of_kinds_is_what_doctor_says(start_fake: StartFake, tmp_path: Path) -> None:
    """Every profile has its row, with the name and version that it tells."""
    rows = KIND.findall(part("kinds"))
    assert [profile for _, _, profile in rows] == list(PROFILES)
    for name, version, profile in rows:
        url = start_fake(f"readme-{profile}", "--profile", profile).url
        said = webui_jobs("doctor", "--webui", url, "--home", tmp_path / profile).stdout
        assert f"{name} {version}" in said


FLUX = "".join(
    f'[[{kind}]]\nname = "{name}.safetensors"\nsha256 = "{number:064x}"\n'
    for number, (kind, name) in enumerate(
        [
            ("checkpoints", "flux1-dev"),
            ("vaes", "ae"),
            ("vaes", "clip_l"),
            ("vaes", "t5xxl_fp16"),
        ]
    )
)


def test_the_preset_for_flux_sends_what_flux_needs(start_fake: StartFake, tmp_path: Path) -> None:
    """On a Forge that has the model; nothing of it is ignored or would spoil the picture."""
    (line,) = re.findall(r"`webui-jobs (presets save flux .*)`", page("app/docs/packs.md"))
    config = tmp_path / "flux.toml"
    config.write_text(FLUX)
    forge = start_fake("flux-preset", "--profile", "forge", "--config", str(config))
    where = {"APP_HOME": str(tmp_path / "home"), "WEBUI_URL": forge.url}
    small = ("--width", "64", "--height", "64", "--steps", "2")
    for words in (shlex.split(line), ("run", "--prompt", "a boat", "--preset", "flux", *small)):
        done = webui_jobs(*words, **where)
        assert done.returncode == 0, done.stderr
    [sent] = payloads(forge, "/sdapi/v1/txt2img")
    modules = ["ae.safetensors", "clip_l.safetensors", "t5xxl_fp16.safetensors"]
    assert sent["override_settings"]["forge_additional_modules"] == modules
    assert (sent["distilled_cfg_scale"], sent["cfg_scale"]) == (3.5, 1)
    assert (sent["sampler_name"], sent["scheduler"]) == ("Euler", "Simple")
    [entry] = forge.requests("/sdapi/v1/txt2img")
    assert entry["findings"] == entry["unknown_fields"] == []


def test_the_stage_table_is_what_the_app_runs() -> None:
    """The stages are those of STAGES, in their order."""
    assert [name for name, _ in STAGE.findall(part("stages"))] == [stage.name for stage in STAGES]


@pytest.mark.parametrize(("name", "path"), STAGE.findall(part("stages")))
def test_a_stage_sends_to_the_path_in_the_table(
    name: str, path: str, fake: FakeWebUI, tmp_path: Path
) -> None:
    """Each stage, switched on alone, makes a request to its path."""
    switch = [] if name == "txt2img" else ["--set", f"{name}.enabled=true"]
    small = ["--width", "64", "--height", "64", "--steps", "1"]
    where = ["--webui", fake.url, "--home", str(tmp_path)]
    ran = webui_jobs("run", "--prompt", "a cat", *small, *switch, *where)
    assert ran.returncode == 0, ran.stderr
    assert payloads(fake, path)


@pytest.mark.parametrize("line", code("commands: server").splitlines())
def test_the_server_commands_start_as_written(line: str) -> None:
    """Each gets a server to its ready line; the port alone is another, so that it is free."""
    _, *words = shlex.split(line)
    command = [sys.executable, "-m", "fake_webui", *words, "--port", "0", "--exit-on-stdin-eof"]
    ran = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(b"fake-webui listening on http://127.0.0.1:")


def test_the_pack_makes_what_is_said_of_it(tmp_path: Path) -> None:
    """Two values of a slot and two of a search are four jobs."""
    (tmp_path / "wildcards").mkdir()
    (tmp_path / "wildcards" / "weather.txt").write_text("fog\nsun\n", encoding="utf-8")
    pack = tmp_path / "readme.txt"
    pack.write_text(code("pack"), encoding="utf-8")
    shown = webui_jobs("packs", "show", pack, "--home", tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "2 prompts, 4 jobs" in shown.stderr
    assert "goodhands portrait of a mage at dawn <lora:ink:0.6>" in shown.stdout


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    """A server starts with the file as it is printed."""
    file = tmp_path / "webui.toml"
    file.write_text(code("configuration"), encoding="utf-8")
    ran = run_module(
        "fake_webui", "--port", "0", "--exit-on-stdin-eof", "--config", str(file), input=""
    )
    assert ran.returncode == 0, ran.stderr


def test_the_extension_answers(tmp_path: Path) -> None:
    """The declaration as it is printed makes the route that its client calls."""
    (tmp_path / "rembg.toml").write_text(code("extension: rembg.toml"), encoding="utf-8")
    (tmp_path / "cut-out.png").write_bytes(b"cut out")
    config = tmp_path / "webui.toml"
    config.write_text('extensions = ["./rembg.toml"]\n', encoding="utf-8")
    with FakeWebUI(config=config) as webui:
        answer = requests.post(f"{webui.url}/rembg", json={"input_image": "x"}, timeout=60)
    assert base64.b64decode(answer.json()["image"]) == b"cut out"


@pytest.mark.parametrize("name", ["demo command", "test command"])
def test_the_two_commands_need_nothing_but_python(name: str) -> None:
    """Each makes its own environment, installs nox in it and starts a session that there is."""
    make, install, run = code(name).split(" && ")
    assert make == "python3 -m venv .venv"
    assert install == ".venv/bin/pip install --quiet nox"
    sessions = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert run == ".venv/bin/nox" or f"def {run.rpartition(' ')[2]}(" in sessions


def test_the_readme_is_short() -> None:
    """Who wants to know more follows a link."""
    assert len(README.read_text("utf-8").splitlines()) <= 150


def page(path: str) -> str:
    """Return the text of a file of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")


DISTRIBUTIONS = {
    "fake-webui": ("pyproject.toml", "fake_webui"),
    "webui-jobs": ("app/pyproject.toml", "app"),
}


def imported(package: str) -> set[str]:
    """Return the top names that a package imports, wherever it does."""
    lines = "\n".join(file.read_text("utf-8") for file in (ROOT / package).rglob("*.py"))
    return set(re.findall(r"^ *(?:from|import) (\w+)", lines, re.MULTILINE))


@pytest.mark.parametrize(("name", "place"), DISTRIBUTIONS.items())
def test_what_a_distribution_needs_is_used_and_explained(name: str, place: tuple[str, str]) -> None:
    """Each of its dependencies has a line that says what for, and is imported."""
    project = tomllib.loads(page(place[0]))["project"]
    needed = [re.split(r"\W", one.replace("-", "_"))[0] for one in project["dependencies"]]
    explained = re.findall(r"^\| `([\w-]+)` \| \S", part(f"dependencies: {name}"), re.MULTILINE)
    assert sorted(explained) == sorted(needed)
    modules = {"pillow": "PIL"}
    assert {modules.get(one, one) for one in needed} <= imported(place[1])


def test_every_python_that_is_promised_is_tried() -> None:
    """The versions of the classifiers are those of CI's matrix, from the oldest on."""
    matrices = re.findall(r"python: \[(.+)\]", page(".github/workflows/ci.yml"))
    tried = [re.findall(r"3\.\d+", matrix) for matrix in matrices]
    for file, _ in DISTRIBUTIONS.values():
        project = tomllib.loads(page(file))["project"]
        promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
        assert project["requires-python"] == f">={promised[0]}"
        assert tried == [promised] * len(tried)
