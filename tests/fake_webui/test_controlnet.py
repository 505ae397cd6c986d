"""ControlNet: its lists, its units in old and new spelling, its maps, and its silence on errors."""

from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image, ImageDraw

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.generating import (
    SMALL,
    Answer,
    encoded,
    failure,
    img2img,
    post,
    txt2img,
)

CONFIG = """
extensions = ["adetailer", "controlnet"]
controlnet_annotators = ["depth_midas"]

[[controlnet_models]]
name = "sketchy_canny"
short_hash = "0a1b2c3d"

[[controlnet_models]]
name = "deep_depth"
short_hash = "4e5f6071"
"""
CANNY = "sketchy_canny [0a1b2c3d]"
SIDE = 64


def square() -> Image.Image:
    """Return a white square on black, whose outline is all that there is to find."""
    image = Image.new("RGB", (SIDE, SIDE))
    ImageDraw.Draw(image).rectangle((16, 16, 47, 47), fill="white")
    return image


def mask() -> Image.Image:
    """Return a mask that is white on the left."""
    image = Image.new("RGB", (SIDE, SIDE))
    image.paste("white", (0, 0, SIDE // 2, SIDE))
    return image


UNIT = {"enabled": True, "module": "canny", "model": CANNY, "image": encoded(square())}
NOTE = (
    "Module: canny, Model: sketchy_canny [0a1b2c3d], Weight: 1.0, Resize Mode: Crop and Resize, "
    "Processor Res: 512, Threshold A: 100, Threshold B: 200, Guidance Start: 0.0, "
    "Guidance End: 1.0, Pixel Perfect: False, Control Mode: Balanced"
)

NO_MODULE = "not found in supported modules. (type=value_error)"
TOO_SMALL = (
    "ensure this value is greater than or equal to 0.0 "
    "(type=value_error.number.not_ge; limit_value=0.0)"
)


@pytest.fixture(scope="module")
def controlled_server(start_fake: StartFake, tmp_path_factory: pytest.TempPathFactory) -> FakeWebUI:
    """A server with ControlNet and two models."""
    file = tmp_path_factory.mktemp("controlnet") / "webui.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return start_fake("controlnet", "--config", str(file))


@pytest.fixture
def webui(controlled_server: FakeWebUI) -> FakeWebUI:
    """That server, as fresh as at its start."""
    controlled_server.reset()
    return controlled_server


def units(*args: Any, name: str = "controlnet") -> dict[str, Any]:
    """Return the field that gives ControlNet these arguments."""
    return {"alwayson_scripts": {name: {"args": list(args)}}}


def notes(answer: Answer) -> dict[str, Any]:
    """Return what the units left in the infotext."""
    params = answer.info["extra_generation_params"]
    return {key: value for key, value in params.items() if key.startswith("ControlNet")}


def get(webui: FakeWebUI, name: str, **query: Any) -> Any:
    """Ask one of ControlNet's own endpoints."""
    return requests.get(f"{webui.url}/controlnet/{name}", params=query, timeout=60).json()


def detect(webui: FakeWebUI, **fields: Any) -> requests.Response:
    """Let a module draw; fields are given without their prefix."""
    payload = {f"controlnet_{name}": value for name, value in fields.items()}
    return requests.post(f"{webui.url}/controlnet/detect", json=payload, timeout=60)


def drawn(response: requests.Response) -> Image.Image:
    """Return the picture of an answer to detect."""
    assert response.status_code == 200, response.text
    return Answer(response.json()).images[0]


def lit(image: Image.Image, place: tuple[int, int]) -> bool:
    """Return whether there is an edge within two pixels of a place."""
    x, y = place
    near = image.convert("L").crop((x - 2, y - 2, x + 3, y + 3))
    return near.getbbox() is not None


def test_the_lists_name_what_the_configuration_has(webui: FakeWebUI) -> None:
    """Models with their hashes, in alphabetical order."""
    assert get(webui, "model_list") == {"model_list": ["deep_depth [4e5f6071]", CANNY]}
    assert get(webui, "version") == {"version": 3}
    assert get(webui, "settings") == {"control_net_unit_count": 3}


def test_a_control_type_has_its_modules_and_models(webui: FakeWebUI) -> None:
    """Models are sorted by the words in their names; the first fitting ones are the defaults."""
    found = get(webui, "control_types")["control_types"]
    assert found["Canny"]["default_model"] == CANNY
    assert found["Depth"]["model_list"] == ["None", "deep_depth [4e5f6071]"]
    assert found["Depth"]["default_option"] == "depth_midas"
    assert found["Tile"]["default_model"] == "None"


def test_modules_have_two_names(webui: FakeWebUI) -> None:
    """The list has its own words, or those of the page."""
    own, shown = get(webui, "module_list"), get(webui, "module_list", alias_names="true")
    assert "depth" in own["module_list"]
    assert "depth_midas" in shown["module_list"]
    assert own["module_detail"]["canny"] == shown["module_detail"]["canny"]


def test_the_routes_are_there_with_the_extension_alone(webui: FakeWebUI, fake: FakeWebUI) -> None:
    """In the OpenAPI document too."""
    paths = requests.get(f"{webui.url}/openapi.json", timeout=60).json()["paths"]
    assert "/controlnet/detect" in paths
    assert requests.get(f"{fake.url}/controlnet/version", timeout=60).status_code == 404


def test_a_unit_leaves_a_line_and_a_map(webui: FakeWebUI) -> None:
    """The map comes after the pictures, in the size of the generation, without text."""
    answer = txt2img(webui, **units(UNIT), width=96, height=64, batch_size=2)
    assert notes(answer) == {"ControlNet 0": NOTE}
    assert answer.sizes == [(96, 64)] * 3
    assert [bool(image.info.get("parameters")) for image in answer.images] == [True, True, False]
    assert len(answer.infotexts) == 2


def test_canny_finds_the_edges(webui: FakeWebUI) -> None:
    """White on the outline, black inside and outside of it."""
    edges = txt2img(webui, **units(UNIT)).images[-1]
    assert all(lit(edges, place) for place in ((16, 32), (47, 32), (32, 16), (32, 47)))
    assert not lit(edges, (32, 32))
    assert not lit(edges, (6, 6))


def test_thresholds_decide_which_edges(webui: FakeWebUI) -> None:
    """A faint edge needs lower ones."""
    faint = Image.new("RGB", (SIDE, SIDE), (100, 100, 100))
    faint.paste((118, 118, 118), (20, 0, SIDE, SIDE))
    low = {"threshold_a": 5, "threshold_b": 10, "processor_res": 64}
    asked = {"module": "canny", "input_images": [encoded(faint)]}
    assert drawn(detect(webui, **asked, **low)).convert("L").getbbox() is not None
    assert drawn(detect(webui, **asked)).convert("L").getbbox() is None


@pytest.mark.parametrize("name", ["controlnet", "ControlNet", "CONTROLNET"])
def test_the_script_is_found_in_any_case(webui: FakeWebUI, name: str) -> None:
    """As clients spell it."""
    assert len(txt2img(webui, **units(UNIT, name=name)).images) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"image": None, "input_image": None},
        {"image": {"image": UNIT["image"]}},
        {"image": [UNIT["image"], encoded(mask())]},
        {"image": [{"image": UNIT["image"], "mask": encoded(mask())}]},
        {"mask": encoded(mask())},
        {"mask_image": encoded(mask())},
        {"model": "sketchy_canny"},
        {"model": "SKETCHY_CANNY"},
        {"model": "canny"},
        {"module": "none"},
        {"module": "depth_midas"},
        {"module": "depth"},
        {"nope": 1},
        {"lowvram": True},
    ],
)
def test_old_and_new_spellings_make_a_map(webui: FakeWebUI, fields: dict[str, Any]) -> None:
    """Images with and without mask, models by any name, annotators whose weights are there."""
    unit = UNIT | fields
    if "input_image" in fields:
        unit["input_image"] = UNIT["image"]
        del unit["image"]
    assert len(txt2img(webui, **units(unit)).images) == 2


