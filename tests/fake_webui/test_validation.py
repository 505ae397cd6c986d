"""Requests that do not fit are refused, and those that fit are read, by pydantic v1's rules."""

from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI

TXT2IMG = "/sdapi/v1/txt2img"
EXTRA = "/sdapi/v1/extra-single-image"
BATCH = "/sdapi/v1/extra-batch-images"
PNG_INFO = "/sdapi/v1/png-info"
SMALL = {"prompt": "a cat", "width": 8, "height": 8, "steps": 1, "seed": 1}

MISSING = ("field required", "value_error.missing")
NULL = ("none is not an allowed value", "type_error.none.not_allowed")
TEXT = ("str type expected", "type_error.str")
WHOLE = ("value is not a valid integer", "type_error.integer")
NUMBER = ("value is not a valid float", "type_error.float")
SWITCH = ("value could not be parsed to a boolean", "type_error.bool")
LIST = ("value is not a valid list", "type_error.list")
OBJECT = ("value is not a valid dict", "type_error.dict")

REFUSED: list[tuple[str, dict[str, Any], list[Any], tuple[str, str]]] = [
    (TXT2IMG, {"prompt": []}, ["prompt"], TEXT),
    (TXT2IMG, {"prompt": {}}, ["prompt"], TEXT),
    (TXT2IMG, {"steps": "abc"}, ["steps"], WHOLE),
    (TXT2IMG, {"steps": "2.5"}, ["steps"], WHOLE),
    (TXT2IMG, {"steps": [1]}, ["steps"], WHOLE),
    (TXT2IMG, {"cfg_scale": "x"}, ["cfg_scale"], NUMBER),
    (TXT2IMG, {"cfg_scale": {}}, ["cfg_scale"], NUMBER),
    (TXT2IMG, {"tiling": "maybe"}, ["tiling"], SWITCH),
    (TXT2IMG, {"tiling": 2}, ["tiling"], SWITCH),
    (TXT2IMG, {"tiling": []}, ["tiling"], SWITCH),
    (TXT2IMG, {"styles": "a"}, ["styles"], LIST),
    (TXT2IMG, {"styles": [{}]}, ["styles", 0], TEXT),
    (TXT2IMG, {"styles": ["a", None]}, ["styles", 1], NULL),
    (TXT2IMG, {"script_args": {}}, ["script_args"], LIST),
    (TXT2IMG, {"override_settings": [1]}, ["override_settings"], OBJECT),
    (TXT2IMG, {"alwayson_scripts": "x"}, ["alwayson_scripts"], OBJECT),
    (PNG_INFO, {}, ["image"], MISSING),
    (BATCH, {}, ["imageList"], MISSING),
    (BATCH, {"imageList": None}, ["imageList"], NULL),
    (BATCH, {"imageList": ["x"]}, ["imageList", 0], OBJECT),
    (BATCH, {"imageList": [{"data": "x"}]}, ["imageList", 0, "name"], MISSING),
    (BATCH, {"imageList": [{"name": "x"}]}, ["imageList", 0, "data"], MISSING),
    ("/internal/progress", {"id_live_preview": "x"}, ["id_live_preview"], WHOLE),
    *[(TXT2IMG, {name: None}, [name], NULL) for name in (
        "sampler_index", "script_args", "send_images", "save_images", "alwayson_scripts",
    )],
    *[("/sdapi/v1/img2img", {name: None}, [name], NULL) for name in (
        "denoising_strength", "include_init_images", "sampler_index",
    )],
    *[(EXTRA, {name: None}, [name], NULL) for name in (
        "image", "resize_mode", "upscaler_1", "upscaling_resize", "upscaling_crop",
    )],
]  # fmt: skip

