"""SD.Next: what clients of A1111 meet when it is the server."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI
from tests.fake_webui.sdnext import SMALL, ask, generate, infotext, opened, picture
from tests.support import wait_until

pytestmark = pytest.mark.profiles

LIMIT = 300


def test_it_says_what_it_is(sdnext: FakeWebUI) -> None:
    """`version` names the application, `health` the profile."""
    assert ask(sdnext, "GET", "/sdapi/v1/version").json()["app"] == "sd.next"
    assert sdnext.health()["emulates"] == "SD.Next"


def test_pictures_are_jpeg_with_the_infotext_in_exif(sdnext: FakeWebUI) -> None:
    """An override does not change the format, posting the option does."""
    made = opened(generate(sdnext, override_settings={"samples_format": "png"})["images"][0])
    assert made.format == "JPEG"
    comment = made.getexif().get_ifd(0x8769)[0x9286]
    assert b"S\0D\0.\0N\0e\0x\0t" in comment
    ask(sdnext, "POST", "/sdapi/v1/options", {"samples_format": "png"})
    assert opened(generate(sdnext)["images"][0]).format == "PNG"


def test_fields_of_a1111_are_ignored(sdnext: FakeWebUI) -> None:
    """A scheduler, a sampler index and restored faces leave no trace."""
    fields = {"scheduler": "Karras", "sampler_index": "DDIM", "restore_faces": True}
    assert infotext(generate(sdnext, **fields)) == infotext(generate(sdnext))


def test_an_unknown_sampler_is_not_found(sdnext: FakeWebUI) -> None:
    """Names are taken in any case; those of A1111 with a schedule are none."""
    assert "Sampler: Euler a," in infotext(generate(sdnext, sampler_name="EULER A"))
    answer = ask(sdnext, "POST", "/sdapi/v1/txt2img", {**SMALL, "sampler_name": "Euler a Karras"})
    assert answer.status_code == 404
    assert answer.json() == {
        "error": "HTTPException",
        "code": 404,
        "detail": "Sampler not found",
        "body": "",
        "errors": "404: Sampler not found",
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("abc", "int_parsing"),
        (2.5, "int_from_float"),
        ([2], "int_type"),
        ({}, "int_type"),
    ],
)
def test_what_is_not_a_whole_number_is_refused(sdnext: FakeWebUI, value: Any, kind: str) -> None:
    """A mistake has its kind, its place and what was given, in pydantic 2's words."""
    body = json.dumps({**SMALL, "steps": value})
    answer = requests.post(f"{sdnext.url}/sdapi/v1/txt2img", data=body, timeout=60)
    assert answer.status_code == 422
    (mistake,) = answer.json()["detail"]
    assert (mistake["type"], mistake["loc"]) == (kind, ["body", "steps"])
    assert mistake["input"] == value
    assert "url" not in mistake


@pytest.mark.parametrize(
    ("value", "kind"),
    [("abc", "float_parsing"), ("[2]", "float_type"), ("1" + "0" * 400, "float_type")],
)
def test_what_is_not_a_number_is_refused(sdnext: FakeWebUI, value: str, kind: str) -> None:
    """Nor is one that is too large to be one."""
    shown = f'"{value}"' if value.isalpha() else value
    body = json.dumps(SMALL).replace("{", f'{{"cfg_scale": {shown}, ', 1)
    answer = requests.post(f"{sdnext.url}/sdapi/v1/txt2img", data=body, timeout=60)
    assert answer.status_code == 422
    (mistake,) = answer.json()["detail"]
    assert (mistake["type"], mistake["loc"]) == (kind, ["body", "cfg_scale"])


@pytest.mark.parametrize(("value", "steps"), [("2", 2), ("2.0", 2), (3.0, 3), (True, 1)])
def test_what_is_a_whole_number_is_taken(sdnext: FakeWebUI, value: Any, steps: int) -> None:
    """Text that is a number is one, and so are numbers without a fraction."""
    assert json.loads(generate(sdnext, steps=value)["info"])["steps"] == steps


def test_a_checkpoint_goes_by_title_name_or_hash(sdnext: FakeWebUI) -> None:
    """A1111's spelling is ignored in an override."""
    first, second = ask(sdnext, "GET", "/sdapi/v1/sd-models").json()[:2]
    loaded = ask(sdnext, "GET", "/sdapi/v1/checkpoint").json()["title"]
    other = second if loaded == first["title"] else first
    for name in (other["title"], other["model_name"], other["hash"]):
        answer = generate(sdnext, override_settings={"sd_model_checkpoint": name})
        assert json.loads(answer["info"])["sd_model_hash"] == other["hash"]
    a1111 = f"{other['model_name']}.safetensors"
    answer = generate(sdnext, override_settings={"sd_model_checkpoint": a1111})
    assert json.loads(answer["info"])["sd_model_hash"] != other["hash"]
    assert ask(sdnext, "GET", "/sdapi/v1/checkpoint").json()["title"] == loaded


