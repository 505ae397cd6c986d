"""What the server says of itself: /openapi.json, /docs, the coverage."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case
from schemathesis.checks import response_schema_conformance
from schemathesis.core.result import Ok

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.support import control, fake_webui_cli

RECORDED = Path(__file__).parents[1] / "conformance" / "a1111" / "openapi.json"
SLOW_FIELDS = {"width", "height", "batch_size", "n_iter", "steps", "upscaling_resize"}
SMALL = {"width": 16, "height": 16, "steps": 1}
QUICKLY = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
GENERATIONS = ("/sdapi/v1/txt2img", "/sdapi/v1/img2img")


@pytest.fixture
def document(fake: FakeWebUI) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = requests.get(f"{fake.url}/openapi.json", timeout=60).json()
    return found


def body_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the schema of a request body."""
    content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    schema: dict[str, Any] = document["components"]["schemas"][name]
    return schema


def without_texts(node: Any) -> Any:
    """Return a part of a document without descriptions, which are ours, and longer defaults."""
    if isinstance(node, list):
        return [without_texts(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: without_texts(value)
        for key, value in node.items()
        if not (key in ("description", "summary") and isinstance(value, str))
    }
    is_text = " " in str(kept.get("default"))
    return kept | ({"default": "…"} if is_text else {})


Describe = Callable[..., Any]


@pytest.fixture
def describe(start_fake: StartFake, tmp_path: Path) -> Describe:
    """Return the document of a server with these extensions and options."""

    def document_of(name: str, *options: str, extensions: Sequence[str] = ()) -> Any:
        config = tmp_path / f"{name}.toml"
        config.write_text(f"extensions = {list(extensions)}")
        server = start_fake(name, "--config", str(config), *options)
        return requests.get(f"{server.url}/openapi.json", timeout=60).json()

    return document_of


def test_the_document_is_the_real_one(describe: Describe) -> None:
    """Paths, operationIds, schemas, titles and defaults are those of a recorded v1.10.1."""
    recorded = json.loads(RECORDED.read_text("utf-8"))
    found = describe("documented-all", "--api-server-stop")
    assert without_texts(found) == without_texts(recorded)


def test_every_operation_says_what_it_is_for(document: dict[str, Any]) -> None:
    """In a sentence of its own."""
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    assert all(one["description"].endswith(".") for one in operations)


def test_a_document_without_the_page_says_nothing_of_it(describe: Describe) -> None:
    """And the one answer of progress that is left needs no module to tell it from the other."""
    found = describe("documented-api", "--nowebui")
    assert not [path for path in found["paths"] if not path.startswith("/sdapi/v1/")]
    assert "/sdapi/v1/server-stop" not in found["paths"]
    assert "ProgressResponse" in found["components"]["schemas"]
    assert "modules__api__models__ProgressResponse" not in json.dumps(found)
    assert "PredictBody" not in found["components"]["schemas"]


def test_an_extension_adds_its_paths_and_options(describe: Describe) -> None:
    """As on a server where it is installed."""
    found = describe("documented-extension", extensions=["adetailer"])
    version = found["paths"]["/adetailer/v1/version"]["get"]
    assert version["operationId"] == "version_adetailer_v1_version_get"
    assert "ad_max_models" in found["components"]["schemas"]["Options"]["properties"]


def test_the_document_has_every_endpoint_that_answers(
    fake: FakeWebUI, document: dict[str, Any]
) -> None:
    """Whatever it lists and coverage calls imitated says so by anything but 404 and 405."""
    imitated = {
        (one["method"].lower(), one["path"])
        for one in control(fake, "GET", "coverage")["endpoints"]
        if one["imitated"]
    }
    for path, methods in document["paths"].items():
        for method in methods.keys() & {one for one, at in imitated if at == path}:
            answer = requests.request(method, fake.url + path, timeout=60, allow_redirects=False)
            detail = answer.text if method != "head" else ""
            assert answer.status_code != 405, path
            assert "Not Found" not in detail, path


def test_the_document_shows_fields_with_types_and_defaults(document: dict[str, Any]) -> None:
    """They come from the table that requests are checked by."""
    fields = body_of(document, "/sdapi/v1/txt2img")["properties"]
    assert fields["steps"] == {"title": "Steps", "type": "integer", "default": 50}
    assert fields["send_images"] == {"title": "Send Images", "type": "boolean", "default": True}
    extras = body_of(document, "/sdapi/v1/extra-single-image")["properties"]
    limits = {"exclusiveMinimum": 0}
    assert limits.items() <= extras["upscaling_resize"].items()
    assert extras["resize_mode"]["enum"] == [0, 1]


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    """No component is missing."""
    text = json.dumps(document)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= document["components"]["schemas"].keys()


def test_credentials_are_in_the_document_where_they_are_asked_for(start_fake: StartFake) -> None:
    """For the core API alone."""
    server = start_fake("documented-auth", "--api-auth", "a:b")
    paths = requests.get(f"{server.url}/openapi.json", timeout=60).json()["paths"]
    assert paths["/sdapi/v1/samplers"]["get"]["security"] == [{"HTTPBasic": []}]
    assert "security" not in paths["/sdapi/v1/loras"]["get"]


def test_the_docs_show_every_path_to_a_person(fake: FakeWebUI, document: dict[str, Any]) -> None:
    """Without anything from the network."""
    page = requests.get(f"{fake.url}/docs", timeout=60).text
    assert all(path in page for path in document["paths"])
    assert "http://" not in page
    assert "https://" not in page


def with_nulls(node: Any) -> Any:
    """Return a part of a document that says what pydantic v1 does not: what may be null."""
    if isinstance(node, list):
        return [with_nulls(item) for item in node]
    if not isinstance(node, dict):
        return node
    required = node.get("required", [])
    changed = {key: with_nulls(value) for key, value in node.items()}
    if isinstance(fields := changed.get("properties"), dict) and node.get("type") == "object":
        changed["properties"] = {
            key: field if key in required else {"anyOf": [field, {"type": "null"}]}
            for key, field in fields.items()
        }
    return changed


def strategy_of(operation: object) -> SearchStrategy[Case[Any]]:
    """Return what generates requests of an operation; that it could be read is asserted."""
    assert isinstance(operation, Ok), operation
    strategy: SearchStrategy[Case[Any]] = operation.ok().as_strategy()
    return strategy


def test_generated_requests_break_nothing(start_fake: StartFake) -> None:
    """Whatever fits the document gets an answer that fits it, or an error as the real one's."""
    described = start_fake("described")
    document = requests.get(f"{described.url}/openapi.json", timeout=60).json()
    document["openapi"] = "3.1.0"  # where limits are numbers, as they are here
    schema = schemathesis.openapi.from_dict(with_nulls(document))
    schema.config.update(base_url=described.url)
    cases = [strategy_of(operation) for operation in schema.get_all_operations()]
    assert len(cases) > 60

    for strategy in cases:
        QUICKLY(given(strategy)(check))()
    assert requests.get(f"{described.url}/internal/ping", timeout=60).status_code == 200


def check(case: Case[Any]) -> None:
    """Send a generated request and look at the answer."""
    if isinstance(case.body, dict):
        case.body = {k: v for k, v in case.body.items() if k not in SLOW_FIELDS}
        case.body |= SMALL if case.path in GENERATIONS else {}
    answer = case.call(timeout=60, allow_redirects=False)
    if "json" not in str(answer.headers.get("Content-Type")):
        return
    if answer.status_code == 500:
        assert answer.json().keys() == {"error", "detail", "body", "errors"}
    elif answer.status_code < 400 and answer.json() is not None:
        case.validate_response(answer, checks=[response_schema_conformance])


def test_coverage_lists_endpoints_field_by_field() -> None:
    """What is not imitated is listed as that."""
    result = fake_webui_cli("coverage", "--json")
    assert result.returncode == 0
    found = {f"{e['method']} {e['path']}": e for e in json.loads(result.stdout)}
    txt2img = found["POST /sdapi/v1/txt2img"]
    assert txt2img["imitated"]
    assert {"steps", "alwayson_scripts"} <= {field["name"] for field in txt2img["fields"]}
    assert not found["POST /upload"]["imitated"]


def test_coverage_is_readable_and_counted() -> None:
    """The last line is the sum."""
    lines = fake_webui_cli("coverage").stdout.splitlines()
    assert lines[-1].endswith("endpoints are imitated")
    assert any("POST /sdapi/v1/txt2img" in line for line in lines)


def test_coverage_is_a_control_endpoint_too(fake: FakeWebUI) -> None:
    """The same list over HTTP."""
    endpoints = control(fake, "GET", "coverage")["endpoints"]
    assert endpoints == json.loads(fake_webui_cli("coverage", "--json").stdout)


def test_nothing_listed_as_not_imitated_answers(fake: FakeWebUI) -> None:
    """An endpoint is imitated, or it is a 404."""
    for endpoint in control(fake, "GET", "coverage")["endpoints"]:
        if not endpoint["imitated"]:
            answer = requests.request(endpoint["method"], fake.url + endpoint["path"], timeout=60)
            assert answer.status_code == 404, endpoint
