"""The page's own addresses: its files, its cards of models, its calls."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.support import control


def get(fake: FakeWebUI, path: str, **query: Any) -> requests.Response:
    """Ask for a page."""
    return requests.get(fake.url + path, params=query, timeout=60, allow_redirects=False)


def cover() -> str:
    """Return a small picture as base64."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.fixture
def described(start_fake: StartFake, tmp_path: Path) -> FakeWebUI:
    """A server with a LoRA that has metadata with pictures, and one without."""
    covers = json.dumps([cover(), "", "%%%"])
    config = tmp_path / "cards.toml"
    config.write_text(
        '[[checkpoints]]\nname = "base.safetensors"\nsha256 = "' + "ab" * 32 + '"\n'
        '[[loras]]\nname = "ink"\nshort_hash = "2d6a5a1f2c3b"\n'
        f"metadata = {{ ss_network_dim = \"8\", ssmd_cover_images = '{covers}' }}\n"
        '[[loras]]\nname = "plain"\nshort_hash = "2d6a5a1f2c3c"\n'
        '[[loras]]\nname = "bare"\nshort_hash = "2d6a5a1f2c3d"\nmetadata = { a = "b" }\n'
    )
    return start_fake("cards", "--config", str(config))


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/assets/index.js", 404, "File not found"),
        ("/static/img/logo.svg", 404, "File not found"),
        ("/file=outputs/one.png", 404, "File not found: outputs/one.png."),
        ("/file/outputs/one.png", 404, "File not found: outputs/one.png."),
        ("/file=/etc/hosts", 403, "File not allowed: /etc/hosts."),
        ("/file=../../etc/hosts", 403, "File not allowed: ../../etc/hosts."),
    ],
)
def test_files_of_the_page_are_refused_as_its_library_does(
    fake: FakeWebUI, path: str, status: int, detail: str
) -> None:
    """None of them is there, and nothing outside the WebUI's folder may be read."""
    prepared = requests.Request("GET", fake.url).prepare()
    prepared.url = fake.url + path
    with requests.Session() as session:
        answer = session.send(prepared, timeout=60)
    assert answer.status_code == status
    errors = f"({status}, {detail!r})"
    expected = {"error": "HTTPException", "detail": detail, "body": "", "errors": errors}
    assert answer.json() == expected


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/assets/a/b.js", "GET"),
        ("PATCH", "/file=nope", "GET"),
        ("PUT", "/static/x", "GET"),
        ("GET", "/run/predict", "POST"),
        ("GET", "/api/predict", "POST"),
        ("PUT", "/stream/abc/1/2", "GET"),
        ("POST", "/sd_extra_networks/metadata", "GET"),
        ("POST", "/docs/oauth2-redirect", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_refused_by_name(
    fake: FakeWebUI, method: str, path: str, allow: str
) -> None:
    """Where the address has a part that may be anything, too."""
    answer = requests.request(method, fake.url + path, timeout=60)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allow


def test_calls_of_the_page_are_unknown_addresses(fake: FakeWebUI) -> None:
    """They stand in the document, answer 404, and the journal says that nothing was there."""
    answer = requests.post(f"{fake.url}/run/predict", json={"data": []}, timeout=60)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    assert not control(fake, "GET", "requests")["requests"][-1]["matched"]
    assert requests.post(f"{fake.url}/api/a/b", timeout=60).status_code == 404


def test_a_slash_too_much_leads_to_the_card(fake: FakeWebUI) -> None:
    """As everywhere."""
    answer = get(fake, "/sd_extra_networks/metadata/", page="lora")
    assert answer.status_code == 307
    assert answer.headers["Location"].endswith("/sd_extra_networks/metadata?page=lora")


def test_metadata_of_a_lora_is_a_text_without_its_pictures(described: FakeWebUI) -> None:
    """One without metadata, or on another page, has none."""
    found = get(described, "/sd_extra_networks/metadata", page="lora", item="ink").json()
    assert json.loads(found["metadata"]) == {"ss_network_dim": "8"}
    for query in ({"page": "lora", "item": "plain"}, {"page": "other", "item": "ink"}, {}):
        assert get(described, "/sd_extra_networks/metadata", **query).json() == {}


def test_a_cover_image_is_a_picture(described: FakeWebUI) -> None:
    """With its own content type."""
    query = {"page": "lora", "item": "ink", "index": 0}
    answer = get(described, "/sd_extra_networks/cover-images", **query)
    assert answer.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (8, 8)


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({"page": "lora", "item": "ink", "index": 1}, 404, "HTTPException"),
        ({"page": "lora", "item": "ink", "index": 9}, 404, "HTTPException"),
        ({"page": "lora", "item": "plain"}, 404, "HTTPException"),
        ({"page": "lora", "item": "ink", "index": 2}, 500, "ValueError"),
        ({"page": "lora", "item": "bare"}, 500, "TypeError"),
    ],
)
def test_a_cover_image_that_is_not_there(
    described: FakeWebUI, query: dict[str, Any], status: int, error: str
) -> None:
    """Is missing, or breaks what reads it."""
    answer = get(described, "/sd_extra_networks/cover-images", **query)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_card_names_its_model(described: FakeWebUI) -> None:
    """On the page where it belongs; the real server breaks on others."""
    for page, name in (("lora", "ink"), ("checkpoints", "base")):
        answer = get(described, "/sd_extra_networks/get-single-card", page=page, name=name)
        assert f'data-name="{name}"' in answer.json()["html"]
    for page in ("lora", "other"):
        answer = get(described, "/sd_extra_networks/get-single-card", page=page, name="x")
        assert (answer.status_code, answer.json()["error"]) == (500, "AttributeError")