def test_any_checkpoint_is_stored_and_an_unknown_one_makes_nothing(sdnext: FakeWebUI) -> None:
    """Without a model a generation answers 200, has no pictures and an empty `info`."""
    posted = ask(sdnext, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": "nothing"})
    assert posted.json() == {"updated": [{"sd_model_checkpoint": True}]}
    answer = generate(sdnext)
    assert (answer["images"], answer["info"]) == ([], "")
    assert ask(sdnext, "GET", "/sdapi/v1/progress").json()["state"]["job"] == "API-TXT"
    known = ask(sdnext, "GET", "/sdapi/v1/sd-models").json()[0]["title"]
    ask(sdnext, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": known})
    assert len(generate(sdnext)["images"]) == 1
    assert ask(sdnext, "GET", "/sdapi/v1/progress").json()["state"]["job"] == ""


def test_a_failing_pipeline_answers_without_pictures(sdnext: FakeWebUI) -> None:
    """What goes wrong while sampling is a 200; progress shows the job until the next begins."""
    sdnext.fault("out-of-memory", times=1)
    failed = generate(sdnext)
    assert failed["images"] == []
    assert json.loads(failed["info"])["all_seeds"] == [SMALL["seed"]]
    assert ask(sdnext, "GET", "/sdapi/v1/status").json()["status"] == "running"
    assert len(generate(sdnext)["images"]) == 1
    assert ask(sdnext, "GET", "/sdapi/v1/status").json()["status"] == "idle"


def test_options_list_what_differs(sdnext: FakeWebUI) -> None:
    """An option is listed once it was changed; what is unknown is not stored, and not refused."""
    before = ask(sdnext, "GET", "/sdapi/v1/options").json()
    assert "jpeg_quality" not in before
    posted = ask(sdnext, "POST", "/sdapi/v1/options", {"jpeg_quality": 70, "no_such_key": 1})
    assert posted.json() == {"updated": [{"jpeg_quality": True}, {"no_such_key": False}]}
    after = ask(sdnext, "GET", "/sdapi/v1/options").json()
    assert after == {**before, "jpeg_quality": 70}


def test_an_option_that_is_null_does_not_take_its_default(sdnext: FakeWebUI) -> None:
    """It counts as the default already, so only another value gets it out of null."""
    path = "/sdapi/v1/options"
    updates = []
    for value in (None, "jpg", "png", "jpg"):
        posted = ask(sdnext, "POST", path, {"samples_format": value}).json()["updated"]
        updates.append((posted[0]["samples_format"], ask(sdnext, "GET", path).json()))
    assert [(done, shown["samples_format"]) for done, shown in updates] == [
        (True, None),
        (False, None),
        (True, "png"),
        (True, "jpg"),
    ]


def test_options_that_were_set_before_the_start_are_listed_too(tmp_path: Path) -> None:
    """The configuration names them; they have their defaults, as after being put back."""
    config = tmp_path / "fake.toml"
    config.write_text('saved_options = ["jpeg_quality"]\n')
    with FakeWebUI(profile="sdnext", config=config) as webui:
        assert ask(webui, "GET", "/sdapi/v1/options").json()["jpeg_quality"] == 90


def test_its_other_page_of_the_api_is_there(sdnext: FakeWebUI) -> None:
    """Under a name of its own."""
    assert ask(sdnext, "GET", "/redocs").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path",
    ["interrupt", "skip", "refresh-checkpoints", "refresh-vae", "unload-checkpoint"],
)
def test_orders_are_answered_without_a_body(sdnext: FakeWebUI, path: str) -> None:
    """204, and no media type."""
    answer = ask(sdnext, "POST", f"/sdapi/v1/{path}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    "path", ["sdapi/v1/latent-upscale-modes", "sdapi/v1/hypernetworks", "internal/ping"]
)
def test_what_it_lacks_is_not_found(sdnext: FakeWebUI, path: str) -> None:
    """Lists that A1111 has are a 404."""
    assert ask(sdnext, "GET", f"/{path}").status_code == 404


def test_a_call_too_many_within_a_minute_is_refused(sdnext: FakeWebUI) -> None:
    """Each path has a limit of its own; an option sets another, 0 for none."""
    path = "/sdapi/v1/version"
    with requests.Session() as session:
        answers = [session.get(f"{sdnext.url}{path}", timeout=60) for _ in range(LIMIT + 1)]
    assert {one.status_code for one in answers[:-1]} == {200}
    assert answers[-1].status_code == 429
    assert answers[-1].json()["detail"] == f"127.0.0.1:{path}: rate limit exceeded"
    assert ask(sdnext, "GET", "/sdapi/v1/samplers").status_code == 200
    ask(sdnext, "POST", "/sdapi/v1/options", {"server_rate_limit": LIMIT * 10})
    assert ask(sdnext, "GET", path).status_code == 200


def test_a_generation_is_refused_after_its_work(sdnext: FakeWebUI) -> None:
    """It counts as five calls, and its pictures were made."""
    ask(sdnext, "POST", "/sdapi/v1/options", {"server_rate_limit": 9})
    assert ask(sdnext, "POST", "/sdapi/v1/txt2img", SMALL).status_code == 200
    assert ask(sdnext, "POST", "/sdapi/v1/txt2img", SMALL).status_code == 429
    jobs = [one["job"] for one in ask(sdnext, "GET", "/sdapi/v1/history").json()]
    assert jobs.count("base") == 4  # both began and ended


def in_background(webui: FakeWebUI, **fields: Any) -> tuple[threading.Thread, list[Any]]:
    """Start a generation, and return once it stands in the middle; an end lets it go."""
    held = webui.hold("txt2img", at_step=10)
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(generate(webui, steps=20, **fields)))
    thread.start()
    held.wait()
    return thread, answers


