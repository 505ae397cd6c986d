"""The OpenAPI document, made from the tables that requests are checked by."""

from collections.abc import Iterable, Mapping
from typing import Any

from fake_webui.contract.answers import REFUSAL
from fake_webui.contract.coercion import type_of_option
from fake_webui.contract.endpoint import JSON, Endpoint, Index
from fake_webui.contract.table import Field, Parameters, title_of


def make_document(
    endpoints: Index,
    options: Mapping[str, Any],
    flags: Mapping[str, Any],
    *,
    guarded: bool,
    version: str,
    root_path: str = "",
) -> dict[str, Any]:
    """Return the OpenAPI document of a server.

    `options` and `flags` are every setting and flag with its default; `guarded` says whether
    credentials are asked for, `version` is that of OpenAPI, `root_path` where a proxy has the
    server.
    """
    listed = [e for methods in endpoints.values() for e in methods.values() if e.listed]
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in listed:
        operation = _operation(endpoint, guarded=guarded)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    components: dict[str, Any] = {"schemas": _schemas(listed, options, flags)}
    if guarded:
        components["securitySchemes"] = {"HTTPBasic": {"type": "http", "scheme": "basic"}}
    info = {"title": "FastAPI", "version": "0.1.0"}
    servers = {"servers": [{"url": root_path}]} if root_path else {}
    return {"openapi": version, "info": info, **servers, "paths": paths, "components": components}


def _operation(endpoint: Endpoint, *, guarded: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": title_of(endpoint.path.rsplit("/", 1)[-1] or "main"),
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
    if not (kind := endpoint.form or endpoint.body):
        return None
    media = "application/x-www-form-urlencoded" if endpoint.form else JSON
    optional = isinstance(kind, Parameters) and not any(field.required for field in kind.fields)
    content = {"content": {media: {"schema": dict(kind.schema)}}}
    return content if optional else content | {"required": True}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    shape = {"type": "string"} if endpoint.media.startswith("text/") else {}
    kind = endpoint.answer
    content = {endpoint.media: {"schema": dict(kind.schema) if kind else shape}}
    answers: dict[str, Any] = {"200": {"description": "Successful Response", "content": content}}
    if endpoint.form:
        answers = {"302": {"description": "To the page"}}
    if endpoint.body or endpoint.query or endpoint.form:
        refusal = {JSON: {"schema": REFUSAL.schema}}
        answers["422"] = {"description": "Validation Error", "content": refusal}
    return answers


def _parameter(field: Field) -> dict[str, Any]:
    return {
        "required": field.required,
        "schema": field.schema,
        "name": field.name,
        "in": "query",
    }


def _schemas(
    endpoints: Iterable[Endpoint], options: Mapping[str, Any], flags: Mapping[str, Any]
) -> dict[str, Any]:
    kinds = [kind for e in endpoints for kind in (e.form, e.body, e.answer) if kind]
    found = {n: schema for kind in (*kinds, REFUSAL) for n, schema in kind.definitions.items()}
    found["Options"] = _settings("Options", options)
    found["Flags"] = _settings("Flags", flags)
    return dict(sorted(found.items()))


def _settings(name: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    properties = {key: _setting(key, default) for key, default in defaults.items()}
    return {"title": name, "type": "object", "properties": properties}


def _setting(key: str, default: Any) -> dict[str, Any]:
    kind = type_of_option(default)
    shape = dict(kind.schema) | {"nullable": True} if kind else {}
    default_shape = {} if default is None else {"default": default}
    return {"title": title_of(key), **shape, **default_shape}