OUT_OF_BOUNDS: list[tuple[dict[str, Any], str, str, dict[str, Any]]] = [
    (
        {"upscaling_resize": 0},
        "ensure this value is greater than 0",
        "value_error.number.not_gt",
        {"limit_value": 0},
    ),
    (
        {"upscaling_resize_w": 0},
        "ensure this value is greater than or equal to 1",
        "value_error.number.not_ge",
        {"limit_value": 1},
    ),
    (
        {"gfpgan_visibility": 1.5},
        "ensure this value is less than or equal to 1",
        "value_error.number.not_le",
        {"limit_value": 1},
    ),
    (
        {"codeformer_weight": -1},
        "ensure this value is greater than or equal to 0",
        "value_error.number.not_ge",
        {"limit_value": 0},
    ),
    (
        {"resize_mode": 2},
        "unexpected value; permitted: 0, 1",
        "value_error.const",
        {"given": 2, "permitted": [0, 1]},
    ),
    (
        {"resize_mode": "1"},
        "unexpected value; permitted: 0, 1",
        "value_error.const",
        {"given": "1", "permitted": [0, 1]},
    ),
]

COERCED: list[tuple[str, Any, Any]] = [
    ("steps", "2", 2),
    ("steps", " 2 ", 2),
    ("steps", 2.7, 2),
    ("steps", True, 1),
    ("cfg_scale", 7, 7.0),
    ("cfg_scale", "6.5", 6.5),
    ("cfg_scale", True, 1.0),
    ("subseed_strength", 1, 1.0),
    ("prompt", 5, "5"),
    ("prompt", 5.0, "5.0"),
    ("prompt", True, "True"),
    ("tiling", "yes", True),
    ("tiling", "OFF", False),
    ("tiling", 1.0, True),
    ("do_not_save_grid", "t", True),
    ("do_not_save_grid", 0, False),
    ("override_settings", [], {}),
    ("styles", [5], ["5"]),
    ("eta", "0", 0.0),
]

BODIES: list[tuple[bytes, str | None, list[Any], tuple[str, str]]] = [
    (b"", None, [], MISSING),
    (b"", "application/json", [], MISSING),
    (b"null", "application/json", [], MISSING),
    (b"[1, 2]", "application/json", [], OBJECT),
    (b'"hi"', "application/json", [], OBJECT),
    (b"5", "application/json", [], OBJECT),
    (b'{"steps": 1}', "text/plain", [], OBJECT),
    (b"steps=1", "application/x-www-form-urlencoded", [], OBJECT),
    (b'{"steps": "x"}', None, ["steps"], WHOLE),
    (b'{"steps": "x"}', "application/json; charset=utf-8", ["steps"], WHOLE),
    (b'{"steps": "x"}', "APPLICATION/JSON", ["steps"], WHOLE),
    (b'{"steps": "x"}', "application/ld+json", ["steps"], WHOLE),
    (b'\xef\xbb\xbf{"steps": "x"}', "application/json", ["steps"], WHOLE),
]


def refusal(loc: list[Any], mistake: tuple[str, str]) -> dict[str, Any]:
    """Return one entry of a 422 answer."""
    return {"loc": ["body", *loc], "msg": mistake[0], "type": mistake[1]}


def send(fake: FakeWebUI, path: str, body: bytes, content_type: str | None) -> requests.Response:
    """POST bytes under a content type, or under none at all."""
    request = requests.Request("POST", fake.url + path, data=body).prepare()
    request.headers.pop("Content-Type", None)
    if content_type:
        request.headers["Content-Type"] = content_type
    with requests.Session() as session:
        return session.send(request, timeout=60)


@pytest.mark.parametrize(("path", "payload", "loc", "mistake"), REFUSED)
def test_a_value_of_the_wrong_type_is_refused_in_pydantic_words(
    fake: FakeWebUI, path: str, payload: dict[str, Any], loc: list[Any], mistake: tuple[str, str]
) -> None:
    """The answer is a 422 with location, message and type."""
    answer = requests.post(fake.url + path, json=payload, timeout=60)
    assert (answer.status_code, answer.json()) == (422, {"detail": [refusal(loc, mistake)]})