def test_progress_has_a_name_and_a_preview(sdnext: FakeWebUI) -> None:
    """The pass that is going on has an id and a picture; a task of the API is never known."""
    thread, _ = in_background(sdnext, force_task_id="task(x)")
    seen = ask(sdnext, "GET", "/sdapi/v1/progress").json()
    task = ask(sdnext, "POST", "/internal/progress", {"id_task": "task(x)"}).json()
    ask(sdnext, "POST", "/sdapi/v1/interrupt")
    thread.join()
    assert seen["id"]
    assert seen["state"]["job"] == "Inference"
    assert opened(seen["current_image"]).format == "JPEG"
    assert {task[word] for word in ("active", "queued", "completed")} == {False}


def test_an_interrupted_generation_has_its_partial_picture(sdnext: FakeWebUI) -> None:
    """The infotexts are one more than the single picture."""
    thread, answers = in_background(sdnext)
    assert ask(sdnext, "POST", "/sdapi/v1/interrupt").status_code == 204
    thread.join()
    assert len(answers[0]["images"]) == 1
    assert len(json.loads(answers[0]["info"])["infotexts"]) == 2


def test_a_skipped_picture_is_no_picture(sdnext: FakeWebUI) -> None:
    """Skipping the only picture answers 200 without any."""
    thread, answers = in_background(sdnext)
    ask(sdnext, "POST", "/sdapi/v1/skip")
    thread.join()
    assert answers[0]["images"] == []


def test_hires_needs_its_own_fields(sdnext: FakeWebUI) -> None:
    """A1111's payload is not upscaled; with a resize mode it is."""
    a1111 = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "Latent", "denoising_strength": 0.7}
    assert opened(generate(sdnext, **a1111)["images"][0]).size == (64, 64)
    own = {"enable_hr": True, "hr_scale": 2, "hr_resize_mode": 1, "hr_upscaler": "Resize Lanczos"}
    assert opened(generate(sdnext, **own)["images"][0]).size == (128, 128)


def test_img2img_keeps_the_size_of_its_image(sdnext: FakeWebUI) -> None:
    """Width and height count with a resize mode alone."""
    payload = {**SMALL, "init_images": [picture((96, 80))]}
    sizes = [
        opened(
            ask(sdnext, "POST", "/sdapi/v1/img2img", {**payload, **more}).json()["images"][0]
        ).size
        for more in ({}, {"resize_mode": 1})
    ]
    assert sizes == [(96, 80), (64, 64)]


def test_img2img_without_images_is_refused(sdnext: FakeWebUI) -> None:
    """400, not A1111's 404."""
    assert ask(sdnext, "POST", "/sdapi/v1/img2img", SMALL).status_code == 400