def test_a_mask_limits_what_is_looked_at(webui: FakeWebUI) -> None:
    """Behind it everything is black."""
    edges = txt2img(webui, **units(UNIT | {"mask": encoded(mask())})).images[-1]
    assert lit(edges, (16, 32))
    assert not lit(edges, (47, 32))


def test_an_inpainting_map_keeps_the_mask(webui: FakeWebUI) -> None:
    """Half transparent where it is white."""
    unit = UNIT | {"module": "inpaint_only", "mask": encoded(mask())}
    shown = txt2img(webui, **units(unit)).images[-1]
    assert shown.mode == "RGBA"
    opacity = shown.getchannel("A")
    assert (opacity.getpixel((4, 4)), opacity.getpixel((60, 4))) == (128, 255)


def test_hires_fix_has_two_maps(webui: FakeWebUI) -> None:
    """The large one first."""
    hires = {"enable_hr": True, "denoising_strength": 0.5, "hr_upscaler": "Latent"}
    answer = txt2img(webui, **units(UNIT), **hires, hr_scale=1.5)
    assert answer.sizes == [(96, 96), (96, 96), (64, 64)]


@pytest.mark.parametrize(
    "changes",
    [
        units(UNIT | {"save_detected_map": False}),
        {"override_settings": {"control_net_no_detectmap": True}, **units(UNIT)},
        units(UNIT | {"model": "None"}),
        units(UNIT | {"model": ""}),
        units(UNIT | {"model": "nope"}),
        units(UNIT | {"model": "sketchy_canny [ffffffff]"}),
        units(UNIT | {"image": None}),
        units(UNIT | {"image": "!!!"}),
        units(UNIT | {"image": []}),
        units(UNIT | {"image": 5}),
        units(UNIT | {"mask": encoded(Image.new("RGB", (8, 8)))}),
        units(UNIT | {"module": "openpose"}),
        units(UNIT, UNIT | {"model": "nope"}),
    ],
)
def test_what_has_no_effect_is_swallowed(webui: FakeWebUI, changes: dict[str, Any]) -> None:
    """Status 200, no map, and still a line in the infotext."""
    answer = txt2img(webui, **changes)
    assert len(answer.images) == 1
    assert "ControlNet 0" in notes(answer)


