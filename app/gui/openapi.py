"""The interface as an OpenAPI 3.1 document, made of the declarations of its endpoints."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from app import __version__
from app.config.pipeline_config import PipelineConfig
from app.gui.endpoints import API, Endpoint

REFERENCES = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "place": {"type": ["string", "null"]},
                "remedy": {"type": ["string", "null"]},
            },
            "required": ["message", "place", "remedy"],
        }
    },
    "required": ["error"],
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the document of these endpoints."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    _add_model(PipelineConfig, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = API + _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "webui-jobs", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    summary, _, more = (endpoint.view.__doc__ or "").strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.method.lower()}_{endpoint.view.__name__}_{_slug(endpoint.path)}",
        "summary": summary,
        "parameters": [*_of_path(endpoint.path), *_of_query(endpoint.query)],
        "responses": {
            "2XX": {"description": summary},
            "default": {
                "description": "it was refused",
                "content": _json({"$ref": "#/components/schemas/Error"}),
            },
        },
    }
    if more.strip():
        operation["description"] = " ".join(more.split())
    if endpoint.body is not None:
        _add_model(endpoint.body, schemas)
        reference = {"$ref": f"#/components/schemas/{endpoint.body.__name__}"}
        operation["requestBody"] = {"required": True, "content": _json(reference)}
    return operation


def _slug(path: str) -> str:
    return "_".join(re.findall(r"\w+", _PARAMETER.sub(r"\1", path)))


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _of_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _of_query(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = query.model_json_schema(ref_template=REFERENCES)
    definitions = schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "schema": _inlined(found, definitions)}
        for name, found in schema["properties"].items()
    ]


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema with what it refers to in its place; query strings hold nothing nested."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return definitions[schema["$ref"].rpartition("/")[2]]
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    return [_inlined(item, definitions) for item in schema] if isinstance(schema, list) else schema


def _add_model(model: type[BaseModel], schemas: dict[str, Any]) -> None:
    schema = model.model_json_schema(ref_template=REFERENCES)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