def test_extras_enlarge_by_listed_upscalers_alone(sdnext: FakeWebUI) -> None:
    """A name of A1111's is no upscaler, and no error."""
    sizes = []
    for name in ("Lanczos", "Resize Lanczos"):
        body = {"image": picture((32, 24)), "upscaler_1": name, "upscaling_resize": 2}
        answer = ask(sdnext, "POST", "/sdapi/v1/extra-single-image", body)
        sizes.append(opened(answer.json()["image"]).size)
    assert sizes == [(32, 24), (64, 48)]


def test_an_unknown_always_on_script_is_refused(sdnext: FakeWebUI) -> None:
    """ADetailer is one: what it does is built in under another name."""
    body = {**SMALL, "alwayson_scripts": {"ADetailer": {"args": [{}]}}}
    answer = ask(sdnext, "POST", "/sdapi/v1/txt2img", body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Always on script not found: ADetailer"


def test_a_client_may_end_it() -> None:
    """`shutdown` needs no flag: it answers, and the server ends."""
    with FakeWebUI(profile="sdnext") as webui:
        assert ask(webui, "POST", "/sdapi/v1/shutdown").status_code == 204
        assert wait_until(lambda: webui.exit_status is not None)


def test_its_document_names_what_it_has(sdnext: FakeWebUI) -> None:
    """The OpenAPI document has its own paths, not A1111's, and answers without a body."""
    paths = ask(sdnext, "GET", "/openapi.json").json()["paths"]
    assert "/sdapi/v1/extra-networks" in paths
    assert "/sdapi/v1/latent-upscale-modes" not in paths
    assert "content" not in paths["/sdapi/v1/interrupt"]["post"]["responses"]["204"]


def test_the_journal_says_what_was_ignored(sdnext: FakeWebUI) -> None:
    """What people who come from A1111 trip over is a finding."""
    generate(sdnext, enable_hr=True, hr_upscaler="Latent", prompt="a boat <lora:nowhere:1>")
    (entry,) = sdnext.requests("/sdapi/v1/txt2img")
    said = " ".join(entry["findings"])
    assert "hr_resize_mode" in said
    assert "nowhere" in said


HIRES = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "Resize Lanczos"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"override_settings": {"CLIP_stop_at_last_layers": 2}}, "clip_skip is a field"),
        ({"override_settings": {"samples_format": "png"}}, "samples_format has no effect"),
        ({"sampler_index": "Euler"}, "sampler_index is ignored"),
        ({"script_name": "nothing"}, "no script is called 'nothing'"),
        ({**HIRES, "hr_force": True}, "hr_resize_mode"),
        ({**HIRES, "hr_resize_mode": 1}, "hr_force"),
        (
            {**HIRES, "hr_resize_mode": 1, "hr_force": True, "hr_upscaler": "Lanczos"},
            "no upscaler is called 'Lanczos'",
        ),
    ],
)
def test_what_has_no_effect_is_a_finding(
    sdnext: FakeWebUI, fields: dict[str, Any], said: str
) -> None:
    """Each of what people bring along from A1111, alone, with what would work."""
    generate(sdnext, **fields)
    [entry] = sdnext.requests("/sdapi/v1/txt2img")
    [finding] = entry["findings"]
    assert said in finding


def test_an_upscaler_that_is_none_is_a_finding(sdnext: FakeWebUI) -> None:
    """Extras answer the picture as it was."""
    path = "/sdapi/v1/extra-single-image"
    for name, said in (("Lanczos", 1), ("Resize Lanczos", 0)):
        ask(sdnext, "POST", path, {"image": picture((32, 24)), "upscaler_1": name})
        assert len(sdnext.requests(path)[-1]["findings"]) == said


def test_the_journal_says_where_to_find_what_is_missing(sdnext: FakeWebUI) -> None:
    """Where SD.Next has it under another address, or one that is nearly the same."""
    ask(sdnext, "GET", "/sdapi/v1/latent-upscale-modes")
    [entry] = sdnext.requests("/sdapi/v1/latent-upscale-modes")
    assert "SD.Next has /sdapi/v1/upscalers in the place" in entry["findings"][0]
    sdnext.reset()
    ask(sdnext, "POST", "/sdapi/v1/refresh-vaes")
    [told] = sdnext.unexpected(())
    assert "did you mean `/sdapi/v1/refresh-vae`" in told


def test_pictures_are_saved_where_a_folder_is_given(tmp_path: Path) -> None:
    """Under `text`, as the format that the options name."""
    with FakeWebUI(profile="sdnext", output_dir=tmp_path) as webui:
        generate(webui, save_images=True)
    (file,) = (tmp_path / "text").rglob("*.jpg")
    with Image.open(file) as saved:
        assert saved.size == (64, 64)