@pytest.mark.parametrize(
    ("args", "findings"),
    [
        ([UNIT | {"model": "None"}], ["ControlNet unit 0 was dropped: it has no model"]),
        ([UNIT | {"model": "nope"}], ["ControlNet unit 0 was dropped: there is no model 'nope'"]),
        (
            [UNIT, UNIT | {"image": "!!!"}],
            [
                "ControlNet unit 1 was dropped: its image is not a base64 image",
                "ControlNet unit 0 was dropped: unit 1 was",
            ],
        ),
        (
            [UNIT | {"lowvram": True}],
            ["lowvram is an old spelling of low_vram in a ControlNet unit"],
        ),
        (
            ["canny", CANNY],
            ["ControlNet arguments that are not objects were ignored; the old list is not read"],
        ),
        ([UNIT], []),
    ],
)
def test_the_journal_says_what_was_dropped(
    webui: FakeWebUI, args: list[Any], findings: list[str]
) -> None:
    """What the real extension says in its log alone."""
    txt2img(webui, **units(*args))
    assert webui.requests("/sdapi/v1/txt2img")[-1]["findings"] == findings


@pytest.mark.parametrize(
    "args",
    [
        [],
        [None],
        [{}],
        [{**UNIT, "enabled": False}],
        [True, "canny", CANNY, 1.0, UNIT["image"]],
        ["canny"],
    ],
)
def test_what_is_no_enabled_unit_leaves_nothing(webui: FakeWebUI, args: list[Any]) -> None:
    """The old list of values among it."""
    answer = txt2img(webui, **units(*args))
    assert (len(answer.images), notes(answer)) == (1, {})


def test_there_are_three_units(webui: FakeWebUI) -> None:
    """A fourth is dropped, and the journal says that nothing knows it."""
    answer = txt2img(webui, **units(UNIT, UNIT, UNIT, UNIT))
    assert len(answer.images) == 4
    entry = webui.requests("/sdapi/v1/txt2img")[-1]
    assert entry["unknown_fields"] == ["alwayson_scripts.controlnet.args.3"]


def test_unknown_keys_of_a_unit_are_noted(webui: FakeWebUI) -> None:
    """The server ignores them; whoever misspelt one wants to know."""
    txt2img(webui, **units(UNIT | {"guidence_end": 1}))
    entry = webui.requests("/sdapi/v1/txt2img")[-1]
    assert entry["unknown_fields"] == ["alwayson_scripts.controlnet.args.0.guidence_end"]


