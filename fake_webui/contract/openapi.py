"""The OpenAPI document, made from the tables that requests are checked by."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from inspect import cleandoc
from typing import Any, Final

from fake_webui.contract.answers import REFUSAL
from fake_webui.contract.coercion import (
    BOOLEAN,
    FILES,
    INTEGER,
    LIST,
    MAPPING,
    NUMBER,
    STRING,
    FieldType,
    type_of_option,
)
from fake_webui.contract.endpoint import JSON, NO_CONTENT, Endpoint, Index
from fake_webui.contract.table import SCHEMAS, Parameters, Table, title_of

# What a flag is said to be, by its default.
FLAG_TYPES: Final = {
    bool: BOOLEAN,
    int: INTEGER,
    float: NUMBER,
    list: LIST,
    dict: MAPPING,
    str: STRING,
    type(None): STRING,
}


KNOWS_NULL: Final = "3.1"
"""From which version on a document says where null is allowed."""


def make_document(
    endpoints: Index,
    options: Mapping[str, Any],
    flags: Mapping[str, Any],
    *,
    guarded: bool,
    version: str,
    info: Mapping[str, str],
    root_path: str = "",
) -> dict[str, Any]:
    """Return the OpenAPI document of a server.

    `options` and `flags` are every setting and flag with its default; `guarded` says whether
    credentials are asked for, `version` is that of OpenAPI, `info` what the document
    says of itself, `root_path` where a proxy has the
    server.
    """
    listed = [e for methods in endpoints.values() for e in methods.values() if e.listed]
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in listed:
        operation = _operation(endpoint, guarded=guarded)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    schemas = _schemas(listed, options, flags, knows_null=version >= KNOWS_NULL)
    components: dict[str, Any] = {"schemas": schemas}
    if guarded:
        components["securitySchemes"] = {"HTTPBasic": {"type": "http", "scheme": "basic"}}
    servers = {"servers": [{"url": root_path}]} if root_path else {}
    document = {"openapi": version, "info": dict(info), **servers, "paths": paths}
    return dict(_renamed(document | {"components": components}, _short_names(schemas)))


def _operation(endpoint: Endpoint, *, guarded: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": title_of(endpoint.name),
        "description": cleandoc(endpoint.view.__doc__ or "").partition("\n\n")[0],
        "operationId": endpoint.operation_id,
    }
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    if body := _body(endpoint):
        operation["requestBody"] = body
    operation["responses"] = _responses(endpoint)
    if guarded and endpoint.guarded:
        operation["security"] = [{"HTTPBasic": []}]
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"required": field.required, "schema": field.schema, "name": field.name, "in": where}
        for where, table in (("path", endpoint.places), ("query", endpoint.query))
        if table
        for field in table.fields
    ]


def _body_type(endpoint: Endpoint) -> Table | FieldType | None:
    """Return the type of what an endpoint reads; parameters are called after its function."""
    kind = endpoint.form or endpoint.body
    is_nameless = kind is endpoint.form or isinstance(kind, Parameters)
    if isinstance(kind, Table) and is_nameless:
        return replace(kind, name=f"Body_{endpoint.operation_id}")
    return kind


def _body(endpoint: Endpoint) -> dict[str, Any] | None:
    kind, media = _body_type(endpoint), JSON
    if kind is None:
        return None
    if endpoint.form:
        has_files = any(field.type.schema == FILES.schema for field in endpoint.form.fields)
        media = "multipart/form-data" if has_files else "application/x-www-form-urlencoded"
    optional = isinstance(kind, Parameters) and not any(field.required for field in kind.fields)
    content = {"content": {media: {"schema": dict(kind.schema)}}}
    return content if optional else content | {"required": True}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    described: dict[str, Any] = {"description": "Successful Response"}
    if endpoint.status != NO_CONTENT:
        described["content"] = {endpoint.media: {"schema": _answer(endpoint)}}
    answers: dict[str, Any] = {str(endpoint.status): described}
    if endpoint.tables or endpoint.body:
        refusal = {JSON: {"schema": REFUSAL.schema}}
        answers["422"] = {"description": "Validation Error", "content": refusal}
    return answers


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.media.startswith("text/"):
        return {"type": "string"}
    shape = dict(endpoint.answer.schema) if endpoint.answer else {}
    named = shape and "$ref" not in shape
    return {"title": title_of(f"response_{endpoint.operation_id}"), **shape} if named else shape


def _schemas(
    endpoints: Iterable[Endpoint],
    options: Mapping[str, Any],
    flags: Mapping[str, Any],
    *,
    knows_null: bool,
) -> dict[str, Any]:
    kinds = [kind for e in endpoints for kind in (_body_type(e), e.answer) if kind]
    found = {n: schema for kind in (*kinds, REFUSAL) for n, schema in kind.definitions.items()}
    option_shape, flag_shape = _SHAPES[knows_null]
    found["Options"] = _settings("Options", options, option_shape)
    found["Flags"] = _settings("Flags", flags, flag_shape)
    return dict(sorted(found.items()))


def _short_names(schemas: Mapping[str, Any]) -> dict[str, str]:
    """Return the title of each schema whose longer name tells it from no other."""
    titles = Counter(schema["title"] for schema in schemas.values())
    names = {name: schema["title"] for name, schema in schemas.items()}
    return {name: title for name, title in names.items() if name != title and titles[title] == 1}


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """Return a part of a document with schemas and references to them renamed."""
    if isinstance(node, dict):
        return {names.get(key, key): _renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item, names) for item in node]
    if isinstance(node, str) and node.startswith(SCHEMAS):
        name = node.removeprefix(SCHEMAS)
        return SCHEMAS + names.get(name, name)
    return node


def _settings(
    name: str, defaults: Mapping[str, Any], shape: Callable[[Any], Mapping[str, Any]]
) -> dict[str, Any]:
    properties = {
        key: {
            "title": title_of(key),
            **shape(default),
            **({} if default is None else {"default": default}),
        }
        for key, default in defaults.items()
    }
    return {"title": name, "type": "object", "properties": properties}


def _option_shape(default: Any) -> Mapping[str, Any]:
    kind = type_of_option(default)
    return kind.schema if kind else {}


def _flag_shape(default: Any) -> Mapping[str, Any]:
    return FLAG_TYPES[type(default)].schema


def _or_null(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"anyOf": [dict(shape), {"type": "null"}]}


def _nullable_flag_shape(default: Any) -> Mapping[str, Any]:
    return _or_null(_flag_shape(default)) if default is None else _flag_shape(default)


_SHAPES: Final = {
    False: (_option_shape, _flag_shape),
    True: (lambda default: _or_null(_option_shape(default)), _nullable_flag_shape),
}
"""How options and flags are described, by whether the document knows null."""