def test_a_thumbnail_is_not_there(fake: FakeWebUI) -> None:
    """Whatever it is called."""
    answer = get(fake, "/sd_extra_networks/thumb", filename="/etc/hosts")
    assert (answer.status_code, answer.json()["detail"]) == (404, "File not found")


def test_the_redirect_of_the_docs_is_a_page(fake: FakeWebUI) -> None:
    """It asks nothing of anybody."""
    answer = get(fake, "/docs/oauth2-redirect")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def components(fake: FakeWebUI) -> dict[str, dict[str, Any]]:
    """Return the properties of the page's components by elem_id."""
    found = get(fake, "/config").json()["components"]
    assert all(one["type"] == one["props"]["name"] for one in found)
    return {one["props"]["elem_id"]: one["props"] for one in found}


def test_the_page_has_the_components_that_clients_look_for(described: FakeWebUI) -> None:
    """By elem_id, with the choices of what is installed there."""
    found = components(described)
    assert len(found) > 1000
    upscalers = requests.get(f"{described.url}/sdapi/v1/upscalers", timeout=60).json()
    choices = found["txt2img_hr_upscaler"]["choices"]
    assert choices[0] == "Latent"
    assert choices[6:] == [one["name"] for one in upscalers]
    samplers = requests.get(f"{described.url}/sdapi/v1/samplers", timeout=60).json()
    assert found["txt2img_sampling"]["choices"] == [one["name"] for one in samplers]
    title = f"base.safetensors [{'ab' * 5}]"
    assert found["setting_sd_model_checkpoint"]["choices"] == [title]
    assert found["setting_sd_lora"]["choices"] == ["None", "ink", "plain", "bare"]
    assert found["txt2img_prompt"]["label"] == "Prompt"


def test_the_page_shows_settings_as_they_are(described: FakeWebUI) -> None:
    """Not as they were at the start."""
    options = {"samples_format": "webp"}
    requests.post(f"{described.url}/sdapi/v1/options", json=options, timeout=60)
    assert components(described)["setting_samples_format"]["value"] == "webp"


def test_every_setting_is_a_hint_with_its_label(start_fake: StartFake, tmp_path: Path) -> None:
    """Those of the page alone too: 342 where no extension is installed."""
    config = tmp_path / "plain.toml"
    config.write_text("extensions = []")
    plain = start_fake("hints", "--config", str(config))
    found = get(plain, "/internal/quicksettings-hint").json()
    assert len(found) == 342
    labels = {one["name"]: one["label"] for one in found}
    assert labels["sd_model_checkpoint"] == "Stable Diffusion checkpoint"
    assert "prioritized_callbacks_before_ui" in labels
    assert [*labels][:2] == ["outdir_samples", "outdir_txt2img_samples"]  # as the page has them
    assert components(plain)["setting_quicksettings_list"]["choices"] == [*labels]


def test_sizes_are_fractions_where_the_real_server_works_them_out(fake: FakeWebUI) -> None:
    """Memory and the factors of upscalers, in the JSON itself; an upscaler is at its address."""
    memory = get(fake, "/sdapi/v1/memory").json()["ram"]
    assert (type(memory["free"]), type(memory["used"])) == (float, int)
    upscalers = get(fake, "/sdapi/v1/upscalers").json()
    assert all(type(one["scale"]) is float for one in upscalers)
    paths = [one["model_path"] for one in upscalers if one["model_path"]]
    assert len(paths) == 9
    assert all(path.startswith("https://") for path in paths)


def test_the_profile_of_the_start_is_long_enough_to_be_compressed(fake: FakeWebUI) -> None:
    """As the real one is."""
    assert get(fake, "/internal/profile-startup").headers["Content-Encoding"] == "gzip"
