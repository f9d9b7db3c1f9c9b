"""The OpenAPI 3.1 document of the API, made from the declarations of its endpoints.

`python -m gateway.api.openapi --write` writes it to `docs/openapi.json`, where a review shows a change of the API;
`--check` fails if the two differ.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from gateway.api.declared import ENDPOINTS
from gateway.api.router import Endpoint

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
VERSION = "1.0.0"
_REFERENCE = "#/components/schemas/{model}"

_LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$"


class _Schemas(GenerateJsonSchema):
    """Describes local times as what they are: `date-time` of JSON Schema is RFC 3339's, which has an offset."""

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        if schema.get("tz_constraint") != "naive":
            return super().datetime_schema(schema)
        return {
            "type": "string",
            "pattern": _LOCAL_TIME,
            "description": "A local time without an offset, such as 2027-03-05T18:00:00; its zone is `timezone`.",
            "examples": ["2027-03-05T18:00:00"],
        }


_AREAS = {
    "people": "Accounts, tokens, people and groups.",
    "blog": "Articles and the editorial board.",
    "forum": "Topics and posts.",
    "events": "The calendar, attendance and places.",
    "search": "Search and tags.",
    "site": "What several areas share.",
    "notify": "Notifications and follows.",
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is for programs, `detail` says in words what to do.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "params": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "params": {"type": "object"},
                },
            },
        },
    },
}
_PROBLEMS = {
    "400": "The address or the body is not UTF-8, or has the character U+0000.",
    "401": "It needs an account, or the token is unknown.",
    "403": "This account may not do it, or the token lacks the scope.",
    "404": "It does not exist, or the viewer may not know of it.",
    "409": "It has changed meanwhile. For a stale edit with both texts (`yours`, `theirs`, `revision`).",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "421": "The request names a host that is not this site's.",
    "422": "A field is invalid; `errors` names each and says why.",
    "429": "Too many requests; `Retry-After` says how long to wait.",
    "503": "A service is unavailable; try again after `Retry-After`.",
}


def document() -> dict[str, Any]:
    """The document as JSON values."""
    modes = _models()
    references, schemas = models_json_schema(
        sorted(modes, key=str), ref_template=_REFERENCE, schema_generator=_Schemas
    )
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.template, {})[endpoint.method.lower()] = _operation(endpoint, references)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Space API",
            "version": VERSION,
            "summary": "News, discussions and events of a movement.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": name, "description": text} for name, text in _AREAS.items()],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Problem": _PROBLEM},
            "responses": {f"Problem{code}": _problem(text) for code, text in _PROBLEMS.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made by `POST /tokens`."}
            },
        },
    }
    return _with_short_names(whole)


def _models() -> set[tuple[type[BaseModel], JsonSchemaMode]]:
    models: set[tuple[type[BaseModel], JsonSchemaMode]] = set()
    for endpoint in ENDPOINTS:
        if endpoint.body is not None:
            models.add((endpoint.body, "validation"))
        if endpoint.response is not None:
            models.add((endpoint.response_type, "serialization"))
        if endpoint.waits is not None:
            models.add((endpoint.waits, "serialization"))
    return models


def _with_short_names(whole: dict[str, Any]) -> dict[str, Any]:
    """Shorten the names that pydantic gives to models of the same name in two modules: `contracts__events__Place`."""
    text = json.dumps(whole, ensure_ascii=False)
    text = re.sub(
        r"contracts__([a-z])(\w*?)__(\w+)", lambda found: f"{found[1].upper()}{found[2]}{found[3]}", text
    )
    text = re.sub(r"\b(Page|list)_(\w+?)_(?=\")", r"\1Of\2", text)
    short: dict[str, Any] = json.loads(text)
    return short


