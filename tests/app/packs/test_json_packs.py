"""`.json` packs: prompts, what varies, settings, lists, and the spellings of older files."""

from collections.abc import Iterable
from typing import Any

import pytest

from app.errors import PackError
from app.planning.packs import load_pack
from tests.app.packs.conftest import Expand, Write

CITY = {
    "text": "a [[Kind]] city\nat night",
    "negative": "blurry",
    "positive_embeddings": ["goodhands"],
    "negative_embeddings": [["bad", 0.8]],
    "loras": [["ink", 0.6], {"name": "sea", "strength": 1}],
}


def pack_file(
    prompts: Iterable[Any] = (), config: dict[str, Any] | None = None, **pack_data: Any
) -> dict[str, Any]:
    """A pack file of today's shape."""
    return {"pack_data": {"slots": list(prompts), **pack_data}, "preset_data": config or {}}


def test_a_json_pack_holds_everything(write: Write, expand_pack: Expand) -> None:
    """Prompts with their embeddings and LoRAs, a matrix and settings come from one file."""
    matrix = {"mode": "fanout", "slots": [{"name": "kind", "values": ["stone", 7]}]}
    write("p.json", pack_file([CITY], {"upscale": {"enabled": True}}, matrix=matrix))
    first, second = expand_pack()
    assert first.prompt == "goodhands a stone city at night <lora:ink:0.6> <lora:sea:1>"
    assert first.negative_prompt == "(bad:0.8) blurry"
    assert second.choices == {"kind": "7"}
    assert second.config.stages() == ("txt2img", "upscale")


def test_a_json_beside_a_text_configures_it(write: Write, expand_pack: Expand) -> None:
    """The prompts are the text's; matrix and settings are those of the `.json`."""
    write("p.txt", "a [[kind]] city")
    write("p.json", pack_file((), {"txt2img": {"steps": 12}}, matrix="kind: stone | glass"))
    variants = expand_pack()
    assert [v.prompt for v in variants] == ["a stone city", "a glass city"]
    assert {v.config.txt2img.steps for v in variants} == {12}


def test_the_configuration_stands_for_its_text(write: Write) -> None:
    """Naming the `.json` of a text pack is naming the pack."""
    write("p.txt", "a castle")
    assert load_pack(write("p.json", {"txt2img": {"steps": 12}})).prompts[0].text == "a castle"


def test_prompts_that_a_text_overrules_are_mentioned(write: Write) -> None:
    """Prompts on both sides are not mixed, and the user is told whose are used."""
    path = write("p.txt", "a castle")
    write("p.json", pack_file([CITY]))
    pack = load_pack(path)
    assert [prompt.text for prompt in pack.prompts] == ["a castle"]
    assert "not used here: its prompts" in pack.notices[0].text


def test_the_user_wins_over_the_pack_and_the_pack_over_the_preset(
    write: Write, expand_pack: Expand
) -> None:
    """Settings come from the last of preset, pack and user that names them."""
    write("p.txt", "a")
    write("p.json", {"preset_data": {"txt2img": {"steps": 12, "width": 512}}})
    (variant,) = expand_pack(
        preset={"txt2img": {"steps": 9, "width": 768, "height": 640}},
        user={"txt2img": {"width": 256}},
    )
    config = variant.config.txt2img
    assert (config.steps, config.width, config.height) == (12, 256, 640)


def test_older_files_have_their_sections_at_the_root(write: Write, expand_pack: Expand) -> None:
    """Sections, switches and prompts at the root are read; what has no use is mentioned."""
    old = {
        "name": "old",
        "txt2img": {"model": "sdxl", "hr_second_pass_steps": 7, "denoising_strength": 0.2},
        "adetailer": {"adetailer_model": "face_yolov8n.pt", "adetailer_denoise": 0.3},
        "upscale": {"upscaling_resize": 3.0, "upscale_mode": "single", "tile_size": 512},
        "pipeline": {"upscale_enabled": True, "adetailer_enabled": True, "output_dir": "output"},
        "video": {"fps": 24},
    }
    write("p.txt", "a")
    pack = load_pack(write("p.json", old).with_suffix(".txt"))
    config = expand_pack()[0].config
    assert config.stages() == ("txt2img", "adetailer", "upscale")
    assert (config.txt2img.checkpoint, config.txt2img.hires_steps) == ("sdxl", 7)
    assert (config.adetailer.face.denoising_strength, config.adetailer.hand.enabled) == (0.3, False)
    assert (config.upscale.resize, config.upscale.mode) == (3.0, "extras")
    (notice,) = pack.notices
    assert "not used here: video, upscale.tile_size" in notice.text


