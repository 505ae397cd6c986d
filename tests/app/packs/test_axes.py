"""Settings as axes of the matrix: each prompt with every combination of their values."""

import json
from pathlib import Path

import pytest

from app.errors import PackError
from tests.app.conftest import CommandLine
from tests.app.packs.conftest import Expand, Write


def test_a_prompt_is_made_with_every_combination(write: Write, expand_pack: Expand) -> None:
    """The last axis turns fastest, within each combination of slots."""
    write("p.txt", "axis cfg: 5 | 7.5\nAxis size: 512x768 | 1024 x 640\njob: a | b\n\n[[job]]")
    variants = expand_pack()
    made = [
        (v.prompt, v.config.txt2img.cfg_scale, v.config.txt2img.width, v.config.txt2img.height)
        for v in variants
    ]
    assert made == [
        (prompt, cfg, *size)
        for prompt in ("a", "b")
        for cfg in (5.0, 7.5)
        for size in ((512, 768), (1024, 640))
    ]
    assert dict(variants[1].axes) == {"cfg": "5", "size": "1024 x 640"}
    assert [v.variant for v in variants] == list(range(1, 9))


@pytest.mark.parametrize(
    "axes",
    [
        {"sampler": ["Euler", "DDIM"], "img2img.denoising_strength": [0.2, 0.4]},
        [
            {"name": "sampler_name", "values": "Euler | DDIM"},
            {"name": "img2img.denoising_strength", "values": [0.2, 0.4]},
        ],
        "txt2img.sampler_name: Euler | DDIM",
    ],
)
def test_a_json_has_axes_as_it_has_slots(write: Write, expand_pack: Expand, axes: object) -> None:
    """As a mapping, a list or lines of text, by a setting's own name, a short or a dotted one."""
    axes = f"axis {axes}" if isinstance(axes, str) else axes
    write("p.json", {"pack_data": {"slots": [{"text": "a"}], "axes": axes}})
    variants = expand_pack()
    assert {v.config.txt2img.sampler_name for v in variants} == {"Euler", "DDIM"}
    assert len(variants) in {2, 4}


def test_settings_that_were_given_win_over_a_packs_axis(write: Write, expand_pack: Expand) -> None:
    """Defaults, preset, pack, user: an axis of the pack is of the pack."""
    write("p.txt", "axis cfg: 5 | 7\naxis steps: 10 | 20\n\na")
    variants = expand_pack(user={"txt2img": {"cfg_scale": 3}}, preset={"txt2img": {"steps": 5}})
    made = [(v.config.txt2img.cfg_scale, v.config.txt2img.steps) for v in variants]
    assert made == [(3, 10), (3, 20)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("axis cgf_scale: 5 | 7\n\na", r"p\.txt:1: axis cgf_scale: .*did you mean cfg_scale"),
        ("a\naxis cfg: 5 | high", r"p\.txt:2: axis cfg: txt2img.cfg_scale is 'high'; it must be"),
        ("axis steps: 5 | 5000\n\na", "axis steps: txt2img.steps is '5000'; it must be"),
        ("axis size: 512\n\na", "'512' is not a size; write width and height, as in 832x1216"),
        ("axis size: 513x512\n\na", "txt2img.width is '513'"),
        ("axis nope.x: 5\n\na", "axis nope.x: nope: no such setting"),
        ("axis cfg: 1 | 2\naxis cfg_scale: 3 | 4\n\na", "cfg_scale varies by axis cfg already"),
        ("axis size: 64x64\naxis width: 64 | 128\n\na", "width varies by axis size already"),
    ],
)
def test_an_axis_that_is_none_is_refused(
    write: Write, expand_pack: Expand, text: str, sentence: str
) -> None:
    """One sentence, with the file and the line."""
    write("p.txt", text)
    with pytest.raises(PackError, match=sentence):
        expand_pack()


def test_axes_keep_to_the_ceiling(write: Write, expand_pack: Expand) -> None:
    """Too many combinations are refused before any is made."""
    seeds = " | ".join(str(n) for n in range(100))
    write("p.txt", f"axis seed: {seeds}\naxis subseed: {seeds}\n\na")
    with pytest.raises(PackError, match="make 10,000 combinations; one pack makes at most 8,192"):
        expand_pack()
    write("p.txt", f"axis seed: {seeds}\n\n" + "a\n\n" * 82)
    with pytest.raises(PackError, match="more than 8,192 jobs"):
        expand_pack()


def test_a_prompt_is_drawn_with_one_seed_in_all_settings(app_cli: CommandLine) -> None:
    """So that the pictures can be compared; another prompt has another seed."""
    words = ("--axis", "cfg=5,7", "--axis", "sampler=Euler|DDIM", "--json")
    done = app_cli("queue", "add", "--prompt", "a", *words)
    jobs = json.loads(done.stdout)
    assert "1 prompt, 4 jobs, 4 images." in done.stderr
    assert len({job["config_snapshot"]["txt2img"]["seed"] for job in jobs}) == 1
    assert jobs[-1]["prompt_keys"]["axes"] == {"cfg": "5", "sampler": "Euler"}
    assert len({job["batch_id"] for job in jobs}) == 1


def test_the_command_line_has_axes_for_a_pack(app_cli: CommandLine, home: Path) -> None:
    """`packs show` says how many jobs that makes; one of the pack gives way to the same one."""
    (home / "packs").mkdir(parents=True)
    (home / "packs" / "p.txt").write_text("axis cfg: 4 | 5 | 6\n\none\n\ntwo")
    assert "2 prompts, 6 jobs" in app_cli("packs", "show", "p").stderr
    shown = app_cli("packs", "show", "p", "--axis", "cfg=7|8", "--axis", "seed=1,2")
    assert "2 prompts, 8 jobs" in shown.stderr
    assert "the axis" not in shown.stderr
    assert "(cfg: 7, seed: 1)" in shown.stdout
    given = app_cli("packs", "show", "p", "--cfg", "3")
    assert "p.txt:1: the axis cfg is not used" in given.stderr
    assert "2 prompts, 2 jobs" in given.stderr


@pytest.mark.parametrize(
    ("axis", "sentence"),
    [
        ("cfg", "'cfg' is not KEY=A|B"),
        ("cfg=", "'cfg=' is not KEY=A|B"),
        ("=5", "'=5' is not KEY=A|B"),
        ("cfg=5|x", "axis cfg: txt2img.cfg_scale is 'x'"),
        ("nope=1", "axis nope: txt2img.nope: no such setting"),
        ("size=big", "'big' is not a size"),
    ],
)
def test_a_wrong_axis_is_one_sentence_and_status_2(
    app_cli: CommandLine, axis: str, sentence: str
) -> None:
    """Nothing is queued."""
    done = app_cli("queue", "add", "--prompt", "a", "--axis", axis)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert app_cli("queue", "list", "--json").stdout.strip() == "[]"
