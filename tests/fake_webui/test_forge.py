"""What Forge does otherwise than A1111: modules, hires fix, options, ControlNet, browsers."""

import base64
import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.support import wait_until

pytestmark = pytest.mark.profiles

PICTURE = {"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 2, "seed": 7}
HIRES = {**PICTURE, "enable_hr": True, "denoising_strength": 0.5, "hr_upscaler": "Latent"}
MODULE = "sdxl_vae.safetensors"
VAE = {"forge_additional_modules": [MODULE]}


@pytest.fixture(scope="module")
def running(start_fake: StartFake) -> FakeWebUI:
    """A Forge that the tests of this module share."""
    return start_fake("forge", "--profile", "forge")


@pytest.fixture
def forge(running: FakeWebUI) -> FakeWebUI:
    """A Forge as at start."""
    running.reset()
    return running


def post(webui: FakeWebUI, path: str, payload: Any, status: int = 200) -> Any:
    """Post JSON and return the JSON of the answer."""
    response = requests.post(f"{webui.url}{path}", json=payload, timeout=60)
    assert response.status_code == status, response.text
    return response.json()


def generate(webui: FakeWebUI, status: int = 200, **more: Any) -> Any:
    """Generate a picture."""
    return post(webui, "/sdapi/v1/txt2img", {**PICTURE, **more}, status)


def infotext(answer: Any) -> str:
    """Return the infotext of the first picture."""
    return str(json.loads(answer["info"])["infotexts"][0])


def findings(webui: FakeWebUI) -> list[str]:
    """Return what the journal says of the last request."""
    found: list[str] = webui.requests()[-1]["findings"]
    return found


def get(webui: FakeWebUI, path: str, **options: Any) -> requests.Response:
    """Get an answer."""
    return requests.get(f"{webui.url}{path}", timeout=60, **options)


def test_modules_stand_for_vaes(forge: FakeWebUI) -> None:
    """The route of VAEs is gone, that of modules lists the same files."""
    assert get(forge, "/sdapi/v1/sd-vae").status_code == 404
    assert [one["model_name"] for one in get(forge, "/sdapi/v1/sd-modules").json()] == [MODULE]


def test_modules_stand_behind_the_version(forge: FakeWebUI) -> None:
    """A module is named in the infotext; unknown ones are left out."""
    settings = {"forge_additional_modules": [MODULE, "nothing.safetensors"]}
    assert infotext(generate(forge, override_settings=settings)).endswith(", Module 1: sdxl_vae")
    assert findings(forge) == [
        "module 'nothing.safetensors' in forge_additional_modules is not known and was left out"
    ]


def test_a_vae_has_no_effect(forge: FakeWebUI) -> None:
    """The option sd_vae is accepted, and the journal says that it does nothing."""
    assert "VAE" not in infotext(generate(forge, override_settings={"sd_vae": MODULE}))
    assert "sd_vae has no effect in Forge" in findings(forge)[0]


def test_hires_fix_needs_modules(forge: FakeWebUI) -> None:
    """The second pass fails unless the request says which modules it has."""
    answer = post(forge, "/sdapi/v1/txt2img", HIRES, 500)
    assert answer["error"] == "TypeError"
    assert answer["message"] == "argument of type 'NoneType' is not iterable"
    assert "enable_hr without hr_additional_modules fails" in findings(forge)[0]
    answer = post(forge, "/sdapi/v1/txt2img", {**HIRES, "hr_additional_modules": []})
    assert ", Hires Module 1: Built-in, Hires CFG Scale: 1.0," in infotext(answer)


def test_an_infotext_in_a_request_fails(forge: FakeWebUI) -> None:
    """The field is broken in Forge, whatever it holds."""
    assert generate(forge, 500, infotext="a dog\nSteps: 3, Seed: 1, Size: 64x64")["error"]
    assert findings(forge)[0] == "infotext fails in Forge, whatever is in it"


def test_an_exception_is_said_to_be_easily_misread(forge: FakeWebUI) -> None:
    """Clients look for `errors`, and send the next request on a connection that has gone."""
    generate(forge, 500, infotext="x")
    assert "under message, and closes the connection" in findings(forge)[-1]
    generate(forge, 422, steps="many")
    assert findings(forge) == []


def test_the_journal_says_where_vaes_are(forge: FakeWebUI) -> None:
    """A1111's address of them is not found."""
    assert get(forge, "/sdapi/v1/sd-vae").status_code == 404
    assert findings(forge) == ["Forge has /sdapi/v1/sd-modules in the place of /sdapi/v1/sd-vae"]


def test_a_posted_checkpoint_is_said_to_be_loaded_later(forge: FakeWebUI) -> None:
    """And that GET options says what was posted, where that is no title."""
    loaded, other = get(forge, "/sdapi/v1/sd-models").json()[:2]
    post(forge, "/sdapi/v1/options", {"sd_model_checkpoint": other["title"]})
    assert findings(forge) == [
        f"{other['title']!r} is loaded by the next generation, not by this request"
    ]
    post(forge, "/sdapi/v1/options", {"sd_model_checkpoint": loaded["model_name"]})
    assert findings(forge) == [
        f"GET options will say {loaded['model_name']!r}, which is not the title of a checkpoint"
    ]


FLUX = """
[[checkpoints]]
name = "my-flux-dev.safetensors"
sha256 = "aa11bb22cc33dd44ee55ff66aa77bb88cc99dd00ee11ff22aa33bb44cc55dd66"
[[vaes]]
name = "ae.safetensors"
sha256 = "bb11bb22cc33dd44ee55ff66aa77bb88cc99dd00ee11ff22aa33bb44cc55dd66"
"""


def test_the_journal_says_what_spoils_flux(start_fake: StartFake, tmp_path: Path) -> None:
    """No modules, guidance and schedule of another kind of model; its name tells that it is one."""
    config = tmp_path / "flux.toml"
    config.write_text(FLUX)
    flux = start_fake("flux", "--profile", "forge", "--config", str(config))
    generate(flux)
    assert [one.partition(" ")[0] for one in findings(flux)] == ["Flux", "cfg_scale", "Flux"]
    modules = {"forge_additional_modules": ["ae.safetensors"]}
    generate(flux, cfg_scale=1, scheduler="Simple", override_settings=modules)
    assert findings(flux) == []


def test_an_origin_that_was_allowed_in_vain_is_told(start_fake: StartFake) -> None:
    """--cors-allow-origins is of no effect with the page, and of effect without it."""
    origin, flag = "https://example.com", "--cors-allow-origins"
    for name, words, said in (("page", (), 1), ("pageless", ("--nowebui",), 0)):
        webui = start_fake(f"cors-{name}", "--profile", "forge", flag, origin, *words)
        get(webui, "/sdapi/v1/samplers", headers={"Origin": origin})
        assert len(findings(webui)) == said
        get(webui, "/sdapi/v1/samplers", headers={"Origin": "https://other.example"})
        assert findings(webui) == []


def test_a_checkpoint_is_loaded_by_the_next_generation(forge: FakeWebUI) -> None:
    """The options say at once what was posted, and which model is loaded only afterwards."""
    before, other = (one["sha256"] for one in get(forge, "/sdapi/v1/sd-models").json()[:2])
    name = get(forge, "/sdapi/v1/sd-models").json()[1]["title"]
    post(forge, "/sdapi/v1/options", {"sd_model_checkpoint": name})
    options = get(forge, "/sdapi/v1/options").json()
    assert (options["sd_model_checkpoint"], options["sd_checkpoint_hash"]) == (name, before)
    generate(forge)
    options = get(forge, "/sdapi/v1/options").json()
    assert (options["sd_model_checkpoint"], options["sd_checkpoint_hash"]) == (name, other)


def test_what_was_before_an_unknown_checkpoint_stays(forge: FakeWebUI) -> None:
    """Options are applied one by one up to the one that fails."""
    given = {"jpeg_quality": 61, "sd_model_checkpoint": "nothing"}
    assert post(forge, "/sdapi/v1/options", given, 500)["error"] == "RuntimeError"
    assert get(forge, "/sdapi/v1/options").json()["jpeg_quality"] == 61


def test_mistakes_are_worded_as_by_pydantic_2(forge: FakeWebUI) -> None:
    """Fractions are no whole numbers, and each mistake shows its input and documentation."""
    assert generate(forge, 422, steps=2.5)["detail"] == [
        {
            "type": "int_from_float",
            "loc": ["body", "steps"],
            "msg": "Input should be a valid integer, got a number with a fractional part",
            "input": 2.5,
            "url": "https://errors.pydantic.dev/2.8/v/int_from_float",
        }
    ]


def test_saved_pictures_have_an_alpha_channel(forge: FakeWebUI) -> None:
    """`save_images` makes RGBA of what comes back."""
    modes = [
        Image.open(
            io.BytesIO(base64.b64decode(generate(forge, save_images=save)["images"][0]))
        ).mode
        for save in (True, False)
    ]
    assert modes == ["RGBA", "RGB"]


def test_a_unit_that_can_not_steer_passes_without_a_word(forge: FakeWebUI) -> None:
    """The old key of a unit's image is not read; the line is there, a map is not."""
    (image,) = generate(forge)["images"]
    unit = {"input_image": image, "module": "canny", "model": "none-of-these"}
    answer = generate(forge, alwayson_scripts={"controlnet": {"args": [unit]}})
    assert len(answer["images"]) == 1
    assert "Resize Mode: ResizeMode.INNER_FIT" in infotext(answer)
    assert findings(forge) == [
        "input_image is not read in a ControlNet unit of Forge",
        "ControlNet unit 0 steers nothing: there is no model 'none-of-these'",
        "ControlNet unit 0 was dropped: it has no image",
    ]
    unit = {"image": image, "module": "canny"}
    answer = generate(forge, alwayson_scripts={"controlnet": {"args": [unit, unit]}})
    assert len(answer["images"]) == 3


@pytest.mark.parametrize(
    ("host", "origin", "shown"),
    [
        ("127.0.0.1", "http://localhost:3000", "http://localhost:3000"),
        ("127.0.0.1", "https://example.com", None),
        ("webui.example", "https://example.com", "https://example.com"),
    ],
)
def test_the_page_decides_which_origins_may_read(
    forge: FakeWebUI, host: str, origin: str, shown: str | None
) -> None:
    """Local names let local pages in, any other name everybody."""
    headers = {"Host": host, "Origin": origin}
    answer = get(forge, "/internal/ping", headers=headers)
    assert answer.headers.get("Access-Control-Allow-Origin") == shown


def test_answers_are_plain_with_the_page(forge: FakeWebUI) -> None:
    """Nothing is compressed or timed."""
    answer = get(forge, "/sdapi/v1/script-info", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert "X-Process-Time" not in answer.headers


def test_an_option_of_the_wrong_type_shows_what_is_stored(forge: FakeWebUI) -> None:
    """Reading the options fails then, in pydantic 2's words, with all that was set."""
    post(forge, "/sdapi/v1/options", {"n_rows": "many"})
    answer = get(forge, "/sdapi/v1/options")
    assert answer.status_code == 500
    assert answer.json()["error"] == "ResponseValidationError"
    assert answer.json()["message"].startswith("1 validation errors:\n  {'type': 'float_parsing'")
    assert answer.json()["body"]["n_rows"] == "many"


def test_a_stopped_server_lives_on() -> None:
    """server-stop ends HTTP; the process waits for a signal."""
    with FakeWebUI(profile="forge", api_server_stop=True) as webui:
        requests.post(f"{webui.url}/sdapi/v1/server-stop", timeout=60)
        wait_until(lambda: not listens(webui))
        assert webui.exit_status is None


def listens(webui: FakeWebUI) -> bool:
    """Return whether a server takes connections."""
    host, port = webui.url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=60).close()
    except OSError:
        return False
    return True


def test_an_exception_ends_the_connection(forge: FakeWebUI) -> None:
    """Behind an exception that nobody handled no second request is answered."""
    host, port = forge.url.removeprefix("http://").split(":")
    body = b'{"name": "x"}'
    request = (
        b"POST /sdapi/v1/create/hypernetwork HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/json\r\nContent-Length: 13\r\n\r\n" + body
    )
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"onnection: close" not in answer


def test_the_document_says_where_null_is_allowed(forge: FakeWebUI) -> None:
    """OpenAPI 3.1 knows null as a type, in requests and in answers, and bounds as numbers."""
    document = get(forge, "/openapi.json").json()
    schemas = document["components"]["schemas"]
    asked = schemas["StableDiffusionProcessingTxt2Img"]["properties"]
    text = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert document["openapi"] == "3.1.0"
    assert asked["sampler_name"] == {**text, "title": "Sampler Name"}
    assert schemas["SDModelItem"]["properties"]["config"]["anyOf"] == text["anyOf"]
    factor = schemas["ExtrasSingleImageRequest"]["properties"]["upscaling_resize"]
    assert factor["exclusiveMinimum"] == 0