def test_older_randomization_is_read(write: Write, expand_pack: Expand) -> None:
    """Search and replace, wildcards and a matrix with a prompt around it, in the older place."""
    randomization = {
        "enabled": True,
        "prompt_sr": {"rules": [{"search": "sea", "replacements": ["lake"]}]},
        "wildcards": {"raw_text": "__sky__: red", "mode": "random"},
        "matrix": {"raw_text": "# Base\nsize: small", "base_prompt": "[[size]]",
                   "prompt_mode": "prepend"},
    }  # fmt: skip
    write("p.txt", "sea under a __sky__ sky")
    write("p.json", {"preset_data": {"randomization": randomization}})
    (variant,) = expand_pack()
    assert variant.prompt == "small, lake under a red sky"
    assert variant.choices == {"sea =>": "lake", "size": "small", "__sky__": "red"}


def test_randomization_that_is_off_does_nothing(write: Write, expand_pack: Expand) -> None:
    """Older files keep rules that are switched off."""
    rules = {"enabled": False, "prompt_sr": {"rules": [{"search": "a", "replacements": ["b"]}]}}
    write("p.txt", "a")
    write("p.json", {"randomization": rules})
    assert expand_pack()[0].prompt == "a"


def test_a_list_of_packs_is_all_of_them_in_order(write: Write, expand_pack: Expand) -> None:
    """Each member keeps its own settings and its own name."""
    write("sea.txt", "a lake\n\na sea")
    write("sky.tsv", "a cloud")
    write("sky.json", {"txt2img": {"steps": 9}})
    write("all.json", {"packs": ["sky", "sea.txt"]})
    variants = expand_pack("all")
    assert [(v.pack_id, v.row, v.prompt) for v in variants] == [
        ("sky", 1, "a cloud"),
        ("sea", 1, "a lake"),
        ("sea", 2, "a sea"),
    ]
    assert [v.config.txt2img.steps for v in variants][:2] == [9, 30]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n"b": }', "p.json:2: is not JSON"),
        ("[]", "p.json:1: the outermost value must be an object"),
        ('{\n"pack_data": {\n"matrixx": {}}}', "p.json:3: matrixx: no such key"),
        (
            '{"preset_data":\n{"txt2img":\n{"stepz": 3}}}',
            "p.json:3: txt2img.stepz: no such setting",
        ),
        ('{"txt2img":\n{"width": 1}}', "p.json:2: txt2img.width is 1; it must be a whole number"),
        ('{"txt2img":\n{"hr_second_pass_steps": 999}}', "p.json:2: txt2img.hr_second_pass_steps"),
        ('{"txt2img": 5}', "p.json:1: txt2img is 5; it must be a section"),
        ('{"nope": {}}', "p.json:1: nope: no such setting"),
        ('{"matrix":\n{"mode": "spin"}}', "p.json:2: matrix.mode is 'spin'"),
        ('{"matrix":\n{"slots": {"a": []}}}', "p.json:2: matrix.slots.0.values"),
        ('{"matrix": "no slot here"}', "p.json:1: matrix: 'no slot here' is not a slot"),
        ('{"matrix":{"a b": ["1"],\n"A-B": ["2"]}}', "p.json:2: matrix: 'a b' and 'A-B'"),
        ('{"packs": ["nope"]}', "p.json:1: there is no pack 'nope'"),
        ('{"packs": ["p.json"]}', "p.json: this list of packs leads back to itself"),
        ('{"packs": [], "x": 1}', "p.json:1: x: no such key in a list of packs"),
        ('{"slots": [\n{"text": " "}]}', "p.json:2: this prompt has no text"),
        ('{"slots": [\n{"text": "[[a]]"}]}', "p.json:2: [[a]] has no slot"),
        ("{}", "p.json: has no prompts"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(
    write: Write, expand_pack: Expand, text: str, message: str
) -> None:
    """Nothing unknown is dropped silently, and every error says where it is."""
    write("p.json", text)
    with pytest.raises(PackError) as error:
        expand_pack()
    assert message in str(error.value)