def _operation(endpoint: Endpoint, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    summary, _, more = (endpoint.handler.__doc__ or "").strip().partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.area],
        "summary": " ".join(summary.split()),
    }
    if more:
        operation["description"] = " ".join(more.split())
    if endpoint.scope is None:
        operation["security"] = [{}]
    else:
        # What is read without an account is public; with a token, the token needs the scope.
        anybody: list[dict[str, list[str]]] = [{}] if endpoint.scope == "read" else []
        operation["security"] = [{"token": [endpoint.scope]}, *anybody]
    if parameters := [
        *_path_parameters(endpoint),
        *_query_parameters(endpoint),
        *_header_parameters(endpoint),
    ]:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = _request_body(endpoint, references[endpoint.body, "validation"])
    operation["responses"] = _responses(endpoint, references)
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": adapter.json_schema(schema_generator=_Schemas),
        }
        for name, adapter in endpoint.path_parameters.items()
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    found = []
    for name, field in endpoint.query.model_fields.items():
        schema = TypeAdapter(endpoint.query).json_schema(schema_generator=_Schemas)["properties"][name]
        schema.pop("title", None)
        parameter = {"name": name, "in": "query", "required": field.is_required(), "schema": schema}
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        found.append(parameter)
    return found


def _header_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.method != "POST":
        return []
    schema = {"type": "string", "maxLength": 200}
    text = "A key that the client chooses: the same request sent again with it has no further effect."
    return [
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": text}
    ]


def _request_body(endpoint: Endpoint, reference: dict[str, Any]) -> dict[str, Any]:
    assert endpoint.body is not None
    content: dict[str, Any] = {"application/json": {"schema": reference}}
    if endpoint.files:
        names = [name for name in endpoint.body.model_fields if name != "base64"]
        properties: dict[str, Any] = {name: {"type": "string"} for name in names}
        properties["file"] = {"type": "string", "contentMediaType": "application/octet-stream"}
        form = {"type": "object", "required": [*names, "file"], "properties": properties}
        content["multipart/form-data"] = {"schema": form}
    needed = any(field.is_required() for field in endpoint.body.model_fields.values())
    return {"required": needed, "content": content}


def _responses(endpoint: Endpoint, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if endpoint.response is not None:
        schema = references[endpoint.response_type, "serialization"]
        good = {"description": "The response.", "content": {"application/json": {"schema": schema}}}
    if endpoint.download is not None:
        file = {"type": "string", "contentMediaType": endpoint.download}
        good = {"description": "The file.", "content": {endpoint.download: {"schema": file}}}
    if endpoint.paged:
        link = {"description": 'The next page, `rel="next"`.', "schema": {"type": "string"}}
        good["headers"] = {"Link": link}
    responses = {str(endpoint.status): good}
    if endpoint.waits is not None:
        schema = references[endpoint.waits, "serialization"]
        content = {"application/json": {"schema": schema}}
        responses["202"] = {"description": "It waits until an editor has accepted it.", "content": content}
    if endpoint.method == "GET":
        responses["304"] = {"description": "Unchanged since the `ETag` in `If-None-Match`."}
    codes = ["400", "401", "403", "404", "421", "422", "429", "503"]
    if endpoint.method != "GET":
        codes += ["409"]
    if endpoint.body is not None:
        codes += ["413", "415"]
    responses.update({code: {"$ref": f"#/components/responses/Problem{code}"} for code in sorted(codes)})
    return responses


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def written() -> str:
    """The content of the document's file."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str], file: Path = FILE) -> int:
    """`--write` or `--check`; the exit code."""
    if arguments == ["--write"]:
        file.parent.mkdir(exist_ok=True)
        file.write_text(written(), encoding="utf-8")
        return 0
    if arguments == ["--check"]:
        if file.exists() and file.read_text(encoding="utf-8") == written():
            return 0
        sys.stderr.write("docs/openapi.json is out of date: run `python -m gateway.api.openapi --write`\n")
        return 1
    sys.stderr.write("usage: python -m gateway.api.openapi --check|--write\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
