"""The OpenAPI documents of Forge and SD.Next, compared with those of the fake.

What is compared is the API's own addresses; the calls of their pages are those of another gradio.
SD.Next's titles are labels for its readers, and what its answers are like is not described here.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from tests.conftest import StartFake

pytestmark = pytest.mark.profiles

HERE = Path(__file__).parent
API: Final = ("/sdapi/", "/internal/", "/controlnet/", "/sd_extra_networks/")
REFERENCE: Final = "#/components/schemas/"
TEXTS: Final = ("description", "summary")
ASKED: Final = ("operationId", "parameters", "requestBody")
CONTENT: Final = "requestBody.content.application/json.schema"

FORGE_DIFFERS: Final = {
    # A body that may be left out is written in another way.
    f"POST /controlnet/detect.{CONTENT}.$ref",
    f"POST /controlnet/detect.{CONTENT}.allOf[0].$ref",
    f"POST /controlnet/detect.{CONTENT}.title",
    "ExtensionItem.properties.commit_date.type",
    "ProgressRequest.properties.id_task.anyOf[0].type",
    "ProgressRequest.properties.id_task.anyOf[1].type",
    "ProgressRequest.properties.id_task.type",
    "SamplerItem.properties.options.additionalProperties.type",
    "Flags.properties.api.default",  # the recorded one was started otherwise
}
SDNEXT_DIFFERS: Final = {
    # One of four bodies, by a word in it.
    *(f"POST /sdapi/v1/caption.{CONTENT}.oneOf[{n}].$ref" for n in range(4)),
    *(
        f"POST /sdapi/v1/caption.{CONTENT}.discriminator.mapping.{one}"
        for one in ("analyze", "openclip", "tagger", "vlm")
    ),
    f"POST /sdapi/v1/caption.{CONTENT}.discriminator.propertyName",
    f"POST /sdapi/v1/caption.{CONTENT}.type",
    f"POST /sdapi/v1/png-info.{CONTENT}.$ref",
    # Files, which the fake takes none of.
    "POST /sdapi/v1/upload.requestBody.content.application/x-www-form-urlencoded.schema.$ref",
    "POST /sdapi/v1/upload.requestBody.content.multipart/form-data.schema.$ref",
    "Body_post_upload_sdapi_v1_upload_post.properties.file.format",
    "ProgressRequest.properties.id_task.anyOf[0].type",
    "ProgressRequest.properties.id_task.anyOf[1].type",
    "ProgressRequest.properties.id_task.type",
}


def operations(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the operations of the API by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path.startswith(API)
    }


def leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield the values of a part of a document, each with its place; texts are left out."""
    if isinstance(value, dict):
        for key, child in value.items():
            if not (key in TEXTS and isinstance(child, str)):
                yield from leaves(child, f"{where}.{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, f"{where}[{index}]")
    else:
        yield where, "…" if where.endswith(".default") and " " in str(value) else value


def referred(value: Any) -> Iterator[str]:
    """Yield the names of the schemas that a part of a document refers to."""
    for _, leaf in leaves(value, ""):
        if isinstance(leaf, str) and leaf.startswith(REFERENCE):
            yield leaf.removeprefix(REFERENCE)


def with_schemas(document: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return parts of a document with all schemas that they refer to."""
    found, schemas = dict(parts), document["components"]["schemas"]
    # SD.Next refers to one that it does not have.
    names = {name for part in parts.values() for name in referred(part)} & schemas.keys()
    while names:
        found |= {name: schemas[name] for name in names}
        further = {one for name in names for one in referred(schemas[name])} - found.keys()
        names = further & schemas.keys()
    return found


def differing(real: Mapping[str, Any], here: Mapping[str, Any]) -> set[str]:
    """Return the places where parts of two documents differ, in what both have."""
    found = set()
    for name in real.keys() & here.keys():
        one, other = (dict(leaves(parts[name], name)) for parts in (real, here))
        found |= {
            place for place in one.keys() | other.keys() if one.get(place) != other.get(place)
        }
    return found


@pytest.fixture
def documents(start_fake: StartFake) -> Any:
    """Return the recorded document of a WebUI, and the fake's."""

    def of(kind: str) -> tuple[Any, Any]:
        recorded = json.loads((HERE / kind / "openapi.json").read_text("utf-8"))
        config = str(HERE / kind / "catalogue.toml")
        words = ("--profile", kind, "--config", config, "--api-server-stop")
        url = start_fake(f"documented-{kind}", *words).url
        return recorded, requests.get(f"{url}/openapi.json", timeout=60).json()

    return of


def test_forge_is_described_as_it_describes_itself(documents: Any) -> None:
    """Its addresses, what each takes and answers, its options and flags, with all schemas."""
    real, here = documents("forge")
    assert operations(real).keys() == operations(here).keys()
    described = [with_schemas(one, operations(one)) for one in (real, here)]
    assert differing(*described) == FORGE_DIFFERS


def test_sdnext_is_described_as_it_describes_itself(documents: Any) -> None:
    """Its functions, and what each of them takes; nothing that it has not."""
    real, here = documents("sdnext")
    assert here["info"] == real["info"]
    assert operations(here).keys() <= operations(real).keys()
    asked = [
        {name: {key: one.get(key) for key in ASKED} for name, one in operations(document).items()}
        for document in (real, here)
    ]
    described = [with_schemas(*pair) for pair in zip((real, here), asked, strict=True)]
    assert without_labels(differing(*described)) == SDNEXT_DIFFERS


def without_labels(places: set[str]) -> set[str]:
    """Return places but for titles, and for what says that an object may have any members."""
    return {one for one in places if not one.endswith((".title", ".additionalProperties"))}


def test_sdnext_names_the_answers_that_have_no_body(documents: Any) -> None:
    """Orders answer 204 in both."""
    statuses = [
        {name: sorted(one["responses"]) for name, one in operations(document).items()}
        for document in documents("sdnext")
    ]
    real, here = statuses
    assert {name: real[name] for name in here} == here