@pytest.mark.parametrize(("payload", "message", "kind", "context"), OUT_OF_BOUNDS)
def test_a_value_out_of_bounds_is_refused_with_the_bound(
    fake: FakeWebUI, payload: dict[str, Any], message: str, kind: str, context: dict[str, Any]
) -> None:
    """The entry has the broken limit under `ctx`."""
    answer = requests.post(fake.url + EXTRA, json=payload, timeout=60)
    entry = refusal(list(payload), (message, kind)) | {"ctx": context}
    assert (answer.status_code, answer.json()) == (422, {"detail": [entry]})


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_fields(fake: FakeWebUI) -> None:
    """The order is that of the table, not that of the payload."""
    payload = {"width": "x", "steps": "abc", "send_images": None}
    answer = requests.post(fake.url + TXT2IMG, json=payload, timeout=60)
    locations = [entry["loc"][1] for entry in answer.json()["detail"]]
    assert locations == ["steps", "width", "send_images"]


@pytest.mark.parametrize(("name", "sent", "echoed"), COERCED)
def test_a_value_of_another_type_is_coerced(
    fake: FakeWebUI, name: str, sent: Any, echoed: Any
) -> None:
    """`parameters` shows what the server made of it, in type and value."""
    answer = requests.post(fake.url + TXT2IMG, json=SMALL | {name: sent}, timeout=60)
    value = answer.json()["parameters"][name]
    assert (value, type(value)) == (echoed, type(echoed))


@pytest.mark.parametrize(("body", "content_type", "loc", "mistake"), BODIES)
def test_a_body_counts_as_json_by_its_content_type(
    fake: FakeWebUI, body: bytes, content_type: str | None, loc: list[Any], mistake: tuple[str, str]
) -> None:
    """Without a content type it is JSON; text and forms are no object."""
    answer = send(fake, TXT2IMG, body, content_type)
    assert (answer.status_code, answer.json()) == (422, {"detail": [refusal(loc, mistake)]})


def test_malformed_json_is_refused_with_the_position(fake: FakeWebUI) -> None:
    """The location is the character, and the context repeats the document."""
    answer = send(fake, TXT2IMG, b'{"a', "application/json")
    words = "Unterminated string starting at"
    entry = {
        "loc": ["body", 1],
        "msg": f"{words}: line 1 column 2 (char 1)",
        "type": "value_error.jsondecode",
        "ctx": {"msg": words, "doc": '{"a', "pos": 1, "lineno": 1, "colno": 2},
    }
    assert (answer.status_code, answer.json()) == (422, {"detail": [entry]})


@pytest.mark.parametrize("payload", [{}, [["prompt", "from pairs"]]])
def test_whatever_makes_a_dict_is_an_object(fake: FakeWebUI, payload: Any) -> None:
    """An empty object is a request; so is a list of pairs."""
    answer = requests.post(fake.url + "/internal/progress", json=payload, timeout=60)
    assert answer.status_code == 200


@pytest.mark.parametrize(("value", "status"), [("true", 200), ("0", 200), ("2", 422), ("", 422)])
def test_query_parameters_are_validated_too(fake: FakeWebUI, value: str, status: int) -> None:
    """A switch in the query takes the same words as one in a body."""
    path = f"/sdapi/v1/progress?skip_current_image={value}"
    answer = requests.get(fake.url + path, timeout=60)
    assert answer.status_code == status
    if status == 422:
        entry = refusal([], SWITCH) | {"loc": ["query", "skip_current_image"]}
        assert answer.json() == {"detail": [entry]}


def test_a_number_too_large_for_a_float_is_an_overflow(fake: FakeWebUI) -> None:
    """Pydantic lets this exception through, so the WebUI answers 500."""
    body = b'{"cfg_scale": 1%s}' % (b"0" * 400)
    answer = send(fake, TXT2IMG, body, "application/json")
    assert (answer.status_code, answer.json()["error"]) == (500, "OverflowError")


def test_unknown_fields_are_ignored_and_noted_in_the_journal(fake: FakeWebUI) -> None:
    """The WebUI says nothing about them; the journal does."""
    payload = SMALL | {"cfgScale": 3, "upscale_by": 2}
    answer = requests.post(fake.url + TXT2IMG, json=payload, timeout=60)
    assert answer.status_code == 200
    assert "cfgScale" not in answer.json()["parameters"]
    assert fake.requests()[0]["unknown_fields"] == ["cfgScale", "upscale_by"]