def test_img2img_lends_its_picture(webui: FakeWebUI) -> None:
    """A unit without an image looks at the init image."""
    init = {"init_images": [UNIT["image"]]}
    edges = img2img(webui, **units(UNIT | {"image": None}), **init).images[-1]
    assert lit(edges, (16, 32))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"module": "Canny"}, f"module\n  module(Canny) {NO_MODULE}"),
        ({"module": None}, f"module\n  module(None) {NO_MODULE}"),
        ({"model": None}, "model\n  none is not an allowed value (type=type_error.none"),
        ({"enabled": "maybe"}, "enabled\n  value could not be parsed to a boolean"),
        ({"weight": -1}, f"weight\n  {TOO_SMALL}"),
        ({"guidance_start": 0.9, "guidance_end": 0.1},
         "__root__\n  guidance_start(0.9) > guidance_end(0.1) (type=value_error)"),
        ({"resize_mode": 0}, "resize_mode\n   (type=assertion_error)"),
        ({"resize_mode": None}, "resize_mode\n   (type=assertion_error)"),
        ({"pulid_mode": "x"}, "pulid_mode\n  value is not a valid enumeration member"),
        ({"advanced_weighting": [1, "x"]},
         "advanced_weighting -> 1\n  value is not a valid float"),
    ],
)  # fmt: skip
def test_units_that_do_not_fit_are_refused(
    webui: FakeWebUI, fields: dict[str, Any], words: str
) -> None:
    """500, enabled or not, in the words of pydantic v1."""
    status, error, message = failure(post(webui, "txt2img", SMALL | units(UNIT | fields)))
    assert (status, error) == (500, "ValidationError")
    assert message.startswith("1 validation error for ControlNetUnit\n")
    assert words in message


def test_all_mistakes_of_a_unit_are_told(webui: FakeWebUI) -> None:
    """A value that could not be read is missing in what is compared with it."""
    wrong = UNIT | {"threshold_b": "x", "guidance_end": "y"}
    _, _, message = failure(post(webui, "txt2img", SMALL | units(wrong)))
    assert message.splitlines()[0] == "4 validation errors for ControlNetUnit"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"input_image": UNIT["image"]}, "AssertionError"),
        ({"mask": UNIT["image"], "mask_image": UNIT["image"]}, "ValueError"),
    ],
)
def test_two_spellings_of_one_thing_are_refused(
    webui: FakeWebUI, fields: dict[str, Any], error: str
) -> None:
    """The server would not know which one is meant."""
    assert failure(post(webui, "txt2img", SMALL | units(UNIT | fields)))[1] == error


def test_values_out_of_bounds_become_the_default(webui: FakeWebUI) -> None:
    """Of the module's sliders."""
    unit = UNIT | {"processor_res": 63, "threshold_a": 256, "threshold_b": 90}
    line = notes(txt2img(webui, **units(unit)))["ControlNet 0"]
    assert "Processor Res: 512, Threshold A: 100, Threshold B: 90.0" in line


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({}, "No image selected"),
        ({"module": "Canny", "input_images": ["x"]}, "Module not available"),
        ({"module": "ip-adapter-auto"}, "Module not supported"),
        ({"module": "inpaint", "input_images": [UNIT["image"]]},
         "Preprocessor inpaint requires `controlnet_masks` param."),
    ],
)  # fmt: skip
def test_detect_refuses(webui: FakeWebUI, fields: dict[str, Any], detail: str) -> None:
    """422 with the server's words."""
    assert failure(detect(webui, **fields)) == (422, "HTTPException", detail)


def test_detect_fails_without_weights(webui: FakeWebUI) -> None:
    """As a machine without a network fails to download them; with them it says what it draws."""
    asked = {"input_images": [UNIT["image"]], "processor_res": 128}
    assert failure(detect(webui, module="mlsd", **asked))[:2] == (500, "URLError")
    assert drawn(detect(webui, module="depth_midas", **asked)).size == (128, 128)


def test_detect_draws_each_picture(webui: FakeWebUI) -> None:
    """The shorter side has the resolution; a null and an empty body stand for defaults."""
    wide = encoded(square().resize((96, 64)))
    answer = detect(webui, module="canny", input_images=[wide, UNIT["image"]], masks=None)
    assert Answer(answer.json()).sizes == [(768, 512), (512, 512)]
    assert requests.post(f"{webui.url}/controlnet/detect", timeout=60).status_code == 422


