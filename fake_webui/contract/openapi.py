"""The OpenAPI document, made from the tables that requests are checked by."""

from collections.abc import Iterable, Mapping
from typing import Any

from fake_webui.contract import MISSING, Endpoint, Field, Table
from fake_webui.contract.answers import ANSWERS, MANY, ONE, PARTS, REFUSAL
from fake_webui.contract.endpoints import DESCRIPTIONS, Index
from fake_webui.contract.tables import FILE_DATA
from fake_webui.webui.options import option_type

TEXT_ANSWERS = {
    "/": "text/html",
    "/theme.css": "text/css",
    "/robots.txt": "text/plain",
    "/favicon.ico": "image/vnd.microsoft.icon",
    "/internal/sysinfo": "text/plain",
    "/internal/sysinfo-download": "text/plain",
}


def make_document(
    endpoints: Index, options: Mapping[str, Any], flags: Mapping[str, Any], *, guarded: bool
) -> dict[str, Any]:
    """Return the OpenAPI document of a server.

    `options` and `flags` are every setting and flag with its default; `guarded` says whether
    credentials are asked for.
    """
    listed = [e for methods in endpoints.values() for e in methods.values() if _is_listed(e)]
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in listed:
        operation = _operation(endpoint, guarded=guarded)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    components: dict[str, Any] = {"schemas": _schemas(listed, options, flags)}
    if guarded:
        components["securitySchemes"] = {"HTTPBasic": {"type": "http", "scheme": "basic"}}
    info = {"title": "FastAPI", "version": "0.1.0"}
    return {"openapi": "3.0.2", "info": info, "paths": paths, "components": components}


def _is_listed(endpoint: Endpoint) -> bool:
    return endpoint.path not in DESCRIPTIONS


def _operation(endpoint: Endpoint, *, guarded: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": _title(endpoint.path.rsplit("/", 1)[-1] or "main"),
        "operationId": _operation_id(endpoint),
    }
    if endpoint.query:
        operation["parameters"] = [_parameter(field) for field in endpoint.query.fields]
    if body := _body(endpoint):
        operation["requestBody"] = body
    operation["responses"] = _responses(endpoint)
    if guarded and endpoint.guarded:
        operation["security"] = [{"HTTPBasic": []}]
    return operation


def _operation_id(endpoint: Endpoint) -> str:
    words = "".join(c if c.isalnum() else "_" for c in endpoint.path)
    return (
        f"{words.strip('_') or 'main'}{'_' * endpoint.path.endswith('/')}_{endpoint.method.lower()}"
    )


def _body(endpoint: Endpoint) -> dict[str, Any] | None:
    if endpoint.form:
        content = {"application/x-www-form-urlencoded": {"schema": _reference(endpoint.form)}}
    elif isinstance(endpoint.body, Table):
        content = {"application/json": {"schema": _reference(endpoint.body)}}
    elif endpoint.body:
        content = {"application/json": {"schema": dict(endpoint.body.schema)}}
    else:
        return None
    return {"content": content, "required": True}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    schema = ANSWERS.get(f"{endpoint.method} {endpoint.path}")
    media = TEXT_ANSWERS.get(endpoint.path, "application/json")
    shape = {"type": "string"} if media.startswith("text/") else {}
    content = {media: {"schema": dict(schema.schema) if schema else shape}}
    answers: dict[str, Any] = {"200": {"description": "Successful Response", "content": content}}
    if endpoint.form:
        answers = {"302": {"description": "To the page"}}
    if endpoint.body or endpoint.query or endpoint.form:
        refusal = {"application/json": {"schema": _reference(REFUSAL)}}
        answers["422"] = {"description": "Validation Error", "content": refusal}
    return answers


def _parameter(field: Field) -> dict[str, Any]:
    return {
        "required": field.required,
        "schema": _property(field),
        "name": field.name,
        "in": "query",
    }


def _schemas(
    endpoints: Iterable[Endpoint], options: Mapping[str, Any], flags: Mapping[str, Any]
) -> dict[str, Any]:
    asked = [e.form or e.body for e in endpoints]
    tables = [*(t for t in asked if isinstance(t, Table)), FILE_DATA, *ONE.values(), *MANY.values()]
    found = {table.name: _schema(table) for table in (*tables, *PARTS)}
    found["Options"] = _settings("Options", options)
    found["Flags"] = _settings("Flags", flags)
    return dict(sorted(found.items()))


def _schema(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": table.name, "type": "object"}
    if required := [field.name for field in table.fields if field.required]:
        schema["required"] = required
    return schema | {"properties": {field.name: _property(field) for field in table.fields}}


def _property(field: Field) -> dict[str, Any]:
    shape = dict(field.type.schema)
    if "$ref" in shape:
        return shape
    shape = {"title": field.title or _title(field.name), **shape}
    if field.default is not MISSING and field.default is not None:
        shape["default"] = field.default
    if field.accepts_null and "type" in shape:
        shape["nullable"] = True
    return shape


def _settings(name: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    properties = {key: _setting(key, default) for key, default in defaults.items()}
    return {"title": name, "type": "object", "properties": properties}


def _setting(key: str, default: Any) -> dict[str, Any]:
    kind = option_type(default)
    shape = dict(kind.schema) | {"nullable": True} if kind else {}
    default_shape = {} if default is None else {"default": default}
    return {"title": _title(key), **shape, **default_shape}


def _reference(table: Table) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{table.name}"}


def _title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").title()