def test_detect_sees_transparency_as_white(webui: FakeWebUI) -> None:
    """Edges are where what is drawn ends."""
    see_through = Image.new("RGBA", (SIDE, SIDE))
    see_through.putalpha(square().convert("L"))
    edges = drawn(detect(webui, module="canny", input_images=[encoded(see_through)]))
    assert lit(edges.resize((SIDE, SIDE), Image.Resampling.BOX), (16, 32))


def test_detect_answers_in_the_format_of_the_options(webui: FakeWebUI) -> None:
    """As generations do."""
    assert post(webui, "options", {"samples_format": "webp"}).status_code == 200
    shown = drawn(detect(webui, module="canny", input_images=[UNIT["image"]]))
    assert shown.format == "WEBP"


@pytest.mark.parametrize(
    "module",
    ["invert", "threshold", "blur_gaussian", "color", "lineart_standard", "scribble_xdog",
     "shuffle", "recolor_luminance", "tile_resample", "tile_colorfix", "mediapipe_face"],
)  # fmt: skip
def test_annotators_that_are_code_draw_without_weights(webui: FakeWebUI, module: str) -> None:
    """Each answers with a picture."""
    assert drawn(detect(webui, module=module, input_images=[UNIT["image"]])).mode == "RGB"


def test_invert_inverts(webui: FakeWebUI) -> None:
    """Black becomes white."""
    shown = drawn(detect(webui, module="invert", input_images=[UNIT["image"]]))
    assert shown.getpixel((4, 4)) == (255, 255, 255)


def test_poses_are_drawn(webui: FakeWebUI) -> None:
    """One picture for each document; joints without confidence are left out."""
    body = [value for joint in range(18) for value in (20 + joint, 30, float(joint > 0))]
    document = {"people": [{"pose_keypoints_2d": body}], "canvas_width": 80, "canvas_height": 64}
    url = f"{webui.url}/controlnet/render_openpose_json"
    answer = requests.post(url, json=[document], timeout=60).json()
    picture = Answer(answer).images[0]
    assert (picture.size, picture.getbbox() is not None) == ((80, 64), True)
    short = {**document, "people": [{"pose_keypoints_2d": [1, 2, 3]}]}
    assert requests.post(url, json=[short], timeout=60).json()["error"] == "IndexError"
    assert requests.post(url, json={}, timeout=60).status_code == 422


def test_options_do_not_list_those_of_extensions(webui: FakeWebUI) -> None:
    """ControlNet loads the API before they are there; they can be set all the same."""
    listed = requests.get(f"{webui.url}/sdapi/v1/options", timeout=60).json()
    assert not listed.keys() & {"control_net_no_detectmap", "ad_max_models", "hypertile_enable_vae"}
    assert post(webui, "options", {"control_net_no_detectmap": True}).status_code == 200
    assert len(txt2img(webui, **units(UNIT)).images) == 1


def test_its_other_script_generates(webui: FakeWebUI) -> None:
    """Without a video there is nothing for it to do."""
    answer = txt2img(webui, script_name="ControlNet M2M", script_args=[])
    assert len(answer.images) == 1


def test_its_axes_are_those_of_a_plot(webui: FakeWebUI) -> None:
    """They change nothing here, and their cells are made."""
    infos = requests.get(f"{webui.url}/sdapi/v1/script-info", timeout=60).json()
    plot = next(info for info in infos if info["name"] == "x/y/z plot")
    axis = plot["args"][0]["choices"].index("[ControlNet] Weight")
    values = [axis, "0.5, 1", [], 0, "", [], 0, "", []]
    switches = [True, False, False, False, False, False, False, 0, False]
    answer = post(webui, "txt2img", {
        **SMALL, "script_name": "x/y/z plot", "script_args": [*values, *switches],
    })  # fmt: skip
    assert answer.status_code == 200, answer.text


def test_a_folder_of_pictures_has_maps_too(start_fake: StartFake, tmp_path: Path) -> None:
    """Whatever the pictures come from."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    square().save(folder / "one.png")
    config = tmp_path / "webui.toml"
    config.write_text(CONFIG, encoding="utf-8")
    server = start_fake("folder", "--config", str(config), "--images", str(folder))
    assert len(txt2img(server, **units(UNIT)).images) == 2
